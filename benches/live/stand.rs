//! PostgreSQL with the task board, PgBouncer in transaction mode, and live queries over them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use glowplug::engine::{AllowedOperations, Engine, Identity, ReadFrom, Request};
use glowplug::live::Live;
use glowplug_local::{Cluster, Pooler, PoolerMode, PoolerOptions};
use serde_json::{Map, Value, json};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::database::{self, DATABASE};
use crate::processor::Programs;

/// How many users there are: the owners of the projects.
pub(crate) const USERS: usize = 2000;

/// The tasks that are listened to, and changed. Users see them by the policies of the board: they own the projects.
const TASKS: usize = 20_000;

/// What a page of one task listens to.
const DOCUMENT: &str =
    "subscription($id: UUID!) { taskByPk(id: $id) { id title status project { id name } } }";

pub(crate) struct Stand {
    pub(crate) live: Live,
    client: Client,
    cluster: Cluster,
    pooler: Pooler,
}

impl Stand {
    pub(crate) async fn start() -> Self {
        let cluster = database::start().await;
        let client = database::connect(&cluster.url(DATABASE)).await;
        let options = PoolerOptions {
            name: "live".to_owned(),
            pool_mode: PoolerMode::Transaction,
            pool_size: 8,
            ..PoolerOptions::default()
        };
        let pooler = Pooler::start(&cluster, &options).expect("a PgBouncer");
        let mut config = database::configuration(&pooler.url(DATABASE));
        config.live.subscriptions = usize::MAX;
        let engine = Engine::new(&config).expect("an engine");
        let live = Live::new(engine, &config.live);
        let polled = live.clone();
        tokio::spawn(async move { polled.run(CancellationToken::new()).await });
        Self { live, client, cluster, pooler }
    }

    /// Changes so many rows in a second, each of another user; how many there were.
    pub(crate) async fn write(&self, rate: u32, time: Duration) -> usize {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
        let began = std::time::Instant::now();
        let mut written = 0;
        while began.elapsed() < time {
            ticks.tick().await;
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
            let statement = format!(
                "update task set title = 'written at {now}', updated_at = now() where id = '{}'",
                key(written * 37 % TASKS)
            );
            self.client.batch_execute(&statement).await.expect("the row is changed");
            written += 1;
        }
        written
    }

    /// The programs that take part.
    pub(crate) fn programs(&self) -> Programs {
        let (pgbouncer, postgresql) = (self.pooler.pid(), self.cluster.pid());
        Programs { glowplug: std::process::id(), pgbouncer, postgresql }
    }
}

/// The request and the identity of a subscription.
pub(crate) fn subscription(number: usize) -> (Request, Identity) {
    let task = number * 37 % TASKS;
    let variables = json!({ "id": key(task) });
    let request = Request {
        document: DOCUMENT.into(),
        operation_name: None,
        variables: variables.as_object().cloned().unwrap_or_default(),
        extensions: Map::new(),
        allowed: AllowedOperations::All,
        read_from: ReadFrom::default(),
    };
    let claims: Arc<str> = claims(task % 5000 % USERS).to_string().into();
    let settings = [("request.jwt.claims".into(), claims)].into();
    (request, Identity { role: Some("authenticated".into()), settings, expires_at: None })
}

fn claims(user: usize) -> Value {
    json!({ "sub": key(user), "role": "authenticated" })
}

/// As the board makes its keys.
fn key(number: usize) -> String {
    format!("00000000-0000-4000-8000-000000{}", 100_000 + number)
}
