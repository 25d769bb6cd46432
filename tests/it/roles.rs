//! A request's role in the engine: its API, its rights, and its errors.

mod hidden;
mod limits;
mod refused;
mod timeout;
mod told;
mod watched;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use glowplug::config::PoolMode;
use glowplug::db::Database;
use glowplug::engine::{AllowedOperations, Identity, ReadFrom, Request, Response};
use glowplug_local::{Pooler, PoolerMode, PoolerOptions};
use serde_json::Map;
use tokio_postgres::Client;

use crate::harness;
use crate::ways::{Answering, Route};

/// Roles belong to the whole server, so each test has its own roles.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A database with its own roles, and an engine that connects as a user with some of these roles.
struct World {
    answering: Arc<Answering>,
    /// The server's superuser.
    admin: Client,
    database: String,
    /// The connection string of the engine's user.
    url: String,
    number: u32,
}

impl World {
    /// `setup` runs as the superuser. `#` in it ends the name of a role of this test, as in `anon#`. The
    /// engine's user is `authenticator#`, which may only log in.
    async fn new(route: Route, setup: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let setup = format!("create role authenticator# login noinherit; {setup}")
            .replace('#', &format!("_{number}"));
        let database = harness::database(&setup).await;
        let admin = harness::connect(&harness::cluster().url(&database)).await;
        let url = with_user(&harness::cluster().url(&database), &format!("authenticator_{number}"));
        if route == Route::Queued {
            // The engine's user may not create the ledger.
            let owner = harness::config(&harness::cluster().url(&database), PoolMode::Direct).database;
            let owner = Database::new(&owner).expect("the owner's connections");
            let workers = [format!("authenticator_{number}")];
            glowplug::queue::set_up(&owner, &workers).await.expect("a ledger");
        }
        let answering = Answering::start(route, &harness::config(&url, PoolMode::Direct)).await;
        Self { answering: Arc::new(answering), admin, database, url, number }
    }

    /// A pooler with one server connection, for the user that the engine connects as.
    fn pooler(&self, pool_mode: PoolerMode) -> Pooler {
        let users = vec![(self.role("authenticator"), String::new())];
        harness::pooler_with(PoolerOptions { pool_mode, pool_size: 1, users, ..PoolerOptions::default() })
    }

    /// The connection string of the engine's user through a pooler.
    fn url_through(&self, pooler: &Pooler) -> String {
        with_user(&pooler.url(&self.database), &self.role("authenticator"))
    }

    /// Another engine, which connects through a pooler.
    async fn answering_through(&self, pooler: &Pooler) -> Answering {
        // Without a probe, whose queries the pooler would count.
        let config = harness::config(&self.url_through(pooler), PoolMode::Direct);
        Answering::start(Route::Direct, &config).await
    }

    /// The name of a role of this test.
    fn role(&self, name: &str) -> String {
        format!("{name}_{}", self.number)
    }

    fn identity(&self, role: &str) -> Identity {
        Identity { role: Some(self.role(role).into()), ..Identity::default() }
    }

    /// Runs SQL as the superuser.
    async fn sql(&self, text: &str) {
        let text = text.replace('#', &format!("_{}", self.number));
        self.admin.batch_execute(&text).await.expect("the SQL runs");
    }

    /// The answer to a document as a role.
    async fn respond(&self, role: &str, query: &str) -> Response {
        respond(&self.answering, &self.identity(role), query).await
    }
}

async fn respond(answering: &Answering, identity: &Identity, query: &str) -> Response {
    let request = Request {
        document: query.into(),
        operation_name: None,
        variables: Map::new(),
        extensions: Map::new(),
        allowed: AllowedOperations::All,
        read_from: ReadFrom::default(),
    };
    answering.respond(request, identity).await
}

/// The connection string with another user, which needs no password.
pub(crate) fn with_user(url: &str, user: &str) -> String {
    let (_, rest) = url.split_once('@').expect("a user");
    format!("postgres://{user}@{rest}")
}
