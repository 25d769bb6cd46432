//! API keys: opaque strings that identify a role without a token, as Supabase's `sb_publishable_…` and `sb_secret_…`. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Map;
use sha2::{Digest as _, Sha256};

use super::Caller;
use crate::config::ApiKey;

/// Supabase's key for browsers. Everyone may know it, so it identifies nobody.
const PUBLISHABLE: &str = "sb_publishable_";

/// Supabase's key for servers. It must be among the configured keys.
const SECRET: &str = "sb_secret_";

/// The configured keys. They are found by their digests, so that the time of a search says nothing about a key.
#[derive(Default)]
pub(super) struct ApiKeys(HashMap<[u8; 32], Arc<Caller>>);

/// What a credential is, seen as an API key.
pub(super) enum ApiKeyKind {
    /// A configured key.
    Known(Arc<Caller>),
    /// A key that identifies nobody: an anonymous request.
    Publishable,
    /// A secret key that is not configured.
    Unknown,
    /// No API key; a token, perhaps.
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

    /// A token has dots, and a key has none, so that tokens cost nothing here.
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
