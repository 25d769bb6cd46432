//! An idle connection: what the peer sent or did meanwhile, without a round trip and without waiting.
//!
//! Asks the system whether a socket is readable. The runtime's own idea of that may lag behind.

use std::io::{self, Read, Write};

use bytes::BytesMut;
use postgres_protocol::message::backend::Message;
use socket2::{SockRef, Socket};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::exchange::LONGEST_MESSAGE;
use super::stream::Stream;
use super::{Report, State, Wire};
use crate::event::{ConnectionLoss, Event};

/// A frontend's `Terminate` message.
const TERMINATE: [u8; 5] = [b'X', 0, 0, 0, 4];

/// The result of a read without waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readable {
    /// There is nothing more, and the connection is open.
    Nothing,
    /// The other side has closed it.
    End,
}

impl Wire {
    /// Whether a pipeline can be sent. Asks the system whether the peer has closed the idle connection.
    ///
    /// One system call, and no waiting. It notices a pooler that stops, a server that ended the session, and a proxy that
    /// has forgotten the connection and sent a reset. So no write is sent into a dead connection.
    pub(in crate::db) fn look(&mut self) -> bool {
        if self.state == State::Ready {
            match self.stream.read_now(&mut self.inbound) {
                Ok(Readable::Nothing) => self.settle(),
                Ok(Readable::End) => {
                    self.settle();
                    self.end(ConnectionLoss::Closed, "closed by the other side");
                }
                Err(error) => self.end(ConnectionLoss::Broken, &error.to_string()),
            }
        }
        self.state == State::Ready
    }

    /// Reads unsolicited messages: notices, changed settings, and the last error of a session.
    pub(super) fn settle(&mut self) {
        while self.state == State::Ready && !self.inbound.is_empty() {
            let message = self.received(LONGEST_MESSAGE);
            let unexpected = message.and_then(|message| match message {
                Some(message) => self.note(message).map(Some),
                None => Ok(None),
            });
            match unexpected {
                Ok(Some(None)) => {}
                Ok(None) => break,
                Ok(Some(Some(Message::ErrorResponse(body)))) => {
                    let report = Report::read(body.fields());
                    let last_words =
                        report.map_or_else(|error| error.to_string(), |report| report.error.message);
                    self.end(ConnectionLoss::Ended, &last_words);
                }
                Ok(Some(Some(_))) => {
                    self.end(ConnectionLoss::Broken, "an answer arrived without a query");
                }
                Err(failure) => self.end(ConnectionLoss::Broken, &failure.to_string()),
            }
        }
    }

    fn end(&mut self, reason: ConnectionLoss, error: &str) {
        if self.state != State::Ended {
            self.state = State::Ended;
            Event::ConnectionLost { reason, error }.emit();
        }
    }
}

impl Stream {
    /// Reads the available bytes, and does not wait for more.
    fn read_now(&mut self, inbound: &mut BytesMut) -> io::Result<Readable> {
        match self {
            Self::Tcp(stream) => read_now(&mut &*SockRef::from(&*stream), inbound),
            Self::Unix(stream) => read_now(&mut &*SockRef::from(&*stream), inbound),
            Self::Tls(stream) => read_encrypted_now(stream, inbound),
            Self::Closed => Ok(Readable::End),
        }
    }

    /// Ends the session in good order, as far as that is possible without waiting.
    pub(super) fn say_goodbye(&mut self) {
        let _ = match self {
            Self::Tcp(stream) => (&*SockRef::from(&*stream)).write_all(&TERMINATE),
            Self::Unix(stream) => (&*SockRef::from(&*stream)).write_all(&TERMINATE),
            Self::Tls(stream) => say_goodbye_encrypted(stream),
            Self::Closed => Ok(()),
        };
    }
}

/// More bytes than this are not read at once from an idle connection. Its next use will find the problem.
const MOST: usize = 64 * 1024;

fn read_now(mut socket: impl Read, inbound: &mut BytesMut) -> io::Result<Readable> {
    let mut bytes = [0; 512];
    while inbound.len() < MOST {
        match socket.read(&mut bytes) {
            Ok(0) => return Ok(Readable::End),
            Ok(count) => inbound.extend_from_slice(&bytes[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Readable::Nothing)
}

/// TLS has messages of its own (tickets, alerts). So bytes on an idle connection need not come from PostgreSQL.
fn read_encrypted_now(stream: &mut TlsStream<TcpStream>, inbound: &mut BytesMut) -> io::Result<Readable> {
    let (tcp, session) = stream.get_mut();
    let socket = SockRef::from(&*tcp);
    let mut socket: &Socket = &socket;
    loop {
        match session.read_tls(&mut socket) {
            Ok(0) => return Ok(Readable::End),
            Ok(_) => {
                session.process_new_packets().map_err(io::Error::other)?;
                if read_now(session.reader(), inbound)? == Readable::End {
                    return Ok(Readable::End);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Readable::Nothing),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn say_goodbye_encrypted(stream: &mut TlsStream<TcpStream>) -> io::Result<()> {
    let (tcp, session) = stream.get_mut();
    session.writer().write_all(&TERMINATE)?;
    session.send_close_notify();
    let socket = SockRef::from(&*tcp);
    let mut socket: &Socket = &socket;
    while session.wants_write() {
        session.write_tls(&mut socket)?;
    }
    Ok(())
}
