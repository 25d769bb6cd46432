//! Reloading: on request, and by watching the database for changes.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Planning;
use crate::error::Error;
use crate::event::Event;

impl Planning {
    /// Reads the catalog again, as all roles that have asked see it; says whether it has changed for any. The old
    /// ones stay in use until then, and if it fails.
    pub async fn reload(&self) -> Result<bool, Error> {
        let reloaded = self.inner.snapshots.reload().await;
        if let Err(error) = &reloaded {
            Event::CatalogFailed { error: &error.to_string() }.emit();
        }
        reloaded
    }

    /// Asks the database every `interval` whether it has changed for any of the roles that have asked, and reloads what has,
    /// until told to stop.
    pub async fn watch(&self, interval: Duration, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
            match self.inner.snapshots.reload_changed().await {
                Ok(true) => self.check_persisted().await,
                // A database that is away now is asked again; requests tell of it themselves.
                Ok(false) | Err(Error::Database(_) | Error::NotDrawn(_)) => {}
                Err(error) => Event::CatalogFailed { error: &error.to_string() }.emit(),
            }
        }
    }
}
