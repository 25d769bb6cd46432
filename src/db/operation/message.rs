//! Scope and statements -> the text of one simple-protocol `Query` message.
//!
//! PostgreSQL runs such a message as one implicit transaction (manual, section 55.2.2.1): all of it or nothing, and
//! what `set_config(…, true)` set ends with it. Never does I/O.

use crate::db::error::Error;
use crate::db::operation::literal::{append_literal, append_parameter};
use crate::db::operation::placeholder::append_statement;
use crate::db::operation::scope::Scope;
use crate::sql::{SessionSettings, Statement, Text};

/// The message that runs `statements` within `scope`. Its first result belongs to the scope.
pub fn compose(scope: &Scope, statements: &[Statement]) -> Result<String, Error> {
    let mut message = String::with_capacity(estimate(scope, statements));
    append_scope(&mut message, scope, session(statements))?;
    for statement in statements {
        // The line break ends a comment that the statement may end with.
        message.push_str(";\n");
        append(&mut message, statement)?;
        message.push('\n');
    }
    Ok(message)
}

/// The message that begins a transaction within `scope`, for more than one message.
pub(in crate::db) fn begin(scope: &Scope) -> Result<String, Error> {
    Ok(format!("begin;\n{}", set(scope)?))
}

/// The statement that has what follows in a transaction run within `scope`.
pub(in crate::db) fn set(scope: &Scope) -> Result<String, Error> {
    let mut statement = String::new();
    append_scope(&mut statement, scope, SessionSettings::ALL)?;
    Ok(statement)
}

/// The message that marks a place in a transaction, and has what follows run within `scope`.
pub(in crate::db) fn enter(scope: &Scope) -> Result<String, Error> {
    let mut message = String::from("savepoint operation;\n");
    append_scope(&mut message, scope, SessionSettings::ALL)?;
    Ok(message)
}

/// The message that runs one statement within a transaction whose scope holds already: the first result is empty.
pub(in crate::db) fn within(statement: &Statement) -> Result<String, Error> {
    let mut message = String::from("select;\n");
    append(&mut message, statement)?;
    Ok(message)
}

/// A statement with its values as literals.
fn append(message: &mut String, statement: &Statement) -> Result<(), Error> {
    let template = match &statement.text {
        Text::Compiled(template) => template,
        Text::Written(text) => return append_statement(message, text, &statement.parameters),
    };
    let (before, rest) = template.parts();
    for (part, value) in before.zip(&statement.parameters) {
        message.push_str(part);
        append_parameter(message, value.as_deref())?;
    }
    message.push_str(rest);
    Ok(())
}

/// The settings of a session that statements depend on.
pub(in crate::db) fn session(statements: &[Statement]) -> SessionSettings {
    statements.iter().fold(SessionSettings::NONE, |settings, statement| settings | statement.session)
}

fn append_scope(message: &mut String, scope: &Scope, session: SessionSettings) -> Result<(), Error> {
    let mut before = "select ";
    for (name, value) in scope.in_order(session)? {
        message.push_str(before);
        message.push_str("pg_catalog.set_config(");
        append_literal(message, &name)?;
        message.push(',');
        match value {
            Some(value) => append_literal(message, &value)?,
            None => message.push_str("null"),
        }
        message.push_str(",true)");
        before = ",";
    }
    Ok(())
}

/// Bytes that the message will have, about: enough to allocate once.
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
    use std::time::Duration;

    use super::*;
    use crate::db::Access;

    fn scope() -> Scope {
        Scope {
            access: Access::ReadOnly,
            role: None,
            settings: Vec::new(),
            statement_timeout: Duration::from_secs(10),
            answer_limit: usize::MAX,
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
            role: Some("o'brien".to_owned()),
            settings: vec![("request.jwt.claims".to_owned(), r#"{"sub":"a\"b"}"#.to_owned())],
            statement_timeout: Duration::from_micros(1),
            answer_limit: usize::MAX,
        };
        assert_eq!(
            compose(&scope, &[]).unwrap(),
            "select pg_catalog.set_config('statement_timeout','1',true),\
             pg_catalog.set_config('request.jwt.claims', E'{\"sub\":\"a\\\\\"b\"}',true),pg_catalog.set_config('role','o''brien',true)"
        );
    }

    #[test]
    fn the_word_for_the_session_user_is_no_role() {
        let scope = Scope { role: Some("none".to_owned()), ..scope() };
        assert!(matches!(compose(&scope, &[]), Err(Error::ScopeRefused(_))));
        assert!(matches!(begin(&scope), Err(Error::ScopeRefused(_))));
    }

    #[test]
    fn a_nul_byte_in_a_setting_is_refused() {
        let scope = Scope { settings: vec![("a.b".to_owned(), "\0".to_owned())], ..scope() };
        assert!(matches!(compose(&scope, &[]), Err(Error::NulByte)));
    }
}
