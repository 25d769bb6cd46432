//! What both targets stand on: an authenticator with a secret, and tokens that are signed with it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use glowplug::auth::{Authenticator, Caller, Denied};
use glowplug::config::{Auth, Jwt, Secret};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

const SECRET: &[u8] = b"a secret that the fuzzer does not use";

static AUTHENTICATOR: LazyLock<Authenticator> = LazyLock::new(|| {
    let jwt = Jwt {
        secret: Some(Secret::new(SECRET)),
        key: None,
        jwks: None,
        audiences: Vec::new(),
        issuer: None,
        clock_skew: Duration::ZERO,
        role_claim: vec!["role".to_owned()],
    };
    Authenticator::new(&Auth { jwt: Some(jwt), anon_role: Some("anon".to_owned()), ..Auth::default() })
        .expect("a secret is enough")
});

/// The caller; without a provider there is nothing to wait for.
pub fn authenticate(authorization: &str) -> Result<Arc<Caller>, Denied> {
    AUTHENTICATOR.authenticate(Some(authorization)).now_or_never().expect("it does not wait")
}

/// The header `Authorization` with a token of these two parts, well signed whatever they are.
pub fn signed(header: &[u8], claims: &[u8]) -> String {
    let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{claims}");
    let key = EncodingKey::from_secret(SECRET);
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a signature");
    format!("Bearer {message}.{signature}")
}
