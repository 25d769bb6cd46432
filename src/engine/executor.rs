//! The engine as an `async_graphql::Executor`, so that every integration of async-graphql can serve it.
//!
//! Who asks is an [`Identity`] in the request's data; a [`ReadFrom`] says where a query is read from. The answer's data is handed on unparsed.

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response, ServerError, Value, to_value};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{AllowedOperations, Engine, Identity, ReadFrom};

#[derive(Deserialize)]
struct Body<'b> {
    #[serde(borrow)]
    data: Option<&'b RawValue>,
    #[serde(default)]
    errors: Vec<ServerError>,
}

impl Executor for Engine {
    async fn execute(&self, request: Request) -> Response {
        let identity: Identity = given(&request.data, None);
        let read_from = given(&request.data, None);
        let request = super::Request {
            document: request.query.into(),
            operation_name: request.operation_name,
            variables: variables(request.variables.into_value()),
            extensions: serde_json::Map::new(),
            allowed: AllowedOperations::All,
            read_from,
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
        let identity: Identity = given(&request.data, session.as_deref());
        let read_from: ReadFrom = given(&request.data, session.as_deref());
        let request = request.data(identity).data(read_from);
        stream::once(async move { Executor::execute(&engine, request).await }).boxed()
    }
}

/// The value of a type that is in the request's own data, else that in its session's.
fn given<T: Clone + Default + 'static>(data: &Data, session: Option<&Data>) -> T {
    let found = [Some(data), session].into_iter().flatten().find_map(|data| data.get(&TypeId::of::<T>()));
    found.and_then(|found| found.downcast_ref::<T>()).cloned().unwrap_or_default()
}

fn variables(variables: Value) -> serde_json::Map<String, serde_json::Value> {
    match variables.into_json() {
        Ok(serde_json::Value::Object(variables)) => variables,
        _ => serde_json::Map::new(),
    }
}
