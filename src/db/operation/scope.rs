//! The context of the statements of one message: their role, whether they may write, and for how long they may run.
//!
//! Never sets anything for a session: each setting is local to the message's implicit transaction and ends with it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::db::connection::protocol::{Protocol, Protocols};
use crate::db::error::Error;
use crate::statement::{SessionSettings, ShardingKey};

/// The name that means the connection's own user in `SET ROLE` (PostgreSQL manual). A caller may not choose it as a role: it
/// would get that user's rights.
const SESSION_USER: &str = "none";

/// The claims of a caller without a token.
const NO_CLAIMS: &str = "{}";

/// Settings of statements on the catalog. With them, PostgreSQL prints the schema of every object but its own, quotes
/// names only where they need it, and reads nulls in our arrays.
const CATALOG: [(&str, &str); 3] =
    [("search_path", "pg_catalog, pg_temp"), ("quote_all_identifiers", "off"), ("array_nulls", "on")];

/// The context of the statements of one message. It ends with them.
///
/// `set_config(…, true)` sets it in the same message, in front of the statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whether the statements may write (`transaction_read_only`).
    pub access: Access,
    /// The role that they run as; `None` is the connection's own user.
    pub role: Option<Arc<str>>,
    /// Further settings, such as `request.jwt.claims`.
    pub settings: Settings,
    /// `statement_timeout`.
    pub statement_timeout: Duration,
    /// The maximum number of bytes of all the statements' values together. `usize::MAX` means no limit.
    pub answer_limit: usize,
    /// The servers on which the settings have to hold.
    pub reach: Reach,
}

/// The servers on which the settings of a scope have to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The one that the connection leads to; the first shard, if there are several behind a `PgDog`.
    Server,
    /// The shard of a key, behind a `PgDog`. It reads the key in front of a message, which then goes to that shard as a whole.
    Shard(ShardingKey),
    /// The workers of Citus, too, where parts of the statements run. Citus passes on what `SET LOCAL` sets, and not what
    /// `set_config` sets.
    Workers {
        /// Whether the statements use one connection to each worker. Citus cannot run some statements in one transaction
        /// otherwise, such as a write to many shards and one to a reference table behind it.
        is_sequential: bool,
    },
}

/// Whether statements may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// `transaction_read_only` is on. If the connection is lost, the message may be sent again.
    ReadOnly,
    /// A message is never sent again once a byte of it may have been sent.
    ReadWrite,
}

/// Names and values of settings, shared by all requests that have the same.
pub type Settings = Arc<[(Arc<str>, Arc<str>)]>;

/// A setting's name and value; `None` resets it to the value with which the session began.
pub(super) type Setting<'a> = (&'a str, Option<Cow<'a, str>>);

impl Scope {
    /// For our own statements on the catalog. They read as the connection's own user. Their path has only PostgreSQL's own
    /// objects, so that the meaning of operators and types is certain. They must not call anything of the application's.
    pub fn of_catalog(statement_timeout: Duration) -> Self {
        let settings = CATALOG.iter().map(|(name, value)| (Arc::from(*name), Arc::from(*value))).collect();
        Self {
            access: Access::ReadOnly,
            role: None,
            settings,
            statement_timeout,
            answer_limit: usize::MAX,
            reach: Reach::Server,
        }
    }

    /// The protocols for its operations. What is not one message of the simple protocol is not one transaction for Citus: of a
    /// pipeline, it commits each statement by itself. `PgDog` chooses a shard for each statement of a pipeline.
    pub(in crate::db) fn protocols(&self, safe: Protocols) -> Protocols {
        match self.reach {
            Reach::Server => safe,
            Reach::Shard(_) | Reach::Workers { .. } => Protocols { operations: Protocol::Simple, ..safe },
        }
    }

    /// The same with one more setting.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let more = (Arc::from(name), Arc::from(value));
        Self { settings: self.settings.iter().cloned().chain([more]).collect(), ..self }
    }

    /// Whether a setting may hold a caller's data, such as claims. `pg_stat_statements` would keep each such value of a `SET` as a
    /// statement, and show it.
    pub(super) fn is_own(&self, (name, value): &Setting<'_>) -> bool {
        value.as_deref() != Some(NO_CLAIMS) && self.settings.iter().any(|(own, _)| **own == **name)
    }

    /// Names and values of the settings, in the order in which they have to be set. `session` has the session's settings
    /// that the statements depend on: behind a pooler, another client may have left any value there.
    pub(super) fn in_order(
        &self,
        session: SessionSettings,
    ) -> Result<impl Iterator<Item = Setting<'_>>, Error> {
        if self.role.as_deref() == Some(SESSION_USER) {
            return Err(Error::ScopeRefused(format!("\"{SESSION_USER}\" is no role")));
        }
        let read_only =
            (self.access == Access::ReadOnly).then_some(("transaction_read_only", Some("on".into())));
        // A timeout of 0 would mean no timeout.
        let milliseconds = self.statement_timeout.as_millis().clamp(1, i32::MAX as u128);
        let timeout = ("statement_timeout", Some(milliseconds.to_string().into()));
        // Without a role, the statements run as the connection's own user, whatever role another client of the pooler has
        // left. The role comes last, so that the role of a request does not need the right to make the other settings.
        let role = ("role", Some(self.role.as_deref().unwrap_or(SESSION_USER).into()));
        let own = self.settings.iter().map(|(name, value)| (&**name, Some(Cow::from(&**value))));
        let session = session.assignments().map(|(name, value): Setting<'_>| (name, value));
        Ok(session.chain(read_only).chain([timeout]).chain(own).chain([role]))
    }
}
