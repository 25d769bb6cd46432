//! A websocket: its upgrade, its frames, and the time limits of its client.
//!
//! axum handles the frames; the session handles the messages.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use http::header::{AUTHORIZATION, UPGRADE};
use http::request::Parts;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::message::{Close, SUBPROTOCOLS};
use super::origin;
use super::session::Session;
use crate::http::Shared;
use crate::http::accept::MediaType;
use crate::http::connection::{Activity, Upgrade};
use crate::http::identity::identify;
use crate::http::refusal::Refusal;

/// The longest message, a document with its variables, unless `max-body` is less. Longer requests must be
/// sent by `POST`: the room for a body is reserved before it is read. That is impossible with the frames of a
/// websocket, so clients that send parts of long messages could fill the memory.
const MESSAGE_BYTES: usize = 64 * 1024;

/// The size of the read buffer, which is kept as long as the websocket is open.
const READ_BYTES: usize = 4 * 1024;

/// How long a client may take to answer the closing of the websocket.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether the client asks for a websocket.
pub(in crate::http) fn is_websocket(head: &Parts) -> bool {
    head.headers.get(UPGRADE).is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Upgrades the connection to a websocket, if the client may have one.
pub(in crate::http) async fn upgrade(shared: Shared, mut head: Parts) -> Response {
    if !origin::is_allowed(&head.headers, &shared.origins) {
        return Refusal::OriginRefused.respond(MediaType::Json);
    }
    // A token in the head is checked now, because clients handle a status better than a close code.
    if head.headers.contains_key(AUTHORIZATION)
        && let Err(refusal) = identify(&shared, &head).await
    {
        return refusal.respond(MediaType::Json);
    }
    let activity = head.extensions.get::<Arc<Activity>>().cloned().unwrap_or_else(Activity::of_others);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut head, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            return Refusal::Malformed(format!("{}.", rejection.body_text())).respond(MediaType::Json);
        }
    };
    let longest = MESSAGE_BYTES.min(shared.backend.planning().limits_of(None).body_bytes);
    let upgrade = upgrade
        .protocols(SUBPROTOCOLS.map(|(name, _)| name))
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_message_size(longest)
        .max_frame_size(longest);
    let selected = upgrade.selected_protocol().and_then(|name| name.to_str().ok());
    let protocol =
        SUBPROTOCOLS.iter().find(|(name, _)| Some(*name) == selected).map(|(_, protocol)| *protocol);
    let session = protocol.map(|protocol| Session::new(shared.clone(), protocol, head));
    let upgraded = activity.upgrade();
    upgrade.on_upgrade(move |socket| async move {
        let mut conversation = Conversation { socket, upgraded: &upgraded, longest };
        tokio::select! {
            () = conversation.hold(shared, session) => {}
            () = upgraded.abandoned() => {}
        }
    })
}

/// A websocket, and its connection.
struct Conversation<'a> {
    socket: WebSocket,
    upgraded: &'a Upgrade,
    /// The bytes of the longest message.
    longest: usize,
}

/// What happens next.
enum Event {
    Received(Option<Result<Message, axum::Error>>),
    Reply(Result<Option<Vec<u8>>, Close>),
    Heartbeat,
    InitTimeout,
    Stop,
}

impl Conversation<'_> {
    async fn hold(&mut self, shared: Shared, session: Option<Session>) {
        let Some(session) = session else {
            let names = SUBPROTOCOLS.map(|(name, _)| name).join(", ");
            return self
                .close(Close::new(4406, format!("Subprotocol not acceptable; there are: {names}")))
                .await;
        };
        if let ControlFlow::Break(Some(close)) = self.converse(shared, session).await {
            self.close(close).await;
        }
    }

    /// Runs until the client or the server ends it. Sends no reason to a client that has disconnected.
    async fn converse(&mut self, shared: Shared, mut session: Session) -> ControlFlow<Option<Close>> {
        let (init_timeout, close) = (Instant::now() + shared.init_timeout, shared.close.clone());
        let mut heartbeat = heartbeats(shared.heartbeat);
        let (mut unanswered, mut is_stopping) = (0, false);
        loop {
            let event = tokio::select! {
                received = self.socket.recv() => Event::Received(received),
                reply = session.next() => Event::Reply(reply),
                _ = heartbeat.tick() => Event::Heartbeat,
                () = tokio::time::sleep_until(init_timeout), if !session.is_acknowledged() => Event::InitTimeout,
                () = close.cancelled(), if !is_stopping => Event::Stop,
            };
            match event {
                Event::Received(received) => {
                    unanswered = 0;
                    self.receive(&mut session, received).await?;
                }
                Event::Reply(reply) => self.send(reply).await?,
                Event::Heartbeat if unanswered > 1 => return ControlFlow::Break(None),
                Event::Heartbeat => {
                    unanswered += 1;
                    self.send(Ok(session.keep_alive())).await?;
                    self.frame(Message::Ping(Bytes::new())).await?;
                }
                Event::InitTimeout => {
                    return ControlFlow::Break(Some(Close::new(4408, "Connection initialisation timeout")));
                }
                Event::Stop => {
                    is_stopping = true;
                    or_close(session.stop())?;
                }
            }
            or_close(session.check_stop())?;
        }
    }

    async fn receive(
        &mut self,
        session: &mut Session,
        received: Option<Result<Message, axum::Error>>,
    ) -> ControlFlow<Option<Close>> {
        match received {
            Some(Ok(Message::Text(text))) => {
                let reply = session.receive(&text).await;
                self.send(reply).await
            }
            Some(Ok(Message::Binary(_))) => {
                ControlFlow::Break(Some(Close::new(4400, "messages are texts, not binary")))
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => ControlFlow::Continue(()),
            Some(Err(error)) if error.to_string().contains("too long") => {
                let reason =
                    format!("a message has {} bytes at the most; send longer ones by POST", self.longest);
                ControlFlow::Break(Some(Close::new(1009, reason)))
            }
            // The client has closed, has disconnected, or sends invalid frames.
            Some(Ok(Message::Close(_)) | Err(_)) | None => ControlFlow::Break(None),
        }
    }

    async fn send(&mut self, reply: Result<Option<Vec<u8>>, Close>) -> ControlFlow<Option<Close>> {
        match reply {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(text)) => {
                // JSON is always UTF-8.
                let text = Utf8Bytes::try_from(self.upgraded.hold(text.into())).unwrap_or_default();
                self.frame(Message::Text(text)).await
            }
            Err(close) => ControlFlow::Break(Some(close)),
        }
    }

    async fn frame(&mut self, message: Message) -> ControlFlow<Option<Close>> {
        match self.socket.send(message).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(None),
        }
    }

    /// Sends a close frame, and waits a moment for the client's answer.
    async fn close(&mut self, Close { code, reason }: Close) {
        let reason = Utf8Bytes::from(reason.into_owned());
        let closed = async {
            if self.socket.send(Message::Close(Some(CloseFrame { code, reason }))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // If the client does not answer, the frame was sent all the same.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, closed).await;
    }
}

/// When to send keep-alives; the first one is due after one interval.
fn heartbeats(every: Duration) -> Interval {
    let mut heartbeat = interval(every);
    heartbeat.reset();
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat
}

fn or_close(result: Result<(), Close>) -> ControlFlow<Option<Close>> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(close) => ControlFlow::Break(Some(close)),
    }
}
