//! Scope and statements -> the parts of a flight of the extended protocol: a text and its values, one behind the other.
//!
//! A text depends on the shape of what is asked and on the role, never on a value: so it can be prepared once. Never does
//! I/O, never knows which texts are prepared.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::db::error::Error;
use crate::db::operation::scope::Scope;
use crate::sql::{SessionSettings, Statement};

/// The protocol counts the values of a statement by 16 bits (manual, section 55.7, `Bind`).
pub(super) const MOST_VALUES: usize = u16::MAX as usize;

/// One statement of a flight.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::db) struct Part<'a> {
    pub(in crate::db) text: Cow<'a, str>,
    /// In PostgreSQL's text format; their types are inferred, from the cast that each stands in.
    pub(in crate::db) values: Vec<Option<Cow<'a, str>>>,
}

impl<'a> Part<'a> {
    /// The context of the statements that follow.
    pub(in crate::db) fn of_scope(scope: &'a Scope, session: SessionSettings) -> Result<Self, Error> {
        let settings = scope.in_order(session)?;
        let mut text = String::from("select ");
        let mut values = Vec::with_capacity(settings.len() * 2);
        for (name, value) in settings {
            let number = values.len() + 1;
            let comma = if number == 1 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}pg_catalog.set_config(${number},${},true)", number + 1);
            values.extend([Some(name), value]);
        }
        refuse_nul(&values)?;
        Ok(Self { text: Cow::Owned(text), values })
    }

    /// A statement, as it is.
    pub(super) fn of_statement(statement: &'a Statement) -> Result<Self, Error> {
        let values = statement.parameters.iter().map(|value| value.as_deref().map(Cow::Borrowed)).collect();
        refuse_nul(&values)?;
        Ok(Self { text: statement.numbered(), values })
    }

    /// The same statement under a text that only statements of the same role have.
    ///
    /// PostgreSQL looks at the schema's privileges when it parses, and at those of an SQL function when it plans it into the
    /// statement. Neither is looked at again when a prepared statement is executed as somebody else. A pooler that tracks
    /// statements tells them apart by nothing but their text.
    pub(super) fn for_role(self, role: Option<&str>) -> Self {
        let Some(role) = role else { return self };
        let mut text = String::with_capacity(self.text.len() + role.len() + 8);
        text.push_str("/* ");
        for byte in role.bytes() {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                text.push(char::from(byte));
            } else {
                // Writing to a String cannot fail.
                let _ = write!(text, "%{byte:02x}");
            }
        }
        text.push_str(" */ ");
        text.push_str(&self.text);
        Self { text: Cow::Owned(text), ..self }
    }
}

/// PostgreSQL would end a value at U+0000, or refuse it after a round trip.
fn refuse_nul(values: &Vec<Option<Cow<'_, str>>>) -> Result<(), Error> {
    let has_nul = values.iter().flatten().any(|value| value.bytes().any(|byte| byte == 0));
    if has_nul { Err(Error::NulByte) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::db::Access;

    fn scope(claims: &str) -> Scope {
        Scope {
            access: Access::ReadOnly,
            role: Some("web".to_owned()),
            settings: vec![("request.jwt.claims".to_owned(), claims.to_owned())],
            statement_timeout: Duration::from_secs(10),
            answer_limit: usize::MAX,
        }
    }

    fn of_scope(scope: &Scope) -> Result<Part<'_>, Error> {
        Part::of_scope(scope, SessionSettings::NONE)
    }

    #[test]
    fn the_text_of_a_scope_depends_on_no_value() {
        let (one, other) = (scope("{}"), scope("it's"));
        let (one, other) = (of_scope(&one).unwrap(), of_scope(&other).unwrap());
        assert_eq!(one.text, other.text);
        assert_eq!(
            one.text,
            "select pg_catalog.set_config($1,$2,true),pg_catalog.set_config($3,$4,true),\
             pg_catalog.set_config($5,$6,true),pg_catalog.set_config($7,$8,true)"
        );
        let values: Vec<_> = other.values.iter().map(|value| value.as_deref().unwrap()).collect();
        let expected =
            ["transaction_read_only", "on", "statement_timeout", "10000", "request.jwt.claims", "it's"];
        assert_eq!(values[..6], expected);
        assert_eq!(values[6..], ["role", "web"]);
    }

    #[test]
    fn each_role_has_texts_of_its_own_and_no_name_ends_the_comment() {
        let statement = Statement::new("select 1", Vec::new());
        let text = |role| Part::of_statement(&statement).unwrap().for_role(role).text.into_owned();
        assert_eq!(text(None), "select 1");
        assert_eq!(text(Some("web_user")), "/* web_user */ select 1");
        assert_eq!(text(Some("a*/b%ü")), "/* a%2a%2fb%25%c3%bc */ select 1");
    }

    #[test]
    fn a_nul_byte_is_refused() {
        assert!(matches!(of_scope(&scope("\0")), Err(Error::NulByte)));
        let statement = Statement::new("", vec![Some("a\0".to_owned())]);
        assert!(matches!(Part::of_statement(&statement), Err(Error::NulByte)));
    }
}
