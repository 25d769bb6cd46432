//! The folder `.glowplug` of a project: what `dev` keeps there, and that only one `dev` uses it.

use std::fs::{File, TryLockError};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// A project's `.glowplug` folder, ours until this is dropped.
#[derive(Debug)]
pub(super) struct Project {
    folder: PathBuf,
    /// The operating system gives the lock back when the process ends, however it ends.
    lock: File,
}

impl Project {
    /// Makes the folder if needed, and takes hold of it.
    pub(super) fn open(root: &Path) -> Result<Self, Failure> {
        let folder = root.join(".glowplug");
        std::fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
        let ignore = folder.join(".gitignore");
        std::fs::write(&ignore, "*\n").map_err(Failure::file("write", &ignore))?;
        let path = folder.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(Failure::file("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                return Err(Failure::AlreadyRunning(holder.trim().to_owned()));
            }
            Err(TryLockError::Error(source)) => return Err(Failure::File { action: "lock", path, source }),
        }
        let mut project = Self { folder, lock };
        project.announce("it is starting")?;
        Ok(project)
    }

    /// Tells a second `dev` in the same folder what the first one is doing.
    pub(super) fn announce(&mut self, what: &str) -> Result<(), Failure> {
        let text = format!("process {}, {what}\n", std::process::id());
        self.lock
            .rewind()
            .and_then(|()| self.lock.set_len(0))
            .and_then(|()| self.lock.write_all(text.as_bytes()))
            .map_err(Failure::file("write", &self.folder.join("lock")))
    }

    /// Where the private PostgreSQL lives.
    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("database")
    }
}
