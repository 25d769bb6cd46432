//! `dev --queue`: a private Redis in the project's folder, and a worker in this process.
//!
//! The worker outlives the server, whose last requests wait for it.

use std::path::Path;

use glowplug_local::{Persistence, Redis, RedisOptions};

use crate::cli::failure::Failure;
use crate::cli::worker;
use crate::config::{Config, Raw};
use crate::shutdown::Shutdown;

/// The Redis and the worker.
pub(super) struct Queue {
    redis: Redis,
    worker: Shutdown,
}

impl Queue {
    /// Starts the Redis, with the data it had when it was stopped.
    pub(super) fn start(folder: &Path) -> Result<Self, Failure> {
        let redis = Redis::start(&RedisOptions {
            folder: Some(folder.to_path_buf()),
            persistence: Persistence::EverySecond,
            ..RedisOptions::default()
        })?;
        Ok(Self { redis, worker: Shutdown::new() })
    }

    /// The address of the Redis.
    pub(super) fn url(&self) -> String {
        self.redis.url()
    }

    /// Starts the worker.
    pub(super) fn work(&self, config: &Config) -> Result<(), Failure> {
        worker::start(config, &self.worker, None)
    }

    /// Waits for an unexpected end of the worker.
    pub(super) async fn failed(&self) {
        self.worker.token().cancelled().await;
    }

    /// Lets the worker finish its operations.
    pub(super) async fn stop(&self) {
        self.worker.ask();
        self.worker.stopped().await;
    }
}

/// Whether the command line asks for a queue. Then `dev` starts a Redis for it.
pub(super) fn is_wanted(settings: &Raw) -> Result<bool, Failure> {
    if settings.queue.as_ref().is_none_or(|queue| queue.0 == "off") {
        return Ok(false);
    }
    if settings.redis_url.is_some() {
        let message = "`dev --queue` starts a Redis of its own; leave out --queue or --redis-url";
        return Err(Failure::Usage(message.to_owned()));
    }
    Ok(true)
}
