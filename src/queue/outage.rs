//! Whether Redis can be used, as the tasks that always use it find: said once when it goes, and once when it is back.

use std::mem::Discriminant;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Error;
use crate::event::QueueEvent;

/// How many tasks of a process cannot use Redis at the moment; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Outage {
    failing: Arc<AtomicUsize>,
}

/// One task that uses Redis all the time.
#[derive(Debug)]
pub(super) struct OutageReporter {
    outage: Outage,
    /// The sort of error that it has met, since it last succeeded.
    met: Option<Discriminant<Error>>,
}

impl Outage {
    /// For a task that begins.
    pub(super) fn reporter(&self) -> OutageReporter {
        OutageReporter { outage: self.clone(), met: None }
    }
}

impl OutageReporter {
    /// It could not use Redis. Said if all others can, and again if it is another sort of failure than before: a Redis that
    /// comes back and then refuses the password is news.
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

    /// It could. Said if it was the last one that could not.
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
