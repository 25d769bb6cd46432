//! The engine as an `async_graphql::Executor`, so that every integration of async-graphql can serve it.
//!
//! An [`Identity`] in the request's data identifies the user; a [`ReadFrom`] says where a query reads from. A
//! request without an identity never gets more rights than an HTTP request without a token. The answer's data
//! is passed on unparsed.

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response, ServerError, Value, to_value};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{AllowedOperations, Engine, Identity, ReadFrom, Response as EngineResponse};
use crate::config::Auth;
use crate::error::Error;

#[derive(Deserialize)]
struct Body<'b> {
    #[serde(borrow)]
    data: Option<&'b RawValue>,
    #[serde(default)]
    errors: Vec<ServerError>,
}

impl Engine {
    /// Converts a request, and finds its identity in its own data or its session's. The error is the answer
    /// to a request that needs an identity and has none.
    pub(crate) fn executor_request(
        &self,
        request: Request,
        session: Option<&Data>,
    ) -> Result<(super::Request, Identity), EngineResponse> {
        let given_identity = given::<Identity>(&request.data, session);
        let Some(identity) = given_identity.or_else(|| self.inner.anonymous.clone()) else {
            return Err(Self::failed(&Error::IdentityMissing));
        };
        let read_from = given::<ReadFrom>(&request.data, session).unwrap_or_default();
        let request = super::Request {
            document: request.query.into(),
            operation_name: request.operation_name,
            variables: variables(request.variables.into_value()),
            extensions: serde_json::Map::new(),
            allowed: AllowedOperations::All,
            read_from,
        };
        Ok((request, identity))
    }
}

impl Executor for Engine {
    async fn execute(&self, request: Request) -> Response {
        match self.executor_request(request, None) {
            Ok((request, identity)) => executor_response(&self.respond(request, &identity).await),
            Err(refused) => executor_response(&refused),
        }
    }

    /// A query is a stream of one answer. [`Live`](crate::live::Live) answers subscriptions.
    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let (engine, read) = (self.clone(), self.executor_request(request, session.as_deref()));
        let answer = async move {
            match read {
                Ok((request, identity)) => executor_response(&engine.respond(request, &identity).await),
                Err(refused) => executor_response(&refused),
            }
        };
        stream::once(answer).boxed()
    }
}

/// The identity of requests without one, as for HTTP requests without a token: the anonymous role; the
/// connection's own user if neither that role nor keys are set; `None` if such requests are refused.
pub(super) fn anonymous(auth: &Auth) -> Option<Identity> {
    match &auth.anon_role {
        Some(role) => Some(Identity::of_role(role, serde_json::Map::new())),
        None => auth.is_open().then(Identity::default),
    }
}

/// Converts the engine's answer to async-graphql's type.
pub(crate) fn executor_response(answer: &EngineResponse) -> Response {
    match serde_json::from_slice::<Body<'_>>(&answer.body) {
        Ok(body) => {
            let mut response = Response::from_errors(body.errors);
            // A raw value can always be converted.
            response.data = body.data.and_then(|data| to_value(data).ok()).unwrap_or_default();
            response
        }
        Err(error) => Response::from_errors(vec![ServerError::new(error.to_string(), None)]),
    }
}

/// The value of a type from the request's own data, else from its session's.
fn given<T: Clone + 'static>(data: &Data, session: Option<&Data>) -> Option<T> {
    let found = [Some(data), session].into_iter().flatten().find_map(|data| data.get(&TypeId::of::<T>()));
    found.and_then(|found| found.downcast_ref::<T>()).cloned()
}

fn variables(variables: Value) -> serde_json::Map<String, serde_json::Value> {
    match variables.into_json() {
        Ok(serde_json::Value::Object(variables)) => variables,
        _ => serde_json::Map::new(),
    }
}
