//! The engine as an `async_graphql::Executor`, so that every integration of async-graphql can serve it.
//!
//! Who asks is an [`Identity`] in the request's data. The answer's data is handed on unparsed.

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response, ServerError, Value, to_value};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{AllowedOperations, Engine, Identity};

#[derive(Deserialize)]
struct Body<'b> {
    #[serde(borrow)]
    data: Option<&'b RawValue>,
    #[serde(default)]
    errors: Vec<ServerError>,
}

impl Executor for Engine {
    async fn execute(&self, request: Request) -> Response {
        let identity = identity(&request.data, None);
        let request = super::Request {
            document: request.query.into(),
            operation_name: request.operation_name,
            variables: variables(request.variables.into_value()),
            extensions: serde_json::Map::new(),
            allowed: AllowedOperations::All,
        };
        let answer = self.respond(request, &identity).await;
        match serde_json::from_slice::<Body<'_>>(&answer.body) {
            Ok(body) => {
                let mut response = Response::from_errors(body.errors);
                // A raw value always fits a value.
                response.data = body.data.and_then(|data| to_value(data).ok()).unwrap_or_default();
                response
            }
            Err(error) => Response::from_errors(vec![ServerError::new(error.to_string(), None)]),
        }
    }

    /// A query is a stream of one answer.
    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let engine = self.clone();
        let identity = identity(&request.data, session.as_deref());
        let request = request.data(identity);
        stream::once(async move { Executor::execute(&engine, request).await }).boxed()
    }
}

/// The request's own identity, else that of its session.
fn identity(data: &Data, session: Option<&Data>) -> Identity {
    let found =
        [Some(data), session].into_iter().flatten().find_map(|data| data.get(&TypeId::of::<Identity>()));
    found.and_then(|found| found.downcast_ref::<Identity>()).cloned().unwrap_or_default()
}

fn variables(variables: Value) -> serde_json::Map<String, serde_json::Value> {
    match variables.into_json() {
        Ok(serde_json::Value::Object(variables)) => variables,
        _ => serde_json::Map::new(),
    }
}
