//! Subscriptions over HTTP: websockets, server-sent events and Apollo's multipart.
//!
//! [`Live`](crate::live::Live) runs the subscriptions and decides when there is a new answer. Here, answers become messages.
//! Queries and mutations may use the same transports, and get one answer.

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
