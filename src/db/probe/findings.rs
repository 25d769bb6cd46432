//! The results of a probe, and the protocols that are safe by them.
//!
//! Never probes by itself, and never guesses: unknown counts as unsafe.

use serde::Serialize;

use crate::config::ContextForm;
use crate::db::connection::protocol::{Protocol, Protocols, RoutingHint};
use crate::db::probe::lending::FoundPoolMode;
use crate::db::probe::names::NamedStatements;

/// The results of a probe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProbeReport {
    /// For how long a server connection is lent.
    pub lending: FoundPoolMode,
    /// The evidence for it, in words.
    pub evidence: String,
    /// How the pooler treats named statements.
    pub named_statements: NamedStatements,
    /// Whether a message of several statements passes as one, together with settings that end with it. The settings have the
    /// form [`ContextForm::SetConfig`].
    pub several_statements: ProbeResult,
    /// The same for settings of the form [`ContextForm::SetLocal`].
    pub set_local: ProbeResult,
    /// Whether the extended protocol passes with the unnamed statement in one pipeline.
    pub unnamed_statement: ProbeResult,
    /// Whether a write by the extended protocol, outside a transaction, is committed without an explicit commit.
    pub typed_writes: ProbeResult,
    /// PostgreSQL's version: 150014 is 15.14.
    pub server_version: Option<u32>,
    /// A server that speaks PostgreSQL's protocol, and is none.
    pub unsupported: Option<UnsupportedServer>,
    /// Whether a proxy, such as pgpool-II, reads each statement and chooses a server for it.
    pub routes_statements: Option<bool>,
    /// How many shards there are behind a `PgDog`; `None` if there is none.
    pub pgdog_shards: Option<u32>,
    /// Whether the server is a standby, which accepts no writes.
    pub is_standby: Option<bool>,
    /// Whether transactions are read-only unless they say otherwise (`default_transaction_read_only`).
    pub is_read_only: Option<bool>,
}

impl ProbeReport {
    /// Whether everything is known that the choice of the protocol depends on.
    pub fn is_complete(&self) -> bool {
        self.lending != FoundPoolMode::Unknown
            && !matches!(self.named_statements, NamedStatements::Unknown(_))
            && self.unnamed_statement != ProbeResult::Unknown
            && (self.protocol() != Protocol::Prepared || self.routes_statements.is_some())
    }

    /// Whether it is known which messages of several statements pass.
    pub fn has_seen_messages(&self) -> bool {
        self.several_statements != ProbeResult::Unknown && self.set_local != ProbeResult::Unknown
    }

    /// The fastest protocols that are safe by these results.
    ///
    /// A proxy that routes statements could set the scope on one server and run its statements on another. Only the
    /// statements of one message stay together.
    pub fn protocols(&self) -> Protocols {
        let typed = self.protocol();
        let operations = match (typed, self.routes_statements, self.pgdog_shards) {
            (Protocol::Prepared, Some(false), None) => Protocol::Prepared,
            (Protocol::Simple | Protocol::Unnamed | Protocol::Prepared, ..) => Protocol::Simple,
        };
        let hint = if self.pgdog_shards.is_some() { RoutingHint::Role } else { RoutingHint::None };
        Protocols { typed, operations, context: self.context(), hint }
    }

    /// Why no operation may run here. With several shards, each message has to name its own.
    pub fn refusal(&self, names_shards: bool) -> Option<String> {
        let unsupported = self.unsupported.map(|server| server.reason().to_owned());
        unsupported.or_else(|| self.sharded().filter(|_| !names_shards))
    }

    /// A `PgDog` chooses the shard of a message by its first statement. That is the scope's, which has no table. Reads would miss
    /// rows and writes would go to any of the shards, all without an error.
    pub fn sharded(&self) -> Option<String> {
        let shards = self.pgdog_shards.filter(|shards| *shards > 1)?;
        Some(format!(
            "behind this PgDog are {shards} shards, and it would send an operation to any of them: \
             set `tenant` to the sharding key, such as `pgdog:tenant_id=claims.tenant`, or connect to one shard, and start again"
        ))
    }

    /// The cheapest form of a scope that is known to pass.
    pub fn context(&self) -> ContextForm {
        match (&self.several_statements, &self.set_local) {
            (ProbeResult::Fails(_), ProbeResult::Passes) => ContextForm::SetLocal,
            (ProbeResult::Passes, ProbeResult::Passes) if !self.may_copy_commands() => ContextForm::Mixed,
            _ => ContextForm::SetConfig,
        }
    }

    /// Whether the pooler may be one that sends a `SET` to several servers: pgpool-II, which keeps a server connection for each
    /// client, or `PgDog`.
    fn may_copy_commands(&self) -> bool {
        let may_be_pgpool = match self.lending {
            FoundPoolMode::Transaction | FoundPoolMode::Statement => false,
            FoundPoolMode::Direct | FoundPoolMode::Session | FoundPoolMode::Unknown => {
                self.routes_statements != Some(false)
            }
        };
        may_be_pgpool || self.pgdog_shards.is_some()
    }

    /// The result for a message with a scope of this form.
    pub fn message(&self, form: ContextForm) -> &ProbeResult {
        match form {
            ContextForm::SetConfig | ContextForm::Function => &self.several_statements,
            // It is chosen only if both pass.
            ContextForm::SetLocal | ContextForm::Mixed => &self.set_local,
        }
    }

    /// The fastest protocol that is safe for typed queries by these results.
    pub fn protocol(&self) -> Protocol {
        match (&self.lending, &self.named_statements) {
            _ if !matches!(self.unnamed_statement, ProbeResult::Passes) => Protocol::Simple,
            (_, NamedStatements::Tracked)
            | (FoundPoolMode::Direct | FoundPoolMode::Session, NamedStatements::AsGiven) => {
                Protocol::Prepared
            }
            _ => Protocol::Unnamed,
        }
    }
}

/// A server that speaks PostgreSQL's protocol, and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnsupportedServer {
    /// `CockroachDB`.
    CockroachDb,
    /// `YugabyteDB`.
    YugabyteDb,
}

impl UnsupportedServer {
    /// By what `version()` says.
    pub(super) fn of(version: &str) -> Option<Self> {
        if version.starts_with("CockroachDB") {
            Some(Self::CockroachDb)
        } else if version.contains("-YB-") {
            Some(Self::YugabyteDb)
        } else {
            None
        }
    }

    /// Why it is not supported.
    pub fn reason(self) -> &'static str {
        match self {
            Self::CockroachDb => {
                "the server is CockroachDB, which Glowplug does not support: the API is reflected from system catalogs of \
                 PostgreSQL that CockroachDB lacks in part; connect to a PostgreSQL server"
            }
            Self::YugabyteDb => {
                "the server is YugabyteDB, which Glowplug does not support: it has no system column xmin, by which changes of the \
                 schema are noticed; connect to a PostgreSQL server"
            }
        }
    }
}

/// Whether something passes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeResult {
    /// It passes.
    Passes,
    /// It does not pass; the text says what happened instead.
    Fails(String),
    /// Unknown.
    #[default]
    Unknown,
}
