//! The examination: one check after the other, each within a time limit, until no further check is possible.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::config::{Config, redacted};
use crate::db::{Connector, Database, Error};

use super::code::{Code, State};
use super::console::{self, Answer};
use super::exposure::Exposed;
use super::findings::Options;
use super::other::{self, Route};
use super::reach::{ANSWER_LIMIT, PROBE_LIMIT, alone, reach};
use super::report::{Check, Report};
use super::sniff::Listener;
use super::trouble::{ByTls, Refusal};
use super::{callers, distribution, exposure, findings, live, room, service, stored, tenants, trouble};

/// The time limit of the check of settings.
const SESSIONS_LIMIT: Duration = Duration::from_secs(3);

/// What is examined: the database, and the other connection strings.
pub(super) struct Subject<'a> {
    pub(super) config: &'a Config,
    pub(super) connector: &'a Connector,
    /// The connection to the pooler's console, if it is to be asked.
    pub(super) console: Option<&'a Connector>,
    pub(super) ways: Vec<Route>,
}

/// Makes all checks.
pub(super) async fn examine(subject: Subject<'_>) -> Report {
    let config = subject.config;
    let mut report = Report {
        database: redacted(config.database.url.expose()),
        checks: Vec::new(),
        probe: None,
        protocol: None,
        sessions: None,
        pooler: None,
        others: Vec::new(),
    };
    let sdl = examine_database(&subject, &mut report).await;
    if !subject.ways.is_empty() {
        let primary = other::identify(&config.database).await.ok();
        for way in subject.ways {
            let known = other::Examined { config, primary: primary.as_ref(), sdl: sdl.as_deref() };
            report.others.push(other::examine(way, &known).await);
        }
    }
    report
}

/// Returns the API as SDL, if there is one.
async fn examine_database(subject: &Subject<'_>, report: &mut Report) -> Option<Arc<str>> {
    let Subject { config, connector, .. } = *subject;
    match reach(connector).await {
        Ok(check) => report.checks.push(check),
        Err(check) => {
            report.checks.push(check);
            ask_why(subject, report).await;
            return None;
        }
    }
    if let Some(check) = first_answer(config, connector).await {
        report.checks.push(check);
        ask_why(subject, report).await;
        return None;
    }
    examine_inside(subject, report).await;
    if report.own_troubles() > 0 {
        return None;
    }
    let config = Config { database: alone(&config.database), ..config.clone() };
    let database = Database::unprobed(&config.database).ok()?;
    report.checks.extend(callers::unmet(&config, &database).await);
    if report.own_troubles() > 0 {
        return None;
    }
    let Exposed { check, sdl } = exposure::examine(&config, &database).await;
    report.checks.push(check);
    report.checks.extend(callers::examine(&config, &database).await);
    if let Some(found) = &report.probe {
        report.checks.push(stored::examine(&config, &database, found.protocols().operations).await);
    }
    report.checks.extend(live::examine(&database).await);
    report.checks.extend(distribution::examine(&config, &database).await);
    report.checks.extend(tenants::examine(&config, &database).await);
    sdl
}

/// Why the first query is not answered, if it is not.
async fn first_answer(config: &Config, connector: &Connector) -> Option<Check> {
    let database = Database::unprobed(&alone(&config.database)).ok()?;
    let unanswered = |why: String| {
        Check::new(
            "Pooler",
            Code::NoServerConnection,
            format!("the pooler lends no server connection: {why}"),
        )
    };
    match timeout(ANSWER_LIMIT, database.check()).await {
        Ok(Ok(())) => None,
        Ok(Err(Error::Database(error))) => {
            let found = format!("the first query is refused: {error}");
            Some(Check::new("Server", Code::QuestionRefused, found))
        }
        Ok(Err(Error::Unavailable(failure))) if failure.sqlstate.is_some() => {
            let (place, listener, by_tls) = (connector.place(), Listener::Unchecked, ByTls::Untried);
            let refusal = Refusal { failure: &failure, place: &place, listener, by_tls };
            Some(trouble::explain(&refusal).about("Pooler"))
        }
        Ok(Err(error)) => Some(unanswered(error.to_string())),
        Err(_) => Some(unanswered(format!("no answer within {} s", ANSWER_LIMIT.as_secs()))),
    }
}

/// The checks that are possible once queries are answered.
async fn examine_inside(subject: &Subject<'_>, report: &mut Report) {
    let Subject { config, connector, console, .. } = *subject;
    let found = connector.probe(PROBE_LIMIT).await.unwrap_or_default();
    let answer = match console {
        Some(console) => Some(console::ask(console, connector).await),
        None => None,
    };
    let facts = match answer {
        None => None,
        Some(Answer::Facts(facts)) => Some(facts),
        Some(Answer::Refused(check)) => {
            report.checks.push(check);
            None
        }
        Some(Answer::Gone(check)) => return report.checks.push(check),
    };
    let sessions = connector.sessions(found.lending, SESSIONS_LIMIT).await;
    let settings = &config.database;
    let options = if connector.has_options() { Options::Given } else { Options::NotGiven };
    report.checks.extend(service::describe(&connector.place(), found.lending));
    report.checks.push(findings::server(&found));
    report.checks.push(findings::lending(&found, facts.as_ref(), settings));
    report.checks.extend(findings::shards(&found, settings.is_sharded));
    report.checks.push(findings::statements(&found, settings));
    report.checks.push(findings::sessions(&sessions, options));
    report.checks.push(room::examine(connector, &found, facts.as_ref(), settings).await);
    report.protocol = Some(found.protocol().name());
    report.probe = Some(found);
    report.sessions = Some(sessions);
    report.pooler = facts;
}

/// A pooler that lends no server connection may say why on its console.
async fn ask_why(subject: &Subject<'_>, report: &mut Report) {
    let Some(console) = subject.console else { return };
    let was_there = !report.checks.iter().any(|check| check.code == Code::Refused);
    let facts = match console::ask(console, subject.connector).await {
        Answer::Facts(facts) => facts,
        Answer::Gone(check) if was_there => return report.checks.push(check),
        Answer::Gone(_) => return,
        Answer::Refused(check) => return report.checks.push(check),
    };
    let what = match (facts.is_paused, facts.is_disabled) {
        (true, _) => Some((Code::Paused, "is paused: it accepts clients, but lends no server connections")),
        (_, true) => Some((Code::Disabled, "has the database disabled")),
        _ => None,
    };
    if let Some((code, what)) = what {
        report.checks.retain(|check| check.state != State::Trouble);
        report.checks.push(Check::new("Pooler", code, format!("{} {what}", facts.version)));
    } else if let Some(server) = &facts.server {
        for check in &mut report.checks {
            if matches!(check.code, Code::LoginHeld | Code::PoolerWithoutServer | Code::NoServerConnection) {
                check.advice.insert(0, format!("{} looks for PostgreSQL at {server}", facts.version));
            }
        }
    }
    report.pooler = Some(facts);
}
