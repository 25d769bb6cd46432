//! A subscription over any of the transports, so that a test can check all of them in the same way.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::websocket::{PROTOCOL, Socket};

/// The time limit of each step.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Websocket,
    Events,
    Multipart,
}

/// A message to a client.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Received {
    /// An answer.
    Answer(Value),
    /// The errors of an answer without data, or of the transport.
    Errors(Value),
    /// There will be no more answers.
    Complete,
    /// The websocket is closed, or the stream breaks off.
    Closed(u16),
}

/// A subscription and its connection.
pub(crate) enum Subscriber {
    Socket(Box<Socket>),
    Stream { transport: Transport, response: reqwest::Response, read: Vec<u8> },
}

impl Transport {
    pub(crate) const ALL: [Self; 3] = [Self::Websocket, Self::Events, Self::Multipart];

    /// Subscribes at a server's `/graphql`.
    pub(crate) async fn subscribe(self, url: &str, token: Option<&str>, payload: Value) -> Subscriber {
        let accept = match self {
            Self::Websocket => {
                let mut socket = Socket::open_at(url, &[PROTOCOL]).await.unwrap();
                let token = token.map(|token| json!({ "authorization": format!("Bearer {token}") }));
                socket.init(token.unwrap_or(Value::Null)).await;
                socket.send(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
                return Subscriber::Socket(Box::new(socket));
            }
            Self::Events => "text/event-stream",
            Self::Multipart => "multipart/mixed;subscriptionSpec=1.0",
        };
        // A separate connection, like that of a browser's page.
        let mut request = reqwest::Client::new().post(url).header("accept", accept);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let request = request.header("content-type", "application/json").body(payload.to_string());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Subscriber::Stream { transport: self, response, read: Vec::new() }
    }

    /// Removes the next part of a stream from the read bytes, if it is complete; skips keep-alives.
    fn take(self, read: &mut Vec<u8>) -> Option<Received> {
        let end: &[u8] = if self == Self::Events { b"\n\n" } else { b"\r\n--graphql" };
        loop {
            if self == Self::Multipart && read.as_slice() == b"--\r\n" {
                read.clear();
                return Some(Received::Complete);
            }
            let length = read.windows(end.len()).position(|part| part == end)?;
            let part: Vec<u8> = read.drain(..length + end.len()).collect();
            let part = std::str::from_utf8(&part[..length]).unwrap();
            let told = if self == Self::Events { event(part) } else { multipart(part) };
            if told.is_some() {
                return told;
            }
        }
    }
}

fn event(text: &str) -> Option<Received> {
    if let Some(json) = text.strip_prefix("event: next\ndata: ") {
        return Some(answer(serde_json::from_str(json).unwrap()));
    }
    (text == "event: complete\ndata:").then_some(Received::Complete)
}

/// A part: its head, an empty line, and JSON.
fn multipart(text: &str) -> Option<Received> {
    let (_, json) = text.split_once("\r\n\r\n")?;
    let mut part: Value = serde_json::from_str(json).unwrap();
    match part.get_mut("payload").map(Value::take) {
        None => None,
        Some(Value::Null) => Some(Received::Errors(part["errors"].take())),
        Some(payload) => Some(answer(payload)),
    }
}

fn answer(mut body: Value) -> Received {
    if body.get("data").is_some() { Received::Answer(body) } else { Received::Errors(body["errors"].take()) }
}

impl Subscriber {
    /// The next message.
    pub(crate) async fn next(&mut self) -> Received {
        timeout(PATIENCE, self.next_in_any_time()).await.expect("in time")
    }

    /// The next message, without a time limit.
    pub(crate) async fn next_in_any_time(&mut self) -> Received {
        match self {
            Self::Socket(socket) => match socket.frame_in_any_time().await {
                Message::Text(text) => told(serde_json::from_str(&text).unwrap()),
                Message::Close(close) => Received::Closed(close.map_or(1005, |close| close.code.into())),
                other => panic!("{other:?}"),
            },
            Self::Stream { transport, response, read } => loop {
                if let Some(told) = transport.take(read) {
                    return told;
                }
                match response.chunk().await {
                    Ok(Some(chunk)) => read.extend(chunk),
                    Ok(None) | Err(_) => return Received::Closed(0),
                }
            },
        }
    }

    /// The next answer's data.
    pub(crate) async fn data(&mut self) -> Value {
        match self.next().await {
            Received::Answer(mut answer) if answer.get("errors").is_none() => answer["data"].take(),
            other => panic!("{other:?}"),
        }
    }

    /// The code of the error that ends the subscription.
    pub(crate) async fn end(&mut self) -> String {
        let Received::Errors(errors) = self.next().await else { panic!("it goes on") };
        if let Self::Stream { .. } = self {
            assert_eq!(self.next().await, Received::Complete);
            assert_eq!(self.next().await, Received::Closed(0));
        }
        errors[0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{errors}")).to_owned()
    }
}

fn told(mut message: Value) -> Received {
    match message["type"].as_str() {
        Some("next") => answer(message["payload"].take()),
        Some("error") => Received::Errors(message["payload"].take()),
        Some("complete") => Received::Complete,
        _ => panic!("{message}"),
    }
}
