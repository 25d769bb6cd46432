//! Persisted documents: an id in a request -> the text of a GraphQL document.
//!
//! There are two kinds. Those of the [`AllowList`] were collected from the clients' sources when the clients were built.
//! Those of Apollo's automatic persisted queries were sent by clients at run time, and are kept by their hash. Never reads a
//! file, and never looks into a document: an id is only a key.

mod list;

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use arc_swap::ArcSwap;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::config::DocumentPolicy;

pub use list::{AllowList, ListError};

/// The maximum number of bytes of the texts that clients have registered. The least recently used ones give way.
const REGISTERED_BYTES: u64 = 16 << 20;

/// How a request names its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentSource {
    /// By its text.
    Text(String),
    /// A document of the server itself, for a client that sent none. The rules for clients' documents do not apply to it.
    Own(&'static str),
    /// By its id (GraphQL over HTTP, proposed appendix "Persisted Documents").
    Id(String),
    /// By its hash, and by its text if the server has answered that the hash is not known (Apollo's automatic persisted
    /// queries).
    Hash {
        /// The SHA-256 of the text in lower-case hexadecimal; clients that were built with an allow-list send the id from there.
        sha256: String,
        /// The text.
        text: Option<String>,
    },
}

impl From<String> for DocumentSource {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for DocumentSource {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Why a request has no document that may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersistedError {
    /// No document has the id.
    #[error("no persisted document has the id of the request")]
    UnknownId,
    /// No document has the hash; the client may send the text with it.
    #[error("no persisted document has the hash of the request")]
    UnknownHash,
    /// Documents have no hashes here; the client may send the text alone.
    #[error("automatic persisted queries are off")]
    NotSupported,
    /// The hash is not that of the text.
    #[error("the hash is not that of the text")]
    HashMismatch,
    /// Only documents of the allow-list run, and this is not one of them.
    #[error("the document is not in the list of persisted operations")]
    NotInList,
}

/// The documents that requests may name.
pub struct Persisted {
    policy: DocumentPolicy,
    list: ArcSwap<AllowList>,
    registered: Cache<String, Arc<str>, TextWeight>,
}

#[derive(Clone)]
struct TextWeight;

impl Weighter<String, Arc<str>> for TextWeight {
    fn weight(&self, hash: &String, text: &Arc<str>) -> u64 {
        (hash.len() + text.len()) as u64 + 64
    }
}

impl Persisted {
    /// Starts with a list, and without registered documents.
    pub fn new(policy: DocumentPolicy, list: AllowList) -> Self {
        let registered = Cache::with_weighter(1024, REGISTERED_BYTES, TextWeight);
        Self { policy, list: ArcSwap::from_pointee(list), registered }
    }

    /// Which documents run.
    pub fn policy(&self) -> DocumentPolicy {
        self.policy
    }

    /// The current allow-list.
    pub fn list(&self) -> Arc<AllowList> {
        self.list.load_full()
    }

    /// Replaces the allow-list.
    pub fn replace_list(&self, list: AllowList) {
        self.list.store(Arc::new(list));
    }

    /// The text of a request's document.
    pub fn text<'r>(&self, source: &'r DocumentSource) -> Result<Cow<'r, str>, PersistedError> {
        let known = match source {
            DocumentSource::Text(text) => return self.allow(text),
            DocumentSource::Own(text) => return Ok(Cow::Borrowed(text)),
            DocumentSource::Hash { sha256, text: Some(text) } => return self.take(sha256, text),
            DocumentSource::Hash { sha256, text: None } => {
                self.known(sha256).ok_or_else(|| self.unknown_hash())?
            }
            DocumentSource::Id(id) => {
                let hash = id.strip_prefix("sha256:").unwrap_or(id);
                self.list.load().get(id).or_else(|| self.known(hash)).ok_or(PersistedError::UnknownId)?
            }
        };
        Ok(Cow::Owned(known.to_string()))
    }

    /// A text that a client has sent, if it may run.
    fn allow<'r>(&self, text: &'r str) -> Result<Cow<'r, str>, PersistedError> {
        if self.policy == DocumentPolicy::ListOnly && !self.list.load().has_text(text) {
            return Err(PersistedError::NotInList);
        }
        Ok(Cow::Borrowed(text))
    }

    fn known(&self, id: &str) -> Option<Arc<str>> {
        self.list.load().get(id).or_else(|| self.registered.get(id))
    }

    /// A text that a client has sent with its hash. It is kept only if the hash is correct. Otherwise one client could
    /// decide what another client's hash stands for.
    fn take<'r>(&self, sha256: &str, text: &'r str) -> Result<Cow<'r, str>, PersistedError> {
        let allowed = self.allow(text)?;
        if self.policy == DocumentPolicy::Automatic {
            if sha256_hex(text) != sha256 {
                return Err(PersistedError::HashMismatch);
            }
            self.registered.insert(sha256.to_owned(), Arc::from(text));
        }
        Ok(allowed)
    }

    fn unknown_hash(&self) -> PersistedError {
        if self.policy == DocumentPolicy::Any && self.list.load().is_empty() {
            return PersistedError::NotSupported;
        }
        PersistedError::UnknownHash
    }
}

/// The SHA-256 of a text, in lower-case hexadecimal digits.
fn sha256_hex(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut digits, byte| {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[cfg(test)]
mod tests;
