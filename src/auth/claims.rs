//! Claims -> whether they hold now and here, and the role that they name. Pure: the time is handed in.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::{Denied, InvalidToken};
use crate::config::Jwt;

/// PostgreSQL cuts longer names.
const ROLE_BYTES: usize = 63;

/// What tokens are held to besides their signature.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    audiences: Vec<String>,
    issuer: Option<String>,
    clock_skew: Duration,
    role_claim: Vec<String>,
}

impl Rules {
    pub(super) fn new(jwt: &Jwt) -> Self {
        Self {
            audiences: jwt.audiences.clone(),
            issuer: jwt.issuer.clone(),
            clock_skew: jwt.clock_skew,
            role_claim: jwt.role_claim.clone(),
        }
    }

    /// Whether the claims hold here and now.
    pub(super) fn check(&self, claims: &Map<String, Value>, now: SystemTime) -> Result<(), InvalidToken> {
        self.check_times(claims, now)?;
        if self.issuer.is_some() && claims.get("iss").and_then(Value::as_str) != self.issuer.as_deref() {
            return Err(InvalidToken::Issuer);
        }
        if !self.audiences.is_empty() && !self.names_audience(claims.get("aud")) {
            return Err(InvalidToken::Audience);
        }
        Ok(())
    }

    /// Whether the claims hold now. A token without `exp` holds for as long as its key does.
    pub(super) fn check_times(
        &self,
        claims: &Map<String, Value>,
        now: SystemTime,
    ) -> Result<(), InvalidToken> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let skew = self.clock_skew.as_secs_f64();
        let time = |name| match claims.get(name) {
            None => Ok(None),
            Some(value) => value.as_f64().map(Some).ok_or(InvalidToken::Times),
        };
        if time("exp")?.is_some_and(|exp| now >= exp + skew) {
            return Err(InvalidToken::Expired);
        }
        if time("nbf")?.is_some_and(|nbf| now + skew < nbf) {
            return Err(InvalidToken::NotYetValid);
        }
        Ok(())
    }

    /// `aud` is a text or a list of texts (RFC 7519, section 4.1.3).
    fn names_audience(&self, aud: Option<&Value>) -> bool {
        let is_ours =
            |value: &Value| value.as_str().is_some_and(|name| self.audiences.iter().any(|our| our == name));
        match aud {
            Some(Value::Array(names)) => names.iter().any(is_ours),
            Some(name) => is_ours(name),
            None => false,
        }
    }

    /// The role that the claims name; `None` if the claim is not there.
    pub(super) fn role(&self, claims: &Map<String, Value>) -> Result<Option<String>, Denied> {
        let (last, objects) = self.role_claim.split_last().ok_or(Denied::RoleMissing)?;
        let mut within = claims;
        for name in objects {
            match within.get(name) {
                Some(Value::Object(inner)) => within = inner,
                _ => return Ok(None),
            }
        }
        match within.get(last) {
            None => Ok(None),
            Some(Value::String(role)) if is_role_name(role) => Ok(Some(role.clone())),
            Some(_) => Err(Denied::RoleRefused),
        }
    }
}

/// Whether it can be the name of a role. `none` is no role to PostgreSQL, but the return to the connection's own user.
fn is_role_name(name: &str) -> bool {
    (1..=ROLE_BYTES).contains(&name.len()) && name != "none" && !name.contains('\0')
}
