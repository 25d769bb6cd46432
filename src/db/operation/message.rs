//! Scope and statements -> the text of one simple-protocol `Query` message.
//!
//! PostgreSQL runs such a message as one implicit transaction (manual, section 55.2.2.1): all of it or nothing. Its settings
//! end with it. Never does I/O.

use std::borrow::Cow;

use crate::config::ContextForm;
use crate::db::connection::protocol::RoutingHint;
use crate::db::error::Error;
use crate::db::operation::context::{append_calls, append_context, append_reach, reach_statement};
use crate::db::operation::literal::append_parameter;
use crate::db::operation::placeholder::append_statement;
use crate::db::operation::scope::{Access, Reach, Scope};
use crate::db::operation::stored::Calls;
use crate::statement::{Filling, SessionSettings, Statement, Text};

/// A message, and the number of results in it before those of the statements.
pub(super) struct Message {
    pub(super) text: String,
    pub(super) results_of_scope: usize,
}

impl Message {
    /// The same with a routing comment for a proxy.
    pub(super) fn with_hint(mut self, hint: RoutingHint, scope: &Scope) -> Self {
        let comment = hint_text(hint, scope.access, &scope.reach);
        if !comment.is_empty() {
            self.text.insert_str(0, &comment);
        }
        self
    }
}

/// The comment in front of a message for a proxy that reads one (<https://docs.pgdog.dev/features/load-balancer/manual-routing/>).
pub(super) fn hint_text(hint: RoutingHint, access: Access, reach: &Reach) -> Cow<'static, str> {
    let role = match access {
        Access::ReadOnly => "",
        // In front of the key: `PgDog` takes the first role that it finds.
        Access::ReadWrite => "pgdog_role: primary ",
    };
    match (hint, reach) {
        (_, Reach::Shard(key)) => format!("/* {role}pgdog_sharding_key: \"{}\" */ ", key.value()).into(),
        (RoutingHint::Shards, Reach::Server | Reach::Workers { .. }) => {
            format!("/* {role}pgdog_shard: 0 */ ").into()
        }
        (RoutingHint::Role, _) if !role.is_empty() => format!("/* {role}*/ ").into(),
        (RoutingHint::Role | RoutingHint::None, _) => "".into(),
    }
}

/// The message that runs `statements` within `scope`. Its first result belongs to the scope.
pub fn compose(scope: &Scope, statements: &[Statement]) -> Result<String, Error> {
    compose_in(ContextForm::SetConfig, scope, statements, &Calls::default()).map(|message| message.text)
}

/// The message that runs `statements` within `scope`, which is set in this form. It calls functions in place of some
/// statements.
pub(super) fn compose_in(
    form: ContextForm,
    scope: &Scope,
    statements: &[Statement],
    calls: &Calls,
) -> Result<Message, Error> {
    let mut text = String::with_capacity(estimate(scope, statements));
    let results_of_scope = append_context(&mut text, form, scope, session(statements), calls.enter())?;
    append_statements(&mut text, statements, calls)?;
    Ok(Message { text, results_of_scope })
}

/// Begins a select list that lets a transaction write, if the settings of the database and of the role let it. It does so
/// even if another client of the pooler has left `set default_transaction_read_only = on` in the session.
///
/// A statement that makes the transaction read-write has to come before its first query: `set transaction read write`, or
/// `begin read write` (`check_transaction_read_only` in PostgreSQL's commands/variable.c).
const AS_CONFIGURED: &str = "select pg_catalog.set_config('transaction_read_only',(select s.reset_val \
    from pg_catalog.pg_settings s where s.name operator(pg_catalog.=) 'default_transaction_read_only'),true),";

/// As [`compose`], for a session whose transactions are read-only by default.
pub(super) fn compose_writable(scope: &Scope, statements: &[Statement]) -> Result<Message, Error> {
    let mut text = String::from("set transaction read write;\n");
    append_calls(&mut text, AS_CONFIGURED, scope, session(statements))?;
    let results_of_scope = 2 + append_reach(&mut text, scope)?;
    append_statements(&mut text, statements, &Calls::default())?;
    Ok(Message { text, results_of_scope })
}

/// Stands in front of a `begin` with further statements behind it. `PgDog` answers a message that begins with `begin` by
/// itself, and drops or delays the rest. PostgreSQL makes one transaction of all of it.
pub(in crate::db) const BEFORE_BEGIN: &str = "select;\n";

/// The same in front of a `begin` that has to come before the first query of its transaction: `show` is none.
const BEFORE_FIRST_QUERY: &str = "show transaction_isolation;\n";

/// How a transaction of several messages begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Begin {
    /// It can write if transactions of the session can.
    AsSession,
    /// It can write if the settings of the database and of the role let it.
    AsConfigured,
}

impl Begin {
    /// The same as one message, with the statement that has to be in front. Its second result is that of `begin`.
    pub(in crate::db) fn message(self, scope: &Scope, hint: RoutingHint) -> Result<String, Error> {
        let before = match self {
            Self::AsSession => BEFORE_BEGIN,
            Self::AsConfigured => BEFORE_FIRST_QUERY,
        };
        let text = [before, &self.statements(scope)?.join(";\n")].concat();
        Ok(Message { text, results_of_scope: 0 }.with_hint(hint, scope).text)
    }

    /// The statements that begin it and set `scope` for the following statements. The value of the second one begins with
    /// whether the transaction is read-only.
    pub(in crate::db) fn statements(self, scope: &Scope) -> Result<Vec<String>, Error> {
        let (begin, select) = match self {
            Self::AsSession => ("begin", "select pg_catalog.current_setting('transaction_read_only'),"),
            Self::AsConfigured => ("begin read write", AS_CONFIGURED),
        };
        let mut set = String::new();
        append_calls(&mut set, select, scope, SessionSettings::ALL)?;
        Ok([begin.to_owned(), set].into_iter().chain(reach_statement(scope)?).collect())
    }
}

/// The message that sets a savepoint in a transaction, and sets `scope` for the following statements.
pub(in crate::db) fn enter(scope: &Scope) -> Result<String, Error> {
    let mut message = String::from("savepoint operation;\n");
    append_calls(&mut message, "select ", scope, SessionSettings::ALL)?;
    append_reach(&mut message, scope)?;
    Ok(message)
}

/// The message that runs one statement within a transaction that has its scope already. The first result is empty.
pub(super) fn within(statement: &Statement, calls: &Calls) -> Result<Message, Error> {
    let mut text = String::from("select");
    append_statements(&mut text, std::slice::from_ref(statement), calls)?;
    Ok(Message { text, results_of_scope: 1 })
}

/// A statement with its values as literals.
pub(super) fn append(message: &mut String, statement: &Statement) -> Result<(), Error> {
    let template = match &statement.text {
        Text::Compiled(template) => template,
        Text::Written(text) => return append_statement(message, text, &statement.parameters),
    };
    let (before, rest) = template.parts();
    let mut values = statement.parameters.iter();
    for (part, filling) in before {
        message.push_str(part);
        match filling {
            Filling::Value => append_parameter(message, values.next().and_then(Option::as_deref))?,
            Filling::Schema(form) => message.push_str(statement.schema(form)),
        }
    }
    message.push_str(rest);
    Ok(())
}

/// The session's settings that statements depend on.
pub(in crate::db) fn session(statements: &[Statement]) -> SessionSettings {
    statements.iter().fold(SessionSettings::NONE, |settings, statement| settings | statement.session)
}

fn append_statements(message: &mut String, statements: &[Statement], calls: &Calls) -> Result<(), Error> {
    for (index, statement) in statements.iter().enumerate() {
        // The line break ends a comment that the statement may end with.
        message.push_str(";\n");
        match calls.get(index) {
            Some(call) => call.append(message, &statement.parameters)?,
            None => append(message, statement)?,
        }
        message.push('\n');
    }
    Ok(())
}

/// The estimated number of bytes of the message, so that it is allocated once.
fn estimate(scope: &Scope, statements: &[Statement]) -> usize {
    let settings: usize = scope.settings.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
    let role = scope.role.as_ref().map_or(0, |role| role.len() + 32);
    let statements: usize = statements.iter().map(statement_estimate).sum();
    128 + settings + role + statements
}

fn statement_estimate(statement: &Statement) -> usize {
    let parameters: usize =
        statement.parameters.iter().map(|value| value.as_ref().map_or(6, |value| value.len() + 8)).sum();
    statement.without_values().len() + 3 + parameters
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::db::{Access, Reach};

    fn scope() -> Scope {
        Scope {
            access: Access::ReadOnly,
            role: None,
            settings: Arc::new([]),
            statement_timeout: Duration::from_secs(10),
            answer_limit: usize::MAX,
            reach: Reach::Server,
        }
    }

    #[test]
    fn scope_and_statements_are_one_message() {
        let statements = [
            Statement::new("select $1::text", vec![Some("it's".to_owned())]),
            Statement::new("select 2 -- two", Vec::new()),
        ];
        assert_eq!(
            compose(&scope(), &statements).unwrap(),
            "select pg_catalog.set_config('transaction_read_only','on',true),\
             pg_catalog.set_config('statement_timeout','10000',true),pg_catalog.set_config('role','none',true);\n\
             select ('it''s')::text\n;\nselect 2 -- two\n"
        );
    }

    #[test]
    fn role_and_settings_are_escaped() {
        let scope = Scope {
            access: Access::ReadWrite,
            role: Some("o'brien".into()),
            settings: Arc::new([("request.jwt.claims".into(), r#"{"sub":"a\"b"}"#.into())]),
            statement_timeout: Duration::from_micros(1),
            answer_limit: usize::MAX,
            reach: Reach::Server,
        };
        assert_eq!(
            compose(&scope, &[]).unwrap(),
            "select pg_catalog.set_config('statement_timeout','1',true),\
             pg_catalog.set_config('request.jwt.claims', E'{\"sub\":\"a\\\\\"b\"}',true),pg_catalog.set_config('role','o''brien',true)"
        );
    }

    #[test]
    fn the_word_for_the_session_user_is_no_role() {
        let scope = Scope { role: Some("none".into()), ..scope() };
        assert!(matches!(compose(&scope, &[]), Err(Error::ScopeRefused(_))));
        assert!(matches!(Begin::AsSession.statements(&scope), Err(Error::ScopeRefused(_))));
    }

    #[test]
    fn a_nul_byte_in_a_setting_is_refused() {
        let scope = Scope { settings: Arc::new([("a.b".into(), "\0".into())]), ..scope() };
        assert!(matches!(compose(&scope, &[]), Err(Error::NulByte)));
    }
}
