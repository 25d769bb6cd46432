//! Random definitions of variables, and JSON that may be their values.

use std::fmt::Write as _;

use apollo_compiler::ast::Type;
use apollo_compiler::schema::ExtendedType;
use serde_json::{Map, Value, json};

use super::generate::Generator;

const TYPES: [&str; 22] = [
    "Int",
    "Int!",
    "Float",
    "Float!",
    "String",
    "String!",
    "Boolean",
    "ID",
    "ID!",
    "[Int]",
    "[Int!]!",
    "[[Int!]]",
    "Level",
    "Level!",
    "[Level!]",
    "Filter",
    "Filter!",
    "[OrderBy!]",
    "Row",
    "[Row!]!",
    "Range",
    "JSON",
];

impl Generator<'_> {
    /// A document that defines variables, and values for them. Every variable is used, as the rules require.
    pub(crate) fn request(&mut self) -> (String, Map<String, Value>) {
        let (mut definitions, mut uses, mut values) = (String::new(), String::new(), Map::new());
        for index in 0..=self.random.below(2) {
            let of = Type::parse(*self.random.choose(&TYPES), "type").expect("a type");
            let default =
                if self.random.once_in(4) { format!(" = {}", self.constant(&of)) } else { String::new() };
            write!(definitions, " $v{index}: {of}{default}").expect("a string");
            // An object for a custom scalar may contain variables of any type.
            write!(uses, "{{v: $v{index}}} ").expect("a string");
            if !self.random.once_in(6) {
                let value = self.json(&of);
                values.insert(format!("v{index}"), value);
            }
        }
        (
            format!("query ({definitions}) {{ search(text: \"\", payload: [{uses}]) {{ __typename }} }}"),
            values,
        )
    }

    fn json(&mut self, of: &Type) -> Value {
        if self.random.once_in(6) {
            return self.any_json();
        }
        if !of.is_non_null() && self.random.once_in(10) {
            return Value::Null;
        }
        if of.is_list() {
            let item = of.item_type().clone();
            if self.random.once_in(4) {
                return self.json(&item);
            }
            return (0..self.random.below(3)).map(|_| self.json(&item)).collect();
        }
        let schema = self.schema;
        match schema.types.get(of.inner_named_type()) {
            Some(ExtendedType::Enum(found)) => {
                let names: Vec<_> = found.values.keys().collect();
                json!(self.random.choose(&names).as_str())
            }
            Some(ExtendedType::InputObject(found)) => {
                let mut fields = Map::new();
                for (name, field) in &found.fields {
                    if self.random.once_in(if field.is_required() { 20 } else { 2 }) {
                        continue;
                    }
                    // Filters contain filters; half of their fields are left out, so that this ends.
                    fields.insert(name.to_string(), self.json(&field.ty));
                }
                Value::Object(fields)
            }
            _ => self.scalar_json(of.inner_named_type().as_str()),
        }
    }

    fn scalar_json(&mut self, name: &str) -> Value {
        let choices = match name {
            "Int" => vec![
                json!(0),
                json!(-7),
                json!(2_147_483_647),
                json!(-2_147_483_648_i64),
                json!(1.0),
                json!(-0.0),
            ],
            "Float" => {
                vec![json!(1.5), json!(7), json!(9_007_199_254_740_993_i64), json!(u64::MAX), json!(1e300)]
            }
            "String" => vec![json!(""), json!("text"), json!("\u{1F600}\n\u{0}")],
            "Boolean" => vec![json!(true), json!(false)],
            "ID" => vec![json!("id"), json!(4), json!(-4), json!(u64::MAX), json!(4.0), json!(1e25)],
            _ => return self.any_json(),
        };
        self.random.choose(&choices).clone()
    }

    fn any_json(&mut self) -> Value {
        let choices = [
            json!(null),
            json!(true),
            json!(1),
            json!(1.5),
            json!(2_147_483_648_i64),
            json!("1"),
            json!("LOW"),
            json!("low"),
            json!([]),
            json!([1, null]),
            json!([["a"]]),
            json!({}),
            json!({"low": 1}),
            json!({"low": 1, "extra": 2}),
            json!({"name": "ASC"}),
        ];
        self.random.choose(&choices).clone()
    }
}
