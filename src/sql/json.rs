//! JSON as SQL: objects put together by `concat`, and how each column gets into them.

use super::ast::Expression;
use super::{At, Compiler, Nulls};
use crate::catalog::SqlType;
use crate::schema::scalar::Encoding;
use crate::schema::{ColumnType, EnumType, ValueType};

/// PostgreSQL takes 100 arguments to a function.
const ARGUMENTS: usize = 90;

/// A text that is put together piece by piece; neighbouring texts of our own become one.
#[derive(Default)]
pub(super) struct JsonText {
    pieces: Vec<Expression>,
}

impl JsonText {
    /// `{"key":value,…}`.
    pub(super) fn object(fields: impl IntoIterator<Item = (String, JsonText)>) -> Self {
        let mut object = Self::default();
        let mut separator = "{";
        for (key, value) in fields {
            // Keys are GraphQL names: nothing in them needs an escape.
            object.text(&format!("{separator}\"{key}\":"));
            object.pieces_of(value);
            separator = ",";
        }
        object.text(if separator == "{" { "{}" } else { "}" });
        object
    }

    /// A known JSON text.
    pub(super) fn known(text: &str) -> Self {
        let mut known = Self::default();
        known.text(text);
        known
    }

    /// A text that needs no escapes as a JSON string.
    pub(super) fn quoted(text: Expression) -> Self {
        let mut json = Self::known("\"");
        json.push(text);
        json.text("\"");
        json
    }

    /// An expression whose text is JSON and never null.
    pub(super) fn expression(expression: Expression) -> Self {
        Self { pieces: vec![expression] }
    }

    /// Appends a text.
    pub(super) fn text(&mut self, text: &str) {
        if let Some(Expression::Text(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else {
            self.pieces.push(Expression::text(text));
        }
    }

    /// Appends an expression; its null is the empty text.
    pub(super) fn push(&mut self, expression: Expression) {
        self.pieces.push(expression);
    }

    /// Appends another.
    pub(super) fn pieces_of(&mut self, other: Self) {
        for piece in other.pieces {
            match piece {
                Expression::Text(text) => self.text(&text),
                piece => self.push(piece),
            }
        }
    }

    /// The whole as one expression of type text.
    pub(super) fn into_expression(self) -> Expression {
        let mut pieces = self.pieces;
        while pieces.len() > ARGUMENTS {
            let mut rest = pieces.into_iter().peekable();
            let mut chunks = Vec::new();
            while rest.peek().is_some() {
                chunks.push(Expression::Call("concat", rest.by_ref().take(ARGUMENTS).collect()));
            }
            pieces = chunks;
        }
        Expression::Call("concat", pieces)
    }
}

impl Compiler<'_> {
    /// The JSON of a column.
    pub(super) fn column_json(&self, at: At<'_>, column: usize) -> JsonText {
        let value = self.column(at, column);
        let not_null =
            at.nulls == Nulls::Declared && self.schema.catalog.tables[at.table].columns[column].not_null;
        // Only exposed columns are planned.
        let Some(exposed) = self.schema.column(at.table, column) else {
            return JsonText::known("null");
        };
        self.value_json(value, &exposed.column_type, not_null)
    }

    /// The JSON of a value; it should be cheap, for it may be used more than once.
    pub(super) fn value_json(&self, value: Expression, column_type: &ColumnType, not_null: bool) -> JsonText {
        let value = match &column_type.value {
            ValueType::Enum { oid, .. } => self.enum_name(*oid, value, column_type.is_list),
            ValueType::Scalar(_) => value,
        };
        encoded(value, column_type.encoding, column_type.is_list, not_null)
    }

    /// An enum's label, or array of labels, under the names of the API.
    fn enum_name(&self, oid: crate::catalog::Oid, value: Expression, is_list: bool) -> Expression {
        let Some(enum_type) = self.schema.enums.get(&oid) else { return value };
        if is_list {
            return renamed_labels(enum_type, value.cast(SqlType::TEXT_ARRAY));
        }
        let label = value.clone().cast(SqlType::TEXT);
        let renamed = enum_type
            .renamed()
            .map(|(from, to)| (label.clone().binary("=", Expression::text(from)), Expression::text(to)));
        let branches: Vec<_> = renamed.collect();
        if branches.is_empty() {
            return value;
        }
        Expression::Case { branches, otherwise: Box::new(label) }
    }
}

/// An array of labels with each replaced by its name. Where a name is another's label they are marked at first, so that
/// none is replaced twice.
fn renamed_labels(enum_type: &EnumType, labels: Expression) -> Expression {
    let replace = |array, from: &str, to: &str| {
        Expression::Call("array_replace", vec![array, Expression::text(from), Expression::text(to)])
    };
    let is_ambiguous =
        enum_type.renamed().any(|(_, name)| enum_type.values.iter().any(|(label, _)| label == name));
    if !is_ambiguous {
        return enum_type.renamed().fold(labels, |array, (label, name)| replace(array, label, name));
    }
    let marked = |name: &str| format!("\u{1}{name}");
    let array = enum_type.renamed().fold(labels, |array, (label, name)| replace(array, label, &marked(name)));
    enum_type.renamed().fold(array, |array, (_, name)| replace(array, &marked(name), name))
}

fn encoded(value: Expression, encoding: Encoding, is_list: bool, not_null: bool) -> JsonText {
    let json = match encoding {
        Encoding::Quoted if not_null => return JsonText::quoted(value),
        Encoding::Quoted => {
            let text = value.cast(SqlType::TEXT);
            Expression::text("\"").binary("||", text).binary("||", Expression::text("\""))
        }
        Encoding::Plain if not_null => value,
        Encoding::Plain => value.cast(SqlType::TEXT),
        Encoding::ToJson => Expression::Call("to_json", vec![value]),
        Encoding::TextToJson => {
            let text = value.cast(if is_list { SqlType::TEXT_ARRAY } else { SqlType::TEXT });
            Expression::Call("to_json", vec![text])
        }
    };
    JsonText::expression(if not_null { json } else { json.or_json_null() })
}
