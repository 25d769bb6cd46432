//! What a development server serves beside the API. `glowplug dev` fills it in; no setting does.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::Secret;

/// The pages of a development server.
#[derive(Debug, Clone, Default)]
pub struct DevPages {
    /// The identities that a page may offer.
    pub people: Vec<SamplePerson>,
    /// The folder of the example front end, if it is built.
    pub board: Option<PathBuf>,
}

/// A ready-made identity.
#[derive(Debug, Clone)]
pub struct SamplePerson {
    /// What people read.
    pub name: String,
    /// What the token says.
    pub claims: Map<String, Value>,
    /// A token that the server accepts.
    pub token: Secret,
}
