//! `target_session_attrs`: which of several servers are suitable.
//!
//! Asks by one simple message, which every pooler passes on in every pool mode, and which leaves nothing behind.

use postgres_protocol::message::backend::Message;

use super::{Failure, Pipeline, Report, SharedWire};

/// Which of several servers are suitable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    /// A standby if there is one, else any server.
    PreferStandby,
}

/// What a server reported of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Role {
    is_standby: bool,
    is_read_only: bool,
}

const QUESTION: &str = "select pg_catalog.concat(pg_catalog.pg_is_in_recovery(), ' ', \
                        pg_catalog.current_setting('transaction_read_only'))";

impl Target {
    /// What the first pass over the hosts looks for, and what the second one does.
    pub(super) fn passes(self) -> Vec<Self> {
        match self {
            Self::PreferStandby => vec![Self::Standby, Self::Any],
            target => vec![target],
        }
    }

    fn accepts(self, role: Role) -> bool {
        match self {
            Self::Any | Self::PreferStandby => true,
            Self::ReadWrite => !role.is_read_only,
            Self::ReadOnly => role.is_read_only,
            Self::Primary => !role.is_standby,
            Self::Standby => role.is_standby,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::ReadWrite => "read-write",
            Self::ReadOnly => "read-only",
            Self::Primary => "primary",
            Self::Standby => "standby",
            Self::PreferStandby => "prefer-standby",
        }
    }
}

impl SharedWire {
    /// Fails if the server is not suitable.
    pub(super) async fn check(&mut self, target: Target) -> Result<(), Failure> {
        if target == Target::Any {
            return Ok(());
        }
        let role = self.role().await?;
        if target.accepts(role) {
            return Ok(());
        }
        let kind = match (role.is_standby, role.is_read_only) {
            (true, _) => "a standby",
            (false, true) => "read-only",
            (false, false) => "a primary that takes writes",
        };
        Err(Failure::Target(format!("target_session_attrs={}, but the server is {kind}", target.name())))
    }

    async fn role(&mut self) -> Result<Role, Failure> {
        let pipeline =
            Pipeline::query(QUESTION).map_err(|_| Failure::Malformed("the question".to_owned()))?;
        let mut exchange = self.exchange(pipeline);
        let (mut answer, mut failure) = (None, None);
        while let Some(message) = exchange.next().await? {
            match message {
                Message::DataRow(row) => answer = Some(row),
                Message::ErrorResponse(body) => {
                    let report = Report::read(body.fields()).map_err(Failure::malformed)?;
                    failure = Some(Failure::Reported(Box::new(report)));
                }
                _ => {}
            }
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        let row = answer.ok_or_else(|| Failure::Malformed("no answer to the server's role".to_owned()))?;
        // Behind the length of the only value, in four bytes.
        match row.buffer().get(4..) {
            Some(b"t on" | b"t off") => Ok(Role { is_standby: true, is_read_only: true }),
            Some(b"f on") => Ok(Role { is_standby: false, is_read_only: true }),
            Some(b"f off") => Ok(Role { is_standby: false, is_read_only: false }),
            _ => Err(Failure::Malformed("a wrong answer to the server's role".to_owned())),
        }
    }
}
