//! Attempts as SQL.

use serde_json::{Map, Value};

use super::stand::{Attempt, Returns};
use super::table::{After, Table};

/// The statement of an attempt, without `returning`.
pub(super) fn change(attempt: &Attempt) -> String {
    let list = |values: &Map<String, Value>, separator: &str| {
        let pairs = values.iter().map(|(name, value)| format!("{} = {}", quoted(name), literal(value)));
        pairs.collect::<Vec<_>>().join(separator)
    };
    match attempt {
        Attempt::Insert { insert, values } => {
            let names: Vec<_> = values.keys().map(|name| quoted(name)).collect();
            let literals: Vec<_> = values.values().map(literal).collect();
            format!("insert into {} ({}) values ({})", quoted(insert), names.join(", "), literals.join(", "))
        }
        Attempt::Update { update, set, condition } => {
            format!("update {} set {} where {}", quoted(update), list(set, ", "), list(condition, " and "))
        }
        Attempt::Delete { delete, condition } => {
            format!("delete from {} where {}", quoted(delete), list(condition, " and "))
        }
        Attempt::Call { .. } => unreachable!("a call is no change of a table"),
    }
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Array(items) => format!("array[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The statement that calls a function and returns what it returns as JSON.
pub(super) fn called(name: &str, arguments: &Map<String, Value>, returns: Returns, table: &Table) -> String {
    let given = arguments.iter().map(|(name, value)| format!("{} => {}", quoted(name), literal(value)));
    let call = format!("{}({})", quoted(name), given.collect::<Vec<_>>().join(", "));
    match returns {
        Returns::Value => format!("select to_json(answer::text) from {call} as answer"),
        // A function that returns no row returns one of nulls in SQL.
        Returns::Row | Returns::Rows => {
            format!("select {} from {call} as t where not (t is null)", table.json("t", After::Change))
        }
    }
}
