//! PostgreSQL and pooler processes on this machine, for `dev`, the tests and the benchmarks.
//!
//! A [`Cluster`] is one PostgreSQL server with its data folder, a [`Pooler`] is one PgBouncer in front of it, a
//! [`Pgpool`] one pgpool-II, an [`Odyssey`] one Odyssey, a [`PgDog`] one of that name, a [`Redis`] one Redis server. Each
//! listens on a free loopback port and stops when it is dropped. If we are root, it runs as another account, because most of
//! them refuse to run as root. If our process is killed before it can drop them, a small guard process stops them.
//!
//! Never connects to a server: the caller does.

mod account;
mod binaries;
mod cluster;
mod data_folder;
mod odyssey;
mod options;
mod pgdog;
mod pgpool;
mod pooler;
mod port;
mod process;
mod redis_server;

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

pub use binaries::Binaries;
pub use cluster::Cluster;
pub use odyssey::Odyssey;
pub use options::{
    Authentication, ClusterOptions, Clustering, Durability, OdysseyStatements, PgDogOptions, PoolerMode,
    PoolerOptions, PoolerProgram, PostgresProgram,
};
pub use pgdog::PgDog;
pub use pgpool::Pgpool;
pub use pooler::Pooler;
pub use redis_server::{Persistence, Redis, RedisCluster, RedisOptions};

/// What can go wrong with a process of this machine. Every message says what to do, if something can be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read, written or given to another account.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// The attempted action, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A program could not be started.
    #[error("cannot run {}: {source}", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A program ran and reported a failure.
    #[error("{program} failed:\n{output}")]
    Failed {
        /// The program's name.
        program: &'static str,
        /// The end of its output.
        output: String,
    },
    /// A server did not become ready.
    #[error("{program} did not start; the end of {}:\n{tail}", log.display())]
    NotReady {
        /// The program's name.
        program: &'static str,
        /// Its log file.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// The data folder belongs to a PostgreSQL that is not installed.
    #[error(
        "{} was made by PostgreSQL {version}, which is not installed here: install it, or start over with `glowplug dev --reset`",
        folder.display()
    )]
    VersionMissing {
        /// The data folder.
        folder: PathBuf,
        /// PostgreSQL's major version.
        version: String,
    },
    /// PostgreSQL is not installed and could not be downloaded.
    #[error(
        "PostgreSQL is not installed here and could not be downloaded ({reason}): install it (Debian: `apt install postgresql`, macOS: `brew install postgresql`)"
    )]
    DownloadFailed {
        /// The reason.
        reason: String,
    },
    /// PostgreSQL 18 with pgvector was not downloaded.
    #[error("PostgreSQL 18 with pgvector is not here: run scripts/newer-postgresql, which fetches it")]
    NewerPostgresMissing,
    /// PgBouncer is not installed.
    #[error(
        "PgBouncer is not installed here: install it (Debian: `apt install pgbouncer`, macOS: `brew install pgbouncer`)"
    )]
    PoolerMissing,
    /// There is no PgBouncer that tracks prepared statements.
    #[error(
        "no PgBouncer of 1.21 or later is here: run scripts/newer-poolers, which fetches one beside the installed one"
    )]
    TrackingPoolerMissing,
    /// The newest PgBouncer or Odyssey is not installed.
    #[error("the newest PgBouncer and Odyssey are not here: run scripts/newer-poolers, which fetches them")]
    NewestPoolerMissing,
    /// pgpool-II is not installed.
    #[error("pgpool-II is not installed here: install it (Debian: `apt install pgpool2`)")]
    PgpoolMissing,
    /// `PgDog` is not here.
    #[error(
        "PgDog is not here: let the environment variable PGDOG_BIN name its program, or put it on the PATH as `pgdog`"
    )]
    PgDogMissing,
    /// Redis is not installed.
    #[error(
        "Redis is not installed here: install it (Debian: `apt install redis-server`, macOS: `brew install redis`)"
    )]
    RedisMissing,
    /// We are root, and there is no other account to run a server as.
    #[error(
        "PostgreSQL and PgBouncer refuse to run as root, and neither of the accounts `postgres` and `nobody` exists here: create one"
    )]
    NoAccount,
    /// No port of the searched range is free.
    #[error("no free loopback port found")]
    NoPort,
    /// Servers of an earlier run did not stop.
    #[error("processes {pids:?} of an earlier run still use {} and do not stop: end them", folder.display())]
    OrphansRemain {
        /// Their process ids.
        pids: Vec<u32>,
        /// Their working folder.
        folder: PathBuf,
    },
}

/// Names the file in an error of the operating system.
fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::File { action, path, source }
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    // An existing file may have had wider permissions.
    let _ = std::fs::remove_file(path);
    std::fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(file_error("write", path))
}
