//! A connection that several futures can use at once: the wire behind a lock, which is held while bytes are moved and never
//! during a wait.
//!
//! There is no reader task. Any future that is polled writes and reads for all, stores the messages of the others, and wakes
//! them. A future that is done, or is dropped, wakes the next one to read on. Never decides what a pipeline contains.

use super::{Exchange, Pipeline, TransactionStatus, Wire};
use crate::db::lock::Lock;

/// A [`Wire`] for one future at a time, or for several.
pub(in crate::db) struct SharedWire(Lock<Wire>);

/// How a pipeline shares the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Sharing {
    /// Not at all: its future has the connection to itself. If it is dropped before its answer was read to the end, the
    /// connection cannot be used any more. The running statement is cancelled when the connection is dropped.
    Alone,
    /// With others: it is written behind their pipelines, without waiting for their answers. If it is dropped, the
    /// connection stays usable: the server still runs the pipeline, and the next future that reads discards the answer.
    Joined,
}

impl SharedWire {
    pub(in crate::db) fn new(wire: Wire) -> Self {
        Self(Lock::new(wire))
    }

    /// The wire, for a caller that owns it exclusively. Never waits.
    pub(in crate::db) fn get_mut(&mut self) -> &mut Wire {
        self.0.get_mut()
    }

    /// Begins an exclusive pipeline. Nothing is written before its answer is requested.
    pub(in crate::db) fn exchange(&mut self, pipeline: Pipeline) -> Exchange<'_> {
        self.send(pipeline, Sharing::Alone)
    }

    /// Begins a pipeline. Nothing is written before its answer is requested.
    pub(in crate::db) fn send(&self, pipeline: Pipeline, sharing: Sharing) -> Exchange<'_> {
        Exchange::new(self, pipeline, sharing)
    }

    /// Whether a transaction is open, as of the last answer.
    pub(in crate::db) fn transaction(&self) -> TransactionStatus {
        self.with(|wire| wire.transaction)
    }

    /// Whether the connection is private: no third party can read along.
    pub(in crate::db) fn is_encrypted(&self) -> bool {
        self.with(|wire| wire.stream.is_encrypted())
    }

    /// The value of a setting that the server or the pooler reported: `server_version`, `TimeZone`.
    pub(in crate::db) fn parameter(&self, name: &str) -> Option<String> {
        self.with(|wire| wire.parameters.get(name).cloned())
    }

    /// Runs a function that never waits.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Wire) -> T) -> T {
        let (result, woken) = {
            let mut wire = self.0.lock();
            let result = work(&mut wire);
            (result, wire.queue.take_woken())
        };
        // Outside the lock, because a waker may run any code.
        for waker in woken {
            waker.wake();
        }
        result
    }
}
