//! The examination: one thing after the other, each within a time limit, until nothing more can be asked.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::timeout;

use crate::config::{self, Config, PoolMode, redacted};
use crate::db::{Connection, Connector, Database, Error, Findings, Lending, PoolerFacts};

use super::report::{Check, Report, State};
use super::{exposure, findings, sniff, trouble};

/// How long the probe may take.
const PROBE_LIMIT: Duration = Duration::from_secs(3);

/// How long a first answer may take, and the pooler's console.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);

/// So many connections are tried out at the most.
const MOST_TRIED: u32 = 100;

/// Finds out all that can be found out. The connection string must be one.
pub(super) async fn examine(config: &Config, connector: &Connector) -> Report {
    let mut report = Report {
        database: redacted(config.database.url.expose()),
        checks: Vec::new(),
        probe: None,
        protocol: None,
        pooler: None,
    };
    let begin = Instant::now();
    let connection = match connector.connect().await {
        Ok(connection) => connection,
        Err(failure) => {
            let place = connector.place();
            let listener = sniff::listen(&place).await;
            report.checks.push(trouble::explain(&failure, &place, listener));
            add_console(&mut report, connector).await;
            return report;
        }
    };
    report.checks.push(connected(&connection, begin.elapsed(), connector));
    drop(connection);
    if let Some(check) = first_answer(config).await {
        report.checks.push(check);
        add_console(&mut report, connector).await;
        return report;
    }
    examine_inside(config, connector, &mut report).await;
    report
}

/// What there is to know once questions are answered.
async fn examine_inside(config: &Config, connector: &Connector, report: &mut Report) {
    let found = connector.probe(PROBE_LIMIT).await.unwrap_or_default();
    let facts = match found.lending {
        Lending::Direct => None,
        _ => timeout(ANSWER_LIMIT, connector.pooler_facts()).await.ok().flatten(),
    };
    let settings = &config.database;
    report.checks.extend(findings::host(&connector.place(), found.lending));
    report.checks.push(findings::server(&found));
    report.checks.push(findings::lending(&found, facts.as_ref(), settings));
    report.checks.push(findings::statements(&found));
    report.checks.push(pool(connector, &found, facts.as_ref(), settings).await);
    if report.troubles() == 0
        && let Ok(database) = Database::new(&alone(settings))
    {
        report.checks.push(exposure::examine(config, &database).await);
    }
    report.protocol = Some(found.protocol().name());
    report.probe = Some(found);
    report.pooler = facts;
}

fn connected(connection: &Connection, took: Duration, connector: &Connector) -> Check {
    let place = connector.place();
    let at = trouble::at(&place);
    let found = format!("{at} as {}, in {} ms", place.user, took.as_millis());
    let is_near = place.host.starts_with('/') || ["localhost", "127.0.0.1", "::1"].contains(&&*place.host);
    match connection.is_encrypted() {
        true => Check::ok("Connection", format!("{found}, by TLS")),
        false if is_near => Check::ok("Connection", found),
        false => Check::note("Connection", "not-encrypted", format!("{found}, not encrypted"))
            .advise("append sslmode=verify-full and sslrootcert to the connection string where you do not trust the network"),
    }
}

/// The settings of a pool of one connection that does not begin a probe of its own beside ours.
fn alone(settings: &config::Database) -> config::Database {
    config::Database { pool_size: 1, pool_mode: PoolMode::Transaction, ..settings.clone() }
}

/// What keeps the first question from being answered, if anything does.
async fn first_answer(config: &Config) -> Option<Check> {
    let database = Database::new(&alone(&config.database)).ok()?;
    match timeout(ANSWER_LIMIT, database.check()).await {
        Ok(Ok(())) => None,
        Ok(Err(Error::Database(error))) => Some(Check::trouble(
            "Server",
            "question-refused",
            format!("the first question is refused: {error}"),
        )),
        Ok(Err(error)) => Some(trouble::no_server_connection(&error.to_string())),
        Err(_) => {
            Some(trouble::no_server_connection(&format!("no answer within {} s", ANSWER_LIMIT.as_secs())))
        }
    }
}

/// A pooler that lends nothing may say why.
async fn add_console(report: &mut Report, connector: &Connector) {
    let Ok(Some(facts)) = timeout(ANSWER_LIMIT, connector.pooler_facts()).await else { return };
    if facts.is_paused {
        let found = format!("{} is paused: it takes clients, and lends nothing", facts.version);
        report.checks.retain(|check| check.state != State::Trouble);
        report.checks.push(
            Check::trouble("Pooler", "paused", found)
                .advise("RESUME on its console (psql to the database pgbouncer) ends it"),
        );
    }
    report.pooler = Some(facts);
}

/// Whether there is room for the pool, by what the pooler says, or else by trying.
async fn pool(
    connector: &Connector,
    found: &Findings,
    facts: Option<&PoolerFacts>,
    settings: &config::Database,
) -> Check {
    match facts.and_then(|facts| findings::limits(facts, found.lending, settings)) {
        Some(check) => check,
        None => try_out(connector, found.lending, settings).await,
    }
}

/// Makes as many connections as the pool may have. Where each keeps a server connection, each asks something too.
async fn try_out(connector: &Connector, lending: Lending, settings: &config::Database) -> Check {
    const SUBJECT: &str = "Pool";
    let tried = settings.pool_size.min(MOST_TRIED);
    let opened = join_all((0..tried).map(|_| timeout(ANSWER_LIMIT, connector.connect()))).await;
    let mut failure = None;
    let mut connections = Vec::new();
    for outcome in opened {
        match outcome {
            Ok(Ok(connection)) => connections.push(connection),
            Ok(Err(error)) => failure = Some(error.to_string()),
            Err(_) => failure = Some("no answer in time".to_owned()),
        }
    }
    let made = connections.len();
    if let Some(failure) = failure {
        return Check::trouble(
            SUBJECT,
            "pool-not-filled",
            format!("{made} of {tried} connections could be made: {failure}"),
        )
        .advise(format!("set pool-size to {} or less, or raise the limit there", made.max(1)));
    }
    if lending == Lending::Session {
        let asked = join_all(
            connections.iter_mut().map(|connection| timeout(Duration::from_secs(1), connection.ask())),
        )
        .await;
        let answered = asked.iter().filter(|outcome| matches!(outcome, Ok(Ok(())))).count();
        if answered < made {
            return Check::trouble(
                SUBJECT,
                "too-few-slots",
                format!("{answered} of {tried} connections were lent a server connection, which each client keeps in session mode"),
            )
            .advise("set pool_mode = transaction in PgBouncer")
            .advise(format!("or raise default_pool_size to {}, or lower pool-size to {}", settings.pool_size, answered.max(1)));
        }
    }
    Check::ok(SUBJECT, format!("{tried} connections could be made"))
}
