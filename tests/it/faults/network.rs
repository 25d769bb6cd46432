//! Networks that lose data: half-open connections, and a TLS handshake that never ends.

use std::time::{Duration, Instant};

use glowplug::engine::Engine;
use glowplug_local::PoolerOptions;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::relay::Relay;
use super::{FIND, SETUP, assert_once, command, engine, under_load};
use crate::harness;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_connections() {
    let name = harness::database(SETUP).await;
    let pooler = harness::pooler_with(PoolerOptions::default());
    let direct = harness::cluster().url(&name);
    for (url, port) in [(direct.clone(), harness::cluster().port()), (pooler.url(&name), pooler.port())] {
        let relay = Relay::start(port, usize::MAX).await;
        let engine = engine(&relay.url(&url, port)).await;
        let met = under_load(&engine, async { relay.freeze() }).await;
        assert!(met.codes.contains_key("TIMEOUT"), "{:?}", met.messages);
        assert_once(&direct, &met).await;
        command(&direct, &["truncate entry"]).await;
    }
}

/// There are two half-open idle connections: the two requests that take them fail, and the third gets a new
/// one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_connection_at_rest() {
    let name = harness::database(SETUP).await;
    let (direct, port) = (harness::cluster().url(&name), harness::cluster().port());
    let relay = Relay::start(port, usize::MAX).await;
    let engine = engine(&relay.url(&direct, port)).await;
    assert_eq!(engine.database().state().connections, 1);
    relay.freeze();
    let begin = Instant::now();
    let answer = harness::graphql(&engine, FIND, json!({ "mark": "a" })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TIMEOUT", "{answer}");
    assert!(begin.elapsed() < super::LIMIT, "{:?}", begin.elapsed());
    let answer = harness::graphql(&engine, FIND, json!({ "mark": "a" })).await;
    assert_eq!(answer["data"]["entryCollection"]["edges"], json!([]), "{answer}");
}

/// The late bytes of a handshake must not restart the connect timeout.
#[tokio::test]
async fn a_tls_handshake_without_an_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://u@{}/d?sslmode=require", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = [0; 8];
                socket.read_exact(&mut request).await?;
                // It accepts the request for encryption, and then begins a record of 16 KiB (RFC 8446,
                // section 5.1).
                socket.write_all(b"S\x16\x03\x03\x40\x00").await?;
                loop {
                    socket.write_all(&[2]).await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                #[allow(unreachable_code, reason = "it says what kind of errors end the loop")]
                std::io::Result::Ok(())
            });
        }
    });
    let mut config = super::config(&url);
    config.database.connect_timeout = Duration::from_millis(500);
    let engine = Engine::new(&config).unwrap();
    let begin = Instant::now();
    let answer = harness::graphql(&engine, FIND, json!({ "mark": "a" })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    server.abort();
}
