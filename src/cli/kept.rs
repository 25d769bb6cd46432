//! What `dev` keeps in its project's folder for other commands: the secret that `token` signs with, and the running database.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use super::failure::Failure;

/// The folder with `dev`'s files, in a project.
pub(super) const FOLDER: &str = ".glowplug";

/// The file with the secret for signing tokens, in that folder.
pub(super) const SECRET: &str = "jwt-secret";

/// The file that a running `dev` locks.
pub(super) const LOCK: &str = "lock";

/// The file with the connection strings of the database that `dev` has started: through the pooler if there is one, and past it.
pub(super) const DATABASE_URLS: &str = "database-urls";

/// The connection strings of a running `dev`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DatabaseUrls {
    pub(super) pooled: String,
    pub(super) direct: String,
}

/// The secret of the project in the folder `root`, if `dev` has made one.
pub(super) fn secret(root: &Path) -> Result<Option<String>, Failure> {
    read(&root.join(FOLDER).join(SECRET))
}

/// The database of the project in the folder `root`, if `dev` is running there.
pub(super) fn database_urls(root: &Path) -> Result<Option<DatabaseUrls>, Failure> {
    let folder = root.join(FOLDER);
    if !is_locked(&folder.join(LOCK)) {
        return Ok(None);
    }
    let kept = read(&folder.join(DATABASE_URLS))?;
    let urls = kept.as_deref().and_then(|kept| kept.split_once('\n'));
    Ok(urls.map(|(pooled, direct)| DatabaseUrls { pooled: pooled.to_owned(), direct: direct.to_owned() }))
}

/// The text of a file. An empty file could not be written completely, and counts as missing.
pub(super) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file("read", path)(error)),
    }
}

/// Whether a process holds the lock. A file that cannot be opened is held by none.
fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
