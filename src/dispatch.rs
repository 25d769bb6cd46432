//! One request -> the engine of this process, or a worker through the queue.
//!
//! Decides only where an operation runs. The engine knows what it means, and the queue transports it.

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Queued};
use crate::engine::{
    self, Described, Effect, Engine, Extension, Identity, Outcome, Planning, Request, Response,
};
use crate::error;
use crate::event::metrics::Readings;
use crate::queue::{self, Handling, Operation, Producer, Sender, SetupError};

/// Where operations run. Cheap to clone.
#[derive(Clone)]
pub enum Backend {
    /// All run on this process's own connections.
    Direct(Engine),
    /// Mutations run at a worker, queries on this process's own connections.
    MutationsQueued(Engine, Producer),
    /// All run at a worker; this process has no connection to the database.
    AllQueued(Planning, Producer),
}

impl Backend {
    /// The backend for the settings, with the fields that an application adds. Needs a tokio runtime, but neither the
    /// database nor Redis yet.
    ///
    /// Queued operations run at a worker, and so do an application's fields in them.
    pub fn new(config: &Config, mut extension: Extension) -> Result<Self, SetupError> {
        let Some(redis) = config.queue.redis.as_ref().filter(|_| config.queue.queued != Queued::Nothing)
        else {
            return Ok(Self::Direct(Engine::extended(config, extension)?));
        };
        queue::add_status_field(&mut extension, redis, &config.queue)?;
        let producer = Producer::new(redis, &config.queue)?;
        if config.queue.queued == Queued::Everything {
            let catalog_client = queue::catalog_client(producer.clone(), config.api.clone());
            let planning = Planning::of_others(config, extension.into_api(), catalog_client)?;
            return Ok(Self::AllQueued(planning, producer));
        }
        Ok(Self::MutationsQueued(Engine::extended(config, extension)?, producer))
    }

    /// Receives the answers of workers until `stop` is cancelled. Without it, queued operations get no answer.
    pub async fn run(&self, stop: CancellationToken) {
        match self {
            Self::Direct(_) => stop.cancelled().await,
            Self::MutationsQueued(_, producer) | Self::AllQueued(_, producer) => producer.run(stop).await,
        }
    }

    /// Answers a request. You may drop the future at any point; an operation that the queue has accepted still runs.
    pub async fn respond(&self, request: Request, identity: &Identity, handling: Handling) -> Response {
        let (planning, producer) = match self {
            Self::Direct(engine) => return engine.respond(request, identity).await,
            Self::MutationsQueued(engine, producer) => (engine.planning(), producer),
            Self::AllQueued(planning, producer) => (planning, producer),
        };
        let accepted = match planning.accept(&request, identity).await {
            Ok(accepted) => accepted,
            Err(answered) => return answered,
        };
        if let (Self::MutationsQueued(engine, _), Effect::Query) = (self, accepted.effect) {
            return engine.respond_planned(request, accepted, identity).await;
        }
        let sender = Sender::new(identity, accepted.tenant());
        // It keeps its place until the worker has answered.
        let (document, effect, _place) = accepted.hand_on();
        match effect {
            Effect::Query => {
                let from = request.read_from;
                producer.read(Operation::new(document, request), sender, from).await
            }
            Effect::Mutation => {
                let response = producer.write(Operation::new(document, request), sender, handling).await;
                if let Some(engine) = self.engine().filter(|_| response.outcome == Outcome::Executed) {
                    engine.committed();
                }
                response
            }
        }
    }

    /// The part that has the API's schema.
    pub fn planning(&self) -> &Planning {
        match self {
            Self::Direct(engine) | Self::MutationsQueued(engine, _) => engine.planning(),
            Self::AllQueued(planning, _) => planning,
        }
    }

    /// The API as a role sees it; `None` is the connection's own user. Works without [`Backend::run`].
    pub async fn describe(&self, role: Option<&str>) -> Result<Described, error::Error> {
        let backend = self.clone();
        // Dropping the set ends the task.
        let mut answers = JoinSet::new();
        answers.spawn(async move { backend.run(CancellationToken::new()).await });
        self.planning().describe(role).await
    }

    /// The engine of this process; `None` where all operations run at a worker.
    pub fn engine(&self) -> Option<&Engine> {
        match self {
            Self::Direct(engine) | Self::MutationsQueued(engine, _) => Some(engine),
            Self::AllQueued(..) => None,
        }
    }

    /// Whether operations may be queued, so that a request's [`Handling`] has a meaning.
    pub fn is_queued(&self) -> bool {
        !matches!(self, Self::Direct(_))
    }

    /// Whether requests can be answered now. The error says why not.
    pub async fn ready(&self) -> Result<(), String> {
        match self {
            Self::Direct(engine) => engine::ready(engine).await,
            Self::MutationsQueued(engine, producer) => {
                engine::ready(engine).await?;
                producer.reaches_redis().await
            }
            Self::AllQueued(planning, producer) => {
                planning.ready().await.map_err(|error| engine::unready(&error))?;
                producer.reaches_workers().await
            }
        }
    }

    /// The current gauges, for the metrics.
    pub async fn readings(&self) -> Readings {
        match self {
            Self::Direct(engine) => Readings { pool: Some(engine::pool(engine)), ..Readings::default() },
            Self::MutationsQueued(engine, producer) => Readings {
                pool: Some(engine::pool(engine)),
                queue: Some(producer.backlog().await),
                ..Readings::default()
            },
            Self::AllQueued(_, producer) => {
                Readings { queue: Some(producer.backlog().await), ..Readings::default() }
            }
        }
    }
}
