//! An identity provider's key set, fetched over HTTP, with limits on time, size and frequency.
//!
//! Never follows a redirect: only the address in the settings is trusted.

use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};

use super::key::{self, Key, KeyError, Publicity};

/// The time limit of a fetch, from the connection to the last byte.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A provider's key set has a few thousand bytes.
const MOST_BYTES: usize = 1 << 20;

/// How often tokens with unknown keys may cause a fetch. Anyone can send such tokens.
const PAUSE: Duration = Duration::from_mins(1);

/// The same while there are no keys at all, because the provider could not be reached yet.
const PAUSE_WITHOUT_KEYS: Duration = Duration::from_secs(5);

/// The keys' address, and the time of the last fetch because of a token.
#[derive(Debug)]
pub(super) struct Remote {
    pub(super) url: String,
    client: Client,
    /// Held during a fetch, so that a hundred requests cause one fetch and share its result. The time is the end of the last
    /// attempt that a token caused, or that failed.
    pub(super) last_attempt: tokio::sync::Mutex<Option<Instant>>,
}

/// Why there are no new keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("{}", with_causes(.0))]
    Http(#[from] reqwest::Error),
    #[error("the answer has status {0}; is this the address of a JWK set?")]
    Status(StatusCode),
    #[error("the answer has more than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("{0}")]
    Keys(#[from] KeyError),
}

impl Remote {
    pub(super) fn new(url: &str) -> Result<Self, reqwest::Error> {
        // The client uses the process's crypto provider. If a program has chosen one already, that choice stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).build()?;
        Ok(Self { url: url.to_owned(), client, last_attempt: tokio::sync::Mutex::new(None) })
    }

    /// The provider's current keys.
    pub(super) async fn fetch(&self) -> Result<Vec<Key>, FetchError> {
        let mut response = self.client.get(&self.url).header("accept", "application/json").send().await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err(FetchError::TooLarge);
            }
        }
        Ok(key::from_jwk_set(&String::from_utf8_lossy(&body), Publicity::Public)?)
    }
}

/// Whether a token with an unknown key may cause a fetch now.
pub(super) fn is_due(last_attempt: Option<Instant>, has_keys: bool, now: Instant) -> bool {
    let pause = if has_keys { PAUSE } else { PAUSE_WITHOUT_KEYS };
    last_attempt.is_none_or(|last| now.duration_since(last) >= pause)
}

/// reqwest's own text says what it was doing. The errors below it say what went wrong.
fn with_causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_fetched_once_a_minute_and_sooner_only_without_any() {
        let last = Instant::now();
        let after = |seconds| last + Duration::from_secs(seconds);
        assert!(is_due(None, true, last) && is_due(None, false, last));
        assert!(!is_due(Some(last), true, after(59)) && is_due(Some(last), true, after(60)));
        assert!(!is_due(Some(last), false, after(4)) && is_due(Some(last), false, after(5)));
    }
}
