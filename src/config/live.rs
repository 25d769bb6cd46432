//! The settings of live queries.

use std::time::Duration;

/// How live queries are polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// How long a change may take until it is looked for.
    pub interval: Duration,
    /// Connections of the pool that are used at once.
    pub connections: usize,
    /// Subscriptions that there may be.
    pub subscriptions: usize,
}

/// The longest interval that a client may wish.
const LONGEST: Duration = Duration::from_hours(1);

impl Live {
    /// The interval that a client wishes, as far as it may.
    pub fn within_bounds(&self, wish: Option<Duration>) -> Duration {
        wish.map_or(self.interval, |wish| wish.clamp(self.interval / 4, LONGEST.max(self.interval)))
    }
}
