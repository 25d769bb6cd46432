//! TLS to the pooler or the database, by rustls: what `sslmode` and its relatives ask for.
//!
//! `prefer` and `require` encrypt without verifying the server, as in libpq (manual, section 34.19), unless a root
//! certificate is given.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::parameters::{SslMode, SslNegotiation, TlsSettings};
use super::passfile::is_private;
use super::roots::{self, CertificateCheck, CertificateVerifier};
use super::settings::below_home;
use super::stream::Stream;
use super::{Failure, certificate};

/// Makes TLS sessions.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    negotiation: SslNegotiation,
}

/// Whether to encrypt a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encryption {
    /// No.
    Never,
    /// If the server supports it.
    IfOffered,
    /// Yes, or there is no connection.
    Always,
}

/// The file name of libpq's root certificate, below the home folder.
const ROOT: &str = ".postgresql/root.crt";

impl Tls {
    /// Reads the files in the settings.
    pub(super) fn new(settings: &TlsSettings) -> Result<Self, String> {
        let demand = match settings.mode {
            SslMode::VerifyFull => CertificateCheck::AuthorityAndName,
            SslMode::VerifyCa => CertificateCheck::Authority,
            // A root certificate would be of no use if nothing were verified against it.
            SslMode::Require if settings.root.is_some() => CertificateCheck::Authority,
            SslMode::Require | SslMode::Prefer | SslMode::Allow | SslMode::Disable => CertificateCheck::Any,
        };
        let root = settings.root.clone().or_else(|| below_home(ROOT).filter(|path| path.exists()));
        if root.is_none() && demand != CertificateCheck::Any {
            return Err("sslmode=verify-ca and verify-full need a trusted authority: sslrootcert=FILE, or sslrootcert=system for the public authorities"
                .to_owned());
        }
        let provider = Arc::new(ring::default_provider());
        let judge = CertificateVerifier::new(demand, root.as_deref(), &provider)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(judge));
        let mut config = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => {
                let certificates = roots::of_file(certificate)?;
                config
                    .with_client_auth_cert(certificates, private_key(key)?)
                    .map_err(|error| format!("sslcert and sslkey cannot be used: {error}"))?
            }
            _ => config.with_no_client_auth(),
        };
        if settings.negotiation == SslNegotiation::Direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), negotiation: settings.negotiation })
    }

    /// Encrypts a connection if it has to be encrypted, and the server supports it. Leaves a Unix socket as it is.
    pub(super) async fn encrypt(
        &self,
        stream: Stream,
        host: &str,
        encryption: Encryption,
    ) -> Result<Stream, Failure> {
        let mut tcp = match (stream, encryption) {
            (Stream::Tcp(tcp), Encryption::IfOffered | Encryption::Always) => tcp,
            (stream, _) => return Ok(stream),
        };
        if self.negotiation == SslNegotiation::Postgres && !is_offered(&mut tcp).await? {
            return match encryption {
                Encryption::Always => {
                    Err(Failure::Tls("the server does not speak TLS, and sslmode asks for it".to_owned()))
                }
                Encryption::IfOffered | Encryption::Never => Ok(Stream::Tcp(tcp)),
            };
        }
        let failed = |error: &dyn std::fmt::Display| Failure::Tls(error.to_string());
        let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
        let stream = self.connector.connect(name, tcp).await.map_err(|error| failed(&error))?;
        if self.negotiation == SslNegotiation::Direct && stream.get_ref().1.alpn_protocol().is_none() {
            return Err(failed(&"the server speaks TLS, but not PostgreSQL by it"));
        }
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// PostgreSQL's request for TLS. The answer is one byte, and nothing is read behind it.
async fn is_offered(tcp: &mut TcpStream) -> Result<bool, Failure> {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    tcp.write_all(&SSL_REQUEST).await.map_err(|error| Failure::io("writing failed", error))?;
    match tcp.read_u8().await {
        Ok(b'S') => Ok(true),
        Ok(b'N') => Ok(false),
        Ok(b'E') => Err(Failure::Tls("the server refuses the request for TLS".to_owned())),
        Ok(_) => Err(Failure::Malformed("a wrong answer to the request for TLS".to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(Failure::Closed),
        Err(error) => Err(Failure::io("reading failed", error)),
    }
}

fn private_key(path: &PathBuf) -> Result<PrivateKeyDer<'static>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("sslkey {} cannot be used: {error}", path.display());
    is_private(path).map_err(|problem| failed(&problem))?;
    PrivateKeyDer::from_pem_file(path).map_err(|error| failed(&error))
}

impl Stream {
    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The data for SCRAM's channel binding, if the connection is encrypted and the server's certificate allows it.
    pub(super) fn end_point_hash(&self) -> Option<Vec<u8>> {
        let Self::Tls(stream) = self else { return None };
        let certificates = stream.get_ref().1.peer_certificates()?;
        certificate::end_point_hash(certificates.first()?)
    }
}
