//! Which functions to drop. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::state::StoredFunction;

/// A function must have been unused for this long to be dropped in favour of another one. Uses are recorded
/// to the hour.
const UNUSED: TimeDelta = TimeDelta::hours(3);

/// Functions that were unused for this long are dropped even if there is room: the table or the application
/// that needed their statements has changed.
const OLD: TimeDelta = TimeDelta::days(7);

/// The functions that have been unused for [`OLD`], and, of those unused for [`UNUSED`], as many as exceed
/// the limit, the least recently used first. `used_here` says how long ago this process used a function, if
/// it did.
pub(super) fn unused(
    own: &[StoredFunction],
    excess: usize,
    now: DateTime<Utc>,
    used_here: impl Fn(&str) -> Option<TimeDelta>,
) -> Vec<StoredFunction> {
    // The time of a function without a comment is unknown, and so is its origin.
    let noted = |kept: &StoredFunction| now - kept.used().unwrap_or_default();
    let unused_for =
        |kept: &StoredFunction| used_here(&kept.name).map_or(noted(kept), |here| here.min(noted(kept)));
    let mut unused: Vec<(TimeDelta, &StoredFunction)> =
        own.iter().map(|kept| (unused_for(kept), kept)).collect();
    unused.retain(|(time, _)| *time > UNUSED);
    unused.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    let is_due = |(index, (time, _)): &(usize, (TimeDelta, &StoredFunction))| *index < excess || *time > OLD;
    unused.into_iter().enumerate().filter(is_due).map(|(_, (_, kept))| kept.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn names(
        own: &[StoredFunction],
        excess: usize,
        used_here: impl Fn(&str) -> Option<TimeDelta>,
    ) -> Vec<String> {
        unused(own, excess, now(), used_here).into_iter().map(|kept| kept.name).collect()
    }

    #[test]
    fn those_unused_for_longest_go_first_and_only_as_many_as_there_are_in_excess() {
        let own = [("hour", 1), ("day", 24), ("week", 24 * 8), ("hours", 4)]
            .map(|(name, hours)| StoredFunction::of_test(name, now() - TimeDelta::hours(hours)));
        assert_eq!(names(&own, 0, |_| None), ["week"]);
        assert_eq!(names(&own, 2, |_| None), ["week", "day"]);
        assert_eq!(names(&own, 9, |_| None), ["week", "day", "hours"], "what was used lately stays");
    }

    #[test]
    fn recently_used_functions_stay_and_unused_ones_go() {
        let own = ["lately", "left"].map(|name| StoredFunction::of_test(name, now() - TimeDelta::days(9)));
        let used_here =
            |name: &str| Some(if name == "lately" { TimeDelta::minutes(2) } else { TimeDelta::days(8) });
        assert_eq!(names(&own, 0, used_here), ["left"]);
    }
}
