//! Random valid requests for an API.

use std::fmt::Write as _;

use apollo_compiler::Schema;
use apollo_compiler::ast::FieldDefinition;
use apollo_compiler::schema::ExtendedType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::random::Random;

/// A document, and the type of the row of its field `node`.
pub(super) struct Asked {
    pub(super) document: String,
    pub(super) node: Option<String>,
}

/// A query with one to three root fields. Tables have the names of their types, and a key `id` from 1 to 10.
pub(super) fn request(random: &mut Random, schema: &Schema) -> Asked {
    let mut writer = Writer { random, schema, aliases: 0 };
    if writer.random.once_in(12) {
        let table = format!("t{}", writer.random.below(6));
        let id = 1 + writer.random.below(10);
        let node_id = STANDARD.encode(format!(r#"["public", "{table}", {id}]"#));
        let selections = writer.selections(&table, 2);
        let document =
            format!("{{ node(nodeId: \"{node_id}\") {{ __typename nodeId ... on {table} {selections} }} }}");
        return Asked { document, node: Some(table) };
    }
    let count = 1 + writer.random.below(3);
    let roots: Vec<_> = (0..count).map(|_| writer.field("Query", 4)).collect();
    Asked { document: format!("{{ {} }}", roots.join(" ")), node: None }
}

struct Writer<'a> {
    random: &'a mut Random,
    schema: &'a Schema,
    aliases: usize,
}

impl Writer<'_> {
    fn field(&mut self, parent: &str, depth: usize) -> String {
        let fields = match self.schema.types.get(parent) {
            Some(ExtendedType::Object(object)) => &object.fields,
            _ => return "__typename".to_owned(),
        };
        let is_leaf = |field: &FieldDefinition| {
            self.schema.types.get(field.ty.inner_named_type()).is_none_or(ExtendedType::is_leaf)
        };
        let fitting: Vec<_> = fields
            .values()
            .filter(|field| field.name != "node" || parent != "Query")
            .filter(|field| depth > 0 || is_leaf(field))
            .collect();
        if fitting.is_empty() || self.random.once_in(12) {
            return "__typename".to_owned();
        }
        let field = *self.random.choose(&fitting);
        self.aliases += 1;
        let arguments = self.arguments(field);
        let mut text = format!("k{}: {}{arguments}", self.aliases, field.name);
        if !is_leaf(field) {
            text += &self.selections(field.ty.inner_named_type(), depth - 1);
        }
        text
    }

    fn selections(&mut self, of: &str, depth: usize) -> String {
        let mut text = " {".to_owned();
        for _ in 0..=self.random.below(4) {
            let field = if self.random.once_in(10) {
                format!("... on {of} {{ {} }}", self.field(of, depth))
            } else {
                self.field(of, depth)
            };
            write!(text, " {field}").expect("a string");
        }
        text + " }"
    }

    fn arguments(&mut self, field: &FieldDefinition) -> String {
        let mut given = Vec::new();
        let is_backward = self.random.once_in(3);
        for argument in &field.arguments {
            let is_given = argument.is_required() || self.random.once_in(3);
            let value = match argument.name.as_str() {
                "id" => Some((1 + self.random.below(11)).to_string()),
                "first" if is_given && !is_backward => Some(self.random.below(6).to_string()),
                "last" if is_given && is_backward => Some(self.random.below(6).to_string()),
                "offset" if is_given && !is_backward => Some(self.random.below(4).to_string()),
                "filter" if is_given => Some(format!("{{id: {{lt: {}}}}}", self.random.below(14))),
                "orderBy" if is_given => self.order(argument.ty.inner_named_type()),
                _ => None,
            };
            given.extend(value.map(|value| format!("{}: {value}", argument.name)));
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    fn order(&mut self, input: &str) -> Option<String> {
        let Some(ExtendedType::InputObject(input)) = self.schema.types.get(input) else { return None };
        let columns: Vec<_> = input.fields.keys().collect();
        let directions = ["AscNullsFirst", "AscNullsLast", "DescNullsFirst", "DescNullsLast"];
        Some(format!("[{{{}: {}}}]", self.random.choose(&columns), self.random.choose(&directions)))
    }
}
