//! Whether the handshake was signed with the key of the server's certificate (RFC 5246, section 7.4.3; RFC 8446, section 4.4.3).
//!
//! rustls reads certificates of X.509 version 3 only. Where no authority has to be proved, nothing in a certificate counts but its key, so
//! here the key is taken out of a certificate of any version, such as those of version 1 that Citus and old scripts make. Pure.

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::{CertificateError, DigitallySignedStruct, Error};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _, EncodeValue as _};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// Verifies a signature of TLS 1.2, whose scheme does not name the curve of the key.
pub(super) fn verify_tls12(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = key(certificate)?;
    let mut algorithm = Vec::new();
    key.algorithm.encode_value(&mut algorithm).map_err(|_| bad_encoding())?;
    let bits = key.subject_public_key.as_bytes().ok_or_else(bad_encoding)?;
    let of_scheme = supported.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
    let mut candidates = of_scheme.flat_map(|(_, candidates)| candidates.iter());
    let is_valid = candidates.any(|candidate| {
        candidate.public_key_alg_id().as_ref() == algorithm.as_slice()
            && candidate.verify_signature(bits, message, signed.signature()).is_ok()
    });
    if is_valid {
        Ok(HandshakeSignatureValid::assertion())
    } else {
        Err(CertificateError::BadSignature.into())
    }
}

/// Verifies a signature of TLS 1.3.
pub(super) fn verify_tls13(
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    supported: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = key(certificate)?.to_der().map_err(|_| bad_encoding())?;
    verify_tls13_signature_with_raw_key(message, &SubjectPublicKeyInfoDer::from(key), signed, supported)
}

fn key(certificate: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoOwned, Error> {
    let certificate = Certificate::from_der(certificate).map_err(|_| bad_encoding())?;
    Ok(certificate.tbs_certificate.subject_public_key_info)
}

fn bad_encoding() -> Error {
    CertificateError::BadEncoding.into()
}
