//! Comment directives: `@graphql({…})` somewhere in the comment on an object.
//!
//! A directive that cannot be parsed never breaks the API: it counts as absent and is reported as a problem.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Deserializer};

use super::{Namespace, Problem, Table, Type};

const MARK: &str = "@graphql(";

/// What a comment configures. Most columns have no comment with a directive; then this is empty and takes one
/// word.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directive(Option<Box<DirectiveKeys>>);

/// The keys of a directive. Which of them count depends on the object of the comment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DirectiveKeys {
    /// The name in the API of a table, column, function or type.
    pub name: Option<String>,
    /// The description in the API.
    pub description: Option<String>,
    /// Of a schema: whether `snake_case` becomes `PascalCase` and `camelCase`.
    pub inflect_names: Option<bool>,
    /// Of a schema or table: the rows of a page.
    pub max_rows: Option<u64>,
    /// Of a schema: the name of the field that identifies a row among all.
    pub node_id: Option<String>,
    /// Of a schema: whether introspection shows its types.
    pub introspection: Option<bool>,
    /// Of a table: whether its connections have `totalCount`.
    pub total_count: Option<bool>,
    /// Of a table: whether its connections have `aggregate`.
    pub aggregate: Option<bool>,
    /// Of a view or foreign table: the columns that identify its rows.
    pub primary_key_columns: Option<Vec<String>>,
    /// Of a table or view: foreign keys that the database does not know.
    pub foreign_keys: Vec<DeclaredForeignKey>,
    /// Of a foreign key: the name of the field on the referenced table.
    pub local_name: Option<String>,
    /// Of a foreign key: the name of the field on the referencing table.
    pub foreign_name: Option<String>,
    /// Of a schema: how JSON documents go in and out.
    pub json: Option<JsonForm>,
    /// Of a composite type: whether it is an object type.
    pub object: Option<bool>,
    /// Of a column that holds arrays: how many dimensions they have.
    pub dimensions: Option<usize>,
    /// Of an enum: label -> value in the API.
    pub mappings: BTreeMap<String, String>,
    /// Of a table or view: whether its rows only refer to those of another subgraph, which has the type of the same name.
    pub is_stub: bool,
    /// Why the directive could not be parsed.
    pub problem: Option<String>,
}

/// How JSON documents go in and out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JsonForm {
    /// As strings that hold their text.
    #[default]
    String,
    /// As JSON values.
    Raw,
}

/// A foreign key that a comment declares.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeclaredForeignKey {
    /// The name of the field on the table that is referred to.
    pub local_name: Option<String>,
    /// The referencing columns.
    pub local_columns: Vec<String>,
    /// The name of the field on the table that refers.
    pub foreign_name: Option<String>,
    /// The schema of the referenced table.
    pub foreign_schema: String,
    /// The table that is referred to.
    pub foreign_table: String,
    /// The referenced columns.
    pub foreign_columns: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "snake_case")]
struct Written {
    name: Option<String>,
    description: Option<String>,
    inflect_names: Option<bool>,
    max_rows: Option<u64>,
    node_id: Option<String>,
    introspection: Option<bool>,
    #[serde(rename = "totalCount")]
    total_count: Option<Switch>,
    aggregate: Option<Switch>,
    primary_key_columns: Option<Vec<String>>,
    foreign_keys: Option<Vec<DeclaredForeignKey>>,
    local_name: Option<String>,
    foreign_name: Option<String>,
    json: Option<JsonForm>,
    object: Option<bool>,
    dimensions: Option<usize>,
    mappings: Option<BTreeMap<String, String>>,
    federation: Option<Federation>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Federation {
    stub: bool,
}

#[derive(Deserialize)]
struct Switch {
    enabled: bool,
}

impl Directive {
    /// Reads the directive in a comment; a comment without one gives an empty directive.
    pub fn parse(comment: &str) -> Self {
        let Some(start) = comment.find(MARK) else { return Self::default() };
        let text = &comment[start + MARK.len()..];
        let mut documents = serde_json::Deserializer::from_str(text).into_iter::<Written>();
        match documents.next() {
            None => Self::unreadable("@graphql(…) is empty".to_owned()),
            Some(Err(error)) => Self::unreadable(format!("@graphql(…) cannot be read: {error}")),
            Some(Ok(_)) if !text[documents.byte_offset()..].trim_start().starts_with(')') => {
                Self::unreadable("@graphql(…) has no closing parenthesis behind its JSON".to_owned())
            }
            Some(Ok(written)) => Self::from(written),
        }
    }

    fn unreadable(problem: String) -> Self {
        Self(Some(Box::new(DirectiveKeys { problem: Some(problem), ..DirectiveKeys::default() })))
    }
}

impl Deref for Directive {
    type Target = DirectiveKeys;

    fn deref(&self) -> &DirectiveKeys {
        static NONE: DirectiveKeys = DirectiveKeys::NONE;
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for Directive {
    fn deref_mut(&mut self) -> &mut DirectiveKeys {
        self.0.get_or_insert_default()
    }
}

impl DirectiveKeys {
    const NONE: Self = Self {
        name: None,
        description: None,
        inflect_names: None,
        max_rows: None,
        node_id: None,
        introspection: None,
        total_count: None,
        aggregate: None,
        primary_key_columns: None,
        foreign_keys: Vec::new(),
        local_name: None,
        foreign_name: None,
        json: None,
        object: None,
        dimensions: None,
        mappings: BTreeMap::new(),
        is_stub: false,
        problem: None,
    };
}

impl From<Written> for Directive {
    fn from(written: Written) -> Self {
        Self(Some(Box::new(DirectiveKeys {
            name: written.name,
            description: written.description,
            inflect_names: written.inflect_names,
            max_rows: written.max_rows,
            node_id: written.node_id,
            introspection: written.introspection,
            total_count: written.total_count.map(|switch| switch.enabled),
            aggregate: written.aggregate.map(|switch| switch.enabled),
            primary_key_columns: written.primary_key_columns,
            foreign_keys: written.foreign_keys.unwrap_or_default(),
            local_name: written.local_name,
            foreign_name: written.foreign_name,
            json: written.json,
            object: written.object,
            dimensions: written.dimensions,
            mappings: written.mappings.unwrap_or_default(),
            is_stub: written.federation.is_some_and(|federation| federation.stub),
            problem: None,
        })))
    }
}

impl<'de> Deserialize<'de> for Directive {
    /// Parses the comment's text, or null.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let comment = Option::<String>::deserialize(deserializer)?;
        Ok(comment.map(|text| Self::parse(&text)).unwrap_or_default())
    }
}

/// The directives that could not be parsed, with their objects.
pub(super) fn problems(schemas: &[Namespace], types: &[Type], tables: &[Table]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut look = |directive: &Directive, object: &dyn Fn() -> String| {
        let problem = directive.problem.clone().map(|reason| Problem { object: object(), reason });
        problems.extend(problem);
    };
    for schema in schemas {
        look(&schema.directive, &|| format!("schema {}", schema.name));
    }
    for found in types {
        look(&found.directive, &|| format!("type {}.{}", found.schema, found.name));
    }
    for table in tables {
        look(&table.directive, &|| table.qualified_name());
        for column in &table.columns {
            look(&column.directive, &|| format!("{}.{}", table.qualified_name(), column.name));
        }
        for key in &table.foreign_keys {
            look(&key.directive, &|| format!("{} on {}", key.name, table.qualified_name()));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::Directive;

    #[test]
    fn a_directive_may_stand_anywhere_in_a_comment() {
        let directive = Directive::parse(
            "Operations. @graphql({\"max_rows\": 5, \"totalCount\": {\"enabled\": true}}) More.",
        );
        assert_eq!((directive.max_rows, directive.total_count), (Some(5), Some(true)));
        assert_eq!(Directive::parse("no directive: @graphql is only mentioned"), Directive::default());
    }

    #[test]
    fn a_broken_directive_is_a_problem_and_nothing_else() {
        for comment in [
            "@graphql({\"name\": })",
            "@graphql(",
            "@graphql({\"name\": \"x\"}",
            "@graphql({\"max_rows\": \"many\"})",
        ] {
            let directive = Directive::parse(comment);
            assert!(directive.problem.is_some(), "{comment}");
            assert_eq!(directive.name, None, "{comment}");
        }
    }
}
