//! Compares each subscription's answers with the log of what its user could see, and when.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::listen::{Answers, Listener, Wanted};
use super::world::INTERVAL;
use super::write::State;

/// Added to two intervals for a busy machine.
const ALLOWANCE: Duration = Duration::from_millis(400);

/// The maximum delivery time of an answer.
const DELIVERY: Duration = Duration::from_secs(5);

/// From the beginning of a fault to the end of its effects.
pub(super) type Fault = (Instant, Instant);

/// The numbers of comparisons.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) answers: usize,
    /// The states that lasted long enough, over all subscriptions.
    pub(super) lasting: usize,
}

/// The expected answer of a subscription in each state.
type Expected = Vec<String>;

pub(super) fn judge(listeners: &[Listener], log: &[State], faults: &[Fault]) -> Held {
    let mut known: HashMap<(usize, Wanted), Expected> = HashMap::new();
    let mut held = Held::default();
    for listener in listeners {
        let key = (listener.user.0, listener.wanted);
        let expected = known.entry(key).or_insert_with(|| expected(listener, log));
        let answers = listener.answers();
        assert_only_what_was_there(listener, &answers, expected);
        held.answers += answers.len();
        held.lasting += assert_all_that_lasted(listener, &answers, (expected, log), faults);
    }
    held
}

fn expected(listener: &Listener, log: &[State]) -> Expected {
    let mut expected: Expected = Vec::with_capacity(log.len());
    for (index, state) in log.iter().enumerate() {
        let view = &state.views[listener.user.0];
        let is_as_before = index > 0 && log[index - 1].views[listener.user.0] == *view;
        expected.push(if is_as_before {
            expected[index - 1].clone()
        } else {
            let notes: Vec<Value> = serde_json::from_str(view).unwrap();
            listener.wanted.answer(&notes)
        });
    }
    expected
}

/// Asserts that each answer equals SQL's for the user in some state, that states are in order, and that no
/// answer equals the one before.
fn assert_only_what_was_there(listener: &Listener, answers: &Answers, expected: &Expected) {
    let mut state = 0;
    for (index, (_, answer)) in answers.iter().enumerate() {
        assert!(index == 0 || answers[index - 1].1 != *answer, "an answer that has not changed is not sent");
        let found = expected[state..].iter().position(|expected| expected == answer);
        state += found.unwrap_or_else(|| {
            let was_before = expected[..state].contains(answer);
            panic!(
                "{:?} by {:?} for {:?}: after state {state} there was never {answer} (before: {was_before})",
                listener.wanted, listener.transport, listener.user
            )
        });
    }
}

/// Asserts that each state that lasted longer than two intervals was seen by this user. Returns the number of
/// these states.
fn assert_all_that_lasted(
    listener: &Listener,
    answers: &Answers,
    (expected, log): (&Expected, &[State]),
    faults: &[Fault],
) -> usize {
    // States from before the first answer do not count.
    let Some((first, _)) = answers.first() else { panic!("{:?} was never answered", listener.user) };
    let (mut lasting, mut begin) = (0, 0);
    while begin < log.len() {
        let same = expected[begin..].iter().take_while(|answer| **answer == expected[begin]).count();
        let end = begin + same;
        let until = log.get(end).map_or_else(Instant::now, |next| next.sent);
        let since = faults.iter().filter(|fault| fault.0 < until).map(|fault| fault.1);
        let since = since.fold(log[begin].acknowledged.max(*first), Instant::max);
        if until.saturating_duration_since(since) > INTERVAL * 2 + ALLOWANCE {
            lasting += 1;
            let shown = shown(answers, log[begin].sent, until + DELIVERY);
            assert!(
                shown.contains(&&expected[begin]),
                "{:?} by {:?} for {:?} has not seen state {begin} to {end}, which lasted {:?}: {}; but {shown:?}",
                listener.wanted,
                listener.transport,
                listener.user,
                until - since,
                expected[begin]
            );
        }
        begin = end;
    }
    lasting
}

/// The answers that a client had between two times.
fn shown(answers: &Answers, from: Instant, to: Instant) -> Vec<&String> {
    let before = answers.iter().rev().find(|(at, _)| *at < from);
    let during = answers.iter().filter(|(at, _)| (from..to).contains(at));
    before.into_iter().chain(during).map(|(_, answer)| answer).collect()
}
