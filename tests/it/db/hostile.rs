//! A peer that is not a PostgreSQL server, or a broken one: it sends corrupted bytes at every stage. Each
//! attempt soon ends with an error, or with the right answer.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use glowplug::db::{Connector, Protocol};

use crate::random::Random;

const TURNS: usize = 600;

/// How long to wait for the rest of a truncated answer.
const LIMIT: Duration = Duration::from_millis(50);

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag], &length.to_be_bytes()[..], body].concat()
}

/// The messages of a server to a client without a password.
fn welcome() -> Vec<u8> {
    let key = [0, 0, 0, 1, 0, 0, 0, 2];
    let status = message(b'S', b"server_version\x0015.1\0");
    [message(b'R', &[0; 4]), status, message(b'K', &key), message(b'Z', b"I")].concat()
}

/// The answer to `select 7`, for any query.
fn seven() -> Vec<u8> {
    let columns = b"\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\x01";
    let parts = [
        message(b'1', b""),
        message(b't', b"\0\0"),
        message(b'T', columns),
        message(b'2', b""),
        message(b'D', b"\0\x01\0\0\0\x04\0\0\0\x07"),
        message(b'C', b"SELECT 1\0"),
        message(b'Z', b"I"),
    ];
    parts.concat()
}

/// Corrupts one or two messages.
fn broken(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    for _ in 0..=random.below(2) {
        let at = random.below(bytes.len());
        let byte = u8::try_from(random.below(256)).unwrap();
        match random.below(3) {
            0 => bytes[at] = byte,
            1 => bytes.truncate(at.max(1)),
            _ => bytes.insert(at, byte),
        }
    }
    bytes
}

/// Serves each client, including cancel requests, until it is stopped; corrupts each part of a conversation
/// at random.
fn serve(listener: &TcpListener, stop: &AtomicBool) {
    let mut random = Random(7);
    for client in listener.incoming() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let (mut client, mut random) = (client.unwrap(), Random(random.next()));
        // A client that has given up closes its side, and needs no answer.
        std::thread::spawn(move || converse(&mut client, &mut random));
    }
}

fn converse(client: &mut TcpStream, random: &mut Random) -> std::io::Result<()> {
    let mut bytes = [0; 4096];
    if client.read(&mut bytes)? == 0 {
        return Ok(());
    }
    let welcome = if random.once_in(3) { broken(welcome(), random) } else { welcome() };
    client.write_all(&welcome)?;
    for _ in 0..3 {
        if client.read(&mut bytes)? == 0 {
            return Ok(());
        }
        let answer = if random.once_in(2) { broken(seven(), random) } else { seven() };
        client.write_all(&answer)?;
    }
    Ok(())
}

#[tokio::test]
async fn broken_bytes_are_no_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d?sslmode=disable", listener.local_addr().unwrap());
    let address = listener.local_addr().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let server = std::thread::spawn(move || serve(&listener, &told));
    let connectors = [Protocol::Unnamed, Protocol::Prepared]
        .map(|protocol| Connector::new(&url).unwrap().protocol(protocol).timeout(LIMIT));
    let (mut right, mut failed) = (0, 0);
    for turn in 0..TURNS {
        let attempt = async {
            let Ok(mut connection) = connectors[turn % 2].connect().await else { return (0, 1) };
            let mut outcome = (0, 0);
            for _ in 0..2 {
                let query = diesel::select(7.into_sql::<Integer>()).get_result::<i32>(&mut connection);
                match tokio::time::timeout(LIMIT, query).await {
                    Ok(Ok(_)) => outcome.0 += 1,
                    _ => outcome.1 += 1,
                }
            }
            let _ = tokio::time::timeout(LIMIT, connection.batch_execute("select")).await;
            outcome
        };
        let outcome = tokio::time::timeout(Duration::from_secs(20), attempt).await;
        let (answered, refused) = outcome.unwrap_or_else(|_| panic!("turn {turn} hangs"));
        right += answered;
        failed += refused;
    }
    assert!(right > 100 && failed > 100, "{right} right, {failed} failed");
    stop.store(true, Ordering::Relaxed);
    drop(TcpStream::connect(address).unwrap());
    tokio::task::spawn_blocking(move || server.join()).await.unwrap().unwrap();
}
