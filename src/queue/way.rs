//! The way that requests take from the HTTP server: straight to the database, or through the queue.

use tokio_util::sync::CancellationToken;

use super::link::Redis;
use super::message::Operation;
use super::producer::{Handling, Producer};
use super::{Error, SetupError, backlog, status};
use crate::config::{Config, Queued};
use crate::engine::{Engine, Extension, Identity, Inspected, Nature, Request, Response};
use crate::event::metrics::Readings;

/// Which way requests take; cheap to clone.
#[derive(Clone)]
pub enum Way {
    /// All run on this process's own connections.
    Direct(Engine),
    /// Mutations go through the queue; the rest runs on this process's own connections.
    MutationsQueued(Engine, Producer),
}

impl Way {
    /// The way that the settings ask for, with the fields that an application adds. Needs a tokio runtime, but neither the
    /// database nor Redis yet.
    pub fn new(config: &Config, mut extension: Extension) -> Result<Self, SetupError> {
        let Some(redis) = config.queue.redis.as_ref().filter(|_| config.queue.queued != Queued::Nothing)
        else {
            return Ok(Self::Direct(Engine::extended(config, extension)?));
        };
        status::add_field(&mut extension, redis, &config.queue)?;
        let producer = Producer::new(redis, &config.queue)?;
        Ok(Self::MutationsQueued(Engine::extended(config, extension)?, producer))
    }

    /// Does what has to be done beside the answering, until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        match self {
            Self::Direct(_) => stop.cancelled().await,
            Self::MutationsQueued(_, producer) => producer.run(stop).await,
        }
    }

    /// Answers a request. The future may be dropped at any point; what the queue has taken runs all the same.
    pub async fn respond(&self, request: Request, identity: &Identity, handling: Handling) -> Response {
        match self {
            Self::Direct(engine) => engine.respond(request, identity).await,
            Self::MutationsQueued(engine, producer) => match engine.inspect(&request, identity).await {
                Ok(Inspected { document, nature: Nature::Mutation }) => {
                    producer.write(operation(document, request), identity, handling).await
                }
                Ok(_) => engine.respond(request, identity).await,
                Err(refused) => refused,
            },
        }
    }

    /// What knows the API.
    pub fn engine(&self) -> &Engine {
        match self {
            Self::Direct(engine) | Self::MutationsQueued(engine, _) => engine,
        }
    }

    /// Whether a client's wishes for the handling of an operation mean anything.
    pub fn is_queued(&self) -> bool {
        !matches!(self, Self::Direct(_))
    }

    /// Whether requests can be answered now; if not, why not.
    pub async fn ready(&self) -> Result<(), String> {
        match self {
            Self::Direct(engine) => answers(engine).await,
            Self::MutationsQueued(engine, producer) => ready(engine, producer.redis()).await,
        }
    }

    /// What there is to be told of it at the moment.
    pub async fn readings(&self) -> Readings {
        match self {
            Self::Direct(engine) => Readings { pool: Some(backlog::pool(engine)), ..Readings::default() },
            Self::MutationsQueued(engine, producer) => Readings {
                pool: Some(backlog::pool(engine)),
                queue: Some(producer.backlog().await),
                hands: None,
            },
        }
    }
}

/// Whether the database and the queue can be had now; if not, why not.
pub(super) async fn ready(engine: &Engine, redis: &Redis) -> Result<(), String> {
    answers(engine).await?;
    let pong: Result<(), Error> = redis.run(async |link| redis::cmd("PING").query_async(link).await).await;
    pong.map_err(|_| "the queue cannot be reached".to_owned())
}

async fn answers(engine: &Engine) -> Result<(), String> {
    engine.ready().await.map_err(|error| match error.for_client().into_iter().next() {
        Some(told) => told.message,
        None => "the database cannot be reached".to_owned(),
    })
}

fn operation(query: String, request: Request) -> Operation {
    let Request { operation_name, variables, .. } = request;
    Operation { query, name: operation_name, variables }
}
