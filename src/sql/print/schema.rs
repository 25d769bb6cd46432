//! Prints names of schemas. The one that stands for those of all tenants is never printed: in its place, the text has a place for the
//! name of the caller's.

use super::Printer;
use crate::catalog::QualifiedName;
use crate::statement::{Filling, Place, SchemaForm};

impl Printer<'_> {
    /// The name of an object in a schema.
    pub(super) fn in_schema(&mut self, schema: &str, name: &str) {
        self.schema(schema);
        self.push(".");
        self.identifier(name);
    }

    pub(super) fn schema(&mut self, name: &str) {
        if self.tenant_template == Some(name) {
            self.place(SchemaForm::Identifier);
        } else {
            self.identifier(name);
        }
    }

    /// The name of an object in a schema as a literal, for a cast that looks it up.
    pub(super) fn name_in_literal(&mut self, name: &QualifiedName) {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        if self.tenant_template == Some(&name.schema) {
            self.push("E'");
            self.place(SchemaForm::InLiteral);
            self.push(".");
            self.push(&quoted(&name.name).replace('\\', "\\\\").replace('\'', "''"));
            self.push("'");
        } else {
            self.literal(&format!("{}.{}", quoted(&name.schema), quoted(&name.name)));
        }
    }

    /// A text that PostgreSQL has printed. A string in it that looks like a qualified name becomes another one, and PostgreSQL
    /// then finds no such index.
    pub(super) fn printed(&mut self, text: &str) {
        let Some(template) = self.tenant_template else { return self.push(text) };
        let quoted = format!("\"{}\".", template.replace('"', "\"\""));
        let plain = format!("{template}.");
        let mut rest = text;
        while let Some((before, behind)) = around(rest, &[&quoted, &plain]) {
            self.push(before);
            self.place(SchemaForm::Identifier);
            self.push(".");
            rest = behind;
        }
        self.push(rest);
    }

    fn place(&mut self, form: SchemaForm) {
        self.places.push(Place { offset: self.text.len(), filling: Filling::Schema(form) });
    }
}

/// The parts of a text before and behind the first of these names that begins a name.
fn around<'t>(text: &'t str, names: &[&str]) -> Option<(&'t str, &'t str)> {
    let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '$' | '"' | '.');
    text.char_indices().find_map(|(index, _)| {
        let (before, behind) = text.split_at(index);
        let begins = !before.ends_with(is_of_name);
        let name = names.iter().find(|name| begins && behind.starts_with(**name))?;
        Some((before, &behind[name.len()..]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_a_printed_text_is_a_place() {
        let printed = |template: &str, text: &str| {
            let mut printer = Printer { tenant_template: Some(template), ..Printer::default() };
            printer.printed(text);
            (printer.text, printer.places.iter().map(|place| place.offset).collect::<Vec<_>>())
        };
        let text = "(status = 'open'::base.status) AND base.f(base_id) > 1 AND a.base.x";
        let expected = "(status = 'open'::.status) AND .f(base_id) > 1 AND a.base.x";
        assert_eq!(printed("base", text), (expected.to_owned(), vec![18, 31]));
        assert_eq!(printed("a b", "\"a b\".f(x)"), (".f(x)".to_owned(), vec![0]));
        assert_eq!(printed("base", "lower(name)"), ("lower(name)".to_owned(), vec![]));
    }
}
