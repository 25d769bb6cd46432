//! The settings of the connections to the database.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::super::url_list::urls;
use super::super::{ContextForm, Database, PoolMode, Replica, Secret, StoredOperations};
use super::{Reader, count, duration, own_parameter, unless_off};

/// The connect timeout, unless the connection string has one (`connect_timeout`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How far a replica may be behind the primary, unless its connection string has a `max_lag`.
const MAX_LAG: Duration = Duration::from_secs(10);

const FUNCTIONS: RangeInclusive<usize> = 1..=100_000;

pub(super) fn database(reader: &mut Reader<'_>) -> Database {
    let (pool_mode, context) = reader.read("pool-mode", pool_mode);
    Database {
        url: Secret::new(database_url(reader)),
        direct_url: reader.optional("direct-url", connection_string).map(Secret::new),
        replicas: reader.optional("replica-url", replicas).unwrap_or_default(),
        pool_size: u32::try_from(reader.count("pool-size", 1..=10_000)).unwrap_or(u32::MAX),
        pool_mode,
        is_sharded: false,
        context,
        stored_operations: reader.read("stored-operations", |text| match text {
            "auto" => Ok(Some(StoredOperations::default())),
            text => unless_off(text, |text| {
                let limit = count(text, FUNCTIONS)?;
                Ok(StoredOperations { limit, ..StoredOperations::default() })
            }),
        }),
        acquire_timeout: reader.duration("acquire-timeout"),
        connect_timeout: CONNECT_TIMEOUT,
        statement_timeout: reader.duration("statement-timeout"),
        watch_interval: reader.read("watch", |text| unless_off(text, duration)),
    }
}

/// If all operations are queued, the workers have the database.
fn database_url(reader: &mut Reader<'_>) -> String {
    let is_needed = reader.settled.value("queue") != Some("all");
    reader.read("database-url", |text| match text {
        "" if !is_needed => Ok(String::new()),
        text => connection_string(text),
    })
}

/// A pool mode, the form of a message's context, or both, separated by a comma. What is missing is found by a probe.
fn pool_mode(text: &str) -> Result<(PoolMode, Option<ContextForm>), String> {
    let (mut mode, mut context) = (None, None);
    for word in text.split(',').map(str::trim) {
        let is_second = if let Some(found) = PoolMode::ALL.into_iter().find(|mode| mode.name() == word) {
            mode.replace(found).is_some()
        } else if let Some(found) = ContextForm::ALL.into_iter().find(|form| form.name() == word) {
            context.replace(found).is_some()
        } else {
            return Err(format!(
                "`{word}` is none of {}; a second word may be {}",
                PoolMode::ALL.map(PoolMode::name).join(", "),
                ContextForm::ALL.map(ContextForm::name).join(", "),
            ));
        };
        if is_second {
            return Err(format!(
                "`{text}` contradicts itself; write one mode, and after a comma one form, as in transaction,set_local"
            ));
        }
    }
    Ok((mode.unwrap_or_default(), context))
}

fn replicas(text: &str) -> Result<Vec<Replica>, String> {
    urls(text).map(replica).collect()
}

/// A connection string that may have a parameter beside PostgreSQL's: `max_lag`.
fn replica(text: &str) -> Result<Replica, String> {
    let (url, max_lag) = own_parameter::taken(text, "max_lag")?;
    Ok(Replica {
        url: Secret::new(connection_string(&url)?),
        max_lag: match max_lag {
            // The value may be a part of a password that was not encoded, so it is not shown.
            Some(text) => unless_off(&text, duration)
                .map_err(|_| "max_lag has to be off, or a duration from 1ms to 24h such as 10s".to_owned())?,
            None => Some(MAX_LAG),
        },
    })
}

/// The message never contains the value itself, which may include a password.
fn connection_string(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("is not set; pass --database-url postgres://user:password@host:port/database, or set \
            DATABASE_URL. To try Glowplug without a database, run `glowplug dev`"
            .to_owned());
    }
    let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if is_url || (text.contains('=') && !text.contains("://")) {
        return Ok(text.to_owned());
    }
    Err("is no connection string; it begins with postgres:// or postgresql://".to_owned())
}
