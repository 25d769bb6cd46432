//! An authenticator with a secret, and tokens that are signed with it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use glowplug::auth::{Authenticator, Caller, Denied};
use glowplug::config::{Auth, Jwt, Secret};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};

const SECRET: &[u8] = b"a secret that random input does not have";

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

/// The caller. Without an address of keys there is nothing to wait for.
pub(crate) fn authenticate(authorization: &str) -> Result<Arc<Caller>, Denied> {
    AUTHENTICATOR.authenticate(Some(authorization)).now_or_never().expect("it does not wait")
}

/// The header `Authorization` with a token of these two parts, correctly signed whatever they are.
pub(crate) fn signed(header: &[u8], claims: &[u8]) -> String {
    let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let message = format!("{header}.{claims}");
    let key = EncodingKey::from_secret(SECRET);
    let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a signature");
    format!("Bearer {message}.{signature}")
}
