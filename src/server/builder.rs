//! The configuration of a server: settings, and fields written in Rust. `build` returns an error if something in it is wrong.

use std::sync::Arc;

use futures_util::{FutureExt as _, Stream, StreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Server;
use crate::auth::{Authenticator, SetupError};
use crate::catalog::Catalog;
use crate::config::{Config, Problems, Profile, Raw, Settled};
use crate::dispatch::Backend;
use crate::engine::{Extension, FieldCode, FieldContext, FieldError, Resolver, StreamResolver};
use crate::live::Live;
use crate::queue::{self, Commits};
use crate::schema::rendered::{RenderError, Rendered};
use crate::schema::{DefinitionError, Options, Schema};

/// A server that is being configured.
#[derive(Default)]
pub struct Builder {
    settings: Settings,
    extension: Extension,
    /// The first definition that could not be used.
    refused: Option<DefinitionError>,
}

#[derive(Default)]
enum Settings {
    /// The defaults of `glowplug serve`, and the environment.
    #[default]
    Environment,
    /// The same, except for the connection string.
    Url(String),
    /// Unchanged.
    Given(Box<Config>),
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// A field or type cannot be added to the API.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// The fields and types together do not give a valid API.
    #[error(transparent)]
    Api(#[from] RenderError),
    /// The keys of tokens cannot be used.
    #[error(transparent)]
    Auth(#[from] SetupError),
    /// The engine or the queue cannot work with the settings.
    #[error(transparent)]
    Queue(#[from] queue::SetupError),
}

impl Builder {
    /// The connection string of the pooler or of the database. The other settings come from the environment, as for
    /// `glowplug serve`. Without this call, so does the connection string.
    #[must_use]
    pub fn database_url(self, url: impl Into<String>) -> Self {
        Self { settings: Settings::Url(url.into()), ..self }
    }

    /// All settings at once, in place of the environment's.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        Self { settings: Settings::Given(Box::new(config)), ..self }
    }

    /// Adds object, input, enum and scalar types for the fields, in GraphQL's schema language.
    ///
    /// A table never gets a name that you define here. The fields of an object type have no arguments.
    #[must_use]
    pub fn types(mut self, definitions: &str) -> Self {
        let added = self.extension.add_types(definitions);
        self.note(added)
    }

    /// Adds a query field: its signature in GraphQL's schema language, and the function that answers it.
    ///
    /// The signature may refer to scalars, to the database's enums, and to the types that [`Builder::types`] adds. The
    /// function's second argument is made from the field's arguments by their names, and what it returns is turned into
    /// the field's type, both by serde.
    #[must_use]
    pub fn query<A, T, F, R>(self, signature: &str, field: F) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        T: Serialize,
        F: Fn(FieldContext, A) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T, FieldError>> + Send + 'static,
    {
        self.field(signature, FieldCode::Query(resolver(field)))
    }

    /// Adds a mutation field, in the same way.
    ///
    /// An operation with such a field runs in one transaction. If a root field fails, whether this one or one of the
    /// database's, everything that the context's connection has done is undone.
    #[must_use]
    pub fn mutation<A, T, F, R>(self, signature: &str, field: F) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        T: Serialize,
        F: Fn(FieldContext, A) -> R + Send + Sync + 'static,
        R: Future<Output = Result<T, FieldError>> + Send + 'static,
    {
        self.field(signature, FieldCode::Mutation(resolver(field)))
    }

    /// Adds a subscription field: its signature in the same way, and the function that starts the stream of its values.
    ///
    /// Each value is an answer, each error is an answer with that error, and the end of the stream completes the
    /// subscription. An error of the function itself refuses the subscription. The next value is requested when the client
    /// has taken the last one. The stream is dropped when the client is gone, its token expires, or the server stops.
    #[must_use]
    pub fn subscription<A, T, S, F, R>(self, signature: &str, field: F) -> Self
    where
        A: DeserializeOwned + Send + 'static,
        T: Serialize,
        S: Stream<Item = Result<T, FieldError>> + Send + 'static,
        F: Fn(FieldContext, A) -> R + Send + Sync + 'static,
        R: Future<Output = Result<S, FieldError>> + Send + 'static,
    {
        self.field(signature, FieldCode::Subscription(stream_resolver(field)))
    }

    /// Checks everything, and makes the server. Needs a tokio runtime, but no database yet.
    pub fn build(self) -> Result<Server, BuildError> {
        if let Some(refused) = self.refused {
            return Err(refused.into());
        }
        // Checked without the database's own types: an error here would be an error with any database.
        Rendered::new(&Schema::extended(
            Arc::new(Catalog::default()),
            Options { subscriptions: true, ..Options::default() },
            self.extension.api(),
        ))?;
        let config = match self.settings {
            Settings::Given(config) => *config,
            Settings::Url(url) => settled(Some(&url))?,
            Settings::Environment => settled(None)?,
        };
        let authenticator = Authenticator::new(&config.auth)?;
        let backend = Backend::new(&config, self.extension)?;
        let engine = backend.engine().filter(|_| config.api.subscriptions);
        let live = engine.map(|engine| Live::new(engine.clone(), &config.live));
        let commits = Commits::new(&config.queue)?.map(Arc::new);
        Ok(Server { backend, live, commits, authenticator, config, embedded: Arc::default() })
    }

    fn field(mut self, signature: &str, code: FieldCode) -> Self {
        let added = self.extension.add_field(signature, code);
        self.note(added)
    }

    fn note(mut self, added: Result<(), DefinitionError>) -> Self {
        self.refused = self.refused.or(added.err());
        self
    }
}

/// The settings of `glowplug serve` with the environment's values.
fn settled(url: Option<&str>) -> Result<Config, Problems> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut settled = Settled::gather(&Raw::default(), variable, None, Profile::Serve)?;
    if let Some(url) = url {
        settled.set_database_url(url);
    }
    settled.check()
}

/// A typed function as a function from JSON to JSON.
fn resolver<A, T, F, R>(field: F) -> Resolver
where
    A: DeserializeOwned + Send + 'static,
    T: Serialize,
    F: Fn(FieldContext, A) -> R + Send + Sync + 'static,
    R: Future<Output = Result<T, FieldError>> + Send + 'static,
{
    Box::new(move |context, arguments| {
        let running = typed(arguments).map(|arguments| field(context, arguments));
        async move { serde_json::to_value(running?.await?).map_err(FieldError::internal) }.boxed()
    })
}

/// The same for a function that returns a stream.
fn stream_resolver<A, T, S, F, R>(field: F) -> StreamResolver
where
    A: DeserializeOwned + Send + 'static,
    T: Serialize,
    S: Stream<Item = Result<T, FieldError>> + Send + 'static,
    F: Fn(FieldContext, A) -> R + Send + Sync + 'static,
    R: Future<Output = Result<S, FieldError>> + Send + 'static,
{
    Box::new(move |context, arguments| {
        let starting = typed(arguments).map(|arguments| field(context, arguments));
        async move {
            let values = starting?.await?;
            Ok(values.map(|value| serde_json::to_value(value?).map_err(FieldError::internal)).boxed())
        }
        .boxed()
    })
}

/// A field's arguments in the form of its function's parameter.
fn typed<A: DeserializeOwned>(arguments: Value) -> Result<A, FieldError> {
    // GraphQL's types are less precise than Rust's: a UUID scalar accepts any string.
    serde_json::from_value(arguments)
        .map_err(|error| FieldError::bad_user_input(format!("the arguments cannot be used: {error}")))
}
