//! A token and keys -> the claims, if one of the keys has signed them (RFC 7515, 7519, 8725). Pure.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, crypto};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value};

use super::InvalidToken;
use super::key::Key;

/// The longest token that is looked at. Those with many groups in them have some thousand bytes.
const LONGEST: usize = 16 * 1024;

/// A token whose signature is not verified yet. Nobody may read its claims from it.
#[derive(Debug)]
pub(super) struct Unverified<'t> {
    header: Header,
    algorithm: Algorithm,
    /// What is signed: header and payload as they came.
    signed: &'t str,
    payload: &'t str,
    signature: &'t str,
}

/// The header's members that matter. Keys that a token brings along (`jwk`, `jku`, `x5u`, `x5c`) do not.
#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

impl<'t> Unverified<'t> {
    /// Takes a token apart.
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
            // The name that RFC 9864 gives to what was EdDSA until then.
            "Ed25519" => Algorithm::EdDSA,
            name => name.parse().map_err(|_| InvalidToken::Algorithm)?,
        };
        Ok(Self { header, algorithm, signed, payload, signature })
    }

    /// The identifier of the key that it says it is signed with.
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

/// A part of a token. A name that occurs twice in the claims means its last value, as RFC 7519, section 4, allows.
fn decode<T: DeserializeOwned>(part: &str) -> Result<T, InvalidToken> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidToken::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| InvalidToken::Malformed)
}
