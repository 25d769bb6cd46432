//! Websockets and streams as connections: quiet ones stay, dead ones are closed, and all end with the server.

use std::time::{Duration, Instant};

use glowplug::config::Sockets;
use serde_json::json;

use super::protocol::next;
use super::websocket::Socket;
use super::{LIVE, Table};

const SHORT: Duration = Duration::from_millis(300);

/// Short time limits for connections.
fn impatient(sockets: &mut Sockets) {
    sockets.first_byte_timeout = SHORT;
    sockets.head_timeout = SHORT;
    sockets.idle_timeout = SHORT;
    sockets.heartbeat = SHORT;
}

#[tokio::test]
async fn a_quiet_websocket_whose_client_answers_pings_stays_open() {
    let table = Table::served(|config| impatient(&mut config.http.sockets)).await;
    let mut socket = Socket::initialised(&table.server).await;
    socket.subscribe("a", LIVE).await;
    assert_eq!(socket.next().await, next("a", &["Task 1"]));
    let quiet = Instant::now();
    // Reading answers the pings.
    assert!(tokio::time::timeout(10 * SHORT, socket.next()).await.is_err(), "nothing has changed");
    assert!(quiet.elapsed() >= 10 * SHORT);
    table.execute("insert into task values (2, 'Task 2')").await;
    assert_eq!(socket.next().await, next("a", &["Task 1", "Task 2"]));
}

#[tokio::test]
async fn a_client_that_does_not_answer_pings_is_dropped() {
    let table = Table::served(|config| config.http.sockets.heartbeat = SHORT).await;
    let socket = Socket::initialised(&table.server).await;
    assert!(socket.dropped_in_silence().await);
}

#[tokio::test]
async fn websockets_count_among_the_connections_and_are_not_displaced() {
    let table = Table::served(|config| config.http.sockets.maximum = Some(2)).await;
    let mut first = Socket::initialised(&table.server).await;
    let second = Socket::initialised(&table.server).await;
    let third = tokio::time::timeout(Duration::from_secs(1), Socket::of(&table.server)).await;
    assert!(third.is_err(), "there is no place for a third");
    first.subscribe("q", "{ __typename }").await;
    assert_eq!(first.next().await["payload"], json!({"data": {"__typename": "Query"}}));
    drop(second);
    Socket::initialised(&table.server).await;
}

#[tokio::test]
async fn a_stop_closes_websockets_with_1001_after_what_runs_on_them() {
    let table = Table::served(|config| {
        config.http.sockets.heartbeat = SHORT;
        config.http.drain_timeout = Duration::from_secs(15);
    })
    .await;
    let mut idle = Socket::initialised(&table.server).await;
    let mut subscribed = Socket::initialised(&table.server).await;
    subscribed.subscribe("a", LIVE).await;
    assert_eq!(subscribed.next().await, next("a", &["Task 1"]));
    let mut busy = Socket::initialised(&table.server).await;
    busy.subscribe("q", "mutation { slowly }").await;
    table.until_it_sleeps().await;
    let stopping = tokio::spawn(table.server.stop());
    assert_eq!(idle.closed().await.0, 1001);
    assert_eq!(subscribed.closed().await.0, 1001);
    let answer = busy.next().await;
    assert_eq!(answer["payload"], json!({"data": {"slowly": 1}}), "what runs comes to its end");
    assert_eq!(busy.closed().await.0, 1001);
    stopping.await.unwrap();
}
