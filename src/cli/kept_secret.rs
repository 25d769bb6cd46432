//! The secret that `dev` makes for a project and keeps in its folder, so that `token` can sign with it.

use std::io::ErrorKind;
use std::path::Path;

use super::failure::Failure;

/// The folder with `dev`'s files, in a project.
pub(super) const FOLDER: &str = ".glowplug";

/// The file with the secret for signing tokens, in that folder.
pub(super) const SECRET: &str = "jwt-secret";

/// The secret of the project in the folder `root`, if `dev` has made one.
pub(super) fn read(root: &Path) -> Result<Option<String>, Failure> {
    read_file(&root.join(FOLDER).join(SECRET))
}

/// The secret in a file. An empty file could not be written completely, and counts as missing.
pub(super) fn read_file(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(secret) => Ok(Some(secret.trim().to_owned()).filter(|secret| !secret.is_empty())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file("read", path)(error)),
    }
}
