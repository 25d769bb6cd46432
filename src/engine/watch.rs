//! Reloading: on request, and by watching the database for changes.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Engine;
use crate::error::Error;
use crate::event::Event;

impl Engine {
    /// Draws the picture of the database again; says whether it has changed. The old one stays in use until then, and if
    /// it fails.
    pub async fn reload(&self) -> Result<bool, Error> {
        let reloaded = self.inner.snapshots.reload().await;
        if let Err(error) = &reloaded {
            Event::CatalogFailed { error: &error.to_string() }.emit();
        }
        reloaded
    }

    /// Asks the database every `interval` whether it has changed, and reloads if so, until told to stop.
    pub async fn watch(&self, interval: Duration, stop: CancellationToken) {
        let mut last = None;
        while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            // A database that is away now is asked again; requests tell of it themselves.
            let Ok(mark) = self.inner.snapshots.mark().await else { continue };
            if last.as_ref() != Some(&mark)
                && let Ok(is_changed) = self.reload().await
            {
                last = Some(mark);
                if is_changed {
                    self.check_persisted().await;
                }
            }
        }
    }
}
