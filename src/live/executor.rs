//! Live queries as an `async_graphql::Executor`: like [`Engine`](crate::engine::Engine), but with
//! subscriptions.

use std::future::ready;
use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response};
use futures_util::stream::{BoxStream, StreamExt as _, once, unfold};

use super::{Live, Subscription, Update, Wishes};
use crate::engine::executor_response;

impl Executor for Live {
    async fn execute(&self, request: Request) -> Response {
        self.shared.engine.execute(request).await
    }

    /// A subscription's answers until its end. The last answer has an error, unless the stream was over. A
    /// query or mutation is a stream of one answer.
    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let engine = &self.shared.engine;
        let (request, identity) = match engine.executor_request(request, session.as_deref()) {
            Ok(read) => read,
            Err(refused) => return once(ready(executor_response(&refused))).boxed(),
        };
        let live = self.clone();
        if !engine.planning().asks_for_subscription(&request, &identity) {
            let answered =
                async move { executor_response(&live.shared.engine.respond(request, &identity).await) };
            return once(answered).boxed();
        }
        let subscribed = async move { live.subscribe(request, identity, Wishes::default()).await };
        once(subscribed)
            .flat_map(|subscribed| match subscribed {
                Ok(subscription) => answers(subscription),
                Err(refused) => once(ready(executor_response(&refused))).boxed(),
            })
            .boxed()
    }
}

fn answers(subscription: Subscription) -> BoxStream<'static, Response> {
    unfold(subscription, |mut subscription| async move {
        let answer = match subscription.next().await? {
            Update::Answer(response) => response,
            Update::Ended(end) => end.response,
        };
        Some((executor_response(&answer), subscription))
    })
    .boxed()
}
