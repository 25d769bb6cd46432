//! When an operation that conflicted with another transaction is sent again, and how long it waits before that.
//!
//! PostgreSQL ends a deadlock or a serialization failure by undoing the whole transaction of one side (manual, sections
//! 13.3.4 and 13.2.3). A cancelled statement undoes its transaction, too. An operation is one transaction. So nothing of it
//! was done, and it may be sent again, even if it writes. Never exceeds the operation's own time-out.

use std::borrow::Cow;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::db::error::Error;
use crate::db::operation::scope::Scope;
use crate::event::Conflict;

/// How many times an operation is sent again.
const MOST: u32 = 3;

/// The first pause is about this long. Each further one is four times as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The conflicts of one operation.
pub(super) struct Conflicts {
    met: u32,
    begin: Instant,
}

impl Conflicts {
    pub(super) fn begin() -> Self {
        Self { met: 0, begin: Instant::now() }
    }

    /// If the error is a conflict: the conflict, and how long to wait before the operation is sent again. `None` if it must
    /// not be sent again: the error is no conflict, there were too many, or no time is left.
    pub(super) fn meet(&mut self, scope: &Scope, error: &Error) -> Option<(Conflict, Duration)> {
        let conflict = error.conflict().filter(|_| self.met < MOST)?;
        let pause = jittered(FIRST_PAUSE * 4_u32.pow(self.met), Uuid::new_v4().as_u64_pair().1);
        self.met += 1;
        (self.begin.elapsed() + pause < scope.statement_timeout).then_some((conflict, pause))
    }

    /// The scope with the time that is left of its time-out.
    pub(super) fn rest_of<'a>(&self, scope: &'a Scope) -> Cow<'a, Scope> {
        if self.met == 0 {
            return Cow::Borrowed(scope);
        }
        let statement_timeout = scope.statement_timeout.saturating_sub(self.begin.elapsed());
        Cow::Owned(Scope { statement_timeout, ..scope.clone() })
    }
}

/// From half of the pause to one and a half of it, chosen by `random`, so that operations which conflicted do not conflict
/// again.
fn jittered(pause: Duration, random: u64) -> Duration {
    let microseconds = u64::try_from(pause.as_micros()).unwrap_or(u64::MAX).max(1);
    pause / 2 + Duration::from_micros(random % microseconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::error::DatabaseError;

    fn raised(sqlstate: &str) -> Error {
        Error::Database(Box::new(DatabaseError { sqlstate: sqlstate.to_owned(), ..DatabaseError::default() }))
    }

    #[test]
    fn a_conflict_is_sent_again_three_times_with_growing_pauses() {
        let scope = Scope::of_catalog(Duration::from_secs(10));
        let mut conflicts = Conflicts::begin();
        let pauses: Vec<_> = (0..4).map(|_| conflicts.meet(&scope, &raised("40P01"))).collect();
        for (index, around) in [(0, 10), (1, 40), (2, 160)] {
            let (conflict, pause) = pauses[index].expect("it is sent again");
            assert_eq!(conflict, Conflict::Deadlock);
            let (least, most) = (Duration::from_millis(around / 2), Duration::from_millis(around * 3 / 2));
            assert!((least..=most).contains(&pause), "{pauses:?}");
        }
        assert_eq!(pauses[3], None);
    }

    #[test]
    fn only_conflicts_with_time_left_are_sent_again() {
        let scope = Scope::of_catalog(Duration::from_secs(10));
        for sqlstate in ["40000", "40002", "40003", "23505", "57014", "55P03"] {
            assert_eq!(Conflicts::begin().meet(&scope, &raised(sqlstate)), None, "{sqlstate}");
        }
        let short = Scope::of_catalog(Duration::from_millis(2));
        assert_eq!(Conflicts::begin().meet(&short, &raised("40001")), None);
    }

    #[test]
    fn the_time_out_of_all_times_together_is_the_operations_own() {
        let scope = Scope::of_catalog(Duration::from_secs(10));
        let mut conflicts = Conflicts::begin();
        assert_eq!(conflicts.rest_of(&scope).statement_timeout, scope.statement_timeout);
        conflicts.meet(&scope, &raised("40001"));
        assert!(conflicts.rest_of(&scope).statement_timeout < scope.statement_timeout);
    }
}
