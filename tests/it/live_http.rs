//! Live queries over HTTP: subscriptions, and their transports.

mod clients;
mod correctness;
mod ends;
mod lifecycle;
mod protocol;
mod scale;
mod schema;
mod soak;
mod streams;
pub(crate) mod transport;
pub(crate) mod websocket;

use glowplug::config::Config;
use tokio_postgres::Client;

use crate::harness;
use crate::server::Server;
use crate::ways::Route;

/// A table that the tests change.
const TASKS: &str = "create table task (id int primary key, title text not null);
    insert into task values (1, 'Task 1');
    create function slowly() returns int language sql volatile as 'select pg_sleep(2); select 1';
    comment on schema public is '@graphql({\"inflect_names\": true})';";

/// All of it.
const LIVE: &str =
    "subscription { taskCollection(orderBy: [{id: AscNullsLast}]) { edges { node { title } } } }";

/// Serves the table.
async fn tasks(route: Route) -> Server {
    let name = harness::database(TASKS).await;
    Server::start_on(route, &harness::cluster().url(&name), |_| {}).await
}

/// A server, and a direct connection to its database.
struct Table {
    server: Server,
    client: Client,
}

impl Table {
    /// The interval of live queries is 100 ms here.
    async fn served(change: impl FnOnce(&mut Config)) -> Self {
        let url = harness::cluster().url(&harness::database(TASKS).await);
        let change = |config: &mut Config| {
            config.live.interval = std::time::Duration::from_millis(100);
            change(config);
        };
        let server = Server::start(&url, change).await;
        Self { server, client: harness::connect(&url).await }
    }

    async fn execute(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    /// Restores the table.
    async fn reset(&self) {
        self.execute("truncate task; insert into task values (1, 'Task 1')").await;
    }

    /// Waits until a statement sleeps.
    async fn until_it_sleeps(&self) {
        let sleeping = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event = 'PgSleep'";
        while self.client.query_one(sleeping, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}
