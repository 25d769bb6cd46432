//! Which certificates are trusted, and how a server's certificate is verified.
//!
//! Never uses the network: it reads files, and answers rustls' questions.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::signature;

/// What the server's certificate has to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CertificateCheck {
    /// Only that its holder has its key (`require`).
    Any,
    /// That a trusted authority issued it (`verify-ca`).
    Authority,
    /// Also that it has the host's name (`verify-full`).
    AuthorityAndName,
}

/// Verifies a server's certificate.
#[derive(Debug)]
pub(super) struct CertificateVerifier {
    demand: CertificateCheck,
    provider: Arc<CryptoProvider>,
    /// Certificates that are trusted themselves, such as a self-signed certificate of a server.
    pinned: Vec<CertificateDer<'static>>,
    authority: Option<Arc<WebPkiServerVerifier>>,
}

impl CertificateVerifier {
    /// A verifier that trusts the certificates of `root`, a file in PEM form or `system`. [`CertificateCheck::Any`] needs none.
    pub(super) fn new(
        demand: CertificateCheck,
        root: Option<&Path>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let provider = Arc::clone(provider);
        let Some(root) = root.filter(|_| demand != CertificateCheck::Any) else {
            return Ok(Self { demand: CertificateCheck::Any, provider, pinned: Vec::new(), authority: None });
        };
        let is_system = root.as_os_str() == "system";
        let certificates = if is_system { of_system()? } else { of_file(root)? };
        let mut store = RootCertStore::empty();
        let (added, _) = store.add_parsable_certificates(certificates.iter().cloned());
        if added == 0 {
            return Err(format!("there is no certificate in sslrootcert {}", root.display()));
        }
        let authority = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider))
            .build()
            .map_err(|error| format!("sslrootcert {} cannot be used: {error}", root.display()))?;
        let pinned = if is_system { Vec::new() } else { certificates };
        Ok(Self { demand, provider, pinned, authority: Some(authority) })
    }
}

fn of_system() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    match found.errors.first() {
        Some(error) if found.certs.is_empty() => {
            Err(format!("the system's certificates cannot be read (sslrootcert=system): {error}"))
        }
        _ => Ok(found.certs),
    }
}

/// The certificates of a file in PEM form.
pub(super) fn of_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    read.map_err(|error| format!("the certificates in {} cannot be read: {error}", path.display()))
}

impl ServerCertVerifier for CertificateVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authority) = &self.authority else { return Ok(ServerCertVerified::assertion()) };
        if self.pinned.iter().any(|pinned| pinned.as_ref() == end_entity.as_ref()) {
            if self.demand == CertificateCheck::AuthorityAndName {
                rustls::client::verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
            }
            return Ok(ServerCertVerified::assertion());
        }
        let verdict = authority.verify_server_cert(end_entity, intermediates, name, ocsp_response, now);
        match verdict {
            // The name is checked last, when the chain was found to be valid.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.demand == CertificateCheck::Authority => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::verify_tls12(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        signature::verify_tls13(
            message,
            certificate,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
