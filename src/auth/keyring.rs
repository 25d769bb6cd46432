//! The current keys: those of the settings' files, and those that the provider returned last.
//!
//! They are replaced as a whole, together with the cache of the tokens that the old keys verified.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};

use super::key::{self, Key, KeyError, Publicity};
use super::remote::{Remote, is_due};
use super::token::Unverified;
use super::{Caller, Denied, InvalidToken, SetupError};
use crate::config::{Jwks, Jwt};
use crate::event::Event;

/// The maximum number of bytes of the cached tokens with their claims.
const CACHE_BYTES: u64 = 4 << 20;

/// The sources of keys, and the current keys.
pub(super) struct Keyring {
    secret: Option<Key>,
    key_file: Option<PathBuf>,
    set_file: Option<PathBuf>,
    remote: Option<Remote>,
    current: ArcSwap<CurrentKeys>,
}

/// The current keys, and the tokens that they have verified.
pub(super) struct CurrentKeys {
    local: Arc<[Key]>,
    /// `None` until the first successful fetch.
    fetched: Option<Arc<[Key]>>,
    callers: Cache<String, Arc<Caller>, TokenWeight>,
}

#[derive(Clone)]
struct TokenWeight;

impl Weighter<String, Arc<Caller>> for TokenWeight {
    fn weight(&self, token: &String, caller: &Arc<Caller>) -> u64 {
        let role = caller.role.as_ref().map_or(0, |role| role.len());
        (ENTRY_BYTES + token.len() + role + settings_bytes(caller) + members_bytes(&caller.claims)) as u64
    }
}

/// The bytes of an entry besides its token and claims: its place in the cache, and the structures around the claims.
const ENTRY_BYTES: usize = 256;

/// The bytes of an object's member besides its name and its value's own bytes: a place in the list of members, one in the
/// table of names, and the allocator's overhead.
const MEMBER_BYTES: usize = 128;

/// Bytes of the setting that contains the claims as JSON.
fn settings_bytes(caller: &Caller) -> usize {
    caller.settings().iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// The heap bytes of an object. Recursion is bounded: `serde_json` does not read deeper tokens.
fn members_bytes(members: &Map<String, Value>) -> usize {
    members.iter().map(|(name, value)| MEMBER_BYTES + name.len() + value_bytes(value)).sum()
}

/// The heap bytes of a value, without its own place.
fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(|value| size_of::<Value>() + value_bytes(value)).sum(),
        Value::Object(members) => members_bytes(members),
    }
}

impl CurrentKeys {
    fn new(local: Arc<[Key]>, fetched: Option<Arc<[Key]>>) -> Self {
        Self { local, fetched, callers: Cache::with_weighter(1024, CACHE_BYTES, TokenWeight) }
    }

    /// Saves the next request with the same token the verification of the signature. For RSA or ECDSA that takes hundreds of
    /// microseconds.
    pub(super) fn cache(&self, token: &str, caller: &Arc<Caller>) {
        self.callers.insert(token.to_owned(), Arc::clone(caller));
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        self.local.iter().chain(self.fetched.iter().flat_map(|keys| keys.iter()))
    }

    /// Whether the provider has a key with this identifier.
    fn has_fetched(&self, id: Option<&str>) -> bool {
        id.is_some() && self.fetched.iter().flat_map(|keys| keys.iter()).any(|key| key.id.as_deref() == id)
    }
}

impl Keyring {
    /// Reads the files. Does not fetch the provider's keys yet.
    pub(super) fn new(jwt: &Jwt) -> Result<Self, SetupError> {
        let (set_file, url) = match &jwt.jwks {
            Some(Jwks::File(path)) => (Some(path.clone()), None),
            Some(Jwks::Url(url)) => (None, Some(url)),
            None => (None, None),
        };
        let mut keyring = Self {
            secret: jwt.secret.as_ref().map(|secret| Key::from_secret(secret.expose())),
            key_file: jwt.key.clone(),
            set_file,
            remote: url.map(|url| Remote::new(url)).transpose()?,
            current: ArcSwap::from_pointee(CurrentKeys::new(Arc::default(), None)),
        };
        keyring.current = ArcSwap::from_pointee(CurrentKeys::new(keyring.read_files()?, None));
        Ok(keyring)
    }

    /// The caller of a token that was verified before, by keys that are still current.
    pub(super) fn cached(&self, token: &str) -> Option<Arc<Caller>> {
        self.current.load().callers.get(token)
    }

    /// The claims of a token, and the keys that verified it. If the token names an unknown key, which the provider may have
    /// made since, this fetches the provider's keys.
    pub(super) async fn verify(
        self: &Arc<Self>,
        token: &str,
    ) -> Result<(Map<String, Value>, Arc<CurrentKeys>), Denied> {
        let token = Unverified::parse(token)?;
        let current = self.current.load_full();
        let error = match token.verify(current.keys()) {
            Ok(claims) => return Ok((claims, current)),
            Err(error) => error,
        };
        let is_of_keys = matches!(error, InvalidToken::UnknownKey | InvalidToken::Signature);
        if self.remote.is_none() || !is_of_keys || current.has_fetched(token.key_id()) {
            return Err(error.into());
        }
        self.fetch_missing(current).await;
        let current = self.current.load_full();
        match token.verify(current.keys()) {
            Err(_) if current.fetched.is_none() => Err(Denied::KeysUnavailable),
            result => Ok((result?, current)),
        }
    }

    /// Reads the files again. If one of them is not valid any more, all keys stay as they were.
    pub(super) async fn reread(self: &Arc<Self>) {
        let keyring = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || keyring.read_files()).await;
        let error = match read {
            Ok(Ok(local)) => {
                self.current.rcu(|current| CurrentKeys::new(Arc::clone(&local), current.fetched.clone()));
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        Event::KeysFailed { source: "files", error: &error, has_others: true }.emit();
    }

    /// Fetches the provider's keys, if there is a provider.
    pub(super) async fn fetch(&self) {
        let Some(remote) = &self.remote else { return };
        let mut last_attempt = remote.last_attempt.lock().await;
        if !self.fetch_from(remote).await {
            *last_attempt = Some(Instant::now());
        }
    }

    /// Fetches the provider's keys, which may have some that are not in `seen`, unless the last fetch was a short while ago.
    ///
    /// A separate task does that: the client that sent the token may go away while others wait for the same keys.
    async fn fetch_missing(self: &Arc<Self>, seen: Arc<CurrentKeys>) {
        let keyring = Arc::clone(self);
        let fetching = tokio::spawn(async move {
            let Some(remote) = &keyring.remote else { return };
            let mut last_attempt = remote.last_attempt.lock().await;
            let current = keyring.current.load_full();
            let is_newer = !Arc::ptr_eq(&seen, &current);
            if !is_newer && is_due(*last_attempt, current.fetched.is_some(), Instant::now()) {
                keyring.fetch_from(remote).await;
                // Counted from the end of the fetch: requests that waited for it do not cause another one.
                *last_attempt = Some(Instant::now());
            }
        });
        // The task ends early only if the process ends, or by a defect, which is then in the log.
        let _ = fetching.await;
    }

    async fn fetch_from(&self, remote: &Remote) -> bool {
        match remote.fetch().await {
            Ok(keys) => {
                Event::KeysFetched { keys: keys.len(), url: &remote.url }.emit();
                let keys: Arc<[Key]> = keys.into();
                self.current
                    .rcu(|current| CurrentKeys::new(Arc::clone(&current.local), Some(Arc::clone(&keys))));
                true
            }
            Err(error) => {
                let has_others = self.current.load().fetched.is_some();
                Event::KeysFailed { source: &remote.url, error: &error.to_string(), has_others }.emit();
                false
            }
        }
    }

    fn read_files(&self) -> Result<Arc<[Key]>, SetupError> {
        let mut keys: Vec<Key> = self.secret.iter().cloned().collect();
        if let Some(path) = &self.key_file {
            keys.extend(read(path, key::from_file)?);
        }
        if let Some(path) = &self.set_file {
            keys.extend(read(path, |text| key::from_jwk_set(text, Publicity::Private))?);
        }
        Ok(keys.into())
    }
}

fn read<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, KeyError>) -> Result<T, SetupError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| SetupError::File { path: path.to_owned(), source })?;
    parse(&text).map_err(|source| SetupError::Key { path: path.to_owned(), source })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use serde_json::json;

    use super::*;

    fn caller(claims: Value) -> Arc<Caller> {
        let Value::Object(claims) = claims else { panic!("an object") };
        Arc::new(Caller::new(Some("member".to_owned()), claims))
    }

    #[test]
    fn cached_tokens_are_weighed_with_their_claims() {
        let current = CurrentKeys::new(Arc::default(), None);
        let groups: Vec<String> = (0..100).map(|number| format!("group {number}")).collect();
        for number in 0..10_000 {
            current.cache(&format!("token {number}"), &caller(json!({"sub": number, "groups": groups})));
        }
        assert!(current.callers.weight() <= CACHE_BYTES);
        let least = 100 * (size_of::<Value>() + 7);
        assert!(
            current.callers.len() < usize::try_from(CACHE_BYTES).unwrap() / least,
            "{}",
            current.callers.len()
        );
        let small = caller(json!({}));
        let nested = caller(json!({"a": {"b": [{"c": "text"}]}}));
        let weight = |caller| TokenWeight.weight(&"token".to_owned(), caller);
        assert!(weight(&nested) > weight(&small) + 3 * MEMBER_BYTES as u64);
    }
}
