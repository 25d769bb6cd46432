//! What stands between us and PostgreSQL, found out by looking: how server connections are lent, what passes, and which
//! protocol is safe.
//!
//! Uses connections of its own. Whatever it makes is gone before the transaction ends in which it was made, so that no
//! server connection keeps anything of it. Never guesses: what was not seen is unknown, and unknown counts as unsafe.

mod client;
mod lending;
mod names;
mod passage;
mod session;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;

pub use self::lending::Lending;
pub use self::names::NamedStatements;
pub use self::passage::Passage;
pub use self::session::{Fate, Sessions, StartupParameter};

use self::client::Client;
use super::{Connector, Protocol, Protocols, Unavailable};

/// What a probe found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// How long a server connection is lent.
    pub lending: Lending,
    /// What was seen that shows it, in words.
    pub evidence: String,
    /// What becomes of statements with a name.
    pub named_statements: NamedStatements,
    /// Whether a message of several statements passes as one, settings that end with it included.
    pub several_statements: Passage,
    /// Whether the extended protocol passes, with the unnamed statement in one flight.
    pub unnamed_statement: Passage,
    /// Whether a write by the extended protocol, outside of a transaction, is committed without being asked to.
    pub typed_writes: Passage,
    /// PostgreSQL's version: 150014 is 15.14.
    pub server_version: Option<u32>,
    /// Whether something in between reads each statement and finds a server for it, as pgpool-II does.
    pub routes_statements: Option<bool>,
    /// Whether the server is a standby, which takes no writes.
    pub is_standby: Option<bool>,
    /// Whether transactions are read-only unless they say otherwise (`default_transaction_read_only`).
    pub is_read_only: Option<bool>,
}

impl Findings {
    /// Whether all was found out that the protocol depends on.
    pub fn is_complete(&self) -> bool {
        self.lending != Lending::Unknown
            && !matches!(self.named_statements, NamedStatements::Unknown(_))
            && self.unnamed_statement != Passage::Unknown
            && (self.protocol() != Protocol::Prepared || self.routes_statements.is_some())
    }

    /// The fastest protocols that are safe, after all that was seen.
    ///
    /// Where statements are routed, a scope could be set on one server, and what it is for run on another: only the
    /// statements of a message stay together.
    pub fn protocols(&self) -> Protocols {
        let typed = self.protocol();
        let operations = match (typed, self.routes_statements) {
            (Protocol::Prepared, Some(false)) => Protocol::Prepared,
            (Protocol::Simple | Protocol::Unnamed | Protocol::Prepared, _) => Protocol::Simple,
        };
        Protocols { typed, operations }
    }

    /// The fastest protocol that is safe for typed queries, after all that was seen.
    pub fn protocol(&self) -> Protocol {
        match (&self.lending, &self.named_statements) {
            _ if !matches!(self.unnamed_statement, Passage::Passes) => Protocol::Simple,
            (_, NamedStatements::Tracked)
            | (Lending::Direct | Lending::Session, NamedStatements::AsGiven) => Protocol::Prepared,
            _ => Protocol::Unnamed,
        }
    }
}

impl Connector {
    /// Finds out what stands between here and the server, by two connections that are closed afterwards.
    ///
    /// Besides the time to connect it takes some forty round trips, or `limit`: what was not found out by then is
    /// unknown. Fails if there is no connection at all.
    pub async fn probe(&self, limit: Duration) -> Result<Findings, Unavailable> {
        let (first, second) = tokio::join!(Client::open(self), Client::open(self));
        let first = first?;
        let shared = Shared::default();
        // A flight that prepares a statement also takes it away, unless it is cancelled between the two. So nobody's
        // impatience ends it: the task goes on by itself, and its connections end with it.
        let examining = tokio::spawn(timeout(LONGEST, examine(first, second, shared.clone())));
        let _ = timeout(limit, examining).await;
        Ok(shared.get())
    }
}

/// After this time even an examination that nobody waits for is given up: the other side does not answer any more.
const LONGEST: Duration = Duration::from_secs(30);

/// What is known so far.
#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<Findings>>);

impl Shared {
    fn get(&self) -> Findings {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, findings: &Findings) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(findings);
    }
}

async fn examine(mut first: Client, second: Result<Client, Unavailable>, shared: Shared) {
    let mut findings = Findings::default();
    passage::examine(&mut first, &mut findings).await;
    shared.set(&findings);
    let second = match second {
        Ok(second) => second,
        Err(failure) => {
            findings.evidence = format!("there is no second connection to compare with: {failure}");
            return shared.set(&findings);
        }
    };
    let mut observed = lending::observe(first, second).await;
    findings.lending = observed.lending;
    findings.evidence = observed.evidence;
    shared.set(&findings);
    findings.named_statements =
        names::examine(&mut observed.first, &mut observed.second, observed.lending).await;
    shared.set(&findings);
    // The question leaves a line in the server's log, and matters only here.
    if findings.protocol() == Protocol::Prepared {
        findings.routes_statements = passage::routes_statements(&mut observed.first).await;
        shared.set(&findings);
    }
}
