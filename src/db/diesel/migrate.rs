//! Diesel migrations of a folder, applied over a connection of their own.
//!
//! Point it at PostgreSQL itself, or at a pooler in session mode: a migration may set things for its session. Each
//! one runs in a transaction of its own, unless its `metadata.toml` says otherwise.

use std::path::Path;
use std::sync::Arc;

use diesel::connection::InstrumentationEvent;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::result::Error as QueryError;
use diesel_async::AsyncConnection as _;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::db::connection::Connection;
use crate::db::lock::Lock;

/// Why migrations could not be read or run.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The folder is missing or is not laid out as Diesel's migrations are.
    #[error("the migrations cannot be read: {0}")]
    Folder(String),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] diesel::ConnectionError),
    /// A migration failed; those before it stay applied.
    #[error("migration {name} failed: {message}")]
    Migration {
        /// The name of its folder.
        name: String,
        /// What PostgreSQL (with its detail and hint) or Diesel said.
        message: String,
    },
    /// Diesel's table of applied migrations could not be read or written, or names one that the folder lacks.
    #[error("{0}")]
    History(String),
}

/// Applies, in order, the migrations of `folder` that the database lacks. Returns their names.
pub async fn migrate(url: &str, folder: &Path) -> Result<Vec<String>, MigrateError> {
    run(url, folder, |connection, migrations| {
        let explanation = explanation(connection);
        let mut applied = Vec::new();
        for migration in connection.pending_migrations(migrations).map_err(history)? {
            let name = migration.name().to_string();
            if let Err(error) = connection.run_migration(&migration) {
                return Err(MigrateError::Migration {
                    name,
                    message: format!("{error}{}", explanation.lock()),
                });
            }
            applied.push(name);
        }
        Ok(applied)
    })
    .await
}

/// The names of the migrations of `folder` that the database lacks, in order.
pub async fn pending(url: &str, folder: &Path) -> Result<Vec<String>, MigrateError> {
    run(url, folder, |connection, migrations| {
        let pending = connection.pending_migrations(migrations).map_err(history)?;
        Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
    })
    .await
}

/// Undoes the last applied migration. Returns its name.
pub async fn revert_last(url: &str, folder: &Path) -> Result<String, MigrateError> {
    run(url, folder, |connection, migrations| {
        let version = connection.revert_last_migration(migrations.clone()).map_err(history)?;
        let all: Vec<Box<dyn Migration<Pg>>> = migrations.migrations().map_err(history)?;
        let name = all.iter().map(Migration::name).find(|name| name.version() == version);
        Ok(name.map_or_else(|| version.to_string(), ToString::to_string))
    })
    .await
}

/// A connection as Diesel's synchronous migration harness needs it.
type Blocking = AsyncConnectionWrapper<Connection>;

async fn run<R: Send + 'static>(
    url: &str,
    folder: &Path,
    work: impl FnOnce(&mut Blocking, FileBasedMigrations) -> Result<R, MigrateError> + Send + 'static,
) -> Result<R, MigrateError> {
    let migrations =
        FileBasedMigrations::from_path(folder).map_err(|error| MigrateError::Folder(error.to_string()))?;
    let connection = Connection::establish(url).await?;
    // The harness blocks its thread on each statement, so it must not run on a thread that drives connections.
    tokio::task::spawn_blocking(move || work(&mut Blocking::from(connection), migrations))
        .await
        .map_err(|error| MigrateError::History(error.to_string()))?
}

/// Keeps what PostgreSQL adds to the message of the last failed statement. Diesel's error of a migration leaves it out, and
/// a deadlock without its detail does not say who waited for whom.
fn explanation(connection: &mut Blocking) -> Arc<Lock<String>> {
    let explanation = Arc::new(Lock::new(String::new()));
    let latest = Arc::clone(&explanation);
    diesel::Connection::set_instrumentation(connection, move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::FinishQuery { error: Some(error), .. } = event {
            *latest.lock() = further(error);
        }
    });
    explanation
}

/// PostgreSQL's detail and hint for a statement that failed, or nothing.
fn further(error: &QueryError) -> String {
    let QueryError::DatabaseError(_, information) = error else { return String::new() };
    let parts = [("detail", information.details()), ("hint", information.hint())];
    parts.into_iter().filter_map(|(label, part)| part.map(|part| format!("\n{label}: {part}"))).collect()
}

fn history(error: impl std::fmt::Display) -> MigrateError {
    MigrateError::History(error.to_string())
}
