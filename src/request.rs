//! GraphQL text and variables -> a validated operation.
//!
//! apollo-compiler parses and validates; `syntax` and `strict` close the gaps that it leaves. Nothing here
//! knows about tables: the plan looks up the meaning of a field.

mod application;
mod coerce;
mod collect;
mod completion;
mod described;
mod facts;
pub mod identifier;
mod input;
mod introspection;
mod limits;
mod reach;
mod representation;
mod represented;
mod sample;
mod strict;
mod suggest;
mod syntax;
mod weight;

use std::borrow::Cow;
use std::sync::Arc;

use apollo_compiler::ast;
use apollo_compiler::executable;
use apollo_compiler::parser::{LineColumn, Parser};
use apollo_compiler::response::GraphQLError;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Name, Node};

use crate::config::Limits;
use crate::schema::Schema;
use crate::schema::rendered::Rendered;

pub use apollo_compiler::ast::OperationType;
pub use apollo_compiler::executable::{Field, Operation as Definition};
pub use apollo_compiler::response::{JsonMap, JsonValue};
pub use application::{ApplicationAnswers, Completed, PathSegment, TypeMismatch};
pub use coerce::literal_json;
pub use collect::{Collected, collect_fields, merged_selections};
pub use completion::{CompletedAnswer, MarkedAnswer, ValueError};
pub use described::{DescribedOperation, described_operations};
pub use facts::{Facts, Path, Question};
pub use input::{Input, Inputs, Leaf, Rows, Shape, Source};
pub use limits::Measure;
pub use representation::{RepresentationSort, items};
pub use represented::Representations;
pub use sample::Sample;
pub use weight::Values;

/// The maximum nesting for the parser; deeper documents are refused before they can exhaust the stack.
const PARSER_RECURSION: usize = 400;

/// About how many bytes of memory a token of a validated document takes. A field is one token, but becomes a
/// node with a name, a definition and a selection set.
const TOKEN_BYTES: usize = 200;

/// The maximum length of a message about a request, because it can quote the document.
const MESSAGE: usize = 1000;

/// A valid document. It may contain several operations.
#[derive(Debug)]
pub struct Document {
    executable: Valid<ExecutableDocument>,
    tokens: usize,
    directives: usize,
    /// About how many bytes of memory it takes.
    size: usize,
}

/// One operation of a document with its variables, ready for planning.
#[derive(Debug, Clone)]
pub struct Operation {
    document: Arc<Document>,
    name: Option<Name>,
    variables: Valid<JsonMap>,
    /// The maximum number of rows of a page, whatever the schema says.
    page_size: u64,
}

/// Why a request is refused before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestError {
    /// The document is not valid; there is at least one message.
    Invalid(Vec<Message>),
    /// No operation has that name, or none is named and there are several.
    NoOperation(Message),
    /// A variable has the wrong type or is missing.
    Variables(Message),
    /// The request exceeds a limit.
    TooLarge {
        /// What there is too much of: "depth", as in the setting's name.
        limit: &'static str,
        /// How much there is, if known.
        found: Option<usize>,
        /// How much is allowed.
        allowed: usize,
    },
    /// Introspection is off.
    NoIntrospection(Message),
}

/// A message with the places in the document that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What is wrong.
    pub text: String,
    /// Lines and columns, from 1.
    pub locations: Vec<(usize, usize)>,
}

impl Document {
    /// Parses and validates a document.
    pub fn parse(rendered: &Rendered, text: &str, limits: &Limits) -> Result<Self, RequestError> {
        if let Some((length, line, column)) = syntax::overlong_name(text) {
            let text = format!("a name of {length} letters; names may have {}", syntax::LONGEST_NAME);
            return Err(RequestError::Invalid(vec![Message { text, locations: vec![(line, column)] }]));
        }
        let mut parser = Parser::new().token_limit(limits.tokens).recursion_limit(PARSER_RECURSION);
        let plain = plain(text);
        let parsed = parser.parse_executable(&rendered.compiled, &*plain, "request.graphql");
        let tokens = parser.tokens_reached();
        check_tokens(tokens, limits)?;
        if parser.recursion_reached() >= PARSER_RECURSION {
            return Err(RequestError::TooLarge { limit: "depth", found: None, allowed: limits.depth });
        }
        let directives = syntax::directives(&plain);
        check_directives(directives, limits)?;
        let invalid_document = |errors: &DiagnosticList| invalid_document(errors, limits.errors);
        let document = parsed.map_err(|invalid| invalid_document(&invalid.errors))?;
        if let Some((name, line, column)) = syntax::name_without_value(&plain) {
            let text = format!("syntax error: \"{name}\" has no value; expected :");
            return Err(RequestError::Invalid(vec![Message { text, locations: vec![(line, column)] }]));
        }
        let executable = match document.validate(&rendered.compiled) {
            Ok(executable) => executable,
            Err(invalid) => strict::with_one_root(invalid).map_err(|errors| invalid_document(&errors))?,
        };
        strict::check(&rendered.compiled, &executable)
            .map_err(|message| RequestError::Invalid(vec![message]))?;
        let size = text.len() + tokens * TOKEN_BYTES;
        Ok(Self { executable, tokens, directives, size })
    }

    /// Refuses a document that was accepted under other limits.
    pub fn check(&self, limits: &Limits) -> Result<(), RequestError> {
        check_tokens(self.tokens, limits)?;
        check_directives(self.directives, limits)
    }

    /// About how many bytes of memory the document takes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The whole document, for introspection.
    pub fn executable(&self) -> &Valid<ExecutableDocument> {
        &self.executable
    }
}

impl Operation {
    /// Selects the operation by name, or the only one, coerces its variables and checks it against the
    /// limits.
    pub fn new(
        document: Arc<Document>,
        name: Option<&str>,
        variables: &JsonMap,
        (schema, rendered): (&Schema, &Rendered),
        limits: &Limits,
    ) -> Result<Self, RequestError> {
        let operation = Self::coerced(document, name, variables, rendered, limits)?;
        Measure::of(schema, &Facts::of(&operation)).check(limits)?;
        Ok(operation)
    }

    /// Like [`Operation::new`], without the check against the limits.
    pub fn coerced(
        document: Arc<Document>,
        name: Option<&str>,
        variables: &JsonMap,
        rendered: &Rendered,
        limits: &Limits,
    ) -> Result<Self, RequestError> {
        let definition = choose(&document.executable, name)?;
        let variables = coerce::variables(&rendered.compiled, &document.executable, definition, variables)
            .map_err(RequestError::Variables)?;
        let name = definition.name.clone();
        let page_size = limits.page_size.and_then(|size| u64::try_from(size).ok()).unwrap_or(u64::MAX);
        Ok(Self { document, name, variables, page_size })
    }

    /// The same operation of a caller with this tenant; null is none.
    #[must_use]
    pub fn of_tenant(self, tenant: JsonValue) -> Self {
        let mut values = self.variables.into_inner();
        values.insert(facts::TENANT.as_str(), tenant);
        // The variables are as they were; the tenant is none.
        Self { variables: Valid::assume_valid(values), ..self }
    }

    /// The operation's definition.
    pub fn definition(&self) -> &executable::Operation {
        // The constructor has found it by the same name in the same document.
        #[expect(
            clippy::expect_used,
            reason = "Operation::new has looked it up, and the document never changes"
        )]
        self.document.executable.operations.get(self.name.as_deref()).expect("operation is in its document")
    }

    /// Its document.
    pub fn document(&self) -> &Valid<ExecutableDocument> {
        &self.document.executable
    }

    /// The coerced variables; absent ones stay absent.
    pub fn variables(&self) -> &Valid<JsonMap> {
        &self.variables
    }

    /// The maximum number of rows of a page of a table: the lower one of the schema's and the limits'.
    pub(crate) fn page_size(&self, schema: &Schema, table: usize) -> u64 {
        schema.table(table).map_or(1, |exposed| exposed.page_size).min(self.page_size)
    }

    /// A field's place in the document.
    pub fn location(&self, field: &apollo_compiler::Node<Field>) -> Option<(usize, usize)> {
        let place = field.location()?.line_column(&self.document.executable.sources)?;
        Some((place.line, place.column))
    }
}

/// Whether the selected operation is a subscription, before the text is validated. A text that is not a
/// document has none.
pub fn is_subscription(text: &str, name: Option<&str>, limits: &Limits) -> bool {
    // Most texts are queries, and need not be parsed twice.
    if !text.contains("subscription") {
        return false;
    }
    let mut parser = Parser::new().token_limit(limits.tokens).recursion_limit(PARSER_RECURSION);
    let Ok(document) = parser.parse_ast(&*plain(text), "request.graphql") else {
        return false;
    };
    let mut chosen = document.definitions.iter().filter_map(|definition| match definition {
        ast::Definition::OperationDefinition(operation) => Some(operation),
        _ => None,
    });
    let is_chosen =
        |operation: &&Node<ast::OperationDefinition>| name.is_none() || operation.name.as_deref() == name;
    chosen.find(is_chosen).is_some_and(|operation| operation.operation_type == OperationType::Subscription)
}

/// A text in the grammar that apollo-parser knows, with everything in its place.
fn plain(text: &str) -> Cow<'_, str> {
    match described::without_descriptions(text) {
        Cow::Borrowed(text) => syntax::without_commas(text),
        Cow::Owned(text) => Cow::Owned(syntax::without_commas(&text).into_owned()),
    }
}

/// The parser stops at the limit, so a text with exactly that many tokens may have had more.
fn check_tokens(found: usize, limits: &Limits) -> Result<(), RequestError> {
    if found < limits.tokens {
        return Ok(());
    }
    Err(RequestError::TooLarge { limit: "tokens", found: None, allowed: limits.tokens })
}

fn check_directives(found: usize, limits: &Limits) -> Result<(), RequestError> {
    if found <= limits.directives {
        return Ok(());
    }
    Err(RequestError::TooLarge { limit: "directives", found: Some(found), allowed: limits.directives })
}

fn choose<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a executable::Operation, RequestError> {
    let found = document.operations.get(name).map_err(|_| {
        let names: Vec<_> = document.operations.named.keys().map(Name::as_str).collect();
        let text = match name {
            Some(name) => format!(
                "there is no operation named {:?} in the document; it has: {}",
                shortened(name, syntax::LONGEST_NAME),
                names.join(", ")
            ),
            None if document.operations.is_empty() => "the document has no operation".to_owned(),
            None => {
                format!("operationName is needed: the document has several operations: {}", names.join(", "))
            }
        };
        RequestError::NoOperation(Message {
            text: shortened(&text, MESSAGE).into_owned(),
            locations: Vec::new(),
        })
    })?;
    Ok(found)
}

fn invalid_document(errors: &DiagnosticList, told: usize) -> RequestError {
    RequestError::Invalid(
        errors.iter().take(told).map(|error| message(&error.unstable_to_json_compat())).collect(),
    )
}

fn message(error: &GraphQLError) -> Message {
    let locations = error.locations.iter().map(|LineColumn { line, column }| (*line, *column)).collect();
    Message { text: shortened(&syntax::with_symbols(&error.message), MESSAGE).into_owned(), locations }
}

/// A client's text for a message: only its beginning, if it is long.
fn shortened(text: &str, letters: usize) -> Cow<'_, str> {
    match text.char_indices().nth(letters) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The variables of a request as apollo-compiler's type.
pub fn json_map(variables: serde_json::Map<String, serde_json::Value>) -> JsonMap {
    variables.into_iter().map(|(name, value)| (name.into(), JsonValue::from(value))).collect()
}
