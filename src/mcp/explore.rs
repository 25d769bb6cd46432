//! The API's schema, for agents that look for what they can ask: a search by words, and the SDL of types.

use std::fmt::Write as _;

use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::{ComponentName, ExtendedType};
use apollo_compiler::{Node, Schema};
use serde_json::{Value, json};

use super::JsonSchema;
use super::value::object;

/// The maximum number of results of a search.
const RESULTS: usize = 25;

/// The maximum number of words of a search.
const WORDS: usize = 10;

/// The maximum number of types that are described at once.
const TYPES: usize = 10;

/// The maximum length of a description of types. The root types of a thousand tables have megabytes.
const DESCRIPTION_BYTES: usize = 64 << 10;

/// A tool of Glowplug itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExploreTool {
    /// Finds types and fields by words.
    SearchSchema,
    /// Shows types as SDL.
    DescribeType,
    /// Runs a query.
    Query,
}

impl ExploreTool {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SearchSchema, Self::DescribeType, Self::Query];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SearchSchema => "search_schema",
            Self::DescribeType => "describe_type",
            Self::Query => "query",
        }
    }

    /// What it is for.
    pub fn description(self) -> &'static str {
        match self {
            Self::SearchSchema => {
                "Finds types and fields of the GraphQL API by words in their names and descriptions. Fields of Query are where a query \
                 begins."
            }
            Self::DescribeType => {
                "Shows types of the GraphQL API in the schema definition language: their fields with arguments, or the fields of an \
                 input type. Look at the types of a field and of its arguments before you write a query."
            }
            Self::Query => {
                "Runs a GraphQL query and returns its data. It can only read. Lists of rows are connections: \
                 { taskCollection(first: 10, filter: {…}) { edges { node { … } } pageInfo { hasNextPage endCursor } } }. Ask for few \
                 rows and only for the fields that you need."
            }
        }
    }

    /// The schema of its arguments.
    pub fn arguments(self) -> JsonSchema {
        let (properties, required) = match self {
            Self::SearchSchema => (
                json!({"words": {"type": "string", "description": "Words, separated by spaces, such as: task due"}}),
                json!(["words"]),
            ),
            Self::DescribeType => (
                json!({"names": {
                    "type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": TYPES,
                    "description": "Names of types, such as: [\"Task\", \"TaskFilter\"]",
                }}),
                json!(["names"]),
            ),
            Self::Query => (
                json!({
                    "document": {"type": "string", "description": "The GraphQL document"},
                    "variables": {"type": "object", "description": "The values of its variables"},
                    "operationName": {"type": "string", "description": "Which operation to run, if there are several"},
                }),
                json!(["document"]),
            ),
        };
        object(json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        }))
    }
}

/// What an agent wants to see of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exploration {
    /// The types and fields whose names or descriptions have these words.
    Search {
        /// The words, with spaces between them.
        words: String,
    },
    /// The types of these names.
    Describe {
        /// The names.
        names: Vec<String>,
    },
}

impl Exploration {
    /// The text for the agent; an error says what to do.
    pub fn of(&self, schema: &Schema) -> Result<String, String> {
        match self {
            Self::Search { words } => Ok(search(schema, words).to_string()),
            Self::Describe { names } => describe_types(schema, names.iter().map(String::as_str)),
        }
    }
}

/// A type or a field that a search has found.
struct Found {
    /// How many of the words it has.
    words: usize,
    /// How many of them are in its name.
    words_of_name: usize,
    /// Queries come first, then types, mutations, and other fields.
    rank: u8,
    shown: Value,
}

/// The types and fields whose names or descriptions have most of the words, best first.
fn search(schema: &Schema, words: &str) -> Value {
    let words: Vec<String> = words.split_whitespace().take(WORDS).map(str::to_lowercase).collect();
    let mut found: Vec<Found> = Vec::new();
    for (name, of) in schema.types.iter().filter(|(name, of)| !name.starts_with("__") && !of.is_built_in()) {
        let description = of.description().map(|text| &**text);
        let shown = || json!({"type": name.as_str(), "kind": kind(of), "description": description});
        found.extend(matching(&words, (name.as_str(), description), 1, shown));
        let root = &schema.schema_definition;
        let is = |root: &Option<ComponentName>| root.as_ref().is_some_and(|root| root.name == *name);
        if is(&root.subscription) {
            // These are the queries again, or those of an application, and no tool subscribes.
            continue;
        }
        let rank = if is(&root.query) { 0 } else { 2 + u8::from(!is(&root.mutation)) };
        for field in fields(of) {
            let description = field.description.as_deref();
            let shown = || shown_field(name, field);
            found.extend(matching(&words, (field.name.as_str(), description), rank, shown));
        }
    }
    let total = found.len();
    found.sort_by_key(|found| {
        (std::cmp::Reverse((found.words, found.words_of_name)), found.rank, found.shown.to_string().len())
    });
    found.truncate(RESULTS);
    let shown: Vec<Value> = found.into_iter().map(|found| found.shown).collect();
    json!({"results": shown, "further": total - shown.len()})
}

fn matching(
    words: &[String],
    (name, description): (&str, Option<&str>),
    rank: u8,
    shown: impl FnOnce() -> Value,
) -> Option<Found> {
    let (name, description) = (name.to_lowercase(), description.unwrap_or_default().to_lowercase());
    let words_of_name = words.iter().filter(|word| name.contains(word.as_str())).count();
    let is_there = |word: &&String| name.contains(word.as_str()) || description.contains(word.as_str());
    let words = words.iter().filter(is_there).count();
    (words > 0).then(|| Found { words, words_of_name, rank, shown: shown() })
}

fn shown_field(of: &str, field: &FieldDefinition) -> Value {
    let arguments: Vec<String> =
        field.arguments.iter().map(|argument| format!("{}: {}", argument.name, argument.ty)).collect();
    json!({
        "field": format!("{of}.{}", field.name), "type": field.ty.to_string(), "arguments": arguments,
        "description": field.description.as_deref(),
    })
}

/// The fields of an object or an interface; none of anything else.
fn fields(of: &ExtendedType) -> Vec<&Node<FieldDefinition>> {
    match of {
        ExtendedType::Object(found) => found.fields.values().map(|field| &field.node).collect(),
        ExtendedType::Interface(found) => found.fields.values().map(|field| &field.node).collect(),
        _ => Vec::new(),
    }
}

fn kind(of: &ExtendedType) -> &'static str {
    match of {
        ExtendedType::Scalar(_) => "scalar",
        ExtendedType::Object(_) => "object",
        ExtendedType::Interface(_) => "interface",
        ExtendedType::Union(_) => "union",
        ExtendedType::Enum(_) => "enum",
        ExtendedType::InputObject(_) => "input object",
    }
}

/// The types of these names as SDL; the error says which is not there.
fn describe_types<'n>(schema: &Schema, names: impl IntoIterator<Item = &'n str>) -> Result<String, String> {
    let mut sdl = String::new();
    for name in names.into_iter().take(TYPES) {
        let Some(found) = schema.types.get(name) else {
            let shown: String = name.chars().take(100).collect();
            return Err(format!("there is no type {shown:?}; search_schema finds types and fields by words"));
        };
        // Writing to a String cannot fail.
        let _ = writeln!(sdl, "{}", found.serialize());
    }
    if sdl.len() > DESCRIPTION_BYTES {
        sdl.truncate(sdl.floor_char_boundary(DESCRIPTION_BYTES));
        sdl.truncate(sdl.rfind('\n').map_or(0, |end| end + 1));
        sdl.push_str(
            "# The rest is left out, because it is too long; search_schema finds fields by words.\n",
        );
    }
    Ok(sdl)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn schema() -> apollo_compiler::validation::Valid<Schema> {
        let sdl = "
            type Query { taskCollection(first: Int): [Task!]! node(id: ID!): Task }
            \"Something to do\" type Task { title: String! \"The day on which the task is due\" dueOn: String }
            enum TaskState { OPEN DONE }";
        Schema::parse_and_validate(sdl, "schema.graphql").unwrap()
    }

    #[test]
    fn a_search_finds_where_most_words_are_and_roots_first() {
        let found = search(&schema(), "TASK due");
        let names: Vec<&str> = found["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["field"].as_str().or(found["type"].as_str()).unwrap())
            .collect();
        assert_eq!(names, ["Task.dueOn", "Query.taskCollection", "TaskState", "Task"]);
        assert_eq!(found["results"][1]["arguments"], json!(["first: Int"]));
        assert_eq!(found["further"], 0);
        assert_eq!(search(&schema(), " "), json!({"results": [], "further": 0}));
    }

    #[test]
    fn types_are_described_as_sdl() {
        let sdl = describe_types(&schema(), ["Task", "TaskState"]).unwrap();
        assert!(sdl.starts_with("\"\"\"Something to do\"\"\"\ntype Task {\n"), "{sdl}");
        assert!(sdl.contains("enum TaskState {\n  OPEN\n  DONE\n}"), "{sdl}");
        assert!(describe_types(&schema(), ["Nothing"]).unwrap_err().contains("search_schema"));
    }

    #[test]
    fn a_long_description_is_cut_and_says_so() {
        let fields: Vec<String> = (0..5000).map(|number| format!("field{number}: Int")).collect();
        let sdl = format!("type Query {{ {} }}", fields.join(" "));
        let schema = Schema::parse_and_validate(sdl, "schema.graphql").unwrap();
        let sdl = describe_types(&schema, ["Query"]).unwrap();
        assert!(sdl.len() < DESCRIPTION_BYTES + 200 && sdl.contains("search_schema"), "{}", sdl.len());
    }
}
