//! What an idle client can occupy: a connection, a head, a body, an answer. Each has a time limit and a
//! bound. The times are short here; the server's defaults are in `config::Sockets`.

use std::time::{Duration, Instant};

use glowplug::config::Sockets;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::raw::{LONG, head, last_response, request, response, rest, send};
use super::{TASKS, tasks};
use crate::harness;
use crate::server::Server;
use crate::ways::Route;

const SHORT: Duration = Duration::from_millis(400);

const PING: &str = "{ __typename }";

/// Some 20 MB, more than the system buffers of an answer.
const LARGE: &str = "create table large (id int primary key, body text not null);
    insert into large select number, repeat('0123456789', 100000) from generate_series(1, 20) number;
    comment on schema public is '@graphql({\"max_rows\": 1000})';";

const ALL: &str = "{ largeCollection { edges { node { body } } } }";

async fn server(setup: &str, change: impl FnOnce(&mut Sockets)) -> Server {
    let name = harness::database(setup).await;
    let change = |config: &mut glowplug::config::Config| {
        config.limits.answer_bytes = 64 << 20;
        change(&mut config.http.sockets);
    };
    Server::start(&harness::cluster().url(&name), change).await
}

/// Whether the server answers a request on this connection.
async fn is_served(stream: &mut TcpStream) -> bool {
    stream.write_all(request(PING).as_bytes()).await.unwrap();
    response(stream).await.0 == 200
}

#[tokio::test]
async fn connections_end_when_their_time_is_over() {
    let server = server(TASKS, |sockets| {
        sockets.first_byte_timeout = SHORT;
        sockets.head_timeout = SHORT;
        sockets.idle_timeout = 3 * SHORT;
    })
    .await;
    let began = Instant::now();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut preface = send(server.address, "PRI * HTTP/2.0\r\n").await;
    let mut slow = send(server.address, "POST /graphql HTTP/1.1\r\nhost: loc").await;
    let mut idle = send(server.address, request(PING)).await;
    assert_eq!(response(&mut idle).await.0, 200);
    assert_eq!(rest(&mut silent).await, 0);
    assert!(rest(&mut preface).await > 0, "408");
    assert_eq!(last_response(&mut slow).await, 408);
    assert!(began.elapsed() >= SHORT, "not before their time");
    assert!(is_served(&mut idle).await, "it has more time");
    // Half of a head after a request.
    idle.write_all(b"GET ").await.unwrap();
    assert_eq!(last_response(&mut idle).await, 408);
    let mut idle = send(server.address, request(PING)).await;
    assert_eq!(response(&mut idle).await.0, 200);
    let began = Instant::now();
    assert_eq!(rest(&mut idle).await, 0);
    assert!(began.elapsed() >= 2 * SHORT, "it has more time");
}

#[tokio::test]
async fn an_idle_connection_of_http2_ends_with_a_goodbye() {
    let server = server(TASKS, |sockets| sockets.idle_timeout = SHORT).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    timeout(LONG, connection).await.expect("it ends").expect("by GOAWAY, which is no error");
    drop(client);
}

#[tokio::test]
async fn headers_of_http2_that_are_too_large_are_refused_and_the_others_go_on() {
    let server = tasks(Route::Direct).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    for (length, status) in [(70_000, 431), (100, 200)] {
        let request = http::Request::get(server.url("/healthz")).header("x-long", "x".repeat(length));
        let (answer, _) = client.send_request(request.body(()).unwrap(), true).unwrap();
        assert_eq!(timeout(LONG, answer).await.unwrap().unwrap().status(), status, "{length} bytes");
    }
}

#[tokio::test]
async fn a_body_that_does_not_end_is_refused() {
    let server = server(TASKS, |sockets| sockets.body_timeout = SHORT).await;
    let mut stream = send(server.address, head(100) + "{").await;
    let (status, body) = response(&mut stream).await;
    assert_eq!(status, 408, "{body}");
    assert!(body.contains("in time"), "{body}");
}

#[tokio::test]
async fn bodies_have_room_together_and_short_ones_have_their_own() {
    let server = server(TASKS, |sockets| {
        sockets.body_bytes = 1 << 20;
        sockets.room_timeout = SHORT;
    })
    .await;
    let half = head(900_000) + "{\"query\": \"" + &" ".repeat(100_000);
    let first = send(server.address, &half).await;
    // The first request has its room, and the second finds none.
    let refused = async {
        loop {
            let mut second = send(server.address, &half).await;
            let answered = timeout(4 * SHORT, response(&mut second)).await;
            if let Ok((status, body)) = answered {
                return (status, body);
            }
        }
    };
    let (status, body) = timeout(LONG, refused).await.expect("there is room for one alone");
    assert_eq!(status, 503, "{body}");
    assert!(body.contains("UNAVAILABLE") && body.contains("no room"), "{body}");
    assert!(is_served(&mut TcpStream::connect(server.address).await.unwrap()).await, "short ones are read");
    drop(first);
    let long = format!("{{ __typename }} #{}", "x".repeat(900_000));
    let mut stream = send(server.address, request(&long)).await;
    assert_eq!(response(&mut stream).await.0, 200, "there is room again");
}

/// Each part is a packet; a buffer for each of them would be too much memory.
#[tokio::test]
async fn a_body_in_parts_of_a_byte_is_put_together() {
    let server = tasks(Route::Direct).await;
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut parts = String::new();
    for letter in r#"{"query": "{ __typename }"}"#.chars() {
        parts.extend(["1\r\n", &letter.to_string(), "\r\n"]);
    }
    let mut stream = send(server.address, format!("{head}{parts}0\r\n\r\n")).await;
    assert_eq!(response(&mut stream).await, (200, r#"{"data":{"__typename":"Query"}}"#.to_owned()));
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_connection() {
    let server = server(LARGE, |sockets| sockets.write_timeout = SHORT).await;
    let mut stream = send(server.address, request(ALL)).await;
    // Waits until the server has given up: then a new request on the same connection fails.
    let given_up = async {
        while stream.write_all(b"\r\n").await.is_ok() {
            tokio::time::sleep(SHORT / 4).await;
        }
    };
    timeout(LONG, given_up).await.expect("the server gives the connection up");
    assert!(rest(&mut stream).await < 20_000_000, "the answer is cut");
    assert!(is_served(&mut TcpStream::connect(server.address).await.unwrap()).await);
}

#[tokio::test]
async fn a_client_that_reads_slowly_gets_all() {
    use tokio::io::AsyncReadExt as _;
    let server = server(LARGE, |sockets| sockets.write_timeout = SHORT).await;
    let mut stream = send(server.address, request(ALL)).await;
    let (mut bytes, mut part) = (0, vec![0; 1 << 20]);
    while bytes < 20_000_000 {
        bytes += timeout(LONG, stream.read(&mut part)).await.unwrap().unwrap();
        tokio::time::sleep(SHORT / 20).await;
    }
}

/// The client reads from the connection, so the server can write; but the stream's window stays closed.
#[tokio::test]
async fn a_stream_that_its_client_holds_back_is_reset_and_the_others_go_on() {
    let server = server(LARGE, |sockets| sockets.write_timeout = SHORT).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    // The window of the connection is larger than that of the blocked stream.
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(16 * 1024).initial_connection_window_size(1 << 20);
    let (mut client, connection) = builder.handshake::<_, bytes::Bytes>(stream).await.unwrap();
    tokio::spawn(connection);
    let mut ask = |document: &str| {
        let request = http::Request::post(server.url("/graphql")).header("content-type", "application/json");
        let (response, mut body) = client.send_request(request.body(()).unwrap(), false).unwrap();
        body.send_data(serde_json::json!({ "query": document }).to_string().into(), true).unwrap();
        response
    };
    let mut held = timeout(LONG, ask(ALL)).await.unwrap().unwrap().into_body();
    let reset = async { while held.data().await.is_some_and(|data| data.is_ok()) {} };
    timeout(LONG, reset).await.expect("the stream ends");
    let mut other = timeout(LONG, ask(PING)).await.unwrap().unwrap().into_body();
    assert_eq!(other.data().await.unwrap().unwrap(), r#"{"data":{"__typename":"Query"}}"#);
}

#[tokio::test]
async fn the_largest_answers_that_are_not_read_go_first() {
    let server = server(LARGE, |sockets| sockets.answer_bytes = 30_000_000).await;
    let mut first = send(server.address, request(ALL)).await;
    let mut second = send(server.address, request(ALL)).await;
    let mut small = send(server.address, request(PING)).await;
    let (mut one, mut other) = tokio::join!(rest_or_nothing(&mut first), rest_or_nothing(&mut second));
    if one > other {
        std::mem::swap(&mut one, &mut other);
    }
    assert!(one < 20_000_000, "one of the two is given up, which had {one} bytes");
    assert_eq!(response(&mut small).await.0, 200);
}

/// The bytes that arrive after a time without reading.
async fn rest_or_nothing(stream: &mut TcpStream) -> usize {
    tokio::time::sleep(4 * Duration::from_secs(1)).await;
    stream.shutdown().await.ok();
    rest(stream).await
}

#[tokio::test]
async fn a_new_connection_takes_the_place_of_the_one_that_is_idle_for_longest() {
    let server = server(TASKS, |sockets| sockets.maximum = Some(3)).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        assert!(is_served(&mut stream).await);
        streams.push(stream);
    }
    assert!(is_served(&mut streams[0]).await, "so that the second is the oldest");
    let mut fourth = TcpStream::connect(server.address).await.unwrap();
    assert!(is_served(&mut fourth).await);
    assert_eq!(rest(&mut streams[1]).await, 0, "it is closed");
    for index in [0, 2] {
        assert!(is_served(&mut streams[index]).await, "connection {index}");
    }
}

#[tokio::test]
async fn where_all_connections_are_busy_a_new_one_waits_for_the_first_that_ends() {
    let database = harness::database(TASKS).await;
    let url = harness::cluster().url(&database);
    let server = Server::start(&url, |config| config.http.sockets.maximum = Some(2)).await;
    let lock = harness::connect(&url).await;
    lock.batch_execute("begin; lock table task in access exclusive mode").await.unwrap();
    let document = "{ taskCollection(first: 1) { edges { node { id } } } }";
    let mut busy = Vec::new();
    for _ in 0..2 {
        busy.push(send(server.address, request(document)).await);
    }
    let mut waiting = send(server.address, request(PING)).await;
    assert!(timeout(SHORT, response(&mut waiting)).await.is_err(), "there is no place");
    lock.batch_execute("commit").await.unwrap();
    for stream in &mut busy {
        assert_eq!(response(stream).await.0, 200);
    }
    assert_eq!(response(&mut waiting).await.0, 200);
}
