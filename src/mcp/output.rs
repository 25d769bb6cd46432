//! The selection of an operation -> the JSON Schema of its data.

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{DirectiveList, Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name, Schema};
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::JsonSchema;
use super::value::{JsonValues, Way, object, of_type, scalar};

/// The maximum number of members of all objects together. A larger schema helps no agent.
const MEMBERS: usize = 1000;

/// The schema of the operation's data, or `None` if it would be too large.
pub(super) fn data(
    schema: &Schema,
    document: &ExecutableDocument,
    operation: &Operation,
    json_values: JsonValues,
) -> Option<JsonSchema> {
    let mut selected = Selected { schema, document, json_values, members: 0 };
    let root = Part { selections: &operation.selection_set, is_certain: true };
    let data = selected.object(&[root]);
    (selected.members <= MEMBERS).then_some(data)
}

/// A selection set that contributes to an object.
#[derive(Clone, Copy)]
struct Part<'a> {
    selections: &'a SelectionSet,
    /// Whether it applies to every object in this place, whatever its type and the variables.
    is_certain: bool,
}

/// The selected fields with the same response key.
#[derive(Default)]
struct Member<'a> {
    /// The type of the first of them; those of the others have the same shape (GraphQL specification, 5.3.2).
    of: Option<&'a Type>,
    is_certain: bool,
    parts: Vec<Part<'a>>,
}

type Members<'a> = IndexMap<&'a Name, Member<'a>>;

struct Selected<'a> {
    schema: &'a Schema,
    document: &'a ExecutableDocument,
    json_values: JsonValues,
    members: usize,
}

impl<'a> Selected<'a> {
    fn object(&mut self, parts: &[Part<'a>]) -> JsonSchema {
        let mut members = Members::new();
        for part in parts {
            self.collect(*part, &mut Vec::new(), &mut members);
        }
        let required: Vec<&str> =
            members.iter().filter(|(_, member)| member.is_certain).map(|(key, _)| key.as_str()).collect();
        let mut schema = object(json!({"type": "object", "properties": {}}));
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        let properties = members.into_iter().map(|(key, member)| (key.to_string(), self.member(&member)));
        schema.insert("properties".to_owned(), Value::Object(properties.collect()));
        schema
    }

    fn member(&mut self, member: &Member<'a>) -> Value {
        let Some(of) = member.of else { return json!({}) };
        Value::Object(of_type(of, &mut |name| match self.schema.types.get(name) {
            Some(ExtendedType::Enum(found)) => {
                let names: Vec<&str> = found.values.keys().map(Name::as_str).collect();
                // Not as `enum`: null would have to be one of them, and the database may have newer labels.
                object(json!({"type": "string", "description": format!("One of {}", names.join(", "))}))
            }
            Some(ExtendedType::Scalar(_)) | None => scalar(name, self.json_values, Way::Out),
            Some(_) => self.object(&member.parts),
        }))
    }

    /// Adds what a selection set selects. `spread` are the fragments on the way, so that a fragment counts once in a place.
    fn collect(&mut self, part: Part<'a>, spread: &mut Vec<&'a Name>, members: &mut Members<'a>) {
        let Part { selections, is_certain } = part;
        for selection in &selections.selections {
            self.members += 1;
            if self.members > MEMBERS {
                return;
            }
            let is_certain = is_certain && !is_conditional(selection.directives());
            match selection {
                Selection::Field(field) => {
                    let member = members.entry(field.response_key()).or_default();
                    member.of.get_or_insert(field.ty());
                    member.is_certain |= is_certain;
                    member.parts.push(Part { selections: &field.selection_set, is_certain });
                }
                Selection::InlineFragment(fragment) => {
                    let on = fragment.type_condition.as_ref();
                    let applies = on.is_none_or(|on| self.always_applies(on, &selections.ty));
                    let part =
                        Part { selections: &fragment.selection_set, is_certain: is_certain && applies };
                    self.collect(part, spread, members);
                }
                Selection::FragmentSpread(found) => {
                    let Some(fragment) = self.document.fragments.get(&found.fragment_name) else { continue };
                    let applies = self.always_applies(fragment.type_condition(), &selections.ty);
                    let part =
                        Part { selections: &fragment.selection_set, is_certain: is_certain && applies };
                    if !spread.contains(&&found.fragment_name) {
                        spread.push(&found.fragment_name);
                        self.collect(part, spread, members);
                        spread.pop();
                    }
                }
            }
        }
    }

    /// Whether every object of type `of` is also of type `on`.
    fn always_applies(&self, on: &Name, of: &Name) -> bool {
        on == of || self.schema.is_subtype(on, of)
    }
}

/// Whether a variable decides if a selection is there.
fn is_conditional(directives: &DirectiveList) -> bool {
    directives.has("skip") || directives.has("include")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    const SDL: &str = "
        interface Node { id: ID! }
        type Task implements Node { id: ID! title: String! due: Date parent: Task tags: [String]! size: BigInt }
        type Person implements Node { id: ID! name: String! tasks: [Task!]! }
        scalar Date scalar BigInt
        type Query { node: Node tasks: [Task!]! me: Person! }";

    fn of(document: &str) -> Option<Value> {
        let schema = Schema::parse_and_validate(SDL, "schema.graphql").unwrap();
        let document = ExecutableDocument::parse_and_validate(&schema, document, "document.graphql").unwrap();
        let operation = document.operations.get(None).unwrap();
        data(&schema, &document, operation, JsonValues::Strings).map(Value::Object)
    }

    #[test]
    fn members_have_the_keys_of_the_answer_and_only_certain_ones_are_required() {
        let found = of("query ($full: Boolean!) {
            all: tasks { title ...More size @include(if: $full) parent @skip(if: $full) { id } parent { title } }
        }
        fragment More on Task { due tags }");
        let found = found.unwrap();
        let shown = &found["properties"]["all"]["items"];
        for (key, expected) in [
            ("title", json!({"type": "string"})),
            ("due", json!({"type": ["string", "null"]})),
            ("tags", json!({"type": "array", "items": {"type": ["string", "null"]}})),
            ("size", json!({"type": ["string", "number", "null"]})),
        ] {
            assert_eq!(shown["properties"][key], expected, "{key}");
        }
        assert_eq!(shown["required"], json!(["title", "due", "tags", "parent"]));
        let parent = &shown["properties"]["parent"];
        assert_eq!(parent["type"], json!(["object", "null"]));
        assert_eq!(parent["required"], json!(["title"]), "the id is there only without the variable");
        assert_eq!(parent["properties"].as_object().unwrap().len(), 2);
    }

    #[test]
    fn fields_of_some_types_only_are_not_required() {
        let found = of("{ node { id __typename ... on Task { title } ...Named ... on Node { key: id } } }
        fragment Named on Person { name }");
        let node = &found.unwrap()["properties"]["node"];
        assert_eq!(node["required"], json!(["id", "__typename", "key"]));
        assert_eq!(node["properties"].as_object().unwrap().len(), 5);
    }

    #[test]
    fn fragments_that_multiply_have_no_schema() {
        let parts: String = (0..12).fold(String::new(), |parts, index| {
            let next = index + 1;
            parts
                + &format!(
                    "fragment F{index} on Task {{ a: parent {{ ...F{next} }} b: parent {{ ...F{next} }} }} "
                )
        });
        assert_eq!(of(&format!("{{ tasks {{ ...F0 }} }} {parts} fragment F12 on Task {{ id }}")), None);
    }
}
