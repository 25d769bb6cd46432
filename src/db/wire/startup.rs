//! An open socket -> a session that accepts messages (manual, section 55.2.1).
//!
//! Sends only parameters that poolers track. A pooler such as PgBouncer refuses all others.

use std::collections::BTreeMap;
use std::future::poll_fn;

use bytes::BytesMut;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tokio::io::AsyncWriteExt as _;

use super::authentication::Credentials;
use super::cancel::CancelKey;
use super::queue::Queue;
use super::settings::Settings;
use super::stream::Stream;
use super::{Failure, Report, State, TransactionStatus, Wire};
use crate::event::Event;

/// No message before the end of the authentication is longer. A peer that sends one is no PostgreSQL server.
const LONGEST_MESSAGE: usize = 64 * 1024;

impl Wire {
    /// Begins a session as the settings ask for it.
    pub(super) async fn start(
        stream: Stream,
        settings: &Settings,
        credentials: &Credentials<'_>,
    ) -> Result<Self, Failure> {
        let mut wire = Self {
            stream,
            inbound: BytesMut::new(),
            is_inbound_grown: false,
            discarded: 0,
            outbound: BytesMut::new(),
            written: 0,
            queue: Queue::default(),
            write_failure: None,
            failure: None,
            parameters: BTreeMap::new(),
            key: None,
            route: None,
            pool_permit: None,
            state: State::Ended,
            transaction: TransactionStatus::Idle,
        };
        let mut parameters = vec![
            ("user", &*settings.user),
            ("database", &settings.database),
            ("client_encoding", "UTF8"),
            ("application_name", &settings.application_name),
        ];
        if let Some(options) = &settings.options {
            parameters.push(("options", options));
        }
        parameters.extend(settings.trial);
        let mut message = BytesMut::new();
        frontend::startup_message(parameters, &mut message).map_err(Failure::malformed)?;
        wire.send(message).await?;
        wire.authenticate(credentials).await?;
        loop {
            match wire.expect().await? {
                Message::BackendKeyData(body) => {
                    wire.key = Some(CancelKey { process: body.process_id(), secret: body.secret_key() });
                }
                Message::ReadyForQuery(_) => {
                    wire.state = State::Ready;
                    return Ok(wire);
                }
                _ => return Err(Failure::Malformed("an unexpected message at the start".to_owned())),
            }
        }
    }

    /// Writes a small message.
    pub(super) async fn send(&mut self, message: BytesMut) -> Result<(), Failure> {
        let written = async {
            self.stream.write_all(&message).await?;
            self.stream.flush().await
        };
        written.await.map_err(|error| Failure::io("writing failed", error))?;
        Event::BytesWritten { bytes: message.len() }.emit();
        Ok(())
    }

    /// The next message, which must not be an error.
    pub(super) async fn expect(&mut self) -> Result<Message, Failure> {
        loop {
            let Some(message) = self.received(LONGEST_MESSAGE)? else {
                poll_fn(|context| self.poll_receive(context)).await?;
                continue;
            };
            match self.note(message)? {
                Some(Message::ErrorResponse(body)) => {
                    let report = Report::read(body.fields()).map_err(Failure::malformed)?;
                    return Err(Failure::Reported(Box::new(report)));
                }
                Some(message) => return Ok(message),
                None => {}
            }
        }
    }
}
