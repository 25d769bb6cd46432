//! A thousand tables of twenty columns each: how soon `glowplug serve` answers after its start, and in how much memory.

use std::time::Instant;

use glowplug_local::{Cluster, Pooler};

use crate::database::connect;
use crate::server::Server;

/// The name of the database.
const DATABASE: &str = "large";

/// Prints the figures.
pub(crate) async fn measure(cluster: &Cluster, pooler: &Pooler) {
    let server = connect(&cluster.url("postgres")).await;
    server.batch_execute(&format!("create database {DATABASE}")).await.expect("a database");
    let tables = include_str!("../../tests/it/large.sql");
    connect(&cluster.url(DATABASE)).await.batch_execute(tables).await.expect("the tables");
    let begin = Instant::now();
    let server = Server::start(&pooler.url(DATABASE), &[]);
    let answer = ask(&server, "{ item_999Collection { edges { node { id name } } } }").await;
    let until_first = begin.elapsed();
    assert!(answer.contains("The one row"), "{answer}");
    let second = Instant::now();
    ask(&server, "{ item_998Collection { edges { node { id name } } } }").await;
    let of_second = second.elapsed();
    let (now, peak) = (memory(server.pid(), "VmRSS:"), memory(server.pid(), "VmHWM:"));
    println!("\n1,000 tables of 20 columns each, from the start of `glowplug serve`:\n");
    println!("| first answer after | next new query | resident memory | peak |");
    println!("| ---: | ---: | ---: | ---: |");
    let (first, next) = (until_first.as_millis(), of_second.as_millis());
    println!("| {first} ms | {next} ms | {now} MiB | {peak} MiB |");
}

async fn ask(server: &Server, document: &str) -> String {
    let request =
        reqwest::Client::new().post(server.page("/graphql")).header("content-type", "application/json");
    let body = serde_json::json!({"query": document}).to_string();
    let response = request.body(body).send().await.expect("an answer");
    response.text().await.expect("its body")
}

/// A line of `/proc/<pid>/status`, in MiB.
fn memory(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("Linux's /proc");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the line");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}
