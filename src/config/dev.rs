//! What a development server serves beside the API. `glowplug dev` fills it in; no setting does.

use std::path::PathBuf;

use super::Jwt;

/// The pages of a development server.
#[derive(Debug, Clone, Default)]
pub struct DevPages {
    /// The tokens that the server accepts, with the secret that those of sample people are signed with. Without it there are
    /// no people.
    pub jwt: Option<Jwt>,
    /// The schemas that the diagram shows.
    pub schemas: Vec<String>,
    /// The folder of the example front end, if it is built.
    pub board: Option<PathBuf>,
}
