//! What a probe found out, and which protocols are safe after it.
//!
//! Never looks by itself, and never guesses: unknown counts as unsafe.

use serde::Serialize;

use crate::config::ContextForm;
use crate::db::connection::protocol::{Protocol, Protocols, RoutingHint};
use crate::db::probe::lending::FoundPoolMode;
use crate::db::probe::names::NamedStatements;

/// What a probe found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProbeReport {
    /// How long a server connection is lent.
    pub lending: FoundPoolMode,
    /// What was seen that shows it, in words.
    pub evidence: String,
    /// What becomes of statements with a name.
    pub named_statements: NamedStatements,
    /// Whether a message of several statements passes as one, settings that end with it included: those of
    /// [`ContextForm::SetConfig`].
    pub several_statements: ProbeResult,
    /// The same with the settings of [`ContextForm::SetLocal`].
    pub set_local: ProbeResult,
    /// Whether the extended protocol passes, with the unnamed statement in one pipeline.
    pub unnamed_statement: ProbeResult,
    /// Whether a write by the extended protocol, outside of a transaction, is committed without being asked to.
    pub typed_writes: ProbeResult,
    /// PostgreSQL's version: 150014 is 15.14.
    pub server_version: Option<u32>,
    /// Whether something in between reads each statement and finds a server for it, as pgpool-II does.
    pub routes_statements: Option<bool>,
    /// How many shards there are behind a `PgDog`; `None` if there is none.
    pub pgdog_shards: Option<u32>,
    /// Whether the server is a standby, which takes no writes.
    pub is_standby: Option<bool>,
    /// Whether transactions are read-only unless they say otherwise (`default_transaction_read_only`).
    pub is_read_only: Option<bool>,
}

impl ProbeReport {
    /// Whether all was found out that the protocol depends on.
    pub fn is_complete(&self) -> bool {
        self.lending != FoundPoolMode::Unknown
            && !matches!(self.named_statements, NamedStatements::Unknown(_))
            && self.unnamed_statement != ProbeResult::Unknown
            && (self.protocol() != Protocol::Prepared || self.routes_statements.is_some())
    }

    /// The fastest protocols that are safe, after all that was seen.
    ///
    /// Where statements are routed, a scope could be set on one server, and what it is for run on another: only the
    /// statements of a message stay together.
    pub fn protocols(&self) -> Protocols {
        let typed = self.protocol();
        let operations = match (typed, self.routes_statements, self.pgdog_shards) {
            (Protocol::Prepared, Some(false), None) => Protocol::Prepared,
            (Protocol::Simple | Protocol::Unnamed | Protocol::Prepared, ..) => Protocol::Simple,
        };
        let hint = if self.pgdog_shards.is_some() { RoutingHint::PgDog } else { RoutingHint::None };
        Protocols { typed, operations, context: self.context(), hint }
    }

    /// Why no operation may run here. A `PgDog` finds a shard for a message by its first statement, which is the scope's and
    /// has no table: reads would miss rows, and writes go to any of the shards, all without an error.
    pub fn refusal(&self) -> Option<String> {
        let shards = self.pgdog_shards.filter(|shards| *shards > 1)?;
        Some(format!(
            "behind this PgDog are {shards} shards, and it would send an operation to any of them: \
             connect to one shard, or to a database of PgDog that has only one, and start again"
        ))
    }

    /// The form of a scope that passes. [`ContextForm::SetConfig`], unless it is known that only another one does.
    pub fn context(&self) -> ContextForm {
        match (&self.several_statements, &self.set_local) {
            (ProbeResult::Fails(_), ProbeResult::Passes) => ContextForm::SetLocal,
            _ => ContextForm::SetConfig,
        }
    }

    /// What was seen of a message with a scope in this form.
    pub fn message(&self, form: ContextForm) -> &ProbeResult {
        match form {
            ContextForm::SetConfig | ContextForm::Function => &self.several_statements,
            ContextForm::SetLocal => &self.set_local,
        }
    }

    /// The fastest protocol that is safe for typed queries, after all that was seen.
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

/// Whether something passes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeResult {
    /// It passes.
    Passes,
    /// It does not; what was seen instead.
    Fails(String),
    /// It was not found out.
    #[default]
    Unknown,
}
