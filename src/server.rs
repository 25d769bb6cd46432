//! Glowplug in a Rust program of one's own: the API of the database, with fields that the program answers.
//!
//! ```no_run
//! use diesel::prelude::*;
//! use diesel_async::RunQueryDsl;
//! use glowplug::{FieldContext, FieldError, Server};
//!
//! diesel::table! {
//!     task (id) { id -> Uuid, due_on -> Nullable<Date>, completed_at -> Nullable<Timestamptz> }
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Overdue {
//!     on: chrono::NaiveDate,
//! }
//!
//! async fn overdue_count(context: FieldContext, asked: Overdue) -> Result<i64, FieldError> {
//!     let mut connection = context.connection().await?;
//!     let overdue = task::table.filter(task::due_on.lt(asked.on)).filter(task::completed_at.is_null());
//!     Ok(overdue.count().get_result(&mut *connection).await?)
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::builder()
//!     .database_url("postgres://user:password@host:6432/database")
//!     .query("overdueCount(on: Date!): BigInt!", overdue_count)
//!     .build()?;
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! server.run(listener, tokio_util::sync::CancellationToken::new()).await;
//! # Ok(())
//! # }
//! ```
//!
//! Never decides what an operation means: it hands the fields to the engine, and the engine to the HTTP server.

mod builder;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::engine::Engine;
use crate::shutdown::Shutdown;

pub use builder::{BuildError, Builder};

/// A GraphQL server, ready to run.
#[derive(Clone)]
pub struct Server {
    engine: Engine,
    config: Config,
}

impl Server {
    /// Begins to say what the server is to be.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The engine, for programs that answer GraphQL by other means than HTTP, or that want the same connections.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The settings that hold.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Answers HTTP on the listener until `stop` is cancelled, and follows changes of the database if the settings say so.
    ///
    /// Returns when the requests that run have finished, or the drain timeout is over.
    pub async fn run(&self, listener: TcpListener, stop: CancellationToken) {
        let parts = Shutdown::new();
        let asked = parts.clone();
        let (engine, http, token) = (self.engine.clone(), self.config.http.clone(), parts.token());
        parts.spawn(async move { crate::http::serve(engine, listener, &http, token).await });
        if let Some(interval) = self.config.database.watch_interval {
            let (engine, token) = (self.engine.clone(), parts.token());
            parts.spawn(async move { engine.watch(interval, token).await });
        }
        tokio::select! {
            () = stop.cancelled() => asked.ask(),
            () = parts.token().cancelled_owned() => {}
        }
        parts.stopped().await;
    }
}
