//! The other connection strings, `direct-url` and `replica-url`: whether they lead to the same database, and whether they
//! serve their purpose.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::time::timeout;

use crate::config::{self, Config, Secret, redacted};
use crate::db::{Connector, Database, FoundPoolMode, Scope};
use crate::engine::describe;
use crate::sql::Statement;

use super::code::{Code, State};
use super::reach::{ANSWER_LIMIT, PROBE_LIMIT, alone, reach};
use super::report::{Check, Other};
use super::service;

/// Another connection string.
pub(super) struct Route {
    pub(super) purpose: Purpose,
    pub(super) url: Secret,
    pub(super) connector: Connector,
}

/// The purpose of a connection string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Past the pooler, for work that needs a session.
    Direct,
    /// A standby for reads.
    Replica,
}

/// The findings about the database itself, as far as it could be reached.
pub(super) struct Examined<'a> {
    pub(super) config: &'a Config,
    pub(super) primary: Option<&'a Identity>,
    /// The API, if there is one.
    pub(super) sdl: Option<&'a str>,
}

/// The identity of the server and the database, and the position in the server's log.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Identity {
    /// The identifier that `initdb` gave the server. Its copies have it too. `None` if the user may not read it.
    system: Option<String>,
    database: u32,
    is_standby: bool,
    /// Bytes since the beginning of the log.
    position: Option<u64>,
}

const IDENTITY: &str = include_str!("identity.sql");

/// A replica that has not reached the primary's position by then counts as behind.
const PATIENCE: Duration = Duration::from_secs(2);

const INTERVAL: Duration = Duration::from_millis(50);

/// Checks one of them.
pub(super) async fn examine(way: Route, known: &Examined<'_>) -> Other {
    let Route { purpose, url, connector } = way;
    let setting = match purpose {
        Purpose::Direct => "direct-url",
        Purpose::Replica => "replica-url",
    };
    let database = redacted(url.expose());
    let mut checks = Vec::new();
    match reach(&connector).await {
        Ok(check) => {
            checks.push(check);
            let settings = config::Database { url, ..known.config.database.clone() };
            match identify(&settings).await {
                Ok(identity) => {
                    checks.push(same(&identity, known.primary));
                    match purpose {
                        Purpose::Direct => checks.extend(direct(&connector, &identity).await),
                        Purpose::Replica => checks.extend(replica(&settings, &identity, known).await),
                    }
                }
                Err(why) => {
                    let found = format!("the first query is not answered: {why}");
                    checks.push(Check::new("Server", Code::QuestionRefused, found));
                }
            }
        }
        Err(check) => checks.push(check),
    }
    Other { setting, database, checks }
}

/// Asks a server for its identity.
pub(super) async fn identify(settings: &config::Database) -> Result<Identity, String> {
    let database = Database::unprobed(&alone(settings)).map_err(|error| error.to_string())?;
    let text = if let Ok(text) = ask(&database, IDENTITY).await {
        text
    } else {
        // Not every user may read the identifier everywhere.
        let identifier = "(select system_identifier::text from pg_catalog.pg_control_system())";
        ask(&database, &IDENTITY.replace(identifier, "null")).await?
    };
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

async fn ask(database: &Database, question: &str) -> Result<String, String> {
    let scope = Scope::of_catalog(ANSWER_LIMIT);
    let statement = [Statement::new(question.to_owned(), Vec::new())];
    let answered = timeout(ANSWER_LIMIT, database.run(&scope, &statement)).await;
    let answers = answered
        .map_err(|_| format!("no answer within {} s", ANSWER_LIMIT.as_secs()))?
        .map_err(|failure| failure.to_string())?;
    answers.into_iter().next().flatten().ok_or_else(|| "no answer".to_owned())
}

/// Whether it is the same server, or a copy of it, and the same database.
fn same(identity: &Identity, primary: Option<&Identity>) -> Check {
    const SUBJECT: &str = "Server";
    let kind = if identity.is_standby { "a standby" } else { "a primary" };
    match primary {
        None => Check::ok(SUBJECT, format!("{kind}; database-url could not be asked for comparison")),
        Some(primary) if !is_same(identity, primary) => {
            Check::new(SUBJECT, Code::OtherServer, format!("{kind}, of another database than database-url's"))
        }
        Some(_) => Check::ok(SUBJECT, format!("{kind}, of the same database")),
    }
}

fn is_same(one: &Identity, other: &Identity) -> bool {
    let is_same_system = match (&one.system, &other.system) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    is_same_system && one.database == other.database
}

/// The connection past the pooler has to support sessions and writes.
async fn direct(connector: &Connector, identity: &Identity) -> Vec<Check> {
    let found = connector.probe(PROBE_LIMIT).await.unwrap_or_default();
    let mut checks: Vec<Check> = service::describe(&connector.place(), found.lending)
        .into_iter()
        .filter(|check| check.state == State::Ok)
        .collect();
    if identity.is_standby {
        checks.push(Check::new("Server", Code::Standby, "a read-only standby: migrations fail"));
    }
    let evidence = &found.evidence;
    checks.push(match found.lending {
        FoundPoolMode::Transaction | FoundPoolMode::Statement => Check::new(
            "Pooler",
            Code::DirectPooled,
            format!("there is a pooler in {} mode ({evidence})", found.lending.name()),
        ),
        FoundPoolMode::Direct => Check::ok("Pooler", "there is no pooler"),
        FoundPoolMode::Session | FoundPoolMode::Unknown => Check::ok("Pooler", "it lends for a session"),
    });
    checks
}

/// A replica has to be a standby, and should have the primary's data.
async fn replica(settings: &config::Database, identity: &Identity, known: &Examined<'_>) -> Vec<Check> {
    if !identity.is_standby {
        return vec![Check::new("Replica", Code::NoStandby, "the server is no standby")];
    }
    let mut checks: Vec<Check> = Vec::new();
    if let Some(primary) = known.primary.filter(|primary| is_same(identity, primary)) {
        checks.push(catch_up(settings, identity, primary.position.unwrap_or(0)).await);
        checks.extend(same_api(settings, known).await);
    }
    checks
}

/// Waits a little until the replica has the primary's data.
async fn catch_up(settings: &config::Database, first: &Identity, wanted: u64) -> Check {
    const SUBJECT: &str = "Replication";
    let begin = Instant::now();
    let mut position = first.position;
    while position.is_none_or(|position| position < wanted) && begin.elapsed() < PATIENCE {
        tokio::time::sleep(INTERVAL).await;
        position = identify(settings).await.ok().and_then(|identity| identity.position);
    }
    match wanted.checked_sub(position.unwrap_or(0)).filter(|behind| *behind > 0) {
        None => Check::ok(
            SUBJECT,
            format!("it had what the primary has within {} ms", begin.elapsed().as_millis()),
        ),
        Some(bytes) => {
            let found =
                format!("it still lacks {bytes} bytes of the primary's log after {} s", PATIENCE.as_secs());
            Check::new(SUBJECT, Code::Behind, found)
        }
    }
}

async fn same_api(settings: &config::Database, known: &Examined<'_>) -> Option<Check> {
    const SUBJECT: &str = "Tables";
    let wanted = known.sdl?;
    let database = config::Database { replicas: Vec::new(), ..alone(settings) };
    let config = Config { database, ..known.config.clone() };
    Some(match describe(&config, config.auth.anon_role.as_deref()).await {
        Ok(described) if *described.sdl == *wanted => Check::ok(SUBJECT, "the same API as at the primary"),
        Ok(described) => Check::new(
            SUBJECT,
            Code::OtherApi,
            format!("its {} tables give another API than the primary's", described.tables),
        ),
        Err(error) => Check::new(SUBJECT, Code::OtherApi, format!("the structure cannot be read: {error}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(system: Option<&str>, database: u32) -> Identity {
        Identity { system: system.map(str::to_owned), database, is_standby: false, position: None }
    }

    #[test]
    fn a_server_is_known_by_its_identifier_and_the_databases() {
        let one = identity(Some("7"), 5);
        assert!(is_same(&one, &identity(Some("7"), 5)));
        assert!(is_same(&one, &identity(None, 5)));
        assert!(!is_same(&one, &identity(Some("8"), 5)));
        assert!(!is_same(&one, &identity(Some("7"), 6)));
        assert_eq!(same(&one, Some(&identity(Some("8"), 5))).code, Code::OtherServer);
    }
}
