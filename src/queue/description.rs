//! The catalog JSON of the database on its way from a worker to a server: the text of an answer, and what it was made of.

use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use super::producer::Producer;
use crate::config::Api;
use crate::db;
use crate::engine::{CatalogClient, Outcome, Response};
use crate::error::{Code, Error, GraphqlError};

/// The answer to a question.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum CatalogAnswer {
    /// The texts of the answer.
    Texts(Vec<String>),
    /// The database cannot be asked as that role: the reason, for the log.
    RoleRefused(String),
    /// The error for clients.
    Failed { code: Code, message: String, sqlstate: Option<String> },
}

/// Lets workers answer the catalog questions of a server without a database.
pub(crate) fn catalog_client(producer: Producer, extent: Api) -> CatalogClient {
    Box::new(move |question| {
        let (producer, extent) = (producer.clone(), extent.clone());
        async move { read(producer.describe(question, extent).await) }.boxed()
    })
}

/// A worker's answer.
pub(super) fn answer(texts: Result<Vec<String>, Error>) -> Response {
    let answer = match texts {
        Ok(texts) => CatalogAnswer::Texts(texts),
        Err(error) if error.is_role_refused() => CatalogAnswer::RoleRefused(error.to_string()),
        Err(error) => failed(error.for_client().into_iter().next().unwrap_or_else(GraphqlError::internal)),
    };
    // Texts can always be written as JSON.
    Response { outcome: Outcome::Executed, body: serde_json::to_vec(&answer).unwrap_or_default().into() }
}

/// The worker's settings differ from the server's.
pub(super) fn disagreement() -> Response {
    answer(Err(not_described(GraphqlError::new(
        Code::Unavailable,
        "the server and its worker expose different APIs: give both the same schemas, explore and expose",
    ))))
}

/// The server's view of it: the same answer as if it had asked the database itself.
fn read(answered: Result<Response, Refusal>) -> Result<Vec<String>, Error> {
    let response = match answered {
        Ok(response) => response,
        // No request has failed yet, and the question may be asked again.
        Err(Refusal::LateRead) => {
            let message = "no worker has described the API in time; try again later";
            return Err(not_described(GraphqlError::new(Code::Unavailable, message)));
        }
        Err(refusal) => return Err(not_described(refusal.client_error())),
    };
    if response.outcome != Outcome::Executed {
        // The queue's own answer: the question was not asked.
        let message = "no worker could describe the API; try again later";
        return Err(not_described(GraphqlError::new(Code::Unavailable, message)));
    }
    match serde_json::from_slice(&response.body)? {
        CatalogAnswer::Texts(texts) => Ok(texts),
        CatalogAnswer::RoleRefused(why) => Err(db::Error::ScopeRefused(why).into()),
        CatalogAnswer::Failed { code, message, sqlstate } => {
            Err(not_described(GraphqlError { sqlstate, ..GraphqlError::new(code, message) }))
        }
    }
}

fn not_described(client_error: GraphqlError) -> Error {
    Error::NotDescribed(Box::new(client_error))
}

fn failed(client_error: GraphqlError) -> CatalogAnswer {
    let GraphqlError { code, message, sqlstate, .. } = client_error;
    CatalogAnswer::Failed { code, message, sqlstate }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn failures_are_reported_as_if_they_had_happened_here() {
        for error in [
            db::Error::ScopeRefused("role \"nobody\" does not exist".to_owned()),
            db::Error::PoolTimeout(std::time::Duration::from_secs(5)),
            db::Error::DeadlineExceeded(std::time::Duration::from_secs(9)),
            db::Error::Protocol("a defect".to_owned()),
        ] {
            let here: Error = error.into();
            let (refused, client_error) = (here.is_role_refused(), here.for_client());
            let there = read(Ok(answer(Err(here)))).unwrap_err();
            assert_eq!((there.is_role_refused(), there.for_client()), (refused, client_error));
        }
        assert_eq!(read(Ok(answer(Ok(vec!["a".to_owned()])))).unwrap(), ["a"]);
    }
}
