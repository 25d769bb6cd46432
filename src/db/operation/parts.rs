//! Scope and statements -> the parts of a pipeline of the extended protocol: each is a text and its values.
//!
//! A text depends on the shape of the operation and on the role, never on a value. So it can be prepared once. Never does
//! I/O, and does not know which texts are prepared.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::db::connection::extended::Step;
use crate::db::connection::statements::Key;
use crate::db::error::Error;
use crate::db::operation::scope::Scope;
use crate::db::wire::Format;
use crate::statement::{SessionSettings, Statement, Text};

/// The protocol counts the values of a statement in 16 bits (manual, section 55.7, `Bind`).
pub(super) const MOST_VALUES: usize = u16::MAX as usize;

/// One statement of a pipeline.
///
/// With a role, the text is one that only statements of this role have. PostgreSQL checks the schema's privileges when it
/// parses, and those of an SQL function when it inlines it into the plan. It checks neither again when another role executes
/// the prepared statement. A pooler that tracks statements tells them apart only by their text.
#[derive(Debug)]
pub(in crate::db) struct Part<'a> {
    key: Key,
    source: Source<'a>,
    /// In PostgreSQL's text format. Their types are inferred from the cast around each.
    values: Vec<Option<Cow<'a, str>>>,
}

/// The source of a part's text.
#[derive(Debug)]
enum Source<'a> {
    /// The scope: its number of settings.
    Scope(usize),
    /// A statement, for a role.
    Statement(&'a Statement, Option<&'a str>),
}

impl<'a> Part<'a> {
    /// The context of the statements that follow.
    pub(super) fn of_scope(scope: &'a Scope, session: SessionSettings) -> Result<Self, Error> {
        let settings = scope.in_order(session)?;
        let values: Vec<_> = settings.flat_map(|(name, value)| [Some(Cow::Borrowed(name)), value]).collect();
        refuse_nul(&values)?;
        let count = values.len() / 2;
        Ok(Self { key: Key::Scope(count), source: Source::Scope(count), values })
    }

    /// A statement, with a text of its own for each role.
    pub(super) fn of_statement(statement: &'a Statement, role: Option<&'a Arc<str>>) -> Result<Self, Error> {
        let values: Vec<_> =
            statement.parameters.iter().map(|value| value.as_deref().map(Cow::Borrowed)).collect();
        refuse_nul(&values)?;
        let key = match &statement.text {
            Text::Compiled(template) => Key::Compiled(template.id(), role.cloned(), statement.tenant.clone()),
            Text::Written(text) => Key::Written(Arc::from(&**text), role.cloned()),
        };
        Ok(Self { key, source: Source::Statement(statement, role.map(|role| &**role)), values })
    }
}

impl Step for Part<'_> {
    const FORMAT: Format = Format::Text;
    const IS_DESCRIBED: bool = false;

    fn key(&self) -> &Key {
        &self.key
    }

    fn text(&self) -> Cow<'_, str> {
        match self.source {
            Source::Scope(count) => Cow::Owned(scope_text(count)),
            Source::Statement(statement, None) => statement.numbered(),
            Source::Statement(statement, Some(role)) => Cow::Owned(text_for_role(statement, role)),
        }
    }

    fn text_length(&self) -> usize {
        match self.source {
            Source::Scope(count) => count * SETTING.len(),
            Source::Statement(statement, role) => statement.without_values().len() + role.map_or(0, str::len),
        }
    }

    fn types(&self) -> &[u32] {
        &[]
    }

    fn values(&self) -> impl Iterator<Item = Option<&[u8]>> {
        self.values.iter().map(|value| value.as_deref().map(str::as_bytes))
    }
}

/// One setting of a scope, to estimate the text's length.
const SETTING: &str = ",pg_catalog.set_config($10,$11,true)";

fn scope_text(count: usize) -> String {
    let mut text = String::with_capacity(count * SETTING.len() + 8);
    text.push_str("select ");
    for index in 0..count {
        let comma = if index == 0 { "" } else { "," };
        let (name, value) = (2 * index + 1, 2 * index + 2);
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}pg_catalog.set_config(${name},${value},true)");
    }
    text
}

/// The statement behind a comment with the role's name. No character of that name can end the comment.
fn text_for_role(statement: &Statement, role: &str) -> String {
    let statement = statement.numbered();
    let mut text = String::with_capacity(statement.len() + role.len() + 8);
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
    text.push_str(&statement);
    text
}

/// PostgreSQL would end a value at U+0000, or refuse it after a round trip.
fn refuse_nul(values: &[Option<Cow<'_, str>>]) -> Result<(), Error> {
    let has_nul = values.iter().flatten().any(|value| value.bytes().any(|byte| byte == 0));
    if has_nul { Err(Error::NulByte) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::db::{Access, Reach};

    fn scope(claims: &str) -> Scope {
        Scope {
            access: Access::ReadOnly,
            role: Some("web".into()),
            settings: Arc::new([("request.jwt.claims".into(), claims.into())]),
            statement_timeout: Duration::from_secs(10),
            answer_limit: usize::MAX,
            reach: Reach::Server,
        }
    }

    fn of_scope(scope: &Scope) -> Result<Part<'_>, Error> {
        Part::of_scope(scope, SessionSettings::NONE)
    }

    #[test]
    fn the_text_of_a_scope_depends_on_no_value() {
        let (one, other) = (scope("{}"), scope("it's"));
        let (one, other) = (of_scope(&one).unwrap(), of_scope(&other).unwrap());
        assert_eq!(one.key(), other.key());
        assert_eq!(
            one.text(),
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
        let part = |role: Option<&str>| {
            let role = role.map(Arc::from);
            let part = Part::of_statement(&statement, role.as_ref()).unwrap();
            (part.key().clone(), part.text().into_owned())
        };
        assert_eq!(part(None).1, "select 1");
        assert_eq!(part(Some("web_user")).1, "/* web_user */ select 1");
        assert_eq!(part(Some("a*/b%ü")).1, "/* a%2a%2fb%25%c3%bc */ select 1");
        assert_ne!(part(None).0, part(Some("web_user")).0);
    }

    #[test]
    fn a_nul_byte_is_refused() {
        assert!(matches!(of_scope(&scope("\0")), Err(Error::NulByte)));
        let statement = Statement::new("", vec![Some("a\0".to_owned())]);
        assert!(matches!(Part::of_statement(&statement, None), Err(Error::NulByte)));
    }
}
