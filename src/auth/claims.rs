//! Claims -> whether they are valid now, and the role that they name. Pure: the caller passes the time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::{Denied, InvalidToken};
use crate::config::Jwt;

/// PostgreSQL truncates longer names.
const ROLE_BYTES: usize = 63;

/// What a token has to meet besides its signature.
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

    /// Whether the claims are valid for this server now.
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

    /// Whether the claims are valid now. A token without `exp` is valid as long as its key is.
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

    /// When valid claims expire. `None` means never, or too late for the clock's range.
    pub(super) fn expiry(&self, claims: &Map<String, Value>) -> Option<SystemTime> {
        let end = claims.get("exp")?.as_f64()? + self.clock_skew.as_secs_f64();
        UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(end).ok()?)
    }

    /// `aud` is a string or a list of strings (RFC 7519, section 4.1.3).
    fn names_audience(&self, aud: Option<&Value>) -> bool {
        let is_ours =
            |value: &Value| value.as_str().is_some_and(|name| self.audiences.iter().any(|our| our == name));
        match aud {
            Some(Value::Array(names)) => names.iter().any(is_ours),
            Some(name) => is_ours(name),
            None => false,
        }
    }

    /// The role in the claims; `None` if the claim is missing.
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

/// Whether this can be the name of a role. In PostgreSQL, `none` is not a role but the return to the connection's own user.
fn is_role_name(name: &str) -> bool {
    (1..=ROLE_BYTES).contains(&name.len()) && name != "none" && !name.contains('\0')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules() -> Rules {
        Rules {
            audiences: Vec::new(),
            issuer: None,
            clock_skew: Duration::from_secs(30),
            role_claim: vec!["role".to_owned()],
        }
    }

    fn check(rules: &Rules, claims: &Value) -> Result<(), InvalidToken> {
        rules.check(claims.as_object().unwrap(), UNIX_EPOCH + Duration::from_secs(1000))
    }

    #[test]
    fn times_are_held_with_the_skew() {
        for (claims, expected) in [
            (json!({}), Ok(())),
            (json!({"exp": 971}), Ok(())),
            (json!({"exp": 970}), Err(InvalidToken::Expired)),
            (json!({"exp": 970.5}), Ok(())),
            (json!({"exp": -1}), Err(InvalidToken::Expired)),
            (json!({"exp": 0}), Err(InvalidToken::Expired)),
            (json!({"exp": 1e300}), Ok(())),
            (json!({"exp": u64::MAX}), Ok(())),
            (json!({"nbf": 1030}), Ok(())),
            (json!({"nbf": 1031}), Err(InvalidToken::NotYetValid)),
            (json!({"exp": "2000"}), Err(InvalidToken::Times)),
            (json!({"exp": null}), Err(InvalidToken::Times)),
            (json!({"nbf": [1]}), Err(InvalidToken::Times)),
        ] {
            assert_eq!(check(&rules(), &claims), expected, "{claims}");
        }
    }

    #[test]
    fn the_audience_and_the_issuer_are_held_where_they_are_set() {
        let rules = Rules {
            audiences: vec!["app".into(), "api".into()],
            issuer: Some("https://id/".into()),
            ..rules()
        };
        for (aud, iss, expected) in [
            (json!("app"), json!("https://id/"), Ok(())),
            (json!(["x", "api"]), json!("https://id/"), Ok(())),
            (json!("x"), json!("https://id/"), Err(InvalidToken::Audience)),
            (json!([]), json!("https://id/"), Err(InvalidToken::Audience)),
            (json!({"app": true}), json!("https://id/"), Err(InvalidToken::Audience)),
            (json!("app"), json!("https://id"), Err(InvalidToken::Issuer)),
            (json!("app"), json!(["https://id/"]), Err(InvalidToken::Issuer)),
        ] {
            assert_eq!(check(&rules, &json!({"aud": aud, "iss": iss})), expected, "{aud} {iss}");
        }
        assert_eq!(check(&rules, &json!({"iss": "https://id/"})), Err(InvalidToken::Audience));
        assert_eq!(check(&rules, &json!({"aud": "app"})), Err(InvalidToken::Issuer));
    }

    #[test]
    fn the_role_is_found_by_its_path() {
        let role = |path: &[&str], claims: Value| {
            let role_claim = path.iter().map(|name| (*name).to_owned()).collect();
            Rules { role_claim, ..rules() }.role(claims.as_object().unwrap())
        };
        let found = |name: &str| Ok(Some(name.to_owned()));
        assert_eq!(role(&["role"], json!({"role": "anon"})), found("anon"));
        assert_eq!(role(&["role"], json!({})), Ok(None));
        assert_eq!(role(&["https://a.b/role"], json!({"https://a.b/role": "x"})), found("x"));
        let nested = json!({"app_metadata": {"role": "editor"}, "role": "anon", "app_metadata.role": "trap"});
        assert_eq!(role(&["app_metadata", "role"], nested), found("editor"));
        assert_eq!(role(&["app_metadata", "role"], json!({"app_metadata": "role"})), Ok(None));
        let long = "r".repeat(64);
        for refused in
            [json!("none"), json!(""), json!("a\0b"), json!(1), json!(null), json!(["anon"]), json!(long)]
        {
            assert_eq!(role(&["role"], json!({"role": refused})), Err(Denied::RoleRefused), "{refused}");
        }
    }
}
