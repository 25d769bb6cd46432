//! A subscription as its client's connection sees it: the newest answer, and why there will be no more.
//!
//! Never queues: an answer that was not taken is replaced by the next.

use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::Place;
use super::registry::{Joined, Latest, Member};
use super::update::{End, EndReason, Update};
use crate::error::Error;

/// A subscription. It ends when it is dropped.
pub struct Subscription {
    latest: watch::Receiver<Latest>,
    member: Member,
    interval: Duration,
    /// When its token ends.
    expires_at: Option<SystemTime>,
    has_ended: bool,
    place: Place,
}

impl Subscription {
    pub(super) fn new(
        Joined { latest, member }: Joined,
        expires_at: Option<SystemTime>,
        interval: Duration,
        place: Place,
    ) -> Self {
        Self { latest, member, interval, expires_at, has_ended: false, place }
    }

    /// Waits for the first answer, a new one, or the end; `None` after the end. A client that is slow gets the newest answer only.
    ///
    /// The future may be dropped, and nothing is lost.
    pub async fn next(&mut self) -> Option<Update> {
        if self.has_ended {
            return None;
        }
        let expired = expired(self.expires_at);
        let update = tokio::select! {
            biased;
            () = expired => Update::Ended(End::new(EndReason::TokenExpired, &Error::TokenExpired)),
            changed = self.latest.changed() => {
                let latest = self.latest.borrow_and_update().clone();
                match (changed, latest) {
                    (Ok(()), Latest::Answer(response)) => Update::Answer(response),
                    (_, Latest::Ended(end)) => Update::Ended(end),
                    // Nothing else follows where the group is gone.
                    (Ok(()), Latest::Nothing) | (Err(_), _) => {
                        Update::Ended(End::new(EndReason::ShuttingDown, &Error::ShuttingDown))
                    }
                }
            }
        };
        self.has_ended = matches!(update, Update::Ended(_));
        Some(update)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.place.shared.registry().leave(self.member, self.interval);
    }
}

/// Waits until a token has expired. The clock is looked at now and again, for it may be set.
async fn expired(at: Option<SystemTime>) {
    /// How long a timer is trusted.
    const LONGEST: Duration = Duration::from_mins(1);
    let Some(at) = at else { return std::future::pending().await };
    while let Ok(left) = at.duration_since(SystemTime::now()) {
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST)).await;
    }
}
