//! Secrets, PEM and JWK texts -> keys, each with its permitted algorithms. Pure.
//!
//! The key decides the algorithm, never the token. So a public key cannot be used as an HMAC secret.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, crypto};
use serde::Deserialize;
use serde_json::Value;

/// Providers have a handful of keys. A token that names none of them is tried with all.
const MOST_KEYS: usize = 32;

/// A shorter secret could be found by brute force (RFC 7518, section 3.2).
const SECRET_BYTES: usize = 32;

/// Shorter keys are forbidden (RFC 7518, section 3.3), longer ones are not supported here.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// A key that verifies tokens.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// `kid`, for tokens that name their key.
    pub(super) id: Option<String>,
    /// The permitted algorithms.
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) decoding: DecodingKey,
}

/// The origin of keys. It decides whether a secret may be among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Publicity {
    /// A file of this machine.
    Private,
    /// An address that others can read. A secret there would not be secret.
    Public,
}

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It contains neither PEM nor JSON.
    #[error("it holds neither a public key or certificate as PEM nor a JWK")]
    Unreadable,
    /// A private key, which signs tokens. Verification must not have it.
    #[error(
        "it holds a private key, which Glowplug must not have; make the public one of it with \
         `openssl pkey -in private.pem -pubout -out public.pem`"
    )]
    Private,
    /// RSA with too few or too many bits.
    #[error("an RSA key must have 2048 to 4096 bits; this one has {0}")]
    RsaSize(usize),
    /// A secret that is too short.
    #[error("a secret must have 32 bytes or more; this one has {0}")]
    ShortSecret(usize),
    /// An unsupported curve or kind of key, or a key that is not for signatures.
    #[error("this kind of key is not supported; RSA, P-256, P-384 and Ed25519 keys for signatures are")]
    Unsupported,
    /// A JWK set without a usable key.
    #[error("it holds no key that could be used{}", .0.as_deref().map(|why| format!("; of the last one: {why}")).unwrap_or_default())]
    NoKeys(Option<String>),
    /// A JWK set with too many keys.
    #[error("it holds {0} keys; {MOST_KEYS} are allowed")]
    TooMany(usize),
}

impl Key {
    /// A secret, for HMAC only.
    pub(super) fn from_secret(secret: &[u8]) -> Self {
        Self {
            id: None,
            algorithms: AlgorithmFamily::Hmac.algorithms().to_vec(),
            decoding: DecodingKey::from_secret(secret),
        }
    }

    /// A file with one key: PEM, or a JWK.
    pub(super) fn from_file(text: &str) -> Result<Self, KeyError> {
        if text.contains("PRIVATE KEY-----") {
            return Err(KeyError::Private);
        }
        if let Ok(jwk) = serde_json::from_str::<Jwk>(text) {
            return Self::from_jwk(&jwk, Publicity::Private);
        }
        if !text.contains("-----BEGIN ") {
            return Err(KeyError::Unreadable);
        }
        let readers = [DecodingKey::from_rsa_pem, DecodingKey::from_ec_pem, DecodingKey::from_ed_pem];
        let key = readers.iter().find_map(|read| read(text.as_bytes()).ok()).ok_or(KeyError::Unsupported)?;
        let jwk = Jwk::from_decoding_key(&key, None).map_err(|_| KeyError::Unsupported)?;
        Self::from_jwk(&jwk, Publicity::Private)
    }

    fn from_jwk(jwk: &Jwk, publicity: Publicity) -> Result<Self, KeyError> {
        if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
            return Err(KeyError::Unsupported);
        }
        let mut algorithms = algorithms(&jwk.algorithm, publicity)?;
        if let Some(named) = jwk.common.key_algorithm {
            let named = Algorithm::try_from(named).map_err(|_| KeyError::Unsupported)?;
            algorithms.retain(|algorithm| *algorithm == named);
        }
        let decoding = DecodingKey::from_jwk(jwk).map_err(|_| KeyError::Unsupported)?;
        let first = *algorithms.first().ok_or(KeyError::Unsupported)?;
        check_size(&decoding)?;
        // A point that is not on its curve is an error now, rather than with the first token.
        crypto::verify("", b"", &decoding, first).map_err(|_| KeyError::Unsupported)?;
        Ok(Self { id: jwk.common.key_id.clone(), algorithms, decoding })
    }
}

/// A file with one key, or with a JWK set.
pub(super) fn from_file(text: &str) -> Result<Vec<Key>, KeyError> {
    let is_set = serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("keys").is_some());
    if is_set { from_jwk_set(text, Publicity::Private) } else { Ok(vec![Key::from_file(text)?]) }
}

/// The usable keys of a JWK set. Others are skipped, as RFC 7517, section 5, asks.
pub(super) fn from_jwk_set(text: &str, publicity: Publicity) -> Result<Vec<Key>, KeyError> {
    #[derive(Deserialize)]
    struct JwkSet {
        keys: Vec<Value>,
    }
    let JwkSet { keys } = serde_json::from_str(text).map_err(|_| KeyError::Unreadable)?;
    if keys.len() > MOST_KEYS {
        return Err(KeyError::TooMany(keys.len()));
    }
    let mut usable = Vec::new();
    let mut refused = None;
    for key in keys {
        let jwk = serde_json::from_value::<Jwk>(key).map_err(|_| KeyError::Unsupported);
        match jwk.and_then(|jwk| Key::from_jwk(&jwk, publicity)) {
            Ok(key) => usable.push(key),
            Err(error) => refused = Some(error.to_string()),
        }
    }
    if usable.is_empty() { Err(KeyError::NoKeys(refused)) } else { Ok(usable) }
}

/// The permitted algorithms of a key, by its kind (RFC 7518, section 3.1, and RFC 8037).
fn algorithms(parameters: &AlgorithmParameters, publicity: Publicity) -> Result<Vec<Algorithm>, KeyError> {
    let family = match parameters {
        AlgorithmParameters::RSA(_) => AlgorithmFamily::Rsa,
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => return Ok(vec![Algorithm::ES256]),
            EllipticCurve::P384 => return Ok(vec![Algorithm::ES384]),
            _ => return Err(KeyError::Unsupported),
        },
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => AlgorithmFamily::Ed,
        AlgorithmParameters::OctetKey(_) if publicity == Publicity::Private => AlgorithmFamily::Hmac,
        _ => return Err(KeyError::Unsupported),
    };
    Ok(family.algorithms().to_vec())
}

fn check_size(key: &DecodingKey) -> Result<(), KeyError> {
    match (key.family(), key.kind()) {
        (AlgorithmFamily::Rsa, DecodingKeyKind::RsaModulusExponent { n, .. }) => {
            let significant = n.iter().skip_while(|byte| **byte == 0).count();
            let leading = n.iter().find(|byte| **byte != 0).map_or(0, |byte| byte.leading_zeros() as usize);
            let bits = significant * 8 - leading;
            if RSA_BITS.contains(&bits) { Ok(()) } else { Err(KeyError::RsaSize(bits)) }
        }
        (AlgorithmFamily::Hmac, DecodingKeyKind::SecretOrDer(secret)) if secret.len() < SECRET_BYTES => {
            Err(KeyError::ShortSecret(secret.len()))
        }
        // The verifier would report a shorter key as a defect of the program.
        (AlgorithmFamily::Ed, DecodingKeyKind::SecretOrDer(point)) if point.len() != 32 => {
            Err(KeyError::Unsupported)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use serde_json::json;

    use super::*;

    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("../../tests/it/auth/keys/", $name))
        };
    }

    fn refused(text: &str) -> KeyError {
        Key::from_file(text).unwrap_err()
    }

    #[test]
    fn keys_and_certificates_are_read_in_the_usual_forms() {
        use Algorithm::{ES256, EdDSA, RS256};
        for (text, first) in [
            (file!("rsa.pem"), RS256),
            (file!("rsa.pkcs1.pem"), RS256),
            (file!("rsa.certificate.pem"), RS256),
            (file!("p256.pem"), ES256),
            (file!("p256.certificate.pem"), ES256),
            (file!("ed25519.pem"), EdDSA),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, EdDSA),
        ] {
            assert_eq!(Key::from_file(text).unwrap().algorithms[0], first, "{text}");
        }
        let of_certificate = Key::from_file(file!("rsa.certificate.pem")).unwrap().decoding;
        let of_key = Key::from_file(file!("rsa.pem")).unwrap().decoding;
        let components = |key: &DecodingKey| match key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => (n.clone(), e.clone()),
            DecodingKeyKind::SecretOrDer(_) => panic!("an RSA key has components"),
        };
        assert_eq!(components(&of_certificate), components(&of_key));
    }

    #[test]
    fn an_invalid_key_is_an_error_that_says_what_to_do() {
        for private in [file!("rsa.private.pem"), file!("p256.private.pem"), file!("ed25519.private.pem")] {
            assert_eq!(refused(private), KeyError::Private);
        }
        assert!(KeyError::Private.to_string().contains("openssl pkey -in private.pem -pubout"));
        assert_eq!(refused(file!("short.pem")), KeyError::RsaSize(1024));
        for unsupported in [
            file!("secp256k1.pem"),
            file!("ed448.pem"),
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#,
            r#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            r#"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#,
            r#"{"keys":[]}"#,
        ] {
            assert_eq!(refused(unsupported), KeyError::Unsupported, "{unsupported}");
        }
        assert_eq!(refused(r#"{"kty":"oct","k":"c2hvcnQ"}"#), KeyError::ShortSecret(5));
        assert_eq!(refused(r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#), KeyError::RsaSize(17));
        assert_eq!(refused(r#"{"kty":"RSA","n":"","e":""}"#), KeyError::RsaSize(0));
        assert_eq!(refused("ssh-ed25519 AAAA"), KeyError::Unreadable);
        assert_eq!(refused(""), KeyError::Unreadable);
    }

    #[test]
    fn of_a_key_set_those_are_taken_that_can_be_used() {
        let good = json!({"kty": "OKP", "crv": "Ed25519", "kid": "good", "use": "sig", "alg": "EdDSA",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let secret = json!({"kty": "oct", "k": "A".repeat(64), "kid": "secret"});
        let with = |name: &str, value: &str| {
            let mut key = good.clone();
            key[name] = json!(value);
            key
        };
        let set = json!({"keys": [with("use", "enc"), with("alg", "RSA-OAEP"), with("crv", "Ed448"), with("alg", "RS256"),
            {"kty": "quantum"}, 1, secret, good]});
        let ids = |publicity| {
            let keys = from_jwk_set(&set.to_string(), publicity).unwrap();
            keys.into_iter().filter_map(|key| key.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(Publicity::Public), ["good"], "a secret that everyone can read is not a secret");
        assert_eq!(ids(Publicity::Private), ["secret", "good"]);
        let none = from_jwk_set(r#"{"keys":[]}"#, Publicity::Public).unwrap_err();
        assert_eq!(none, KeyError::NoKeys(None));
        let many = json!({"keys": vec![good; 33]}).to_string();
        assert_eq!(from_jwk_set(&many, Publicity::Public).unwrap_err(), KeyError::TooMany(33));
        for unreadable in ["", "[]", "{}", "<html>"] {
            assert_eq!(from_jwk_set(unreadable, Publicity::Public).unwrap_err(), KeyError::Unreadable);
        }
    }
}
