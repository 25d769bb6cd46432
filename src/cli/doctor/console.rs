//! PgBouncer's console. It is used only with `--console`.
//!
//! A login there is not harmless: with `auth_user = pgbouncer` for all databases, PgBouncer 1.18 crashes when a user logs in
//! that it looks up by `auth_query` (its issue 568). So the console has a connection string of its own, and afterwards
//! `doctor` checks the pooler again.

use tokio::time::timeout;

use crate::db::{Connector, Error, PoolerFacts, Reason};

use super::code::Code;
use super::reach::ANSWER_LIMIT;
use super::report::Check;

/// The result.
pub(super) enum Answer {
    /// The pooler's report.
    Facts(PoolerFacts),
    /// The console does not answer, and the pooler still runs.
    Refused(Check),
    /// Nothing listens at the pooler's address any more.
    Gone(Check),
}

/// Asks the console about the database of `connector`.
pub(super) async fn ask(console: &Connector, connector: &Connector) -> Answer {
    let database = connector.place().database;
    let answered = timeout(ANSWER_LIMIT, console.pooler_facts(&database)).await;
    let why = match answered {
        Ok(Ok(facts)) => return Answer::Facts(facts),
        Ok(Err(Error::Unavailable(failure))) => failure.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", ANSWER_LIMIT.as_secs()),
    };
    match connector.connect().await {
        Err(failure) if failure.reason == Reason::Refused => {
            Answer::Gone(gone("has ended after a query to its console: nothing listens there any more"))
        }
        _ => {
            let found = format!("the console of --console says nothing: {why}");
            Answer::Refused(Check::new("Console", Code::ConsoleRefused, found))
        }
    }
}

/// A pooler that ran before and does not run any more.
pub(super) fn gone(what: &str) -> Check {
    Check::new("Pooler", Code::PoolerGone, format!("the pooler {what}"))
}
