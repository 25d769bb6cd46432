//! An operation of a client: the answers of a subscription, or the single answer of any other operation.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::json;

use super::wishes::wishes;
use crate::engine::{AllowedOperations, Identity, Outcome, Request, Response};
use crate::event::with_request_id;
use crate::http::Shared;
use crate::live::{Connection, EndReason, Subscription, Update};
use crate::queue::Handling;

/// A step of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// An answer: the whole JSON text.
    Answer(Bytes),
    /// It was ended from outside: the JSON text has the errors.
    Ended(Why, Bytes),
    /// It has ended: there will be no more answers.
    Complete,
}

/// Why an operation was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It cannot run, or cannot continue.
    Refused,
    /// The token has expired.
    TokenExpired,
    /// The server stops.
    Stopping,
}

/// An operation to run.
pub(super) struct Operation {
    pub(super) shared: Shared,
    pub(super) request: Request,
    pub(super) identity: Identity,
    /// The connection, if it can have several operations.
    pub(super) connection: Option<Connection>,
    /// The id of the HTTP request that started it.
    pub(super) request_id: Option<Arc<str>>,
}

enum State {
    New(Box<Operation>),
    Subscribed(Box<Subscription>),
    Answered,
    Over,
}

impl Operation {
    /// Runs it. Dropping the stream ends it.
    pub(super) fn steps(self) -> impl Stream<Item = Step> + Send {
        unfold(State::New(Box::new(self)), |state| async move {
            match state {
                State::New(operation) => Some(match operation.request_id.clone() {
                    Some(id) => with_request_id(id, None, Box::pin(operation.start())).await,
                    None => Box::pin(operation.start()).await,
                }),
                State::Subscribed(subscription) => next(subscription).await,
                State::Answered => Some((Step::Complete, State::Over)),
                State::Over => None,
            }
        })
    }

    async fn start(self) -> (Step, State) {
        let Self { shared, request, identity, connection, .. } = self;
        if !shared.backend.planning().asks_for_subscription(&request, &identity) {
            let answer = shared.backend.respond(request, &identity, Handling::default()).await;
            return match answer.outcome {
                Outcome::Executed | Outcome::Accepted(_) => (Step::Answer(answer.body), State::Answered),
                _ => refused(answer.body),
            };
        }
        let Some(live) = &shared.live else {
            return refused(error(
                "live queries need a server with a database of its own: setting queue is `all` here",
            ));
        };
        let wishes = match wishes(&request, connection) {
            Ok(wishes) => wishes,
            Err(message) => return refused(error(&message)),
        };
        let request = Request { allowed: AllowedOperations::SubscriptionsOnly, ..request };
        match live.subscribe(request, identity, wishes).await {
            Ok(subscription) => match next(Box::new(subscription)).await {
                Some(step) => step,
                None => (Step::Complete, State::Over),
            },
            Err(Response { body, .. }) => refused(body),
        }
    }
}

async fn next(mut subscription: Box<Subscription>) -> Option<(Step, State)> {
    Some(match subscription.next().await {
        Some(Update::Answer(answer)) => (Step::Answer(answer.body), State::Subscribed(subscription)),
        Some(Update::Ended(end)) => {
            let why = match end.reason {
                EndReason::TokenExpired => Why::TokenExpired,
                EndReason::ShuttingDown => Why::Stopping,
                EndReason::SchemaChanged | EndReason::RoleRevoked => Why::Refused,
            };
            (Step::Ended(why, end.response.body), State::Over)
        }
        None => (Step::Complete, State::Over),
    })
}

fn refused(body: Bytes) -> (Step, State) {
    (Step::Ended(Why::Refused, body), State::Over)
}

/// A response with one error.
pub(super) fn error(message: &str) -> Bytes {
    let error = json!({"message": message, "extensions": {"code": "BAD_USER_INPUT"}});
    json!({ "errors": [error] }).to_string().into()
}
