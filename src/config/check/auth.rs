//! The settings of tokens and roles, and their contradictions.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

use super::super::{ApiKey, Auth, Jwks, Jwt, Secret};
use super::{Reader, list};

/// A shorter secret could be found by brute force (RFC 7518, section 3.2, asks for the output length of SHA-256).
const SECRET_BYTES: usize = 32;

/// The permitted difference between clocks when a token's `exp` and `nbf` are checked.
const CLOCK_SKEW: Duration = Duration::from_secs(30);

/// A shorter API key could be found by trying.
const KEY_BYTES: usize = 24;

/// PostgreSQL truncates longer names.
const ROLE_BYTES: usize = 63;

/// The settings that provide keys. Without one of them, no token is accepted.
const KEYS: [&str; 2] = ["jwt-secret", "jwt-keys"];

/// Settings that you set because you expect every token to be checked against them.
const RULES: [&str; 2] = ["jwt-audience", "jwt-issuer"];

pub(super) fn auth(reader: &mut Reader<'_>) -> Auth {
    let (key, jwks) = reader.optional("jwt-keys", keys).unwrap_or_default();
    let jwt = Jwt {
        secret: reader.optional("jwt-secret", secret),
        key,
        jwks,
        audiences: reader
            .optional("jwt-audience", |text| match list(text) {
                names if names.is_empty() => Err("names no audience".to_owned()),
                names => Ok(names),
            })
            .unwrap_or_default(),
        issuer: reader.optional("jwt-issuer", |text| Ok(text.to_owned())),
        clock_skew: CLOCK_SKEW,
        role_claim: reader.read("jwt-role-claim", role_claim),
    };
    let has_keys = KEYS.iter().any(|name| reader.settled.value(name).is_some());
    if !has_keys {
        refuse_rules_without_keys(reader);
    }
    Auth {
        jwt: has_keys.then_some(jwt),
        anon_role: reader.optional("anon-role", role),
        api_keys: reader.optional("api-keys", api_keys).unwrap_or_default(),
    }
}

fn refuse_rules_without_keys(reader: &mut Reader<'_>) {
    let message = "has no effect, because no key is set that tokens could be verified with; set jwt-secret or \
        jwt-keys as well";
    for name in RULES.into_iter().filter(|name| reader.settled.value(name).is_some()) {
        reader.refuse(name, message);
    }
}

/// The message never contains the value itself.
fn secret(text: &str) -> Result<Secret<Vec<u8>>, String> {
    let bytes = match text.strip_prefix("base64:") {
        Some(encoded) => from_base64(encoded).ok_or("is no base64 after `base64:`")?,
        None => text.as_bytes().to_vec(),
    };
    if bytes.len() < SECRET_BYTES {
        return Err(format!(
            "has {} bytes, which can be guessed; it must have {SECRET_BYTES} or more. Make one with \
             `openssl rand -base64 48`",
            bytes.len()
        ));
    }
    Ok(Secret::new(bytes))
}

/// Either alphabet, with or without padding.
fn from_base64(encoded: &str) -> Option<Vec<u8>> {
    let encoded = encoded.trim().trim_end_matches('=');
    BASE64_STANDARD_NO_PAD.decode(encoded).or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(encoded)).ok()
}

/// A file, an address, or one of each.
fn keys(text: &str) -> Result<(Option<PathBuf>, Option<Jwks>), String> {
    let (mut file, mut set) = (None, None);
    for place in list(text) {
        let earlier = match place.split_once("://") {
            Some((scheme, rest)) => set.replace(address(&place, scheme, rest)?).is_some(),
            None => file.replace(PathBuf::from(place)).is_some(),
        };
        if earlier {
            return Err("names more than one file or more than one address; put the keys of files together into a JWK set".to_owned());
        }
    }
    Ok((file, set))
}

fn address(text: &str, scheme: &str, rest: &str) -> Result<Jwks, String> {
    if !matches!(scheme, "https" | "http") {
        return Err(format!(
            "`{scheme}` is no scheme that keys can be fetched by; write https://… or a file's path"
        ));
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains('@') {
        return Err("is no address with a host and without a user name".to_owned());
    }
    Ok(Jwks::Url(text.to_owned()))
}

/// Public claim names are URIs (RFC 7519, section 4.2), which contain dots.
fn role_claim(text: &str) -> Result<Vec<String>, String> {
    if text.contains([':', '/']) {
        return Ok(vec![text.to_owned()]);
    }
    let names: Vec<String> = text.split('.').map(str::to_owned).collect();
    if names.iter().any(String::is_empty) {
        return Err(format!("`{text}` names no claim; write for example role or app_metadata.role"));
    }
    Ok(names)
}

/// The messages never contain a key.
fn api_keys(text: &str) -> Result<Vec<ApiKey>, String> {
    let mut keys: Vec<ApiKey> = Vec::new();
    for (index, pair) in list(text).iter().enumerate() {
        let place = format!("key {} ", index + 1);
        let Some((name, key)) = pair.split_once('=') else {
            return Err(format!("{place}has no role; write for example service_role=sb_secret_…"));
        };
        let (name, key) = (name.trim(), key.trim());
        if key.len() < KEY_BYTES {
            return Err(format!("{place}can be guessed; it must have {KEY_BYTES} letters or more"));
        }
        if key.contains('.') || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("{place}has a dot, as a token, or a letter that a header cannot have"));
        }
        if keys.iter().any(|earlier| earlier.key.expose() == key) {
            return Err(format!("{place}is there twice"));
        }
        keys.push(ApiKey { role: role(name)?, key: Secret::new(key) });
    }
    Ok(keys)
}

/// In PostgreSQL, `none` is not a role but the return to the connection's own user.
fn role(text: &str) -> Result<String, String> {
    if text == "none" || text.is_empty() || text.len() > ROLE_BYTES || text.contains('\0') {
        return Err(format!("`{text}` cannot be the name of a role"));
    }
    Ok(text.to_owned())
}
