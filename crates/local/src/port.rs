//! Free loopback ports.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use crate::Error;

/// The range of ports that is searched. It is below the operating systems' range for outgoing connections, so that such a
/// connection cannot take a port between our check and the server's start.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// How many ports this process has tried. No port is used twice.
static TRIED: AtomicU16 = AtomicU16::new(0);

/// A free loopback port: `preferred`, if that one is free.
pub(crate) fn free_port(preferred: Option<u16>) -> Result<u16, Error> {
    if let Some(port) = preferred.filter(|port| is_free(*port)) {
        return Ok(port);
    }
    // Different processes begin at different places, so that they seldom check the same port at once.
    let begin = u16::try_from(std::process::id() * 37 % u32::from(COUNT)).unwrap_or(0);
    for _ in 0..COUNT {
        let step = TRIED.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (begin + step) % COUNT;
        if is_free(port) {
            return Ok(port);
        }
    }
    Err(Error::NoPort)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
