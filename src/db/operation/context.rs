//! A scope -> the statements that set it, in front of the others in one message.
//!
//! Both forms make the same settings. Each setting is local to the message's transaction, and ends with it. Never does I/O.

use crate::config::ContextForm;
use crate::db::error::Error;
use crate::db::operation::literal::{append_literal, identifier};
use crate::db::operation::scope::{Reach, Scope, Setting};
use crate::db::operation::stored::Call;
use crate::statement::SessionSettings;

/// PostgreSQL truncates longer identifiers (manual, section 4.1.1), but not the names that `set_config` gets.
const LONGEST_IDENTIFIER: usize = 63;

/// The settings whose lists `SET` takes as several values, each quoted as an identifier (`GUC_LIST_QUOTE` in PostgreSQL's
/// guc.h), as far as a transaction may set them.
const LISTS: [&str; 2] = ["search_path", "temp_tablespaces"];

/// Appends the statements of a scope, without a semicolon behind the last. Returns their number. `enter` is the function of
/// [`ContextForm::Function`], if there is one.
pub(super) fn append_context(
    message: &mut String,
    form: ContextForm,
    scope: &Scope,
    session: SessionSettings,
    enter: Option<&Call>,
) -> Result<usize, Error> {
    let count = match (form, enter) {
        (ContextForm::SetLocal, _) => append_commands(message, scope, session, |_| true)?,
        (ContextForm::Mixed, _) => {
            append_commands(message, scope, session, |setting| !scope.is_own(setting))?
        }
        (ContextForm::Function, Some(enter)) => append_entry(message, enter, scope, session).map(|()| 1)?,
        (ContextForm::SetConfig | ContextForm::Function, _) => {
            append_calls(message, "select ", scope, session).map(|()| 1)?
        }
    };
    Ok(count + append_reach(message, scope)?)
}

/// Appends what makes the settings reach further servers, behind the statements that set them. Returns the number of
/// statements.
pub(super) fn append_reach(message: &mut String, scope: &Scope) -> Result<usize, Error> {
    let Some(statement) = reach_statement(scope)? else { return Ok(0) };
    message.push_str(";\n");
    message.push_str(&statement);
    Ok(1)
}

/// A statement that repeats a scope's own settings by `SET LOCAL`, which Citus passes on to its workers. Citus would pass on the
/// whole text of a message with `SET LOCAL` in it, so a block runs the command. The block's text has no values in it.
pub(super) fn reach_statement(scope: &Scope) -> Result<Option<String>, Error> {
    let Reach::Workers { is_sequential } = scope.reach else { return Ok(None) };
    let mut block =
        String::from("begin perform pg_catalog.set_config('citus.propagate_set_commands','local',true)");
    if is_sequential {
        block.push_str(",pg_catalog.set_config('citus.multi_shard_modify_mode','sequential',true)");
    }
    for (name, _) in scope.settings.iter().filter(|(name, _)| name.contains('.') && is_identifiers(name)) {
        let mut command = String::from("set local ");
        append_name(&mut command, name)?;
        block.push_str(";execute pg_catalog.concat(");
        append_literal(&mut block, &(command + " to "))?;
        block.push_str(",pg_catalog.quote_literal(pg_catalog.current_setting(");
        append_literal(&mut block, name)?;
        block.push_str(")))");
    }
    block.push_str(";end");
    let mut statement = String::from("do ");
    append_literal(&mut statement, &block)?;
    Ok(Some(statement))
}

/// Appends the call of the function that sets a scope. Its argument is an array with a `[name, value]` array for each
/// setting.
fn append_entry(
    message: &mut String,
    enter: &Call,
    scope: &Scope,
    session: SessionSettings,
) -> Result<(), Error> {
    enter.append_with(message, |message| {
        let mut before = "array[[";
        for (name, value) in scope.in_order(session)? {
            message.push_str(before);
            append_literal(message, name)?;
            message.push(',');
            match value {
                Some(value) => append_literal(message, &value)?,
                None => message.push_str("null"),
            }
            before = "],[";
        }
        message.push_str("]]");
        Ok(())
    })
}

/// Appends one statement that calls `set_config` for each setting. `select` begins its select list.
pub(super) fn append_calls(
    message: &mut String,
    select: &str,
    scope: &Scope,
    session: SessionSettings,
) -> Result<(), Error> {
    let mut before = select;
    for setting in scope.in_order(session)? {
        message.push_str(before);
        append_call(message, &setting)?;
        before = ",";
    }
    Ok(())
}

fn append_call(message: &mut String, (name, value): &Setting<'_>) -> Result<(), Error> {
    message.push_str("pg_catalog.set_config(");
    append_literal(message, name)?;
    message.push(',');
    match value {
        Some(value) => append_literal(message, value)?,
        None => message.push_str("null"),
    }
    message.push_str(",true)");
    Ok(())
}

/// Appends a statement for each setting: a `SET LOCAL` if it `may_be_command`. Returns the number of statements.
fn append_commands(
    message: &mut String,
    scope: &Scope,
    session: SessionSettings,
    may_be_command: impl Fn(&Setting<'_>) -> bool,
) -> Result<usize, Error> {
    let mut count = 0;
    for setting in scope.in_order(session)? {
        if count > 0 {
            message.push_str(";\n");
        }
        if may_be_command(&setting) {
            append_command(message, &setting)?;
        } else {
            append_call_alone(message, &setting)?;
        }
        count += 1;
    }
    Ok(count)
}

/// A setting that `SET LOCAL` cannot express as `set_config` does becomes a call.
fn append_command(message: &mut String, setting: &Setting<'_>) -> Result<(), Error> {
    let (name, value) = setting;
    let items = match value {
        None => None,
        Some(value) if LISTS.iter().any(|list| name.eq_ignore_ascii_case(list)) => match plain_items(value) {
            Some(items) => Some(items),
            None => return append_call_alone(message, setting),
        },
        Some(value) => Some(vec![&**value]),
    };
    if !is_identifiers(name) {
        return append_call_alone(message, setting);
    }
    message.push_str("set local ");
    append_name(message, name)?;
    message.push_str(" to ");
    let Some(items) = items else {
        message.push_str("default");
        return Ok(());
    };
    for (index, item) in items.into_iter().enumerate() {
        message.push_str(if index == 0 { "" } else { "," });
        append_literal(message, item)?;
    }
    Ok(())
}

/// Whether each part of a setting's name can be an identifier.
fn is_identifiers(name: &str) -> bool {
    name.split('.').all(|part| !part.is_empty() && part.len() <= LONGEST_IDENTIFIER)
}

fn append_call_alone(message: &mut String, setting: &Setting<'_>) -> Result<(), Error> {
    message.push_str("select ");
    append_call(message, setting)
}

/// Appends a setting's name. Each part of it is quoted as an identifier.
fn append_name(message: &mut String, name: &str) -> Result<(), Error> {
    if name.contains('\0') {
        return Err(Error::NulByte);
    }
    for (index, part) in name.split('.').enumerate() {
        message.push_str(if index == 0 { "" } else { "." });
        message.push_str(&identifier(part));
    }
    Ok(())
}

/// The items of a list, if each is an identifier without quotation marks. Quoted ones would have to be parsed.
fn plain_items(list: &str) -> Option<Vec<&str>> {
    let items = list.split(',').map(str::trim);
    let is_plain = |item: &str| {
        item.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && item.len() <= LONGEST_IDENTIFIER
            && item.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    items.map(|item| is_plain(item).then_some(item)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    fn commands(settings: &[(&str, &str)]) -> Result<(String, usize), Error> {
        let settings: Arc<[_]> =
            settings.iter().map(|(name, value)| (Arc::from(*name), Arc::from(*value))).collect();
        let scope = Scope { settings, ..Scope::of_catalog(Duration::from_secs(10)) };
        let mut message = String::new();
        let count = append_context(&mut message, ContextForm::SetLocal, &scope, SessionSettings::NONE, None)?;
        Ok((message, count))
    }

    /// The statements of one setting, between those that every scope has.
    fn command(name: &str, value: &str) -> String {
        let (message, count) = commands(&[(name, value)]).unwrap();
        assert_eq!(count, 4);
        let message = message.strip_prefix(
            "set local \"transaction_read_only\" to 'on';\nset local \"statement_timeout\" to '10000';\n",
        );
        message.and_then(|rest| rest.strip_suffix(";\nset local \"role\" to 'none'")).unwrap().to_owned()
    }

    #[test]
    fn names_are_quoted_part_by_part_and_values_are_literals() {
        assert_eq!(command("request.jwt.claims", "{}"), "set local \"request\".\"jwt\".\"claims\" to '{}'");
        assert_eq!(command("a.\"; drop", "it's"), "set local \"a\".\"\"\"; drop\" to 'it''s'");
        assert_eq!(command("a.b", r"\'"), r#"set local "a"."b" to  E'\\'''"#);
    }

    #[test]
    fn lists_have_their_items_one_by_one() {
        let items = command("Search_Path", "pg_catalog, pg_temp");
        assert_eq!(items, "set local \"Search_Path\" to 'pg_catalog','pg_temp'");
        for list in ["\"$user\", public", "Public", "", "a,,b", "a b", "a.b"] {
            let called = format!("select pg_catalog.set_config('search_path','{list}',true)");
            assert_eq!(command("search_path", list), called);
        }
        assert_eq!(command("datestyle", "ISO, MDY"), "set local \"datestyle\" to 'ISO, MDY'");
    }

    #[test]
    fn a_name_that_is_no_identifier_goes_by_a_call() {
        for name in ["", ".a", "a..b", &format!("a.{}", "x".repeat(64))] {
            assert_eq!(command(name, "v"), format!("select pg_catalog.set_config('{name}','v',true)"));
        }
        let longest = "x".repeat(63);
        assert_eq!(command(&format!("a.{longest}"), "v"), format!("set local \"a\".\"{longest}\" to 'v'"));
    }

    #[test]
    fn claims_go_on_to_workers_by_a_command_without_a_value() {
        let settings = Arc::new([("request.jwt.claims".into(), "{}".into()), ("plain".into(), "1".into())]);
        let reach = Reach::Workers { is_sequential: true };
        let scope = Scope { settings, reach, ..Scope::of_catalog(Duration::from_secs(10)) };
        assert_eq!(
            reach_statement(&scope).unwrap().unwrap(),
            "do 'begin perform pg_catalog.set_config(''citus.propagate_set_commands'',''local'',true),\
             pg_catalog.set_config(''citus.multi_shard_modify_mode'',''sequential'',true);\
             execute pg_catalog.concat(''set local \"request\".\"jwt\".\"claims\" to '',\
             pg_catalog.quote_literal(pg_catalog.current_setting(''request.jwt.claims'')));end'"
        );
        assert_eq!(reach_statement(&Scope { reach: Reach::Server, ..scope }).unwrap(), None);
    }

    #[test]
    fn a_nul_byte_is_refused() {
        for setting in [("a.\0", "b"), ("a.b", "\0")] {
            assert!(matches!(commands(&[setting]), Err(Error::NulByte)));
        }
    }

    #[test]
    fn set_local_to_default_is_the_value_of_the_session_start() {
        let scope = Scope::of_catalog(Duration::from_secs(10));
        let mut message = String::new();
        let count =
            append_context(&mut message, ContextForm::SetLocal, &scope, SessionSettings::ALL, None).unwrap();
        assert_eq!(count, message.split(";\n").count());
        assert!(message.contains("set local \"TimeZone\" to default;\n"), "{message}");
    }
}
