//! Who sent a request, and what becomes of its answers in memory.

use std::sync::Arc;

use super::connection::Activity;
use crate::engine::{Identity, Response};
use crate::queue::Handling;

/// Who sent a request, what they wish for, and the connection that the answer goes to.
pub(super) struct Sender<'a> {
    pub(super) identity: &'a Identity,
    pub(super) handling: Handling,
    pub(super) activity: Option<&'a Arc<Activity>>,
}

impl Sender<'_> {
    /// The same answer, counted among those that are in memory.
    pub(super) fn hold(&self, answer: Response) -> Response {
        match self.activity {
            Some(activity) => Response { body: activity.hold(answer.body), ..answer },
            None => answer,
        }
    }
}
