//! The limits on what clients can occupy in the HTTP server: connections, time and memory.

use std::time::Duration;

/// Limits on connections. None is a setting: their values are such that a well-behaved client never notices them. They are
/// fields for Rust programs, and for tests that cannot wait that long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sockets {
    /// The maximum number of connections; `None` derives it from the descriptors that the process may open, and from its memory.
    pub maximum: Option<usize>,
    /// The descriptors that are not for clients: those of the pools and of other open files.
    pub reserved: usize,
    /// How long a connection may be open before its first byte arrives.
    pub first_byte_timeout: Duration,
    /// How long the head of a request may take from its first byte.
    pub head_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub idle_timeout: Duration,
    /// How long a client may take to send the body of a request.
    pub body_timeout: Duration,
    /// How long a request waits for memory for its body.
    pub room_timeout: Duration,
    /// How long a client may read next to nothing of an answer.
    pub write_timeout: Duration,
    /// How long a websocket may be open before its client has authenticated.
    pub init_timeout: Duration,
    /// How often the client of a live query without news gets a keepalive. A websocket client that is silent for two of
    /// these intervals counts as gone.
    pub heartbeat: Duration,
    /// The bytes of all clients' request bodies at once, not counting short bodies.
    pub body_bytes: usize,
    /// The same for short bodies, so that long ones do not keep them out.
    pub short_body_bytes: usize,
    /// The bytes of answers that clients may leave unread.
    pub answer_bytes: usize,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            maximum: None,
            reserved: 64,
            first_byte_timeout: Duration::from_secs(15),
            head_timeout: Duration::from_secs(15),
            // Longer than the 60 seconds after which common load balancers close theirs: when the server closes first, a
            // request may already be on its way, and the balancer answers it with 502.
            idle_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(30),
            room_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(30),
            init_timeout: Duration::from_secs(10),
            // Proxies close connections that are silent for 30 to 60 seconds.
            heartbeat: Duration::from_secs(12),
            body_bytes: 64 << 20,
            short_body_bytes: 32 << 20,
            answer_bytes: 128 << 20,
        }
    }
}

impl Sockets {
    /// The shortest of the times that are checked for connections.
    pub fn shortest(&self) -> Duration {
        let times = [self.first_byte_timeout, self.head_timeout, self.idle_timeout, self.write_timeout];
        times.into_iter().min().unwrap_or_default()
    }
}
