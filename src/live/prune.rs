//! Keeps the log of changed tables short, if there is one. Asks nothing if there is no log and no client is
//! subscribed.

use std::time::Duration;

use super::Shared;
use crate::event::LiveEvent;

/// How often the log is pruned. A server may go at least this long without reading the log.
const PAUSE: Duration = Duration::from_mins(1);

pub(super) async fn run(shared: &Shared) {
    let mut before = None;
    loop {
        match shared.engine.prune_changes(before.as_ref()).await {
            Ok(now) => before = now,
            Err(error) if before.is_some() => LiveEvent::NotPruned { error: &error.to_string() }.emit(),
            // The poll logs that the database cannot be reached.
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
        while before.is_none() && shared.registry().count().1 == 0 {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
