//! Authentication: the `Authorization` header -> a role and claims, by JSON Web Tokens (RFC 6750, 7515, 7517, 7519, 8725).
//!
//! Verification is pure: it gets a token, keys and the time, and returns claims (`token`, `key`, `claims`). Only `keyring`
//! reads files, and only `remote` calls an identity provider. Never asks the database, which alone decides what a role may
//! do.
#![doc = ""]
#![doc = include_str!("../docs/authentication.md")]

mod api_keys;
mod claims;
mod denied;
mod key;
mod keyring;
mod remote;
mod sign;
mod token;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod token_tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::config;
use api_keys::{ApiKeyKind, ApiKeys};
use claims::Rules;
pub use denied::{Denied, InvalidToken};
pub use key::KeyError;
use keyring::Keyring;
pub use sign::{role_of, sign};

/// How old a provider's keys may become before they are fetched again, so that a withdrawn key becomes invalid.
const FETCH_INTERVAL: Duration = Duration::from_mins(10);

/// Identifies the caller of a request. Cheap to clone.
#[derive(Clone)]
pub struct Authenticator {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` accepts no token.
    tokens: Option<Tokens>,
    api_keys: ApiKeys,
    /// The caller of a request without a token; `None` refuses such requests.
    anonymous: Option<Arc<Caller>>,
}

/// What a request says about its caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The value of the `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The value of the `apikey` header. Only an API key counts there, and only without a token in `authorization`.
    pub api_key: Option<&'a str>,
}

/// What tokens have to meet.
struct Tokens {
    keyring: Arc<Keyring>,
    rules: Rules,
}

/// The identity that a request runs as.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// The database role to run as; `None` is the connection's own user.
    pub role: Option<Arc<str>>,
    /// The token's claims, and the role as `role`, which is where policies look for it.
    claims: Map<String, Value>,
    /// The setting that contains the claims as JSON, made once for all requests with the same token.
    settings: Arc<[(Arc<str>, Arc<str>)]>,
    /// When the token expires, by the issuer's clock, plus the permitted difference between clocks.
    expires_at: Option<SystemTime>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A key file cannot be read.
    #[error("cannot read the keys in {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A key file holds no key.
    #[error("cannot use the keys in {}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: KeyError,
    },
    /// The HTTP client could not be built, most likely because root certificates are missing.
    #[error("cannot make a client to fetch keys with: {0}")]
    Client(#[from] reqwest::Error),
}

impl Caller {
    /// A caller that runs as `role`, whatever the claims say.
    pub(crate) fn new(role: Option<String>, claims: Map<String, Value>) -> Self {
        let json = Value::Object(claims.clone()).to_string();
        let settings = [(config::CLAIMS_SETTING.into(), json.into())].into();
        Self { role: role.map(Into::into), claims, settings, expires_at: None }
    }

    fn with_role(role: String, mut claims: Map<String, Value>) -> Self {
        claims.insert("role".to_owned(), Value::String(role.clone()));
        Self::new(Some(role), claims)
    }

    /// The token's claims, and the role as `role`, which is where policies look for it.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// When the token expires; `None` means never.
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The setting from which policies and functions read the claims: its name and its value.
    pub fn settings(&self) -> &Arc<[(Arc<str>, Arc<str>)]> {
        &self.settings
    }
}

impl Authenticator {
    /// Reads the key files. Keys at an address are fetched for the first token that needs them, or by [`Self::follow_keys`].
    pub fn new(config: &config::Auth) -> Result<Self, SetupError> {
        let tokens = match &config.jwt {
            Some(jwt) => Some(Tokens { keyring: Arc::new(Keyring::new(jwt)?), rules: Rules::new(jwt) }),
            None => None,
        };
        let anonymous = match &config.anon_role {
            Some(role) => Some(Caller::with_role(role.clone(), Map::new())),
            None => config.is_open().then(|| Caller::new(None, Map::new())),
        };
        let api_keys = ApiKeys::new(&config.api_keys);
        Ok(Self { inner: Arc::new(Inner { tokens, api_keys, anonymous: anonymous.map(Arc::new) }) })
    }

    /// Identifies the caller by the value of the `Authorization` header.
    ///
    /// Waits only for a token whose key is unknown, until the identity provider has answered. Needs a tokio runtime.
    pub async fn authenticate(&self, authorization: Option<&str>) -> Result<Arc<Caller>, Denied> {
        self.authenticate_by(Credentials { authorization, api_key: None }).await
    }

    /// The same, by all headers that may identify the caller.
    pub async fn authenticate_by(&self, credentials: Credentials<'_>) -> Result<Arc<Caller>, Denied> {
        let Some(authorization) = credentials.authorization else {
            let kind = credentials.api_key.map_or(ApiKeyKind::Other, |key| self.inner.api_keys.classify(key));
            return self.of_key(kind).unwrap_or_else(|| self.anonymous());
        };
        let token = bearer(authorization).ok_or(Denied::NoBearer)?;
        match self.of_key(self.inner.api_keys.classify(token)) {
            Some(caller) => caller,
            None => self.of_token(token).await,
        }
    }

    /// The caller that an API key identifies; `None` if it is no API key.
    fn of_key(&self, kind: ApiKeyKind) -> Option<Result<Arc<Caller>, Denied>> {
        match kind {
            ApiKeyKind::Known(caller) => Some(Ok(caller)),
            ApiKeyKind::Publishable => Some(self.anonymous()),
            ApiKeyKind::Unknown => Some(Err(Denied::ApiKeyUnknown)),
            ApiKeyKind::Other => None,
        }
    }

    fn anonymous(&self) -> Result<Arc<Caller>, Denied> {
        self.inner.anonymous.clone().ok_or(Denied::TokenMissing)
    }

    async fn of_token(&self, token: &str) -> Result<Arc<Caller>, Denied> {
        let Tokens { keyring, rules } = self.inner.tokens.as_ref().ok_or(Denied::NotAccepted)?;
        if let Some(caller) = keyring.cached(token) {
            rules.check_times(&caller.claims, SystemTime::now())?;
            return Ok(caller);
        }
        let (claims, keys) = keyring.verify(token).await?;
        rules.check(&claims, SystemTime::now())?;
        let expires_at = rules.expiry(&claims);
        let caller = match rules.role(&claims)? {
            Some(role) => Caller::with_role(role, claims),
            None => self.without_role(claims)?,
        };
        let caller = Arc::new(Caller { expires_at, ..caller });
        keys.cache(token, &caller);
        Ok(caller)
    }

    /// Reads the key files again, and fetches the provider's keys. If either fails, the old keys stay, and the log says why.
    pub async fn reload(&self) {
        if let Some(tokens) = &self.inner.tokens {
            tokens.keyring.reread().await;
            tokens.keyring.fetch().await;
        }
    }

    /// Fetches the provider's keys at intervals, until `stop` is cancelled.
    pub async fn follow_keys(&self, stop: CancellationToken) {
        let fetching = async {
            loop {
                if let Some(tokens) = &self.inner.tokens {
                    tokens.keyring.fetch().await;
                }
                tokio::time::sleep(FETCH_INTERVAL).await;
            }
        };
        stop.run_until_cancelled(fetching).await;
    }

    /// A token without a role belongs to a known user, who may do what anonymous requests may.
    fn without_role(&self, claims: Map<String, Value>) -> Result<Caller, Denied> {
        let role = self.inner.anonymous.as_ref().and_then(|anonymous| anonymous.role.as_deref());
        Ok(Caller::with_role(role.ok_or(Denied::RoleMissing)?.to_owned(), claims))
    }
}

/// The token of `Bearer <token>`. The scheme is not case-sensitive (RFC 9110, section 11.1).
fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.trim().split_once(' ')?;
    let token = token.trim_start();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}
