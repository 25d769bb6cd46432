//! The way that requests take from the HTTP server: straight to the database, or through the queue.

use futures_util::FutureExt as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::link::Redis;
use super::message::Operation;
use super::producer::{Handling, Producer};
use super::{Error, SetupError, backlog, description, status};
use crate::config::{Api, Config, Queued};
use crate::engine::{
    Accepted, Asker, Described, Effect, Engine, Extension, Frontend, Identity, Request, Response,
};
use crate::error;
use crate::event::metrics::Readings;

/// Which way requests take; cheap to clone.
#[derive(Clone)]
pub enum Way {
    /// All run on this process's own connections.
    Direct(Engine),
    /// Mutations go through the queue; the rest runs on this process's own connections.
    MutationsQueued(Engine, Producer),
    /// All go through the queue, and this process has no connection to the database.
    AllQueued(Frontend, Producer),
}

impl Way {
    /// The way that the settings ask for, with the fields that an application adds. Needs a tokio runtime, but neither the
    /// database nor Redis yet.
    ///
    /// What goes through the queue runs at a worker, and so do an application's fields in it.
    pub fn new(config: &Config, mut extension: Extension) -> Result<Self, SetupError> {
        let Some(redis) = config.queue.redis.as_ref().filter(|_| config.queue.queued != Queued::Nothing)
        else {
            return Ok(Self::Direct(Engine::extended(config, extension)?));
        };
        status::add_field(&mut extension, redis, &config.queue)?;
        let producer = Producer::new(redis, &config.queue)?;
        if config.queue.queued == Queued::Everything {
            let asker = asker(producer.clone(), config.api.clone());
            let frontend = Frontend::of_others(config, extension.into_api(), asker)?;
            return Ok(Self::AllQueued(frontend, producer));
        }
        Ok(Self::MutationsQueued(Engine::extended(config, extension)?, producer))
    }

    /// Does what has to be done beside the answering, until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        match self {
            Self::Direct(_) => stop.cancelled().await,
            Self::MutationsQueued(_, producer) | Self::AllQueued(_, producer) => producer.run(stop).await,
        }
    }

    /// Answers a request. The future may be dropped at any point; what the queue has taken runs all the same.
    pub async fn respond(&self, request: Request, identity: &Identity, handling: Handling) -> Response {
        let (frontend, producer) = match self {
            Self::Direct(engine) => return engine.respond(request, identity).await,
            Self::MutationsQueued(engine, producer) => (engine.frontend(), producer),
            Self::AllQueued(frontend, producer) => (frontend, producer),
        };
        let Accepted { document, effect, place } = match frontend.accept(&request, identity).await {
            Ok(accepted) => accepted,
            Err(answered) => return answered,
        };
        match (self, effect) {
            (Self::MutationsQueued(engine, _), Effect::Query) => {
                // The engine waits for a place itself.
                drop(place);
                engine.respond(request, identity).await
            }
            (_, Effect::Query) => {
                let from = request.read_from;
                producer.read(operation(document, request), identity, from).await
            }
            (_, Effect::Mutation) => producer.write(operation(document, request), identity, handling).await,
        }
    }

    /// What knows the API.
    pub fn frontend(&self) -> &Frontend {
        match self {
            Self::Direct(engine) | Self::MutationsQueued(engine, _) => engine.frontend(),
            Self::AllQueued(frontend, _) => frontend,
        }
    }

    /// Describes the API as a role sees it; `None` is the connection's own user. Nothing else need run for it.
    pub async fn describe(&self, role: Option<&str>) -> Result<Described, error::Error> {
        let way = self.clone();
        // It ends with this.
        let mut beside = JoinSet::new();
        beside.spawn(async move { way.run(CancellationToken::new()).await });
        self.frontend().describe(role).await
    }

    /// What runs operations here; `None` if nothing does.
    pub fn engine(&self) -> Option<&Engine> {
        match self {
            Self::Direct(engine) | Self::MutationsQueued(engine, _) => Some(engine),
            Self::AllQueued(..) => None,
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
            Self::AllQueued(frontend, producer) => {
                frontend.ready().await.map_err(|error| told(&error))?;
                match producer.has_workers().await {
                    Ok(true) => Ok(()),
                    Ok(false) => Err("no worker answers".to_owned()),
                    Err(_) => Err("the queue cannot be reached".to_owned()),
                }
            }
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
            Self::AllQueued(_, producer) => {
                Readings { queue: Some(producer.backlog().await), ..Readings::default() }
            }
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
    engine.ready().await.map_err(|error| told(&error))
}

fn told(error: &error::Error) -> String {
    match error.for_client().into_iter().next() {
        Some(told) => told.message,
        None => "the database cannot be reached".to_owned(),
    }
}

fn operation(query: String, request: Request) -> Operation {
    let Request { operation_name, variables, .. } = request;
    Operation { query, name: operation_name, variables }
}

/// Has workers ask the database.
fn asker(producer: Producer, extent: Api) -> Asker {
    Box::new(move |question| {
        let (producer, extent) = (producer.clone(), extent.clone());
        async move { description::read(producer.describe(question, extent).await) }.boxed()
    })
}
