//! What holds while the statements of one message run: who they run as, what they may do, how long.
//!
//! Never a `SET` for a session: each setting is local to the message's implicit transaction and ends with it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::db::error::Error;
use crate::sql::SessionSettings;

/// What PostgreSQL takes for the connection's own user where a role is to be set (manual, `SET ROLE`). A caller may not choose
/// it for a role: it would be that user's rights.
const SESSION_USER: &str = "none";

/// What statements on the catalogue run with. What PostgreSQL prints of an expression has the schema of all objects but its own
/// then, and quotes only where they are needed; a list of ours may have nulls in it.
const CATALOG: [(&str, &str); 3] =
    [("search_path", "pg_catalog, pg_temp"), ("quote_all_identifiers", "off"), ("array_nulls", "on")];

/// What holds while the statements of one message run, and ends with them.
///
/// It is set by `set_config(…, true)` in the same message, in front of the statements.
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
    /// How many bytes the statements' values may have together; `usize::MAX` does not look.
    pub answer_limit: usize,
}

/// Whether statements may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// `transaction_read_only` is on, and a lost connection may be tried once more.
    ReadOnly,
    /// Nothing is ever tried twice once a byte of it may have been sent.
    ReadWrite,
}

/// Names and values of settings, shared by all requests that have the same.
pub type Settings = Arc<[(Arc<str>, Arc<str>)]>;

/// A setting's name and value; `None` is the one that the session began with.
pub(super) type Setting<'a> = (&'a str, Option<Cow<'a, str>>);

impl Scope {
    /// For statements of our own on the catalogue: they read as the connection's own user, with a path of PostgreSQL's own objects
    /// alone, which says what their operators and types mean. Nothing of the application's may be called in it.
    pub fn of_catalog(statement_timeout: Duration) -> Self {
        let settings = CATALOG.iter().map(|(name, value)| (Arc::from(*name), Arc::from(*value))).collect();
        Self { access: Access::ReadOnly, role: None, settings, statement_timeout, answer_limit: usize::MAX }
    }

    /// The same with one more setting.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        let more = (Arc::from(name), Arc::from(value));
        Self { settings: self.settings.iter().cloned().chain([more]).collect(), ..self }
    }

    /// Names and values of the settings, in the order in which they are to be set. `session` are those of the session that
    /// the statements depend on: behind a pooler, another client may have left any value there.
    pub(super) fn in_order(
        &self,
        session: SessionSettings,
    ) -> Result<impl Iterator<Item = Setting<'_>>, Error> {
        if self.role.as_deref() == Some(SESSION_USER) {
            return Err(Error::ScopeRefused(format!("\"{SESSION_USER}\" is no role")));
        }
        let read_only =
            (self.access == Access::ReadOnly).then_some(("transaction_read_only", Some("on".into())));
        // A timeout of 0 would mean none.
        let milliseconds = self.statement_timeout.as_millis().clamp(1, i32::MAX as u128);
        let timeout = ("statement_timeout", Some(milliseconds.to_string().into()));
        // Without a role it is the connection's own user, whatever role another client of the pooler has left. It comes last,
        // so that a role that a request runs as need not be allowed to make the other settings.
        let role = ("role", Some(self.role.as_deref().unwrap_or(SESSION_USER).into()));
        let own = self.settings.iter().map(|(name, value)| (&**name, Some(Cow::from(&**value))));
        let session = session.assignments().map(|(name, value)| (name, value.map(Cow::Borrowed)));
        Ok(session.chain(read_only).chain([timeout]).chain(own).chain([role]))
    }
}
