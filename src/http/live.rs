//! Subscriptions over HTTP: websockets, server-sent events and Apollo's multipart.
//!
//! What is subscribed to, and when it is answered again, is [`Live`](crate::live::Live)'s business; here answers become messages.
//! Queries and mutations may come by the same ways, and are answered once.

mod events;
mod message;
mod multipart;
mod operation;
mod origin;
mod session;
mod streams;
mod websocket;
mod wishes;

pub(super) use self::streams::respond;
pub(super) use self::websocket::{is_websocket, upgrade};
