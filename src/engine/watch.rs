//! Reloading: on request, and by watching the database for changes.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Planning;
use crate::error::Error;
use crate::event::Event;

impl Planning {
    /// Reads the catalogs of all cached roles again; returns whether any has changed. The old catalogs stay
    /// in use until then, and if that fails.
    pub async fn reload(&self) -> Result<bool, Error> {
        let reloaded = self.inner.snapshots.reload().await;
        if let Err(error) = &reloaded {
            Event::CatalogFailed { error: &error.to_string() }.emit();
        }
        reloaded
    }

    /// Asks the database every `interval` whether the catalogs of any cached roles have changed, and reloads
    /// those that have, until `stop` is cancelled.
    pub async fn watch(&self, interval: Duration, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            match self.inner.snapshots.reload_changed().await {
                Ok(true) => self.check_persisted().await,
                // If the database cannot be reached, the next round asks again; requests report the error
                // themselves.
                Ok(false) | Err(Error::Database(_) | Error::NotDescribed(_)) => {}
                Err(error) => Event::CatalogFailed { error: &error.to_string() }.emit(),
            }
        }
    }
}
