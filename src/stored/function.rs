//! A statement as a function: its name and its text. Pure.

use sha2::{Digest as _, Sha256};

use super::SCHEMA;
use crate::db::{self, Access, Candidate, literal};
use crate::sql::{Statement, Template};

/// The version of the function's form, which is part of its name: another form is another function.
const FORMAT: &str = "1";

/// Finds the function's object identifier, if it is what its name says.
const FIND: &str = include_str!("find.sql");

/// A function that runs one statement with its caller's rights.
///
/// Each role has its own functions: if policies depend on the role, PostgreSQL would plan again at each
/// change of the role.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    name: String,
    /// The types of its parameters, separated by commas.
    signature: String,
    access: Access,
    body: String,
}

impl Function {
    /// The statement of a role as a function that belongs to `owner`; `None` if it cannot be one.
    pub(super) fn of(candidate: &Candidate, owner: &str) -> Option<Self> {
        Self::new(candidate.template(), candidate.role(), candidate.access(), owner)
    }

    pub(super) fn new(template: &Template, role: Option<&str>, access: Access, owner: &str) -> Option<Self> {
        let signature = template.signature()?.to_owned();
        let text = template.numbered();
        let reads = match access {
            Access::ReadOnly => "reads",
            Access::ReadWrite => "writes",
        };
        // No role is called `none`: PostgreSQL reserves the name.
        let name = name(&[FORMAT, owner, role.unwrap_or("none"), reads, &signature, &text]);
        let body = format!(
            "\n#variable_conflict use_column\ndeclare glowplug_answer pg_catalog.text;\nbegin\n{text}\n\
             into glowplug_answer;\nreturn glowplug_answer;\nend\n"
        );
        Some(Self { name, signature, access, body })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A statement that creates the function, and one that lets every role call it; the caller's own rights
    /// apply.
    pub(super) fn create(&self) -> Result<[Statement; 2], db::Error> {
        let (name, signature, body) = (&self.name, &self.signature, literal(&self.body)?);
        let volatility = volatility(self.access);
        let create = format!(
            "create or replace function {SCHEMA}.{name}({signature}) returns pg_catalog.text \
             language plpgsql {volatility} security invoker as {body}"
        );
        let grant = format!("grant execute on function {SCHEMA}.{name}({signature}) to public");
        Ok([create, grant].map(|text| Statement::new(text, Vec::new())))
    }

    /// A statement whose answer is the function's object identifier, if it exists and is what it should be.
    pub(super) fn find(&self) -> Statement {
        let volatility = volatility(self.access)[..1].to_owned();
        let types = format!("{{{}}}", self.signature);
        let values = [&self.name, &self.body, &types, &volatility].map(|value| Some(value.clone()));
        Statement::new(FIND, values.into())
    }

    /// A statement that records when it was used.
    pub(super) fn note(&self, comment: &str) -> Result<Statement, db::Error> {
        let (name, signature) = (&self.name, &self.signature);
        let comment = literal(comment)?;
        let text = format!("comment on function {SCHEMA}.{name}({signature}) is {comment}");
        Ok(Statement::new(text, Vec::new()))
    }
}

/// A function that only reads sees what its caller's statement sees.
fn volatility(access: Access) -> &'static str {
    match access {
        Access::ReadOnly => "stable",
        Access::ReadWrite => "volatile",
    }
}

/// A name that needs no quotes, and that differs for other parts.
fn name(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    digest.iter().take(16).fold("f_".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Place, SessionSettings};

    fn function(text: &str, role: Option<&str>, access: Access, owner: &str) -> Function {
        let types = Some(vec!["pg_catalog.int4".to_owned()]);
        let template = Template::new(text.to_owned(), vec![Place::of_value(7)], types, SessionSettings::NONE);
        Function::new(&template, role, access, owner).unwrap()
    }

    #[test]
    fn the_name_depends_on_all_that_matters() {
        let one = function("select ::pg_catalog.int4", Some("a"), Access::ReadOnly, "o");
        assert_eq!(one, function("select ::pg_catalog.int4", Some("a"), Access::ReadOnly, "o"));
        for other in [
            function("select ::pg_catalog.int8", Some("a"), Access::ReadOnly, "o"),
            function("select ::pg_catalog.int4", Some("b"), Access::ReadOnly, "o"),
            function("select ::pg_catalog.int4", None, Access::ReadOnly, "o"),
            function("select ::pg_catalog.int4", Some("a"), Access::ReadWrite, "o"),
            function("select ::pg_catalog.int4", Some("a"), Access::ReadOnly, "p"),
        ] {
            assert_ne!(one.name, other.name);
        }
    }

    #[test]
    fn the_body_is_a_literal() {
        let function = function("select ::pg_catalog.int4, 'it''s \\'", None, Access::ReadOnly, "o");
        let [create, _] = function.create().unwrap();
        let text = create.without_values();
        assert!(text.contains("select $1::pg_catalog.int4, ''it''''s \\\\''"), "{text}");
        assert!(text.contains(" stable security invoker as "), "{text}");
    }
}
