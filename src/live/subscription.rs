//! A subscription as its client's connection sees it: the newest answer, and the reason for the end.
//!
//! Never queues: the next answer replaces one that was not taken, and a stream of the application waits until
//! its value is taken.

use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::sync::watch;

use super::Place;
use super::registry::{Digest, Joined, Latest, Member};
use super::update::{End, EndReason, Update};
use crate::engine::StreamStep;
use crate::error::Error;

/// A subscription. It ends when it is dropped.
pub struct Subscription {
    answers: Answers,
    /// When its token expires.
    expires_at: Option<SystemTime>,
    has_ended: bool,
    place: Place,
}

/// Where its answers come from.
enum Answers {
    /// From the group of subscriptions with the same answer.
    Group {
        latest: watch::Receiver<Latest>,
        /// The digest of the answer that the client got last.
        given: Option<Digest>,
        member: Member,
        interval: Duration,
    },
    /// From the application.
    Stream(BoxStream<'static, StreamStep>),
}

impl Subscription {
    pub(super) fn of_group(
        Joined { latest, member }: Joined,
        expires_at: Option<SystemTime>,
        interval: Duration,
        place: Place,
    ) -> Self {
        let answers = Answers::Group { latest, given: None, member, interval };
        Self { answers, expires_at, has_ended: false, place }
    }

    pub(super) fn of_stream(
        stream: BoxStream<'static, StreamStep>,
        expires_at: Option<SystemTime>,
        place: Place,
    ) -> Self {
        Self { answers: Answers::Stream(stream), expires_at, has_ended: false, place }
    }

    /// Waits for the first answer, a new one, or the end; `None` after the end, and when a stream of the
    /// application is over. A slow client gets only the newest answer; of a stream of the application it gets
    /// each value.
    ///
    /// Cancel-safe: if the future is dropped, nothing is lost.
    pub async fn next(&mut self) -> Option<Update> {
        if self.has_ended {
            return None;
        }
        let stopped = &self.place.shared.stopped;
        let update = tokio::select! {
            biased;
            () = expired(self.expires_at) => {
                Some(Update::Ended(End::new(EndReason::TokenExpired, &Error::TokenExpired)))
            }
            update = self.answers.next() => update,
            () = stopped.cancelled() => Some(Update::Ended(End::new(EndReason::ShuttingDown, &Error::ShuttingDown))),
        };
        self.has_ended = !matches!(update, Some(Update::Answer(_)));
        update
    }
}

impl Answers {
    async fn next(&mut self) -> Option<Update> {
        match self {
            Self::Group { latest, given, .. } => Some(newest(latest, given).await),
            Self::Stream(stream) => Some(match stream.next().await? {
                StreamStep::Answer(response) => Update::Answer(response),
                StreamStep::Invalid(response) => {
                    Update::Ended(End { reason: EndReason::SchemaChanged, response })
                }
                StreamStep::RoleRefused(response) => {
                    Update::Ended(End { reason: EndReason::RoleRevoked, response })
                }
            }),
        }
    }
}

/// Waits for an answer that differs from the last one that the client got. If the client was too slow to take an answer, the next one can
/// equal what it already has.
async fn newest(latest: &mut watch::Receiver<Latest>, given: &mut Option<Digest>) -> Update {
    loop {
        let changed = latest.changed().await;
        let latest = latest.borrow_and_update().clone();
        match (changed, latest) {
            (Ok(()), Latest::Answer(_, digest)) if digest.is_some() && digest == *given => {}
            (Ok(()), Latest::Answer(response, digest)) => {
                *given = digest;
                return Update::Answer(response);
            }
            (_, Latest::Ended(end)) => return Update::Ended(end),
            // If the group no longer exists, nothing else follows.
            (Ok(()), Latest::Nothing) | (Err(_), _) => {
                return Update::Ended(End::new(EndReason::ShuttingDown, &Error::ShuttingDown));
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Answers::Group { member, interval, .. } = &self.answers {
            self.place.shared.registry().leave(*member, *interval);
        }
    }
}

/// Waits until a token has expired. Reads the clock from time to time, because it may be set.
async fn expired(at: Option<SystemTime>) {
    /// The longest timer before the clock is read again.
    const LONGEST: Duration = Duration::from_mins(1);
    let Some(at) = at else { return std::future::pending().await };
    while let Ok(left) = at.duration_since(SystemTime::now()) {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST)).await;
    }
}
