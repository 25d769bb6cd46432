//! What is between Glowplug and PostgreSQL, found by probing: how server connections are lent, what passes, and which
//! protocol is safe.
//!
//! Uses connections of its own. Everything that a probe creates is gone when its transaction ends, so that no server
//! connection keeps anything of it. Never guesses: what was not observed is unknown, and unknown counts as unsafe.

mod client;
mod console;
mod findings;
mod lending;
mod names;
mod passage;
mod session;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

pub use self::console::PoolerFacts;
pub use self::findings::{ProbeReport, ProbeResult, UnsupportedServer};
pub use self::lending::FoundPoolMode;
pub use self::names::NamedStatements;
pub use self::session::{Sessions, SettingEffect, StartupParameter};

use self::client::Client;
use crate::db::connection::protocol::Protocol;
use crate::db::connector::Connector;
use crate::db::error::Unavailable;

impl Connector {
    /// Probes what is between here and the server, by two connections that it closes afterwards.
    ///
    /// It takes the time to connect and about forty round trips, or `limit` at most. Results that are not there by then stay
    /// unknown. Fails if there is no connection at all.
    pub async fn probe(&self, limit: Duration) -> Result<ProbeReport, Unavailable> {
        let (first, second) = tokio::join!(Client::open(self), Client::open(self));
        let first = first?;
        let shared = Shared::default();
        // A pipeline that prepares a statement also deallocates it, unless it is cancelled between the two. So a caller that
        // stops waiting does not cancel it: the task goes on by itself, and closes its connections at its end.
        let examining = tokio::spawn(timeout(LONGEST, examine(first, second, shared.clone())));
        let _ = timeout(limit, examining).await;
        Ok(shared.get())
    }
}

impl Connector {
    /// Finds out what passes through the pooler, and whether there is a `PgDog`, by one connection that it closes afterwards. How
    /// server connections are lent stays unknown.
    ///
    /// It takes the time to connect and about ten round trips, or `limit` at most.
    pub(in crate::db) async fn probe_messages(&self, limit: Duration) -> Result<ProbeReport, Unavailable> {
        let mut client = Client::open(self).await?;
        let mut findings = ProbeReport::default();
        let examining = async {
            passage::examine(&mut client, &mut findings).await;
            findings.pgdog_shards = passage::pgdog_shards(&mut client).await;
        };
        // Results that are not there by then stay unknown.
        let _ = timeout(limit, examining).await;
        Ok(findings)
    }
}

/// After this time, even a probe without a waiting caller is given up: the other side does not answer any more.
const LONGEST: Duration = Duration::from_secs(30);

/// The results so far.
#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<ProbeReport>>);

impl Shared {
    fn get(&self) -> ProbeReport {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, findings: &ProbeReport) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(findings);
    }
}

async fn examine(mut first: Client, second: Result<Client, Unavailable>, shared: Shared) {
    let mut findings = ProbeReport::default();
    passage::examine(&mut first, &mut findings).await;
    shared.set(&findings);
    let second = match second {
        Ok(second) => second,
        Err(failure) => {
            findings.evidence = format!("there is no second connection for comparison: {failure}");
            return shared.set(&findings);
        }
    };
    let mut observed = lending::observe(first, second).await;
    findings.lending = observed.lending;
    findings.evidence = observed.evidence;
    shared.set(&findings);
    findings.named_statements =
        names::examine(&mut observed.first, &mut observed.second, observed.lending).await;
    // Without a pooler there is no console to ask.
    if observed.lending != FoundPoolMode::Direct {
        findings.pgdog_shards = passage::pgdog_shards(&mut observed.first).await;
    }
    shared.set(&findings);
    // This check leaves a line in the server's log, and matters only here.
    if findings.protocol() == Protocol::Prepared {
        findings.routes_statements = passage::routes_statements(&mut observed.first).await;
        shared.set(&findings);
    }
}
