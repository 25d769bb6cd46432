//! The listener at the port: none, one that never answers, another service.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use glowplug_local::{Redis, RedisOptions};

use super::assert_found;

#[tokio::test]
async fn a_web_server_is_no_database() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let check = assert_found(&url, &[], "not-postgresql").await;
    assert!(check["found"].as_str().unwrap().contains("speaks HTTP"), "{check:#}");
    assert_found(&format!("{url}?sslmode=disable"), &[], "not-postgresql").await;
}

#[tokio::test]
async fn redis_is_no_database() {
    let redis = Redis::start(&RedisOptions::default()).unwrap();
    for more in ["", "&sslmode=disable"] {
        let url = format!("postgres://u@127.0.0.1:{}/d?connect_timeout=1{more}", redis.port());
        let check = assert_found(&url, &[], "not-postgresql").await;
        assert!(check["found"].as_str().unwrap().contains("Redis"), "{check:#}");
    }
}

#[tokio::test]
async fn a_silent_listener_is_distinguished_from_one_that_closes_the_connection() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d?connect_timeout=1", silent.local_addr().unwrap());
    assert_found(&url, &[], "no-answer").await;
    let closing = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d?connect_timeout=1", closing.local_addr().unwrap());
    std::thread::spawn(move || closing.incoming().for_each(drop));
    assert_found(&url, &[], "not-postgresql").await;
}
