//! API keys: opaque strings that identify a role without a token, as Supabase's `sb_publishable_…` and `sb_secret_…`. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Map;
use sha2::{Digest as _, Sha256};

use super::Caller;
use crate::config::ApiKey;

/// Supabase's key for browsers. It is public, so it identifies no user.
const PUBLISHABLE: &str = "sb_publishable_";

/// Supabase's key for servers. It must be among the configured keys.
const SECRET: &str = "sb_secret_";

/// The configured keys. They are found by their digests, so that the time of a search says nothing about a key.
#[derive(Default)]
pub(super) struct ApiKeys(HashMap<[u8; 32], Arc<Caller>>);

/// The kind of API key that a credential is.
pub(super) enum ApiKeyKind {
    /// A configured key.
    Known(Arc<Caller>),
    /// A public key: the request is anonymous.
    Publishable,
    /// A secret key that is not configured.
    Unknown,
    /// Not an API key; it may be a token.
    Other,
}

impl ApiKeys {
    pub(super) fn new(keys: &[ApiKey]) -> Self {
        let callers = keys.iter().map(|key| {
            let caller = Caller::with_role(key.role.clone(), Map::new());
            (digest(key.key.expose()), Arc::new(caller))
        });
        Self(callers.collect())
    }

    /// A token contains dots, and a key does not, so tokens need no look-up.
    pub(super) fn classify(&self, credential: &str) -> ApiKeyKind {
        if credential.contains('.') {
            return ApiKeyKind::Other;
        }
        let known = if self.0.is_empty() { None } else { self.0.get(&digest(credential)) };
        match known {
            Some(caller) => ApiKeyKind::Known(Arc::clone(caller)),
            None if credential.starts_with(PUBLISHABLE) => ApiKeyKind::Publishable,
            None if credential.starts_with(SECRET) => ApiKeyKind::Unknown,
            None => ApiKeyKind::Other,
        }
    }
}

fn digest(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}
