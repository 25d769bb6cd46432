//! What a `PgBouncer` reports on its administration console. Only its `admin_users` and `stats_users` may ask.
//!
//! Sends only `SHOW`. After the version, a refused `SHOW` is no error: its value stays unknown. Runs only when a person asks
//! for it, because the login alone crashes a `PgBouncer` 1.18 that looks the user up by `auth_query` as `pgbouncer` (its
//! issue 568).

use std::collections::HashMap;

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::Message;
use serde::Serialize;

use crate::db::connection::Connection;
use crate::db::connection::answer::{answer, malformed};
use crate::db::connector::Connector;
use crate::db::error::Error;
use crate::db::wire::Pipeline;

/// The name of the console's database.
const CONSOLE: &str = "pgbouncer";

/// What a `PgBouncer` reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PoolerFacts {
    /// Its name and version.
    pub version: String,
    /// Its pool mode for the database.
    pub pool_mode: Option<String>,
    /// Server connections for the database and one user.
    pub pool_size: Option<u32>,
    /// The maximum number of clients, of all databases.
    pub max_client_conn: Option<u32>,
    /// How many named statements it tracks for each server connection.
    pub max_prepared_statements: Option<u32>,
    /// The address where it looks for the database's server.
    pub server: Option<String>,
    /// Whether the database is paused.
    pub is_paused: bool,
    /// Whether the database is disabled.
    pub is_disabled: bool,
}

type Row = HashMap<String, String>;

impl Connector {
    /// What the pooler reports of itself and of one of its databases. Connects to the console as this connector's user,
    /// whatever database the connection string names.
    ///
    /// The user should be in the pooler's `auth_file`: `PgBouncer` 1.18 with `auth_user = pgbouncer` crashes when a user
    /// logs in that it has to look up.
    pub async fn pooler_facts(&self, database: &str) -> Result<PoolerFacts, Error> {
        let mut console = self.to_database(CONSOLE).connect().await?;
        let version = show(&mut console, "show version").await?;
        let version = version.into_iter().next().and_then(|row| row.into_values().next());
        let version = version.ok_or_else(|| Error::Protocol("it does not say its version".to_owned()))?;
        let config = settings(&show(&mut console, "show config").await.unwrap_or_default());
        let databases = show(&mut console, "show databases").await.unwrap_or_default();
        let database = databases.into_iter().find(|row| row.get("name").is_some_and(|name| name == database));
        let state = settings(&show(&mut console, "show state").await.unwrap_or_default());
        let of_database =
            |name: &str| database.as_ref()?.get(name).filter(|value| !value.is_empty()).cloned();
        let number = |value: Option<String>| value.and_then(|value| value.parse().ok());
        Ok(PoolerFacts {
            version,
            pool_mode: of_database("pool_mode").or(config.get("pool_mode").cloned()),
            pool_size: number(of_database("pool_size").or(config.get("default_pool_size").cloned())),
            max_client_conn: number(config.get("max_client_conn").cloned()),
            max_prepared_statements: number(config.get("max_prepared_statements").cloned()),
            server: of_database("host")
                .map(|host| format!("{host}:{}", of_database("port").unwrap_or_default())),
            is_disabled: of_database("disabled").is_some_and(|disabled| disabled != "0"),
            is_paused: of_database("paused").is_some_and(|paused| paused != "0")
                || state.get("paused").is_some_and(|paused| paused == "yes"),
        })
    }
}

/// `key`, `value`, and other columns.
fn settings(rows: &[Row]) -> Row {
    let pairs = rows.iter().filter_map(|row| Some((row.get("key")?.clone(), row.get("value")?.clone())));
    pairs.collect()
}

async fn show(console: &mut Connection, command: &str) -> Result<Vec<Row>, Error> {
    let (mut names, mut rows) = (Vec::new(), Vec::new());
    let read = |message| {
        match message {
            Message::RowDescription(body) => {
                let fields = body.fields().map(|field| Ok(field.name().to_owned()));
                names = fields.collect().map_err(|error| malformed(&error))?;
            }
            Message::DataRow(body) => {
                let text = |range: std::ops::Range<usize>| {
                    String::from_utf8_lossy(&body.buffer()[range]).into_owned()
                };
                let values = body.ranges().map(|range| Ok(range.map(text).unwrap_or_default()));
                let values: Vec<String> = values.collect().map_err(|error| malformed(&error))?;
                rows.push(names.iter().cloned().zip(values).collect());
            }
            _ => {}
        }
        Ok(())
    };
    answer(console.wire.exchange(Pipeline::query(command)?), read).await?;
    Ok(rows)
}
