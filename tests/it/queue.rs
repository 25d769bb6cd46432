//! The queue: servers and workers in this process, with a separate Redis and database for each test.

mod all_queued;
mod all_queued_faults;
mod answers;
mod bounds;
mod chaos;
mod faults;
mod keeping;
mod live;
mod sites;
mod stored;

use std::time::Duration;

use glowplug::config::{self, Config, PoolMode, Queued, Secret};
use glowplug::engine::Extension;
use glowplug::queue::Worker;
use glowplug_local::{Redis, RedisOptions};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::harness;
use crate::server::Server;

const NOTES: &str = "create table note (id integer primary key, body text not null check (body <> ''))";

/// A database, a Redis, and a server whose mutations are queued.
struct World {
    url: String,
    redis: Redis,
    server: Server,
}

/// A worker in this process; stopped when it is dropped.
struct Working {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl World {
    async fn new(setup: &str) -> Self {
        Self::with(setup, |_| ()).await
    }

    /// `change` changes the settings of the server.
    async fn with(setup: &str, change: impl FnOnce(&mut Config)) -> Self {
        let database = harness::database(setup).await;
        Self::at(harness::cluster().url(&database), change).await
    }

    async fn at(url: String, change: impl FnOnce(&mut Config)) -> Self {
        let redis = Redis::start(&RedisOptions::default()).expect("a Redis");
        let server = Server::start(&url, |config| {
            config.queue = queue(&redis.url());
            config.queue.queued = Queued::Mutations;
            change(config);
        })
        .await;
        Self { url, redis, server }
    }

    /// Starts a worker.
    fn work(&self) -> Working {
        self.work_with(|_| ())
    }

    fn work_with(&self, change: impl FnOnce(&mut Config)) -> Working {
        let mut config = harness::config(&self.url, PoolMode::Direct);
        config.queue = queue(&self.redis.url());
        change(&mut config);
        Working::start(&config)
    }

    /// Sends a document with headers.
    async fn send(&self, query: &str, headers: &[(&'static str, &str)]) -> Response {
        let mut request = self.server.query(query).header("accept", "application/graphql-response+json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    async fn text(&self, query: &str, headers: &[(&'static str, &str)]) -> String {
        self.send(query, headers).await.text().await.expect("the whole body")
    }

    async fn json(&self, query: &str, headers: &[(&'static str, &str)]) -> Value {
        serde_json::from_str(&self.text(query, headers).await).expect("JSON")
    }

    /// The result of a statement on the database itself.
    async fn ask(&self, statement: &str) -> String {
        let client = harness::connect(&self.url).await;
        harness::ask(&client, statement).await.unwrap_or_default()
    }

    /// A connection to Redis, to inspect or disturb it.
    async fn link(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis.url()).expect("its address");
        client.get_multiplexed_async_connection().await.expect("a connection")
    }

    async fn redis<T: redis::FromRedisValue>(&self, command: &str) -> T {
        harness::redis_command(command).query_async(&mut self.link().await).await.expect("Redis answers")
    }

    /// Waits until a statement with that text runs.
    async fn until_running(&self, text: &str) {
        let count = format!(
            "select count(*) from pg_stat_activity where query ilike '%{text}%' and state = 'active' \
             and datname = current_database() and pid <> pg_backend_pid()"
        );
        while self.ask(&count).await == "0" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until an operation has this state; returns its record.
    async fn until(&self, id: &str, state: &str) -> Value {
        let query = format!("{{ operation(id: \"{id}\") {{ state result attempts finishedAt }} }}");
        for _ in 0..1000 {
            let answer = self.json(&query, &[]).await;
            let operation = &answer["data"]["operation"];
            if operation["state"] == state {
                return operation.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the operation never is {state}: {}", self.text(&query, &[]).await);
    }
}

impl Working {
    fn start(config: &Config) -> Self {
        Self::of(Worker::new(config, Extension::default()).expect("a worker"))
    }

    fn of(worker: Worker) -> Self {
        let stop = CancellationToken::new();
        let asked = stop.clone();
        Self { stop, task: tokio::spawn(async move { worker.run(asked).await }) }
    }

    /// Stops it, and waits for its end.
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("the worker ends without a panic");
    }

    /// Ends it immediately, like a crash.
    fn crash(&self) {
        self.task.abort();
    }
}

fn queue(url: &str) -> config::Queue {
    let urls = url.split(',').map(Secret::new).collect();
    let redis = config::Redis { urls, is_cluster: false, authority: None };
    config::Queue { redis: Some(redis), ..harness::queue() }
}

/// A mutation that inserts a note.
fn insert(id: i32, body: &str) -> String {
    let objects = format!("[{{ id: {id}, body: {} }}]", json!(body));
    format!(
        "mutation {{ insertIntonoteCollection(objects: {objects}) {{ affectedCount records {{ id body }} }} }}"
    )
}

/// The settings for tokens with a secret.
fn verified_by(secret: &str) -> config::Jwt {
    config::Jwt {
        secret: Some(Secret::new(secret)),
        key: None,
        jwks: None,
        audiences: Vec::new(),
        issuer: None,
        clock_skew: Duration::ZERO,
        role_claim: vec!["role".to_owned()],
    }
}

/// The header with a token.
fn bearer(secret: &str, role: &str, expires: u64) -> String {
    let claims = json!({ "role": role, "sub": format!("somebody as {role}"), "exp": expires });
    let key = jsonwebtoken::EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).expect("a token");
    format!("Bearer {token}")
}
