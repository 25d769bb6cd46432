//! The HTTP server with the real engine: what is accepted, what is refused and how, and what ends with a
//! connection.

mod assets;
mod faults;
mod hostile;
mod lifecycle;
mod methods;
mod pipelining;
mod protocol;
mod raw;
mod sockets;

use crate::harness;
use crate::server::Server;
use crate::ways::Route;

/// A table with enough rows for a big answer.
const TASKS: &str = "create table task (id int primary key, title text not null);
    insert into task select number, 'Task ' || number from generate_series(1, 1000) number;
    comment on schema public is '@graphql({\"max_rows\": 1000, \"inflect_names\": true})';";

/// Serves the table.
async fn tasks(route: Route) -> Server {
    let name = harness::database(TASKS).await;
    Server::start_on(route, &harness::cluster().url(&name), |_| {}).await
}
