//! Notices changes of the migrations folder.
//!
//! It compares the files' sizes and times several times a second. The operating system's notifications would need less work,
//! but they do not work across containers and network folders, where many people develop, and a migrations folder is small.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::migrations::entries;

/// How often the folder is checked. A change counts once it has been stable for one check, so that a file that is still
/// being written does not count as complete.
const INTERVAL: Duration = Duration::from_millis(300);

/// The size and time of every file.
type FolderState = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Watches one folder, which need not exist.
#[derive(Debug)]
pub(super) struct Watch {
    folder: PathBuf,
    known: FolderState,
}

impl Watch {
    /// Begins with the folder's current state.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), known: picture(folder) }
    }

    /// Waits until the folder has changed and has then been stable for a moment.
    pub(super) async fn changed(&mut self) {
        let mut last = picture(&self.folder);
        loop {
            tokio::time::sleep(INTERVAL).await;
            let now = picture(&self.folder);
            if now == last && now != self.known {
                self.known = now;
                return;
            }
            last = now;
        }
    }
}

/// An unreadable file is skipped here. Reading its content later will report the error.
fn picture(folder: &Path) -> FolderState {
    let migrations = entries(folder).unwrap_or_default();
    let files = migrations.iter().flat_map(|migration| entries(migration).unwrap_or_default());
    files
        .filter_map(|file| {
            let metadata = file.metadata().ok()?;
            Some((file, (metadata.len(), metadata.modified().ok())))
        })
        .collect()
}
