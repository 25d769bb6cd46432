//! The memory for the bodies of requests, of all clients together.
//!
//! A request keeps its share until it is answered: the data made from its body lives as long.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::Refusal;
use crate::config::Sockets;
use crate::event::Event;

/// The limit of a short body. Nearly all requests have one.
pub(super) const SHORT_BYTES: usize = 32 * 1024;

/// The unit in which memory is counted.
const UNIT_BYTES: usize = 1024;

/// The memory for bodies. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Room {
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
    timeout: Duration,
}

/// A body's share, until this is dropped.
#[derive(Debug, Default)]
pub(super) struct Reserved {
    permits: Vec<OwnedSemaphorePermit>,
}

impl Room {
    pub(super) fn new(sockets: &Sockets) -> Self {
        let units = |bytes: usize| Arc::new(Semaphore::new(bytes / UNIT_BYTES));
        let (short, long) = (units(sockets.short_body_bytes), units(sockets.body_bytes));
        Self { short, long, timeout: sockets.room_timeout }
    }

    /// A share for a body of this length that begins to arrive: no more than for a short one, because a client may announce
    /// a long body and send nothing.
    pub(super) async fn begin(&self, length: usize) -> Result<Reserved, Refusal> {
        let permit = self.reserve(&self.short, length.min(SHORT_BYTES)).await?;
        Ok(Reserved { permits: vec![permit] })
    }

    /// A share for the whole of a long body.
    pub(super) async fn extend(&self, reserved: &mut Reserved, length: usize) -> Result<(), Refusal> {
        reserved.permits.push(self.reserve(&self.long, length).await?);
        Ok(())
    }

    async fn reserve(&self, room: &Arc<Semaphore>, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let reserved = tokio::time::timeout(self.timeout, Arc::clone(room).acquire_many_owned(units)).await;
        // It is never closed.
        reserved.ok().and_then(Result::ok).ok_or_else(|| {
            Event::BodiesTooLarge.emit();
            Refusal::NoRoom
        })
    }
}
