//! The settings of live queries.

use std::time::Duration;

/// The settings of live queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// How long it may take until a change is looked for.
    pub interval: Duration,
    /// The maximum number of the pool's connections in use at once.
    pub connections: usize,
    /// The maximum number of subscriptions.
    pub subscriptions: usize,
}

/// The longest interval that a client may ask for.
const LONGEST: Duration = Duration::from_hours(1);

impl Live {
    /// The interval that a client asks for, within the limits.
    pub fn within_bounds(&self, wish: Option<Duration>) -> Duration {
        wish.map_or(self.interval, |wish| wish.clamp(self.interval / 4, LONGEST.max(self.interval)))
    }
}
