//! The schema of a tenant: where one schema stands for those of all tenants, an operation's text has a place for the name of the caller's.
//!
//! Only [`TenantSchema::new`] makes one, so that a name in a text is always one that a tenant may have.

use std::fmt;
use std::sync::Arc;

/// PostgreSQL truncates longer names of schemas (manual, section 4.1.1), to what may be another tenant's.
const LONGEST: usize = 63;

/// Schemas that are no tenant's: PostgreSQL's own, that of extensions and shared objects, and ours.
const NEVER: [&str; 2] = ["information_schema", "public"];
const NEVER_BEGINNING: [&str; 2] = ["pg_", "glowplug"];

/// What stands in a text in place of the name while the tenant is not known. PostgreSQL cannot read it.
pub(super) const UNKNOWN: &str = "{tenant}";

/// The name of a tenant's schema, ready to be a part of a text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TenantSchema(Arc<Forms>);

#[derive(PartialEq, Eq, Hash)]
struct Forms {
    name: Box<str>,
    /// As a quoted identifier.
    identifier: Box<str>,
    /// The same as a part of a literal `E'…'`.
    in_literal: Box<str>,
}

/// How the name of a tenant's schema stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaForm {
    /// As a quoted identifier.
    Identifier,
    /// As a quoted identifier in a literal `E'…'`.
    InLiteral,
}

impl TenantSchema {
    /// The schema with this name; `None` if no tenant may have it. `others` are further schemas that are no tenant's.
    pub fn new(name: &str, others: &[String]) -> Option<Self> {
        let is_reserved = NEVER.contains(&name)
            || NEVER_BEGINNING.iter().any(|beginning| name.starts_with(beginning))
            || others.iter().any(|other| other == name);
        if is_reserved || name.is_empty() || name.len() > LONGEST || name.contains('\0') {
            return None;
        }
        let identifier = format!("\"{}\"", name.replace('"', "\"\""));
        let in_literal = identifier.replace('\\', "\\\\").replace('\'', "''");
        let [name, identifier, in_literal] = [name.to_owned(), identifier, in_literal].map(Into::into);
        Some(Self(Arc::new(Forms { name, identifier, in_literal })))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The value of `search_path` with which names that are not qualified are those of its objects.
    pub fn search_path(&self) -> String {
        format!("{}, public", self.0.identifier)
    }

    /// A part of a text.
    pub fn text(&self, form: SchemaForm) -> &str {
        match form {
            SchemaForm::Identifier => &self.0.identifier,
            SchemaForm::InLiteral => &self.0.in_literal,
        }
    }
}

impl fmt::Debug for TenantSchema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.name.fmt(formatter)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn is_taken(name: &str) -> bool {
        TenantSchema::new(name, &["template".to_owned(), "shared".to_owned()]).is_some()
    }

    #[test]
    fn names_that_are_no_tenants_are_refused() {
        for name in [
            "",
            "pg_catalog",
            "pg_temp_3",
            "pg_toast",
            "information_schema",
            "public",
            "glowplug",
            "glowplug_operations",
            "template",
            "shared",
            "a\0b",
            &"x".repeat(64),
            &"é".repeat(32),
        ] {
            assert!(!is_taken(name), "{name:?}");
        }
        for name in
            ["acme", "7", "Template", "a b", "o'brien", r#"a"; drop schema public; --"#, &"é".repeat(31)]
        {
            assert!(is_taken(name), "{name:?}");
        }
    }

    #[test]
    fn no_character_of_a_name_ends_the_identifier_or_the_literal() {
        let schema = TenantSchema::new(r#"a".b'\"#, &[]).unwrap();
        assert_eq!(schema.text(SchemaForm::Identifier), r#""a"".b'\""#);
        assert_eq!(schema.text(SchemaForm::InLiteral), r#""a"".b''\\""#);
    }
}
