//! Random operations and arguments by the types of a schema.

use apollo_compiler::Schema;
use apollo_compiler::ast::{FieldDefinition, InputValueDefinition, Type};
use apollo_compiler::schema::ExtendedType;
use serde_json::{Map, Value, json};

use crate::random::Random;

/// Texts that mean something to PostgreSQL's types, and others.
const TEXTS: [&str; 44] = [
    "",
    "a",
    "%",
    "it's",
    "\\",
    "\"",
    "(",
    "[",
    "{",
    "1",
    "-1",
    "1.5",
    "NaN",
    "1e400",
    "99999999999999999999",
    "true",
    "{}",
    "[1]",
    "{1,2}",
    "{\"a\": 1}",
    "null",
    "$.a",
    "$.a >",
    "$[*] ? (@ > 1)",
    "[1,5)",
    "[5,1)",
    "empty",
    "{[1,3),[5,9)}",
    "(1,2)",
    "(1,1),(0,0)",
    "(1,x)",
    "1 day",
    "10.0.0.1",
    "08:00:2b:01:02:03",
    "101",
    "2024-02-29",
    "2024-13-01",
    "13:37:00",
    "2024-02-29T13:37:00Z",
    "english",
    "no such",
    "UTC",
    "a & b",
    "\u{0}",
];

const GEOMETRIES: [&str; 8] = [
    r#"{"type": "Point", "coordinates": [1, 2]}"#,
    r#"{"type": "Point", "coordinates": []}"#,
    r#"{"type": "Point"}"#,
    r#"{"type": "LineString", "coordinates": [[1, 2]]}"#,
    r#"{"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}"#,
    r#"{"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1]]]}"#,
    r#"{"type": "Point", "coordinates": [1000, 1e300], "crs": {"type": "name", "properties": {"name": "EPSG:3857"}}}"#,
    r#"{"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2, 3]}]}"#,
];

/// A value in a document, and in variables.
struct Given {
    literal: String,
    json: Value,
}

/// Makes one operation.
pub(super) struct Generator<'s, 'r> {
    schema: &'s Schema,
    random: &'r mut Random,
    declared: String,
    variables: Map<String, Value>,
    aliases: usize,
    /// One in so many values is of any type, or is missing where one is required.
    slips: usize,
}

impl Given {
    fn same(literal: &str, json: Value) -> Self {
        Self { literal: literal.to_owned(), json }
    }

    fn text(text: &str) -> Self {
        Self { literal: json!(text).to_string(), json: json!(text) }
    }
}

impl<'s, 'r> Generator<'s, 'r> {
    pub(super) fn new(schema: &'s Schema, random: &'r mut Random) -> Self {
        // Most of those with many mistakes are refused before they reach the database.
        let slips = *random.choose(&[20, 100, 500]);
        Self { schema, random, declared: String::new(), variables: Map::new(), aliases: 0, slips }
    }

    /// A document and its variables.
    pub(super) fn operation(mut self) -> (String, Value) {
        let (keyword, root) =
            if self.random.once_in(3) { ("mutation", "Mutation") } else { ("query", "Query") };
        let fields: String = (0..=self.random.below(2)).map(|_| self.field_of(root, 3)).collect();
        let declared = if self.declared.is_empty() { String::new() } else { format!("({})", self.declared) };
        (format!("{keyword} {declared} {{ {fields} }}"), Value::Object(self.variables))
    }

    /// A field of an object type, with its arguments and fields.
    fn field_of(&mut self, object: &str, levels: usize) -> String {
        let Some(ExtendedType::Object(found)) = self.schema.types.get(object) else {
            return "__typename ".to_owned();
        };
        let fields: Vec<_> =
            found.fields.values().filter(|field| levels > 0 || self.is_leaf(field)).collect();
        if fields.is_empty() {
            return "__typename ".to_owned();
        }
        let field = *self.random.choose(&fields);
        self.aliases += 1;
        let (alias, arguments) = (self.aliases, self.arguments(&field.arguments));
        let below = field.ty.inner_named_type();
        let selected = match self.schema.types.get(below) {
            Some(ExtendedType::Object(_)) => {
                let fields: String = (0..=self.random.below(2))
                    .map(|_| self.field_of(below, levels.saturating_sub(1)))
                    .collect();
                format!(" {{ {fields} }}")
            }
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => " { __typename }".to_owned(),
            _ => String::new(),
        };
        format!("a{alias}: {}{arguments}{selected} ", field.name)
    }

    fn is_leaf(&self, field: &FieldDefinition) -> bool {
        let of = self.schema.types.get(field.ty.inner_named_type());
        matches!(of, Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_)))
    }

    fn arguments(&mut self, declared: &[apollo_compiler::Node<InputValueDefinition>]) -> String {
        let mut given = Vec::new();
        for argument in declared {
            let is_given = if argument.is_required() {
                !self.random.once_in(self.slips)
            } else {
                self.random.once_in(3)
            };
            if is_given {
                let value = self.value(&argument.ty, 4);
                given.push(format!("{}: {}", argument.name, value.literal));
            }
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    /// A value for a place of that type, perhaps by a variable, perhaps a wrong one.
    fn value(&mut self, of: &Type, levels: usize) -> Given {
        let given = if self.random.once_in(self.slips) { self.anything() } else { self.right(of, levels) };
        if !self.random.once_in(8) {
            return given;
        }
        let name = format!("v{}", self.variables.len());
        self.declared.extend(["$", &name, ": ", &of.to_string(), " "]);
        self.variables.insert(name.clone(), given.json.clone());
        Given { literal: format!("${name}"), json: given.json }
    }

    fn right(&mut self, of: &Type, levels: usize) -> Given {
        if !of.is_non_null() && self.random.once_in(15) {
            return Given::same("null", Value::Null);
        }
        if of.is_list() {
            let items: Vec<_> =
                (0..self.random.below(3)).map(|_| self.value(of.item_type(), levels)).collect();
            let literals: Vec<_> = items.iter().map(|item| item.literal.clone()).collect();
            let json = items.into_iter().map(|item| item.json).collect();
            return Given { literal: format!("[{}]", literals.join(", ")), json };
        }
        let name = of.inner_named_type();
        match self.schema.types.get(name) {
            Some(ExtendedType::Enum(found)) => {
                let values: Vec<_> = found.values.keys().collect();
                let value = (*self.random.choose(&values)).as_str();
                Given::same(value, json!(value))
            }
            Some(ExtendedType::InputObject(found)) => {
                let fields: Vec<_> = found
                    .fields
                    .values()
                    .map(|field| (field.name.to_string(), field.ty.clone(), field.is_required()))
                    .collect();
                self.object(&fields, levels)
            }
            _ => self.scalar(name),
        }
    }

    fn object(&mut self, fields: &[(String, apollo_compiler::Node<Type>, bool)], levels: usize) -> Given {
        let (mut literals, mut json) = (Vec::new(), Map::new());
        let wanted = if levels == 0 { 0 } else { self.random.below(4) };
        for _ in 0..wanted {
            let (name, of, _) = self.random.choose(fields).clone();
            if !json.contains_key(&name) {
                let value = self.value(&of, levels - 1);
                literals.push(format!("{name}: {}", value.literal));
                json.insert(name, value.json);
            }
        }
        for (name, of, is_required) in fields {
            if *is_required && !json.contains_key(name) && !self.random.once_in(self.slips) {
                let value = self.value(of, levels.saturating_sub(1));
                literals.push(format!("{name}: {}", value.literal));
                json.insert(name.clone(), value.json);
            }
        }
        Given { literal: format!("{{{}}}", literals.join(", ")), json: Value::Object(json) }
    }

    fn scalar(&mut self, name: &str) -> Given {
        let number = json!(i64::try_from(self.random.below(8)).expect("a small number") - 2);
        let text = *self.random.choose(&TEXTS);
        match name {
            "Int" => Given::same(&number.to_string(), number),
            "Float" => {
                let number = *self.random.choose(&["0", "1.5", "-2", "1e300", "1e-300", "7"]);
                Given::same(number, serde_json::from_str(number).expect("a number"))
            }
            "Boolean" => {
                let word = *self.random.choose(&["true", "false"]);
                Given::same(word, json!(word == "true"))
            }
            "GeoJSON" if self.random.below(8) > 0 => {
                let text = *self.random.choose(&GEOMETRIES);
                Given::text(text)
            }
            "BigInt" | "BigFloat" if self.random.once_in(2) => Given::text(&number.to_string()),
            "_Any" => {
                let of = *self.random.choose(&["Owner", "Thing", "Part", "item", "place", "area", "nothing"]);
                let json = match self.random.below(3) {
                    0 => json!({"__typename": of, "id": number}),
                    1 => json!({"__typename": of, "nodeId": text}),
                    _ => json!({"__typename": of, "thingId": number, "day": text}),
                };
                let fields: Vec<_> = json
                    .as_object()
                    .expect("an object")
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                Given { literal: format!("{{{}}}", fields.join(", ")), json }
            }
            "ID" => {
                let tables = ["thing", "owner", "part", "item", "place"];
                let id = json!(["public", *self.random.choose(&tables), text]).to_string();
                let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, id);
                Given::text(if self.random.once_in(3) { text } else { &encoded })
            }
            "Cursor" => {
                let values = json!([text, number, null]);
                let values = values.as_array().expect("a list")[..=self.random.below(3)].to_vec();
                let encoded = base64::Engine::encode(
                    &base64::engine::general_purpose::STANDARD,
                    json!(values).to_string(),
                );
                Given::text(&encoded)
            }
            _ => Given::text(text),
        }
    }

    /// A value of any type.
    fn anything(&mut self) -> Given {
        let all = [
            ("null", Value::Null),
            ("[]", json!([])),
            ("{}", json!({})),
            ("[[]]", json!([[]])),
            ("[null]", json!([null])),
            ("-1", json!(-1)),
            ("99999999999", json!(99_999_999_999_u64)),
            ("1.5", json!(1.5)),
            ("true", json!(true)),
            ("\"x\"", json!("x")),
            ("\"\"", json!("")),
            ("NULL", json!("NULL")),
            ("{nothing: 1}", json!({"nothing": 1})),
            ("[[[1]]]", json!([[[1]]])),
        ];
        let (literal, json) = self.random.choose(&all).clone();
        Given::same(literal, json)
    }
}
