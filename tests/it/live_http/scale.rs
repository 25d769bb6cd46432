//! Many subscriptions of one server: the memory of each, and how much of the pool they leave for requests.

use std::time::Duration;

use glowplug::config::PoolMode;
use serde_json::json;

use super::TASKS;
use super::websocket::{PROTOCOL, Socket};
use crate::cli::program::{Program, command, open_folder};
use crate::harness;

/// The subscriptions of one connection.
const OF_SOCKET: usize = 200;

/// The number of connections.
const SOCKETS: usize = 10;

/// The maximum memory of a subscription, in bytes.
const MOST_BYTES: usize = 15_000;

/// A slow function.
const SLOW: &str = "create function slow(n int) returns int stable language plpgsql as $$
    begin perform pg_sleep(0.05); return n; end $$;";

fn resident(program: &Program) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/statm", program.pid())).expect("Linux's /proc");
    let pages: usize = status.split(' ').nth(1).expect("the memory").parse().expect("a number");
    pages * 4096
}

/// Opens a websocket with [`OF_SOCKET`] subscriptions, no two of which have the same values, and reads their
/// first answers.
async fn subscribe(program: &Program, socket: usize, count: usize, document: &str) -> Socket {
    let mut subscriber = Socket::open_at(&program.page("/graphql"), &[PROTOCOL]).await.unwrap();
    subscriber.init(json!({})).await;
    for number in 0..count {
        let payload = json!({ "query": document, "variables": { "n": socket * OF_SOCKET + number } });
        subscriber.send(json!({ "id": number.to_string(), "type": "subscribe", "payload": payload })).await;
    }
    for _ in 0..count {
        assert_eq!(subscriber.next().await["type"], "next");
    }
    subscriber
}

#[tokio::test]
async fn a_subscription_takes_less_than_fifteen_kilobytes_of_memory() {
    let database = harness::database(TASKS).await;
    let pooler = harness::pooler(PoolMode::Transaction, 4);
    let folder = open_folder();
    let mut program = command(folder.path());
    program.args(["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", pooler.url(&database));
    let program = Program::start(&mut program, "address=", "listening");
    let document = "subscription($n: Int!) { taskByPk(id: $n) { title } }";
    // The first ones also allocate what all of them share.
    let mut sockets = vec![subscribe(&program, 0, OF_SOCKET, document).await];
    let before = resident(&program);
    for socket in 1..=SOCKETS {
        sockets.push(subscribe(&program, socket, OF_SOCKET, document).await);
    }
    let bytes = resident(&program).saturating_sub(before) / (SOCKETS * OF_SOCKET);
    assert!(bytes < MOST_BYTES, "{bytes} bytes for each subscription");
}

#[tokio::test]
async fn polls_leave_three_quarters_of_the_pool_for_requests() {
    let database = harness::database(&format!("{TASKS}{SLOW}")).await;
    let pooler = harness::pooler(PoolMode::Transaction, 8);
    let folder = open_folder();
    let mut program = command(folder.path());
    program.args(["serve", "--listen", "127.0.0.1:0", "--pool-size", "8", "--live", "100ms"]);
    program.env("DATABASE_URL", pooler.url(&database));
    let program = Program::start(&mut program, "address=", "listening");
    let document = "subscription($n: Int!) { slow(n: $n) }";
    let mut subscribers = Vec::new();
    for socket in 0..2 {
        subscribers.push(subscribe(&program, socket, 60, document).await);
    }
    let client = harness::connect(&harness::cluster().url(&database)).await;
    let polls =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
    let mut most = 0;
    for number in 0..100 {
        let write = format!("update task set title = 'Task {number}'");
        client.batch_execute(&write).await.unwrap();
        let answer = program.query("{ taskByPk(id: 1) { title } }").await;
        assert!(answer["data"]["taskByPk"]["title"].is_string(), "{answer}");
        let found = harness::ask(&client, polls).await.expect("a number").parse().expect("a number");
        most = most.max(found);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!((1..=2).contains(&most), "{most} of 8 connections were busy with polls");
}
