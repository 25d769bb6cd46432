//! The folder `.glowplug` of a project: the files of `dev`, and the lock that keeps it to one `dev`.

use std::fs::{File, TryLockError};
use std::io::{Seek, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::cli::failure::Failure;
use crate::cli::kept::{self, DATABASE_URLS, FOLDER, LOCK, SECRET};

/// A project's `.glowplug` folder, locked until this is dropped.
#[derive(Debug)]
pub(super) struct Project {
    folder: PathBuf,
    /// The operating system releases the lock when the process ends, in any way.
    lock: File,
}

impl Project {
    /// Makes the folder if needed, and locks it.
    pub(super) fn open(root: &Path) -> Result<Self, Failure> {
        let folder = root.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
        let ignore = folder.join(".gitignore");
        std::fs::write(&ignore, "*\n").map_err(Failure::file("write", &ignore))?;
        let path = folder.join(LOCK);
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
            .map_err(Failure::file("write", &self.folder.join(LOCK)))
    }

    /// Keeps the connection strings for commands that are run in this folder: they have the password.
    pub(super) fn keep_urls(&self, pooled: &str, direct: &str) -> Result<(), Failure> {
        write_secret(&self.folder.join(DATABASE_URLS), &format!("{pooled}\n{direct}\n"))
    }

    /// The secret that tokens are signed with. Made once, so that tokens outlive a restart.
    pub(super) fn jwt_secret(&self) -> Result<String, Failure> {
        let path = self.folder.join(SECRET);
        if let Some(secret) = kept::read(&path)? {
            return Ok(secret);
        }
        // Each UUID has 122 random bits. As a text, it is longer than a secret must be.
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        write_secret(&path, &secret)?;
        Ok(secret)
    }

    /// The data folder of the private PostgreSQL.
    pub(super) fn database(&self) -> PathBuf {
        self.folder.join("database")
    }

    /// The folder of the private Redis, with the queue.
    pub(super) fn queue(&self) -> PathBuf {
        self.folder.join("queue")
    }
}

/// Writes a file that only its owner may read.
fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let file = File::options().create(true).truncate(true).write(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Failure::file("write", path))
}
