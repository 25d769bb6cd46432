//! Whether there are enough connections for the pool: by the pooler's report, or by trying.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::timeout;

use crate::config;
use crate::db::{Connection, Connector, FoundPoolMode, PoolerFacts, ProbeReport, Reason};

use super::code::Code;
use super::console;
use super::findings;
use super::reach::ANSWER_LIMIT;
use super::report::Check;

/// The maximum number of connections that are tried.
const MOST_TRIED: u32 = 100;

/// How long a pooler with a free server connection may take to lend it.
const LENDING_LIMIT: Duration = Duration::from_secs(1);

/// How long the other side may take to notice that the earlier connections of the examination have ended.
const LEAVING: Duration = Duration::from_secs(3);

const INTERVAL: Duration = Duration::from_millis(50);

/// Whether there are enough connections for the pool.
pub(super) async fn examine(
    connector: &Connector,
    found: &ProbeReport,
    facts: Option<&PoolerFacts>,
    settings: &config::Database,
) -> Check {
    match facts.and_then(|facts| findings::limits(facts, found.lending, settings)) {
        Some(check) => check,
        None => try_out(connector, found.lending, settings).await,
    }
}

/// Makes as many connections as the pool may have. If each needs a server connection, each also runs a query.
async fn try_out(connector: &Connector, lending: FoundPoolMode, settings: &config::Database) -> Check {
    const SUBJECT: &str = "Pool";
    let tried = settings.pool_size.min(MOST_TRIED);
    let (mut connections, failure) = open(connector, tried).await;
    let made = u32::try_from(connections.len()).unwrap_or(tried);
    match failure {
        // With a limit, some of them succeed.
        Some(Missing { reason: Some(Reason::Refused), .. }) if made == 0 => {
            return console::gone("was running, and nothing listens at its address any more");
        }
        Some(Missing { why, .. }) => {
            let found = format!("{made} of {tried} connections could be made: {why}");
            return Check::new(SUBJECT, Code::PoolNotFilled, found)
                .advise(format!("set pool-size to {} or less, or raise the limit there", made.max(1)));
        }
        None => {}
    }
    if lending == FoundPoolMode::Session {
        let asked = connections.iter_mut().map(|connection| timeout(LENDING_LIMIT, connection.ask()));
        let answered = join_all(asked).await.iter().filter(|outcome| matches!(outcome, Ok(Ok(())))).count();
        let answered = u32::try_from(answered).unwrap_or(made);
        if answered < made {
            let found = format!(
                "{answered} of {tried} connections were lent a server connection, which each client keeps in session mode"
            );
            return findings::too_few_slots(found, settings.pool_size, answered);
        }
    }
    Check::ok(SUBJECT, format!("{tried} connections could be made"))
}

/// Why a connection could not be made.
struct Missing {
    reason: Option<Reason>,
    why: String,
}

/// The connections that could be made, and why another one could not.
async fn open(connector: &Connector, wanted: u32) -> (Vec<Connection>, Option<Missing>) {
    let begin = Instant::now();
    let mut connections = Vec::new();
    loop {
        let missing =
            (connections.len()..usize::try_from(wanted).unwrap_or_default()).map(|_| connector.connect());
        let opened = join_all(missing.map(|connecting| timeout(ANSWER_LIMIT, connecting))).await;
        let mut failure = None;
        for outcome in opened {
            match outcome {
                Ok(Ok(connection)) => connections.push(connection),
                Ok(Err(error)) => {
                    failure = Some(Missing { reason: Some(error.reason), why: error.to_string() });
                }
                Err(_) => failure = Some(Missing { reason: None, why: "no answer in time".to_owned() }),
            }
        }
        if failure.is_none() || begin.elapsed() > LEAVING {
            return (connections, failure);
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
