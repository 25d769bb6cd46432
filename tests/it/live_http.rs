//! Live queries over HTTP: what is a subscription, and the transports that carry one.

mod schema;

use crate::harness;
use crate::server::Server;
use crate::ways::Route;

/// A table that the tests change.
const TASKS: &str = "create table task (id int primary key, title text not null);
    insert into task values (1, 'Task 1');
    comment on schema public is '@graphql({\"inflect_names\": true})';";

/// Serves the table.
async fn tasks(route: Route) -> Server {
    let name = harness::database(TASKS).await;
    Server::start_on(route, &harness::cluster().url(&name), |_| {}).await
}
