//! Random values of arguments: literals, variables, and invalid ones.

use apollo_compiler::ast::{Type, Value};
use apollo_compiler::schema::ExtendedType;

use super::generate::Generator;

const WRONG_STRINGS: [&str; 11] = [
    r#""\uD83D""#,
    r#""\uDE00\uD83D""#,
    r#""\u{110000}""#,
    r#""\u{D800}""#,
    r#""\u{}""#,
    r#""\x""#,
    r#""unfinished"#,
    "\"two\nlines\"",
    r#""\u12""#,
    r#""""unfinished""#,
    "'single'",
];

const STRINGS: [&str; 12] = [
    r#""""#,
    r#""text""#,
    r#""\u0041\n\t\"\\\/\b\f\r""#,
    r#""\uD83D\uDE00""#,
    r#""\u{1F600}""#,
    r#""\u{0041} \u{00000041}""#,
    "\"\u{1F600} \u{e9}\"",
    r#""""block""""#,
    "\"\"\"\n  indented\n    more \\\"\"\" quotes \"\" \\u\n\"\"\"",
    "\"# no comment, no: {\"",
    "\"tab\there\"",
    r#""""""""#,
];

const ANYTHING: [&str; 24] = [
    "null",
    "true",
    "1",
    "-0",
    "2147483648",
    "-2147483649",
    "1.5",
    "1e400",
    "1.0e5",
    "12345678901234567890123",
    "\"text\"",
    "LOW",
    "Nothing",
    "[]",
    "[1]",
    "[[1]]",
    "[null]",
    "{}",
    "{a: 1}",
    "{low: 1}",
    "{age: {eq: 1, eq: 1}}",
    "$nowhere",
    "{a: [{b: $nowhere}]}",
    "[LOW, \"LOW\"]",
];

const MALFORMED: [&str; 10] = ["01", "1.", ".5", "1e", "-", "1.5x", "0x1F", "+1", "$", "1_000"];

impl Generator<'_> {
    /// A value for a place of that type; `default` is the place's default.
    pub(super) fn value(&mut self, of: &Type, default: Option<&Value>, depth: usize) -> String {
        if self.slip() {
            return (*self.random.choose(if self.random.clone().once_in(4) {
                &MALFORMED
            } else {
                &ANYTHING
            }))
            .to_owned();
        }
        if !self.is_constant && self.random.once_in(4) {
            return self.variable(of, default);
        }
        self.literal(of, depth)
    }

    /// A variable, new or existing, for a place of that type.
    fn variable(&mut self, of: &Type, default: Option<&Value>) -> String {
        let known: Vec<_> = self
            .variables
            .iter()
            .filter(|known| known.1.is_assignable_to(of))
            .map(|known| known.0.clone())
            .collect();
        if !known.is_empty() && self.random.once_in(2) {
            return format!("${}", self.random.choose(&known));
        }
        if self.slip() && !self.variables.is_empty() {
            let any: Vec<_> = self.variables.iter().map(|known| known.0.clone()).collect();
            return format!("${}", self.random.choose(&any));
        }
        let name = format!("v{}", self.variables.len() + 1);
        let mut its_type = of.clone();
        let mut its_default = None;
        if of.is_non_null() && self.random.once_in(2) {
            its_type = of.clone().nullable();
            // A default of the variable (if not null) or of the place allows the nullable variable.
            if default.is_none() || self.random.once_in(2) {
                its_default = Some(if self.slips > 0 && self.random.once_in(8) {
                    "null".to_owned()
                } else {
                    self.constant(of)
                });
            }
        } else if self.random.once_in(3) {
            its_type = if self.random.once_in(2) { of.clone().non_null() } else { of.clone() };
            let constant = self.constant(&its_type);
            its_default = Some(constant).filter(|_| self.random.once_in(2));
        }
        if self.slips > 0 && self.random.once_in(8) {
            its_type = match self.random.below(4) {
                0 => its_type.list(),
                1 => its_type.nullable(),
                2 => its_type.item_type().clone(),
                _ => Type::parse("String", "type").expect("a type"),
            };
        }
        self.variables.push((name.clone(), its_type, its_default));
        format!("${name}")
    }

    /// A literal without variables.
    pub(super) fn constant(&mut self, of: &Type) -> String {
        let was_constant = std::mem::replace(&mut self.is_constant, true);
        let literal = loop {
            // Mistakes may contain a `$`.
            let literal = self.literal(of, 1);
            if !literal.contains('$') {
                break literal;
            }
        };
        self.is_constant = was_constant;
        literal
    }

    pub(super) fn literal(&mut self, of: &Type, depth: usize) -> String {
        if !of.is_non_null() && self.random.once_in(12) {
            return "null".to_owned();
        }
        if of.is_list() {
            let item = of.item_type().clone();
            if self.random.once_in(5) && item.is_non_null() {
                return self.literal(&item, depth);
            }
            let items: Vec<_> = (0..self.random.below(3)).map(|_| self.value(&item, None, depth)).collect();
            return format!("[{}]", items.join([",", " ", ", "][self.random.below(3)]));
        }
        let name = of.inner_named_type().clone();
        let schema = self.schema;
        match schema.types.get(&name) {
            Some(ExtendedType::Enum(found)) => {
                let names: Vec<_> = found.values.keys().collect();
                self.random.choose(&names).to_string()
            }
            Some(ExtendedType::InputObject(found)) => {
                let mut fields = Vec::new();
                for (field, definition) in &found.fields {
                    let is_left_out = !definition.is_required() && (depth == 0 || !self.random.once_in(3));
                    if is_left_out || self.slip() {
                        continue;
                    }
                    let default = definition.default_value.as_deref();
                    fields.push(format!(
                        "{field}: {}",
                        self.value(&definition.ty, default, depth.saturating_sub(1))
                    ));
                    if self.slip() {
                        fields.push(fields[0].clone());
                    }
                }
                format!("{{{}}}", fields.join(", "))
            }
            _ => self.scalar(&name),
        }
    }

    fn scalar(&mut self, name: &str) -> String {
        let chosen = match name {
            "Int" => *self.random.choose(&["0", "-1", "7", "2147483647", "-2147483648"]),
            "Float" => *self.random.choose(&[
                "0",
                "-1.5",
                "1e10",
                "7",
                "1.5E-3",
                "2147483648",
                "12345678901234567890",
            ]),
            "Boolean" => *self.random.choose(&["true", "false"]),
            "ID" => *self.random.choose(&["\"id\"", "4", "-4", "12345678901234567890", "\"\"\"x\"\"\""]),
            "String" if self.slip() => *self.random.choose(&WRONG_STRINGS),
            "String" => *self.random.choose(&STRINGS),
            _ => *self.random.choose(&[
                "1",
                "1.5",
                "\"x\"",
                "true",
                "LOW",
                "[]",
                "[1, [2]]",
                "{a: [null, {b: LOW}]}",
                "[null]",
                "1e400",
                "{}",
            ]),
        };
        chosen.to_owned()
    }
}
