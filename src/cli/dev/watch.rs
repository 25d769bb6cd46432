//! Notices that the migrations folder has changed.
//!
//! It looks at the files' sizes and times several times a second. The operating system's notifications would do the
//! same with less work, but they do not cross the borders of containers and network folders, where many develop, and
//! a migrations folder is small.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::migrations::entries;

/// How often the folder is looked at. A change is acted on when it has stayed the same for one look, so that a file
/// which is being written is not taken for a whole one.
const INTERVAL: Duration = Duration::from_millis(300);

/// Size and time of every file.
type FolderState = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Watches one folder, which need not be there.
#[derive(Debug)]
pub(super) struct Watch {
    folder: PathBuf,
    known: FolderState,
}

impl Watch {
    /// Begins with the folder as it is now.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), known: picture(folder) }
    }

    /// Waits until the folder has changed, and then has stayed the same for a moment.
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

/// What cannot be read is left out; reading it for its content will say why.
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
