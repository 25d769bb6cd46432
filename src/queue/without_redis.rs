//! The queue of a build without the feature `queue`: settings that ask for it are refused.
//!
//! The types have the functions of the real ones, and no values.

mod handling;

use std::future::Ready;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::{self, Api, Config};
use crate::db::{self, Database};
use crate::engine::{CatalogClient, Engine, Extension, Identity, ReadFrom, Request, Response};
use crate::event::metrics::{Backlog, Readings};

pub use handling::{Handling, Wait};

/// Has no value. It is within a private field, so that code elsewhere compiles as with the feature.
#[derive(Clone)]
enum Never {}

/// There is no queue in this build.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "the queue needs a build with Cargo's feature `queue`, which this program was built without; remove the settings \
     queue and redis-url, or build with the feature"
)]
pub struct Error;

/// Why there is no queue with these settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is none in this build.
    #[error(transparent)]
    Redis(#[from] Error),
    /// The settings do not have the queue's address.
    #[error("there is no queue")]
    Nowhere,
    /// The engine cannot work with the settings.
    #[error(transparent)]
    Engine(#[from] crate::error::Error),
}

/// Always fails.
pub(crate) fn add_status_field(
    _: &mut Extension,
    _: &config::Redis,
    _: &config::Queue,
) -> Result<(), SetupError> {
    Err(Error.into())
}

/// Never called.
#[expect(clippy::needless_pass_by_value, reason = "as with the feature")]
pub(crate) fn catalog_client(producer: Producer, _: Api) -> CatalogClient {
    match producer.0 {}
}

/// Always fails: without workers, a database needs no ledger.
pub async fn set_up(_: &Database, _: &[String]) -> Result<(), db::Error> {
    std::future::ready(Err(db::Error::Protocol(Error.to_string()))).await
}

/// An operation on its way to a worker.
pub(crate) struct Operation;

impl Operation {
    /// Of a document and its request.
    pub(crate) fn new(_: String, _: Request) -> Self {
        Self
    }
}

/// Who sends an operation.
pub(crate) struct Sender;

impl Sender {
    /// The user of a request.
    pub(crate) fn new(_: &Identity, _: Option<&str>) -> Self {
        Self
    }
}

/// Puts operations into the queue.
#[derive(Clone)]
pub struct Producer(Never);

impl Producer {
    /// Always fails.
    pub fn new(_: &config::Redis, _: &config::Queue) -> Result<Self, Error> {
        Err(Error)
    }

    /// Never called.
    pub fn run(&self, _: CancellationToken) -> Ready<()> {
        match self.0 {}
    }

    /// Never called.
    pub(crate) fn backlog(&self) -> Ready<Option<Backlog>> {
        match self.0 {}
    }

    /// Never called.
    pub(crate) fn reaches_redis(&self) -> Ready<Result<(), String>> {
        match self.0 {}
    }

    /// Never called.
    pub(crate) fn reaches_workers(&self) -> Ready<Result<(), String>> {
        match self.0 {}
    }

    /// Never called.
    pub(crate) fn write(&self, _: Operation, _: Sender, _: Handling) -> Ready<Response> {
        match self.0 {}
    }

    /// Never called.
    pub(crate) fn read(&self, _: Operation, _: Sender, _: ReadFrom) -> Ready<Response> {
        match self.0 {}
    }
}

/// Notices of commits between processes.
pub struct Commits(Never);

impl Commits {
    /// None, or an error if the settings have a Redis.
    pub fn new(config: &config::Queue) -> Result<Option<Self>, SetupError> {
        match config.redis {
            Some(_) => Err(Error.into()),
            None => Ok(None),
        }
    }

    /// Never called.
    pub fn tell(&self, _: watch::Receiver<u64>, _: &CancellationToken) -> Ready<()> {
        match self.0 {}
    }

    /// Never called.
    pub fn hear(&self, _: impl Fn(), _: &CancellationToken) -> Ready<()> {
        match self.0 {}
    }
}

/// Runs the operations of the queue.
#[derive(Clone)]
pub struct Worker(Never);

impl Worker {
    /// Always fails.
    pub fn new(_: &Config, _: Extension) -> Result<Self, SetupError> {
        Err(Error.into())
    }

    /// Never called.
    pub fn engine(&self) -> &Engine {
        match self.0 {}
    }

    /// Never called.
    pub fn run(&self, _: CancellationToken) -> Ready<()> {
        match self.0 {}
    }

    /// Never called.
    pub fn ready(&self) -> Ready<Result<(), String>> {
        match self.0 {}
    }

    /// Never called.
    pub fn readings(&self) -> Ready<Readings> {
        match self.0 {}
    }
}

/// The operations that the queue has given up.
pub struct DeadLetters(Never);

/// One of them.
pub struct DeadLetter {
    /// Its place.
    pub name: String,
    /// The operation's id.
    pub id: Option<Uuid>,
    /// The role that sent it.
    pub role: String,
    /// How often it was begun.
    pub attempts: u32,
    /// Why it was given up.
    pub reason: String,
    /// The operation.
    pub document: String,
}

impl DeadLetters {
    /// Always fails.
    pub fn new(_: &config::Redis, _: &config::Queue) -> Result<Self, Error> {
        Err(Error)
    }

    /// Never called.
    pub fn backlog(&self) -> Ready<Option<Backlog>> {
        match self.0 {}
    }

    /// Never called.
    pub fn list(&self) -> Ready<Result<Vec<DeadLetter>, Error>> {
        match self.0 {}
    }

    /// Never called.
    pub fn retry(&self, _: &DeadLetter) -> Ready<Result<bool, Error>> {
        match self.0 {}
    }

    /// Never called.
    pub fn drop_entry(&self, _: &DeadLetter) -> Ready<Result<bool, Error>> {
        match self.0 {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_without_the_queue_says_has_a_way_out() {
        let said = SetupError::from(Error).to_string();
        for part in
            ["Cargo's feature `queue`", "remove the settings queue and redis-url", "build with the feature"]
        {
            assert!(said.contains(part), "{said}");
        }
    }
}
