//! Hostile clients against the real program: it serves other clients, and its memory stays bounded.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::raw::{LONG, head, request};
use crate::cli::program::{Program, open_folder};
use crate::harness;

/// How much such clients may add to the memory of a server, in KiB: the bound on bodies, or on answers, and
/// as much again for the allocator and the connections.
const BODIES: u64 = 192 * 1024;
const ANSWERS: u64 = 400 * 1024;

const ROWS: &str = "create table large (id int primary key, body text not null);
    insert into large select number, repeat('0123456789', 100000) from generate_series(1, 10) number;";

const LARGE: &str = "{ largeCollection { edges { node { body } } } }";

/// A server for the table, with a limit on its descriptors.
async fn serve(folder: &Path, descriptors: u32) -> Program {
    let database = harness::database(ROWS).await;
    let mut limited = Command::new("sh");
    limited
        .args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_glowplug"));
    limited.args(["serve", "--listen", "127.0.0.1:0", "--pool-size", "2"]).current_dir(folder);
    limited.env("DATABASE_URL", harness::cluster().url(&database)).stdin(Stdio::null());
    let program = Program::start(&mut limited, "address=", "listening");
    assert_eq!(program.query("{ __typename }").await, json!({"data": {"__typename": "Query"}}));
    program
}

fn address(program: &Program) -> SocketAddr {
    program.page("").trim_start_matches("http://").parse().unwrap()
}

/// The peak of resident memory, in KiB.
fn peak(program: &Program) -> u64 {
    let path = format!("/proc/{}/status", program.pid());
    let status = std::fs::read_to_string(path).expect("this test needs Linux's /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap()
}

/// Sends as many of the bytes as the server accepts.
async fn stuff(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = timeout(Duration::from_millis(50), stream.write_all(bytes)).await;
}

#[tokio::test]
async fn silent_connections_do_not_block_other_clients() {
    let folder = open_folder();
    let program = serve(folder.path(), 256).await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(TcpStream::connect(address(&program)).await.unwrap());
    }
    let answer = timeout(LONG, program.query("{ __typename }")).await.expect("a new client is served");
    assert_eq!(answer, json!({"data": {"__typename": "Query"}}));
    drop(silent);
}

#[tokio::test]
async fn pipelined_requests_wait_in_the_clients_memory_while_answers_are_unread() {
    let folder = open_folder();
    let program = serve(folder.path(), 1024).await;
    let before = peak(&program);
    let requests = request(LARGE).repeat(1000);
    let mut stream = TcpStream::connect(address(&program)).await.unwrap();
    stuff(&mut stream, requests.as_bytes()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let added = peak(&program) - before;
    assert!(added < 64 * 1024, "{added} KiB more");
}

#[tokio::test]
async fn unread_answers_have_a_bound_together() {
    let folder = open_folder();
    let program = serve(folder.path(), 1024).await;
    let before = peak(&program);
    let mut streams = Vec::new();
    for _ in 0..60 {
        let mut stream = TcpStream::connect(address(&program)).await.unwrap();
        stuff(&mut stream, request(LARGE).as_bytes()).await;
        streams.push(stream);
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let answer = timeout(LONG, program.query("{ __typename }")).await.expect("others are served");
    assert_eq!(answer, json!({"data": {"__typename": "Query"}}));
    let added = peak(&program) - before;
    assert!(added < ANSWERS, "{added} KiB more");
}

#[tokio::test]
async fn bodies_without_their_end_have_a_bound_together() {
    let folder = open_folder();
    let program = serve(folder.path(), 2048).await;
    let before = peak(&program);
    let part = vec![b' '; (1 << 20) - 100];
    let mut streams = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(address(&program)).await.unwrap();
        stuff(&mut stream, head(1 << 20).as_bytes()).await;
        stuff(&mut stream, &part).await;
        streams.push(stream);
    }
    let answer = timeout(LONG, program.query("{ __typename }")).await.expect("others are served");
    assert_eq!(answer, json!({"data": {"__typename": "Query"}}));
    let added = peak(&program) - before;
    assert!(added < BODIES, "{added} KiB more");
}
