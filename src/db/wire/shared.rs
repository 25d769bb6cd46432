//! A connection that several futures can use at once: the wire behind a lock, which is held while bytes are moved and
//! never while they are waited for.
//!
//! There is no task that reads: whoever is polled writes and reads for all, puts aside what is for others, and wakes them.
//! Who is done, or goes away, wakes the next one to read on. Never decides what a pipeline is made of.

use super::{Exchange, Pipeline, TransactionStatus, Wire};
use crate::db::lock::Lock;

/// A [`Wire`] for one future at a time, or for several.
pub(in crate::db) struct SharedWire(Lock<Wire>);

/// With whom a pipeline shares the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Sharing {
    /// With nobody: its future has the connection to itself. Dropped before its answer was read to the end, it leaves the
    /// connection unusable, and what runs is cancelled when the connection is dropped.
    Alone,
    /// With others: it is written behind theirs, without waiting for their answers. Dropped, it leaves the connection in
    /// order: what it asked for is done all the same, and the answer is thrown away by whoever reads next.
    Joined,
}

impl SharedWire {
    pub(in crate::db) fn new(wire: Wire) -> Self {
        Self(Lock::new(wire))
    }

    /// The wire, for whom has it to himself. Needs no waiting.
    pub(in crate::db) fn get_mut(&mut self) -> &mut Wire {
        self.0.get_mut()
    }

    /// Begins to send a pipeline alone; nothing is written before the answer is asked for.
    pub(in crate::db) fn exchange(&mut self, pipeline: Pipeline) -> Exchange<'_> {
        self.send(pipeline, Sharing::Alone)
    }

    /// Begins to send a pipeline; nothing is written before the answer is asked for.
    pub(in crate::db) fn send(&self, pipeline: Pipeline, sharing: Sharing) -> Exchange<'_> {
        Exchange::new(self, pipeline, sharing)
    }

    /// Whether a transaction is open, as of the last answer.
    pub(in crate::db) fn transaction(&self) -> TransactionStatus {
        self.with(|wire| wire.transaction)
    }

    /// Whether nobody in between can read along.
    pub(in crate::db) fn is_encrypted(&self) -> bool {
        self.with(|wire| wire.stream.is_encrypted())
    }

    /// What the server, or the pooler, reported of a setting: `server_version`, `TimeZone`.
    pub(in crate::db) fn parameter(&self, name: &str) -> Option<String> {
        self.with(|wire| wire.parameters.get(name).cloned())
    }

    /// Does something that waits for nothing.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Wire) -> T) -> T {
        let (result, woken) = {
            let mut wire = self.0.lock();
            let result = work(&mut wire);
            (result, wire.queue.take_woken())
        };
        // Outside of the lock: what a waker does is not known here.
        for waker in woken {
            waker.wake();
        }
        result
    }
}
