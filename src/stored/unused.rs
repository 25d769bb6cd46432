//! Which functions are to be dropped. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::state::StoredFunction;

/// So long a function must not have been used to be dropped for another one. Uses are noted to the hour.
const UNUSED: TimeDelta = TimeDelta::hours(3);

/// Functions that were not used for so long are dropped even if there is room: their statements are gone with a table's old form or
/// an application's.
const OLD: TimeDelta = TimeDelta::days(7);

/// The functions that were not used for very long, and of those that were not used for long as many as there are in excess; those unused
/// for longest come first. `used_here` says how long ago this process has used a function, if it has.
pub(super) fn unused(
    own: &[StoredFunction],
    excess: usize,
    now: DateTime<Utc>,
    used_here: impl Fn(&str) -> Option<TimeDelta>,
) -> Vec<StoredFunction> {
    // A function without a note was made in a way that we do not know, at a time that we do not know.
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
    fn what_this_process_has_used_lately_stays_and_what_it_has_left_goes() {
        let own = ["lately", "left"].map(|name| StoredFunction::of_test(name, now() - TimeDelta::days(9)));
        let used_here =
            |name: &str| Some(if name == "lately" { TimeDelta::minutes(2) } else { TimeDelta::days(8) });
        assert_eq!(names(&own, 0, used_here), ["left"]);
    }
}
