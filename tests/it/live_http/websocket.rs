//! A websocket client for tests: messages as JSON, and the server's close codes.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::Server;

/// The time limit of each step.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a websocket; the error is the status of the answer.
    pub(crate) async fn open(
        server: &Server,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        Self::open_at(&server.url(path), headers).await
    }

    /// Opens a websocket at an address.
    pub(crate) async fn open_at(url: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let url = url.replace("http://", "ws://");
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A websocket with the current protocol.
    pub(crate) async fn of(server: &Server) -> Self {
        Self::open(server, "/graphql", &[PROTOCOL]).await.unwrap()
    }

    /// A websocket after `connection_ack`.
    pub(crate) async fn initialised(server: &Server) -> Self {
        let mut socket = Self::of(server).await;
        socket.init(json!({})).await;
        socket
    }

    pub(crate) async fn init(&mut self, payload: Value) {
        self.send(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(self.next().await, json!({"type": "connection_ack"}));
    }

    pub(crate) async fn subscribe(&mut self, id: &str, document: &str) {
        self.send(json!({"id": id, "type": "subscribe", "payload": {"query": document}})).await;
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_frame(Message::text(message.to_string())).await;
    }

    pub(crate) async fn send_frame(&mut self, frame: Message) {
        self.0.send(frame).await.unwrap();
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        timeout(PATIENCE, self.next_in_any_time()).await.expect("in time")
    }

    /// The next message, without a time limit.
    pub(crate) async fn next_in_any_time(&mut self) -> Value {
        match self.frame_in_any_time().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The server's close code and reason; skips messages before it.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(close) = self.frame().await {
                let close = close.expect("a code");
                return (close.code.into(), close.reason.to_string());
            }
        }
    }

    /// The next frame that is not a ping; reading answers pings.
    pub(crate) async fn frame(&mut self) -> Message {
        timeout(PATIENCE, self.frame_in_any_time()).await.expect("in time")
    }

    /// The next frame, without a time limit.
    pub(crate) async fn frame_in_any_time(&mut self) -> Message {
        loop {
            match self.0.next().await.expect("an open websocket").unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                other => return other,
            }
        }
    }

    /// Waits until the connection is closed, without sending anything.
    pub(crate) async fn dropped_in_silence(self) -> bool {
        let stream = self.0.into_inner();
        let MaybeTlsStream::Plain(stream) = stream else { panic!("it is not encrypted") };
        let gone = async {
            let mut bytes = [0; 1024];
            loop {
                stream.readable().await.unwrap();
                match stream.try_read(&mut bytes) {
                    Ok(0) => return true,
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => return true,
                }
            }
        };
        timeout(PATIENCE, gone).await.unwrap_or(false)
    }
}

/// The header for the current protocol.
pub(crate) const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");
