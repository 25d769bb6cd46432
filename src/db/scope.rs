//! What holds while the statements of one message run: who they run as, what they may do, how long.
//!
//! Never a `SET` for a session: each setting is local to the message's implicit transaction and ends with it.

use std::borrow::Cow;
use std::time::Duration;

use super::Error;

/// What PostgreSQL takes for the connection's own user where a role is to be set (manual, `SET ROLE`): whoever may choose a
/// role must not come by that user's rights in this way.
const SESSION_USER: &str = "none";

/// What holds while the statements of one message run, and ends with them.
///
/// It is set by `set_config(…, true)` in the same message, in front of the statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whether the statements may write (`transaction_read_only`).
    pub access: Access,
    /// The role that they run as; `None` is the connection's own user.
    pub role: Option<String>,
    /// Further settings, such as `request.jwt.claims`: name and value.
    pub settings: Vec<(String, String)>,
    /// `statement_timeout`.
    pub statement_timeout: Duration,
}

/// Whether statements may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// `transaction_read_only` is on, and a lost connection may be tried once more.
    ReadOnly,
    /// Nothing is ever tried twice once a byte of it may have been sent.
    ReadWrite,
}

/// A setting's name and value.
pub(super) type Setting<'a> = (Cow<'a, str>, Cow<'a, str>);

impl Scope {
    /// Names and values of the settings, in the order in which they are to be set.
    pub(super) fn in_order(&self) -> Result<Vec<Setting<'_>>, Error> {
        let mut settings: Vec<Setting<'_>> = Vec::with_capacity(self.settings.len() + 3);
        if self.access == Access::ReadOnly {
            settings.push(("transaction_read_only".into(), "on".into()));
        }
        // A timeout of 0 would mean none.
        let milliseconds = self.statement_timeout.as_millis().clamp(1, i32::MAX as u128);
        settings.push(("statement_timeout".into(), milliseconds.to_string().into()));
        settings.extend(self.settings.iter().map(|(name, value)| (name.into(), value.into())));
        // The role comes last, so that the settings are made with the connection's own rights.
        if let Some(role) = &self.role {
            if role == SESSION_USER {
                return Err(Error::ScopeRefused(format!("\"{SESSION_USER}\" is no role")));
            }
            settings.push(("role".into(), role.into()));
        }
        Ok(settings)
    }
}
