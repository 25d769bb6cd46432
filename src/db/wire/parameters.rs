//! What a connection string can ask for, as types: its hosts, TLS and authentication.

use std::net::IpAddr;
use std::path::PathBuf;

/// One of the hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// A name or an address, or the folder of a Unix socket.
    pub(super) name: String,
    /// Saves the look-up of the name.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

impl Host {
    pub(super) fn is_unix(&self) -> bool {
        self.name.starts_with('/') || self.name.starts_with('@')
    }
}

/// The TLS settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsSettings {
    pub(super) mode: SslMode,
    pub(super) negotiation: SslNegotiation,
    /// A file of certificates, or `system`.
    pub(super) root: Option<PathBuf>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
}

/// `sslmode` (manual, section 34.19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    Disable,
    /// Encrypted only if the server insists.
    Allow,
    /// Encrypted if the server can.
    Prefer,
    Require,
    /// The certificate has to come from a known authority.
    VerifyCa,
    /// And also has to have the host's name.
    VerifyFull,
}

/// `sslnegotiation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SslNegotiation {
    /// PostgreSQL's own request comes first.
    Postgres,
    /// TLS begins at once (PostgreSQL 17).
    Direct,
}

/// `channel_binding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChannelBinding {
    Disable,
    Prefer,
    Require,
}
