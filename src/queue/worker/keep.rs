//! A worker's background tasks: it keeps its entries, takes over those of workers that are gone, and removes old data. Never
//! runs an operation itself.

use std::sync::PoisonError;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{HeldEntries, Inner, Worker};
use crate::event::QueueEvent;
use crate::queue::keys::Shard;
use crate::queue::{Error, ledger, store};

/// A worker that is gone for this long is forgotten.
const SILENT: Duration = Duration::from_mins(10);

/// How often a worker reports that it is there.
const BEAT: Duration = Duration::from_secs(1);

/// How long such a report is valid: some of them may be late.
const BEAT_LASTS: Duration = Duration::from_secs(5);

/// How often old rows of the ledger are removed.
const TEND_LEDGER: Duration = Duration::from_mins(1);

impl Worker {
    /// Maintains a shard until it is stopped, and keeps this worker's entries until none is left.
    pub(super) async fn keep(
        &self,
        shard: &Shard,
        held_entries: &HeldEntries,
        stop: &CancellationToken,
        abandon: &CancellationToken,
    ) {
        // Two reports may be lost before another worker takes the entries over.
        let interval = self.inner.settings.claim_after / 3;
        loop {
            let is_stopping = stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_none();
            if is_stopping {
                if self.inner.running.is_empty() || abandon.is_cancelled() {
                    return;
                }
                tokio::select! {
                    () = self.inner.running.wait() => return,
                    () = abandon.cancelled() => return,
                    () = tokio::time::sleep(interval) => {}
                }
            }
            let kept = async {
                self.hold(shard, held_entries).await?;
                if !is_stopping {
                    self.take_over(shard, held_entries, stop, abandon).await?;
                    store::sweep(&self.inner.redis, shard, SILENT).await?;
                }
                Ok::<(), Error>(())
            };
            if let Err(error) = kept.await {
                tell(&error);
            }
        }
    }

    /// Reports, until it is stopped, that a worker takes entries.
    pub(super) async fn beat(&self, shard: &Shard, stop: &CancellationToken) {
        loop {
            // The tasks that take entries report a failure: they fail too.
            let _ = store::beat(&self.inner.redis, shard, BEAT_LASTS).await;
            if stop.run_until_cancelled(tokio::time::sleep(BEAT)).await.is_none() {
                return;
            }
        }
    }

    async fn hold(&self, shard: &Shard, held_entries: &HeldEntries) -> Result<(), Error> {
        let entries: Vec<String> =
            held_entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
        if entries.is_empty() {
            return Ok(());
        }
        store::hold(&self.inner.redis, shard, &self.inner.name, &entries).await
    }

    /// Takes over as many entries as can be started now.
    async fn take_over(
        &self,
        shard: &Shard,
        held_entries: &HeldEntries,
        stop: &CancellationToken,
        abandon: &CancellationToken,
    ) -> Result<(), Error> {
        let Inner { redis, name, settings, slots, .. } = &*self.inner;
        let free = slots.available_permits();
        if free == 0 {
            return Ok(());
        }
        let given = store::claim(redis, shard, name, free, settings.claim_after).await?;
        if !given.is_empty() {
            QueueEvent::EntriesTakenOver { entries: given.len() }.emit();
        }
        self.start(shard, held_entries, given, stop, abandon).await;
        Ok(())
    }

    /// Creates the ledger if it is missing, and removes old rows from it, until it is stopped.
    pub(super) async fn tend_ledger(&self, stop: &CancellationToken) {
        let database = self.inner.engine.database();
        loop {
            let tended = async {
                self.ensure_ledger().await?;
                ledger::remove_old(database, self.inner.settings.keep_results).await
            };
            if let Err(error) = tended.await {
                QueueEvent::LedgerFailed { error: &error.to_string() }.emit();
            }
            if stop.run_until_cancelled(tokio::time::sleep(TEND_LEDGER)).await.is_none() {
                return;
            }
        }
    }

    /// Creates the ledger if it is missing and the worker has the rights.
    pub(super) async fn ensure_ledger(&self) -> Result<(), crate::db::Error> {
        let database = self.inner.engine.database();
        let checked = ledger::check(database).await;
        if !checked.as_ref().is_err_and(|error| matches!(error.sqlstate(), Some("42P01" | "3F000"))) {
            return checked;
        }
        match ledger::set_up(database, &[]).await {
            Ok(()) => Ok(()),
            // Another worker may have created it at the same moment.
            Err(error) => ledger::check(database).await.map_err(|_| error),
        }
    }
}

/// The task that takes entries reports that Redis cannot be reached.
pub(super) fn tell(error: &Error) {
    if !matches!(error, Error::Unavailable(_)) {
        QueueEvent::QueueFailed { error: &error.to_string() }.emit();
    }
}
