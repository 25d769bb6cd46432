//! When an operation whose connection was lost is sent again, on a fresh connection.

use crate::db::error::Error;
use crate::db::operation::scope::Access;

/// How many times an operation is sent again where PostgreSQL has announced the session's end. The statement did not cause
/// that. But a pooler may then lend another session that is ending at the same time, before it has noticed.
const MOST_OF_ENDED_SESSIONS: u32 = 5;

/// `admin_shutdown`: PostgreSQL's last error in a session that it ends by `pg_terminate_backend` or because the server
/// stops.
const SESSION_ENDED: &str = "57P01";

/// The losses of one operation.
#[derive(Default)]
pub(super) struct Losses {
    /// Because the session was ended.
    ended: u32,
    /// For an unknown reason.
    unexplained: u32,
}

impl Losses {
    /// Whether the operation is to be sent again: it is a read, or a write of which nothing can have been sent.
    ///
    /// Only once if the reason of the loss is unknown, because the statement may be what makes the server crash.
    pub(super) fn meet(&mut self, error: &Error, access: Access) -> bool {
        let may_be_sent_again = access == Access::ReadOnly || error.safe_to_retry();
        if !error.is_connection_lost() || !may_be_sent_again {
            return false;
        }
        let (met, most) = match error.sqlstate() {
            Some(SESSION_ENDED) => (&mut self.ended, MOST_OF_ENDED_SESSIONS),
            _ => (&mut self.unexplained, 1),
        };
        *met += 1;
        *met <= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::error::{Reason, Unavailable};

    fn lost(reason: Reason, sqlstate: Option<&str>) -> Error {
        let sqlstate = sqlstate.map(str::to_owned);
        Unavailable { reason, message: "gone".to_owned(), sqlstate }.into()
    }

    /// How many times an operation is sent again that always fails in this way.
    fn times(error: &Error, access: Access) -> usize {
        let mut losses = Losses::default();
        (0..100).take_while(|_| losses.meet(error, access)).count()
    }

    #[test]
    fn a_read_is_sent_again_as_often_as_its_server_is_only_stopping() {
        let read = Access::ReadOnly;
        assert_eq!(times(&lost(Reason::Lost, Some("57P01")), read), 5);
        for error in [lost(Reason::Lost, None), lost(Reason::Lost, Some("08P01")), lost(Reason::Stale, None)]
        {
            assert_eq!(times(&error, read), 1, "{error}");
        }
        assert_eq!(times(&lost(Reason::Refused, None), read), 0);
        assert_eq!(times(&Error::AnswerTooLong, read), 0);
    }

    /// A pooler may use its own words for the next session that is ended.
    #[test]
    fn an_unexplained_loss_is_forgiven_among_those_that_are_explained() {
        let mut losses = Losses::default();
        let told = [Some("57P01"), Some("08P01"), Some("57P01"), Some("08P01")];
        let met = told.map(|sqlstate| losses.meet(&lost(Reason::Lost, sqlstate), Access::ReadOnly));
        assert_eq!(met, [true, true, true, false]);
    }

    #[test]
    fn a_write_is_sent_again_only_if_nothing_of_it_has_left() {
        let write = Access::ReadWrite;
        assert_eq!(times(&lost(Reason::Lost, Some("57P01")), write), 0);
        assert_eq!(times(&lost(Reason::Stale, None), write), 1);
    }
}
