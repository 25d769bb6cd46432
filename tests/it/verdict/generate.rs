//! Random documents for a schema: valid ones, and ones with a mistake.

use std::fmt::Write as _;

use apollo_compiler::Schema;
use apollo_compiler::ast::{DirectiveLocation, FieldDefinition, InputValueDefinition, Type};
use apollo_compiler::schema::ExtendedType;

use crate::random::Random;

/// Writes one document.
pub(crate) struct Generator<'s> {
    pub(super) random: Random,
    pub(super) schema: &'s Schema,
    /// One choice in this many is a mistake; 0 is none.
    pub(super) slips: usize,
    pub(super) variables: Vec<(String, Type, Option<String>)>,
    /// Whether a value is made in which no variables may occur.
    pub(super) is_constant: bool,
    fragments: Vec<(String, String, String)>,
    aliases: usize,
}

/// The directives that are allowed in a place, each with a valid argument.
fn directives_at(location: DirectiveLocation) -> &'static [&'static str] {
    match location {
        DirectiveLocation::Field => &[
            "@skip(if: $)",
            "@include(if: $)",
            "@note(level: LOW)",
            "@once",
            "@note(tags: [1, 2], level: HIGH)",
        ],
        DirectiveLocation::FragmentSpread | DirectiveLocation::InlineFragment => {
            &["@include(if: $)", "@skip(if: $)", "@note(text: null, level: LOW)"]
        }
        DirectiveLocation::FragmentDefinition | DirectiveLocation::Query => {
            &["@note(text: \"t\", level: LOW)", "@once(at: 3)", "@note(filter: {age: {eq: 1}}, level: LOW)"]
        }
        DirectiveLocation::VariableDefinition => &["@note(level: MIDDLE)", "@once"],
        _ => &["@note(level: LOW)"],
    }
}

const WRONG_DIRECTIVES: [&str; 12] = [
    "@deprecated",
    "@nowhere",
    "@skip",
    "@skip(if: null)",
    "@include(if: \"true\")",
    "@skip(if: true) @skip(if: true)",
    "@once @once",
    "@note(level: LOW, extra: 1)",
    "@note(level: LOW, level: LOW)",
    "@note(tags: [null], level: LOW)",
    "@once(at: $nowhere)",
    "@specifiedBy(url: \"x\")",
];

impl<'s> Generator<'s> {
    pub(crate) fn new(seed: u64, schema: &'s Schema, slips: usize) -> Self {
        let (variables, fragments) = (Vec::new(), Vec::new());
        Self { random: Random(seed), schema, slips, variables, is_constant: false, fragments, aliases: 0 }
    }

    /// Whether to make a mistake here.
    pub(super) fn slip(&mut self) -> bool {
        self.random.once_in(self.slips)
    }

    pub(crate) fn document(&mut self) -> String {
        let mut text = if self.random.once_in(20) { "\u{feff}".to_owned() } else { String::new() };
        let operations = if self.random.once_in(6) { 2 } else { 1 };
        for index in 0..operations {
            self.operation(&mut text, operations, index);
        }
        let mut fragments = std::mem::take(&mut self.fragments);
        if self.slip() {
            fragments.pop();
        }
        if self.slip() {
            fragments.push(("Unused".to_owned(), "Query".to_owned(), "{ __typename }".to_owned()));
        }
        if self.slip()
            && let Some(twin) = fragments.first().cloned()
        {
            fragments.push(twin);
        }
        for (name, on, selections) in fragments {
            let directives = self.directives(DirectiveLocation::FragmentDefinition);
            let on = if self.slip() { self.wrong_type() } else { on };
            let description = self.description();
            write!(text, " {description}fragment {name} on {on}{directives} {selections}").expect("a string");
        }
        if self.slip() {
            text.push_str(
                ["type Late { a: Int }", "extend type Query { a: Int }", "directive @x on FIELD", "{", ","]
                    [self.random.below(5)],
            );
        }
        text
    }

    fn operation(&mut self, text: &mut String, operations: usize, index: usize) {
        self.variables.clear();
        let has_mutation = self.schema.schema_definition.mutation.is_some();
        let has_subscription = self.schema.schema_definition.subscription.is_some();
        let kind = match self.random.below(12) {
            0 if has_mutation => "mutation",
            1 if has_subscription || self.slips > 0 => "subscription",
            _ => "query",
        };
        let selections = match kind {
            "mutation" => self.selections("Mutation", 4),
            "subscription" if has_subscription && !self.random.once_in(4) => self.one_root(),
            "subscription" if has_subscription => self.selections("Subscription", 4),
            _ => self.selections("Query", 4),
        };
        let variables: Vec<_> = std::mem::take(&mut self.variables);
        let is_short = variables.is_empty() && operations == 1 && kind == "query" && self.random.once_in(2);
        if is_short || self.slip() {
            text.push_str(&selections);
            return;
        }
        let name = if self.slip() { "Same".to_owned() } else { format!("Operation{index}") };
        let description = self.description();
        write!(text, "{description}{kind} {name}").expect("a string");
        let mut definitions = Vec::new();
        for (name, of, default) in variables {
            if self.slip() {
                continue;
            }
            let default = default.map(|value| format!(" = {value}")).unwrap_or_default();
            let directives = self.directives(DirectiveLocation::VariableDefinition);
            let description = self.description();
            definitions.push(format!("{description}${name}: {of}{default}{directives}"));
        }
        if self.slip() {
            let wrong =
                ["$unused: Int", "$v1: Int", "$o: Query", "$n: Nothing", "$d: Int = $v1", "$l: [[Level!]!]!"];
            definitions.push((*self.random.choose(&wrong)).to_owned());
        }
        if !definitions.is_empty() {
            write!(text, "({})", definitions.join(if self.random.once_in(2) { " " } else { ", " }))
                .expect("a string");
        }
        text.push_str(&self.directives(DirectiveLocation::Query));
        text.push_str(&selections);
    }

    /// The description of an operation, a fragment or a variable; empty for most.
    fn description(&mut self) -> &'static str {
        const WRONG: [&str; 4] = ["\"a\" \"b\" ", "\"\"\" ", "null ", "$d "];
        let slips = self.slip();
        match self.random.below(8) {
            0 => "\"It says: \\\"query\\\"\" ",
            1 => "\"\"\"\n  Some é,\n  (lines) $v {\n\"\"\"",
            _ if slips => WRONG[self.random.below(WRONG.len())],
            _ => "",
        }
    }

    /// The selection of a subscription: one field, once or twice, directly or in fragments.
    fn one_root(&mut self) -> String {
        let mut field = String::new();
        while field.is_empty() || field.starts_with("__") {
            field.clear();
            self.field(&mut field, "Subscription", 4);
        }
        match self.random.below(5) {
            0 => format!("{{...{{{field}}}}}"),
            1 => format!("{{{field} ... on Subscription {{{field}}}}}"),
            _ => format!("{{{field}}}"),
        }
    }

    fn wrong_type(&mut self) -> String {
        let names =
            ["Nothing", "Int", "Level", "Query", "Node", "Named", "Found", "Filter", "Person", "__Type"];
        (*self.random.choose(&names)).to_owned()
    }

    fn directives(&mut self, location: DirectiveLocation) -> String {
        if self.slip() {
            return format!(" {}", self.random.choose(&WRONG_DIRECTIVES));
        }
        let has_own = self.schema.directive_definitions.contains_key("note");
        if !self.random.once_in(10) {
            return String::new();
        }
        let chosen = *self.random.choose(directives_at(location));
        if !chosen.contains('$') {
            return if has_own { format!(" {chosen}") } else { String::new() };
        }
        let condition = self.value(&Type::parse("Boolean!", "type").expect("a type"), None, 1);
        format!(" {}", chosen.replace('$', &condition))
    }

    pub(super) fn selections(&mut self, parent: &str, depth: usize) -> String {
        let mut text = "{".to_owned();
        for index in 0..=self.random.below(3) {
            if index > 0 {
                text.push_str([" ", ", ", "\n", " # a comment {\n", "\t,,"][self.random.below(5)]);
            }
            match self.random.below(8) {
                0 => self.inline(&mut text, parent, depth),
                1 if depth > 0 => self.spread(&mut text, parent, depth),
                2 => text.push_str("__typename"),
                _ => self.field(&mut text, parent, depth),
            }
        }
        if self.slip() {
            text.push_str(
                [" nothing", " __schema { types { name } }", " {}", " ...", " __type"][self.random.below(5)],
            );
        }
        text + "}"
    }

    /// A type for a fragment within `parent`.
    fn fitting(&mut self, parent: &str) -> String {
        if self.slip() {
            return self.wrong_type();
        }
        let mut fitting = vec![parent.to_owned()];
        let members = |name: &str| -> Vec<String> {
            self.schema
                .types
                .iter()
                .filter(|(other, _)| self.schema.is_subtype(name, other) || *other == name)
                .map(|(other, _)| other.to_string())
                .collect()
        };
        fitting.extend(members(parent));
        let above = self.schema.types.keys().filter(|other| self.schema.is_subtype(other, parent));
        fitting.extend(above.map(ToString::to_string));
        self.random.choose(&fitting).clone()
    }

    fn inline(&mut self, text: &mut String, parent: &str, depth: usize) {
        let on = if self.random.once_in(3) { None } else { Some(self.fitting(parent)) };
        let directives = self.directives(DirectiveLocation::InlineFragment);
        let condition = on.as_ref().map(|on| format!(" on {on}")).unwrap_or_default();
        let selections = self.selections(on.as_deref().unwrap_or(parent), depth.saturating_sub(1));
        write!(text, "...{condition}{directives} {selections}").expect("a string");
    }

    fn spread(&mut self, text: &mut String, parent: &str, depth: usize) {
        let known: Vec<_> =
            self.fragments.iter().filter(|known| known.1 == parent).map(|known| known.0.clone()).collect();
        let directives = self.directives(DirectiveLocation::FragmentSpread);
        let name = if !known.is_empty() && self.random.once_in(2) {
            self.random.choose(&known).clone()
        } else if self.slip() {
            "Nowhere".to_owned()
        } else {
            let on = self.fitting(parent);
            let name = format!("F{}", self.fragments.len() + self.aliases * 100);
            let place = self.fragments.len();
            let mut selections = self.selections(&on, depth - 1);
            if self.slip() {
                selections = format!("{{...{name}}}");
            }
            self.fragments.insert(place.min(self.fragments.len()), (name.clone(), on, selections));
            name
        };
        write!(text, "...{name}{directives}").expect("a string");
    }

    fn field(&mut self, text: &mut String, parent: &str, depth: usize) {
        let Some(field) = self.choose_field(parent, depth) else {
            text.push_str("__typename");
            return;
        };
        let mut alias = String::new();
        if self.slip() {
            // A response key that several fields may share.
            alias = format!("{}: ", ["a", "name", "age"][self.random.below(3)]);
        } else if self.slips == 0 || !self.random.once_in(4) {
            self.aliases += 1;
            alias = format!("k{}: ", self.aliases);
        }
        let written = self.written(&field, depth);
        write!(text, "{alias}{written}").expect("a string");
        if self.slip() {
            let twin = self.twin(&field, &written, depth);
            write!(text, " {alias}{twin}").expect("a string");
        }
    }

    /// The same field again: with a list of another length, or with other arguments.
    fn twin(&mut self, field: &FieldDefinition, written: &str, depth: usize) -> String {
        match written.find(']').filter(|_| self.random.once_in(2)) {
            Some(end) if !written[..end].ends_with('[') => {
                let item = written[..end].rsplit(['[', ',']).next().unwrap_or("1").trim();
                format!("{}, {item}{}", &written[..end], &written[end..])
            }
            _ => self.written(field, depth.min(1)),
        }
    }

    /// A field without its alias.
    fn written(&mut self, field: &FieldDefinition, depth: usize) -> String {
        let name = if self.slip() { "nowhere".to_owned() } else { field.name.to_string() };
        let arguments = self.arguments(&field.arguments);
        let directives = self.directives(DirectiveLocation::Field);
        let inner = field.ty.inner_named_type().clone();
        let is_leaf = self.schema.types.get(&inner).is_none_or(ExtendedType::is_leaf);
        let has_selections = is_leaf == self.slip();
        let selections =
            if has_selections { self.selections(&inner, depth.saturating_sub(1)) } else { String::new() };
        format!("{name}{arguments}{directives}{selections}")
    }

    fn arguments(&mut self, definitions: &[apollo_compiler::Node<InputValueDefinition>]) -> String {
        let mut given = Vec::new();
        for definition in definitions {
            if (!definition.is_required() && self.random.once_in(2)) || self.slip() {
                continue;
            }
            let value = self.value(&definition.ty, definition.default_value.as_deref(), 2);
            let name = if self.slip() { "wrong" } else { definition.name.as_str() };
            given.push(format!("{name}: {value}"));
            if self.slip() {
                given.push(format!("{name}: {value}"));
            }
        }
        if given.is_empty() && !self.slip() { String::new() } else { format!("({})", given.join(" ")) }
    }

    fn choose_field(&mut self, parent: &str, depth: usize) -> Option<FieldDefinition> {
        let fields = match self.schema.types.get(parent)? {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => return None,
        };
        let is_leaf = |field: &FieldDefinition| {
            self.schema.types.get(field.ty.inner_named_type()).is_none_or(ExtendedType::is_leaf)
        };
        let mut fitting: Vec<FieldDefinition> = fields
            .values()
            .filter(|field| depth > 0 || is_leaf(field))
            .map(|field| FieldDefinition::clone(field))
            .collect();
        if parent == "Query" && depth > 0 {
            let meta = ["__schema", "__type"].map(|name| self.schema.type_field(parent, name));
            fitting.extend(meta.into_iter().flatten().map(|field| FieldDefinition::clone(field)));
        }
        if fitting.is_empty() { None } else { Some(self.random.choose(&fitting).clone()) }
    }
}
