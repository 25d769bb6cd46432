//! HTTP/1 as bytes: pipelined requests, and bytes that are not HTTP. Everything is answered at once and in
//! order.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::raw::{last_response, request, response, send};
use super::tasks;
use crate::random::Random;
use crate::ways::Route;

fn task(id: usize) -> String {
    format!("{{ taskCollection(filter: {{id: {{eq: {id}}}}}) {{ edges {{ node {{ title }} }} }} }}")
}

/// Expects the answer to the task's request.
async fn expect_task(stream: &mut TcpStream, id: usize) {
    let (status, body) = response(stream).await;
    let expected = format!(
        "{{\"data\":{{\"taskCollection\":{{\"edges\":[{{\"node\":{{\"title\":\"Task {id}\"}}}}]}}}}}}"
    );
    assert_eq!((status, body), (200, expected));
}

/// The result does not depend on how the bytes are divided into packets.
#[tokio::test]
async fn pipelined_requests_are_answered_in_order_however_they_are_cut() {
    let server = tasks(Route::Direct).await;
    let mut random = Random(7);
    for _ in 0..20 {
        let ids: Vec<usize> = (0..=random.below(12)).map(|_| 1 + random.below(1000)).collect();
        let mut text = String::new();
        for id in &ids {
            text += &request(&task(*id));
            text += ["", "\r\n", "\r\n\r\n"][random.below(3)];
        }
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let mut bytes = text.as_bytes();
        while !bytes.is_empty() {
            let (part, rest) = bytes.split_at((1 + random.below(400)).min(bytes.len()));
            stream.write_all(part).await.unwrap();
            if random.below(4) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            bytes = rest;
        }
        for id in ids {
            expect_task(&mut stream, id).await;
        }
    }
}

#[tokio::test]
async fn an_answer_does_not_wait_for_bytes_behind_its_request() {
    let server = tasks(Route::Direct).await;
    let next = request(&task(2));
    for behind in ["\r\n", "\n", "\r\n\r\n", "P", &next[..30], &next[..next.len() - 1], "nonsense"] {
        let mut stream = send(server.address, request(&task(1)) + behind).await;
        expect_task(&mut stream, 1).await;
    }
}

#[tokio::test]
async fn malformed_heads_are_answered_and_end_their_connection() {
    let server = tasks(Route::Direct).await;
    let mut many = String::from("GET /healthz HTTP/1.1\r\n");
    for number in 0..200 {
        let _ = write!(many, "x-{number}: 1\r\n");
    }
    let long = |length: usize| "x".repeat(length);
    let cases = [
        (400, "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n".to_owned()),
        (400, "nonsense\r\n\r\n".to_owned()),
        (400, "GET /healthz HTTP/7.3\r\n\r\n".to_owned()),
        (400, "GET /healthz HTTP/1.1\r\nno colon\r\n\r\n".to_owned()),
        (400, "GET /healthz HTTP/1.1\r\nname : space\r\n\r\n".to_owned()),
        (400, "GET /a b HTTP/1.1\r\n\r\n".to_owned()),
        (400, "POST /graphql HTTP/1.1\r\ncontent-length: many\r\n\r\n".to_owned()),
        (400, "POST /graphql HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_owned()),
        (400, "POST /graphql HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\n".to_owned()),
        (414, format!("GET /graphql?query={} HTTP/1.1\r\n\r\n", long(100_000))),
        (431, format!("{many}\r\n")),
        (431, format!("GET /healthz HTTP/1.1\r\nx: {}\r\n\r\n", long(200_000))),
        (431, format!("GET /healthz HTTP/1.1\r\nx: {}", long(1_000_000))),
    ];
    for (status, head) in cases {
        let mut stream = send(server.address, &head).await;
        let answered = last_response(&mut stream).await;
        assert_eq!(answered, status, "{}", &head[..head.len().min(100)]);
    }
    let put = "PUT /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(response(&mut send(server.address, put).await).await.0, 405);
    assert_eq!(response(&mut send(server.address, "GET /healthz HTTP/1.1\r\n\r\n").await).await.0, 200);
}

#[tokio::test]
async fn a_malformed_head_behind_requests_is_answered_after_them() {
    let server = tasks(Route::Direct).await;
    let text = request(&task(1)) + &request(&task(2)) + "nonsense\r\n\r\n";
    let mut stream = send(server.address, text).await;
    expect_task(&mut stream, 1).await;
    expect_task(&mut stream, 2).await;
    assert_eq!(last_response(&mut stream).await, 400);
}
