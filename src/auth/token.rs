//! A token and keys -> the claims, if one of the keys has signed them (RFC 7515, 7519, 8725). Pure.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, crypto};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use super::InvalidToken;
use super::key::Key;

/// The longest token that is accepted. Tokens that list many groups have a few thousand bytes.
const LONGEST: usize = 16 * 1024;

/// A token whose signature is not verified yet. Its claims must not be read.
#[derive(Debug)]
pub(super) struct Unverified<'t> {
    header: Header,
    algorithm: Algorithm,
    /// The signed part: header and payload as they arrived.
    signed: &'t str,
    payload: &'t str,
    signature: &'t str,
}

/// The members of the header that matter. Keys inside the token (`jwk`, `jku`, `x5u`, `x5c`) are ignored.
#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

impl<'t> Unverified<'t> {
    /// Splits a token into its parts.
    pub(super) fn parse(token: &'t str) -> Result<Self, InvalidToken> {
        if token.len() > LONGEST {
            return Err(InvalidToken::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(InvalidToken::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(InvalidToken::Malformed)?;
        if payload.contains('.') {
            return Err(InvalidToken::Malformed);
        }
        let header: Header = decode(header)?;
        if header.crit.is_some() {
            return Err(InvalidToken::Critical);
        }
        let algorithm = match header.alg.as_str() {
            // RFC 9864 renamed EdDSA to this.
            "Ed25519" => Algorithm::EdDSA,
            name => name.parse().map_err(|_| InvalidToken::Algorithm)?,
        };
        Ok(Self { header, algorithm, signed, payload, signature })
    }

    /// The identifier of the key that it names.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The claims, if one of the keys that may have signed the token has done so.
    pub(super) fn verify<'k>(
        &self,
        keys: impl Iterator<Item = &'k Key>,
    ) -> Result<Map<String, Value>, InvalidToken> {
        let mut candidates = keys.filter(|key| self.may_be_signed_with(key)).peekable();
        if candidates.peek().is_none() {
            return Err(InvalidToken::UnknownKey);
        }
        let is_signed = candidates.any(|key| {
            crypto::verify(self.signature, self.signed.as_bytes(), &key.decoding, self.algorithm) == Ok(true)
        });
        if is_signed { decode(self.payload) } else { Err(InvalidToken::Signature) }
    }

    fn may_be_signed_with(&self, key: &Key) -> bool {
        let is_named = match (self.key_id(), &key.id) {
            (Some(named), Some(id)) => named == id,
            _ => true,
        };
        is_named && key.algorithms.contains(&self.algorithm)
    }
}

/// Decodes a part of a token. If a name occurs twice in the claims, the last value counts, as RFC 7519, section 4, allows.
fn decode<T: DeserializeOwned>(part: &str) -> Result<T, InvalidToken> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidToken::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| InvalidToken::Malformed)
}
