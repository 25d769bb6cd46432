//! The program of `examples/pooler.rs`, which shows the purpose of this connection.

use diesel_async::AsyncPgConnection;
use glowplug::config::PoolMode;
use glowplug::db::Connection;

use crate::harness;

#[allow(dead_code, reason = "its main function starts servers of its own")]
#[path = "../../../examples/pooler.rs"]
mod program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stock_connection_fails_where_this_one_does_not() {
    let database = harness::database("").await;
    // State that one leaves in the server connections must not affect the other.
    let (one, other) = (harness::pooler(PoolMode::Transaction, 4), harness::pooler(PoolMode::Transaction, 4));
    let ours = program::load::<Connection>(&one.url(&database)).await;
    assert!(ours.right > 100 && ours.wrong == 0 && ours.errors.is_empty(), "{ours:?}");
    let stock = program::load::<AsyncPgConnection>(&other.url(&database)).await;
    let is_of_names = |error: &String| error.contains("prepared statement");
    assert!(stock.errors.keys().any(is_of_names), "{stock:?}");
}
