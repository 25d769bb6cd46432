//! Why a command failed, in words for the person who typed it.

use std::io;
use std::path::PathBuf;

use crate::config::Problems;
use crate::db::MigrateError;
use crate::event::TracesError;
use crate::http::ListenError;
use crate::queue;
use crate::server::BuildError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Settings(#[from] Problems),
    #[error(transparent)]
    Server(#[from] BuildError),
    #[error("{0}")]
    Usage(String),
    #[cfg(feature = "dev")]
    #[error(transparent)]
    Local(#[from] glowplug_local::Error),
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    #[error("{setting}: {error}")]
    Unreachable { setting: String, error: MigrateError },
    #[error("cannot {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Traces(#[from] TracesError),
    #[cfg(feature = "dev")]
    #[error("`glowplug dev` is already running in this folder: {0}")]
    AlreadyRunning(String),
    #[error("{0}")]
    Database(String),
    #[error("the database cannot be served as it is")]
    Diagnosed,
    #[error("the queue: {0}")]
    Queue(#[from] queue::Error),
    #[error(transparent)]
    QueueSetup(#[from] queue::SetupError),
    #[error("cannot print: {0}")]
    Output(io::Error),
    #[error("the process could not be set up: {0}")]
    Runtime(io::Error),
}

impl Failure {
    /// The process's exit code.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_)
            | Self::Server(BuildError::Settings(_) | BuildError::Auth(_))
            | Self::Usage(_)
            | Self::QueueSetup(queue::SetupError::Nowhere) => 2,
            _ => 1,
        }
    }

    /// Names the setting with the connection string, if there is no connection.
    pub(super) fn of_migrations(error: MigrateError, setting: String) -> Self {
        match error {
            MigrateError::Connect(_) => Self::Unreachable { setting, error },
            error => Self::Migrate(error),
        }
    }

    /// Names the file in an error of the operating system.
    pub(super) fn file(action: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { action, path, source }
    }
}
