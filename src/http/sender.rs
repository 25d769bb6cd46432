//! The sender of a request, and the accounting of its answers' memory.

use std::sync::Arc;

use super::connection::Activity;
use crate::engine::{Identity, Response};
use crate::queue::Handling;

/// The sender of a request, the wishes in its headers, and the connection that the answer goes to.
pub(super) struct Sender<'a> {
    pub(super) identity: &'a Identity,
    pub(super) handling: Handling,
    pub(super) activity: Option<&'a Arc<Activity>>,
}

impl Sender<'_> {
    /// The same answer, counted among the answers in memory.
    pub(super) fn hold(&self, answer: Response) -> Response {
        match self.activity {
            Some(activity) => Response { body: activity.hold(answer.body), ..answer },
            None => answer,
        }
    }
}
