//! PostgreSQL with the task board, PgBouncer in transaction mode, and a `glowplug serve` of its own over them.

use std::time::{Duration, Instant};

use glowplug::db::Database;
use glowplug_local::{Cluster, Pooler, PoolerMode, PoolerOptions};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use tokio_postgres::Client;

use crate::board::{self, USERS};
use crate::database::{self, DATABASE};
use crate::processor::Programs;
use crate::server::Server;
use crate::subscribers::now;

/// What tokens are signed with.
const SECRET: &str = "a secret of the benchmark, of 32 bytes or more";

/// What is measured. Dropping it stops all of it.
pub(crate) struct Stand {
    pub(crate) server: Server,
    client: Client,
    pooler: Pooler,
    cluster: Cluster,
    written: usize,
}

impl Stand {
    /// Starts the programs, with stored operations if they are wished for.
    pub(crate) async fn start(stores: bool) -> Self {
        let cluster = database::start().await;
        let url = cluster.url(DATABASE);
        let client = database::connect(&url).await;
        client.batch_execute(board::MEMBERS).await.expect("the members");
        let options = PoolerOptions {
            name: "live".to_owned(),
            pool_mode: PoolerMode::Transaction,
            pool_size: 8,
            ..PoolerOptions::default()
        };
        let pooler = Pooler::start(&cluster, &options).expect("a PgBouncer");
        if stores {
            let owner = Database::new(&database::configuration(&url).database).expect("a pool");
            glowplug::stored::set_up(&owner, &[]).await.expect("the schema of stored operations");
        }
        let settings = ["--jwt-secret", SECRET, "--max-subscriptions", "1000000"];
        let server = Server::start(&pooler.url(DATABASE), &settings);
        Self { server, client, pooler, cluster, written: 0 }
    }

    /// Changes so many rows in a second, one in each transaction, each listened to by two users; how many there were.
    pub(crate) async fn write(&mut self, rate: u32, time: Duration, tasks_of_user: usize) -> usize {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
        let (began, before) = (Instant::now(), self.written);
        while began.elapsed() < time {
            ticks.tick().await;
            let task = board::task(self.written * 37 % USERS, self.written / USERS % tasks_of_user);
            let now = now();
            let statement = format!("update task set title = 'written at {now}' where id = '{task}'");
            self.client.batch_execute(&statement).await.expect("the row is changed");
            self.written += 1;
        }
        self.written - before
    }

    /// The programs that take part.
    pub(crate) fn programs(&self) -> Programs {
        Programs { glowplug: self.server.pid(), pgbouncer: self.pooler.pid(), postgresql: self.cluster.pid() }
    }

    /// Bytes of memory that the server has.
    pub(crate) fn resident(&self) -> usize {
        let status =
            std::fs::read_to_string(format!("/proc/{}/statm", self.server.pid())).unwrap_or_default();
        let pages: usize = status.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
        pages * 4096
    }
}

/// The token of a user.
pub(crate) fn token(user: usize) -> String {
    let claims =
        json!({ "sub": board::account(user), "role": "authenticated", "exp": now() / 1_000_000 + 86_400 });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).expect("a token")
}
