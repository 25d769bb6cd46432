//! The fields that an application answers in Rust: their context and their errors.
//!
//! Never runs them: `mixed` runs those of queries and mutations, `stream` those of subscriptions.

use std::fmt::Display;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use serde_json::Value;

use super::Identity;
use super::compile::Root;
use super::report::{FailedField, report};
use super::session::{FieldConnection, Session};
use crate::db;
use crate::error::{Code, GraphqlError, of_operation};
use crate::schema::{Application, DefinitionError, RootType, Schema};
use crate::sql::TenantSchema;

/// Answers a field: the context and the arguments -> the value as JSON, with objects' fields by their names in the API.
pub type Resolver =
    Box<dyn Fn(FieldContext, Value) -> BoxFuture<'static, Result<Value, FieldError>> + Send + Sync>;

/// The values of a subscription field, as JSON in the same form.
pub type ValueStream = BoxStream<'static, Result<Value, FieldError>>;

/// Starts a subscription's field: the context and the arguments -> the stream of its values. An error refuses the subscription.
pub type StreamResolver =
    Box<dyn Fn(FieldContext, Value) -> BoxFuture<'static, Result<ValueStream, FieldError>> + Send + Sync>;

/// The code of a root field, by its root type.
pub enum FieldCode {
    /// Of `Query`.
    Query(Resolver),
    /// Of `Mutation`.
    Mutation(Resolver),
    /// Of `Subscription`.
    Subscription(StreamResolver),
}

impl FieldCode {
    fn root(&self) -> RootType {
        match self {
            Self::Query(_) => RootType::Query,
            Self::Mutation(_) => RootType::Mutation,
            Self::Subscription(_) => RootType::Subscription,
        }
    }
}

/// The application's part of the API, with the code that answers it.
#[derive(Default)]
pub struct Extension {
    pub(super) api: Application,
    /// By the field's number.
    pub(super) fields: Vec<FieldCode>,
}

impl Extension {
    /// Adds object, input, enum and scalar types, in GraphQL's schema language.
    pub fn add_types(&mut self, text: &str) -> Result<(), DefinitionError> {
        self.api.add_types(text)
    }

    /// Adds a root field by its signature.
    pub fn add_field(&mut self, signature: &str, code: FieldCode) -> Result<(), DefinitionError> {
        self.api.add_field(code.root(), signature)?;
        self.fields.push(code);
        Ok(())
    }

    /// The application's part of the API, without the database's.
    pub fn api(&self) -> &Application {
        &self.api
    }

    /// The application's part of the API, for a process that does not answer the fields itself.
    pub(crate) fn into_api(self) -> Application {
        self.api
    }
}

/// What the code of a field gets besides its arguments.
pub struct FieldContext {
    session: Session,
    identity: Identity,
}

impl FieldContext {
    pub(super) fn new(session: Session, identity: Identity) -> Self {
        Self { session, identity }
    }

    /// A connection of the pool, for typed Diesel queries: `query.load(&mut *connection)`.
    ///
    /// It is in a transaction with the caller's role, settings and statement timeout. In a query, each field
    /// has its own read-only transaction. So does a subscription field: its transaction ends when the stream
    /// is made, and then with each value. In a mutation, the transaction is that of the whole operation: it
    /// is committed after the last root field, and undone if any of them fails. A field has one connection at
    /// a time: drop the first before you ask for a second.
    pub async fn connection(&self) -> Result<FieldConnection, FieldError> {
        Ok(self.session.connection().await?)
    }

    /// The database, for the program's own purposes: statements run as the connection's own user.
    #[cfg_attr(not(feature = "queue"), expect(dead_code, reason = "only the queue's own field looks there"))]
    pub(crate) fn database(&self) -> &db::Database {
        self.session.database()
    }

    /// The schema of the request's tenant, if each has one of its own (setting `tenant`). Names that are not qualified
    /// are those of its objects.
    pub fn tenant(&self) -> Option<&str> {
        self.session.tenant().map(TenantSchema::name)
    }

    /// The user of the request.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// Why a field has no answer. Errors of the database convert by `?`, and reach the client as those of the
/// database's fields do.
#[derive(Debug)]
pub struct FieldError(Cause);

#[derive(Debug)]
enum Cause {
    ForClient(Code, String),
    Hidden(String),
    Database(db::Error),
    Query(db::QueryError),
}

impl FieldError {
    /// An error with this code and message for the client.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Cause::ForClient(code, message.into()))
    }

    /// An error in the arguments, with this message for the client.
    pub fn bad_user_input(message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message)
    }

    /// An error that is logged. The client learns only that there was one.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self(Cause::Hidden(error.to_string()))
    }

    /// The error for the client. The details that the client does not get are logged.
    pub(super) async fn client_error(self, session: &Session, schema: &Schema, root: &Root) -> GraphqlError {
        let report =
            |client_error, error: &dyn Display| report(client_error, error, || FailedField::of_field(root));
        match self.0 {
            Cause::ForClient(code, message) => GraphqlError::new(code, message),
            Cause::Hidden(error) => report(GraphqlError::internal(), &error),
            Cause::Query(db::QueryError::NotFound) => {
                GraphqlError::new(Code::BadUserInput, "there is no such row")
            }
            Cause::Query(error) => {
                let full = session.explain(&error).await;
                report(of_operation(&full, schema, session.tenant()), &full)
            }
            Cause::Database(error) => report(of_operation(&error, schema, session.tenant()), &error),
        }
    }
}

impl From<db::QueryError> for FieldError {
    fn from(error: db::QueryError) -> Self {
        Self(Cause::Query(error))
    }
}

impl From<db::Error> for FieldError {
    fn from(error: db::Error) -> Self {
        Self(Cause::Database(error))
    }
}
