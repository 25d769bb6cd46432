//! Whether Redis can be used, as seen by the tasks that always use it: logged once when it fails, and once when it is back.

use std::mem::Discriminant;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Error;
use crate::event::QueueEvent;

/// How many tasks of this process currently cannot use Redis. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Outage {
    failing: Arc<AtomicUsize>,
}

/// A task that uses Redis all the time.
#[derive(Debug)]
pub(super) struct OutageReporter {
    outage: Outage,
    /// The kind of its current error; `None` after a success.
    met: Option<Discriminant<Error>>,
}

impl Outage {
    /// For a new task.
    pub(super) fn reporter(&self) -> OutageReporter {
        OutageReporter { outage: self.clone(), met: None }
    }
}

impl OutageReporter {
    /// Records a failure. It is logged if all other tasks can use Redis, and again if the kind of failure changes: a Redis
    /// that comes back and then refuses the password is news.
    pub(super) fn failed(&mut self, error: &Error) {
        let sort = std::mem::discriminant(error);
        let is_news = match self.met.replace(sort) {
            None => self.outage.failing.fetch_add(1, Ordering::Relaxed) == 0,
            Some(met) => met != sort,
        };
        if is_news {
            QueueEvent::QueueLost { error: &error.to_string() }.emit();
        }
    }

    /// Records a success. It is logged if this was the last failing task.
    pub(super) fn succeeded(&mut self) {
        if self.met.take().is_some() && self.outage.failing.fetch_sub(1, Ordering::Relaxed) == 1 {
            QueueEvent::QueueBack.emit();
        }
    }
}

impl Drop for OutageReporter {
    fn drop(&mut self) {
        if self.met.is_some() {
            self.outage.failing.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
