//! Makes tokens, for development: in production, an identity provider does that.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value};

use crate::config::Jwt;

/// A token with these claims that the server accepts from now on, until it expires. It is signed with `jwt.secret`, and has
/// the issuer and the audience that the settings require. The error says why there is none.
pub fn sign(jwt: &Jwt, mut claims: Map<String, Value>, expires: Duration) -> Result<String, String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    claims.insert("iat".to_owned(), now.as_secs().into());
    claims.insert("exp".to_owned(), now.saturating_add(expires).as_secs().into());
    if let Some(issuer) = &jwt.issuer {
        claims.entry("iss").or_insert_with(|| issuer.as_str().into());
    }
    if let Some(audience) = jwt.audiences.first() {
        claims.entry("aud").or_insert_with(|| audience.as_str().into());
    }
    let secret = jwt.secret.as_ref().map(|secret| secret.expose().as_slice()).unwrap_or_default();
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret))
        .map_err(|error| format!("the token cannot be signed: {error}"))
}

/// The role that a token with these claims names, where the settings say that it is.
pub fn role_of<'c>(jwt: &Jwt, claims: &'c Map<String, Value>) -> Option<&'c str> {
    let (last, path) = jwt.role_claim.split_last()?;
    let holder = path.iter().try_fold(claims, |claims, name| claims.get(name)?.as_object())?;
    holder.get(last)?.as_str()
}
