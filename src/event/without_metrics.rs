//! A build without the feature `server` has no metrics: nothing is counted.

use super::Event;

/// Does nothing.
pub(super) fn count(_: &Event<'_>) {}
