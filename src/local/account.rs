//! Which account servers run as: our own, or another one when we are root.
//!
//! PostgreSQL and PgBouncer refuse to run as root, so root (in a container, mostly) starts them as `postgres`, or as
//! `nobody` where the former does not exist.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Error, file_error};

/// The account that a server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// Ours.
    Own,
    /// Another one, because ours is root.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// Finds the account that servers run as.
    pub(super) fn for_servers() -> Result<Self, Error> {
        if !nix::unistd::geteuid().is_root() {
            return Ok(Self::Own);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| nix::unistd::User::from_name(name).ok().flatten())
            .map(|user| Self::Other { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
            .ok_or(Error::NoAccount)
    }

    /// A command that will run as this account, in its own process group, so that a Ctrl-C in the terminal reaches
    /// only us and we stop our servers in order.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The working folder is inherited and may be out of the account's reach.
        command.current_dir("/").process_group(0).stdin(Stdio::null()).env("LC_MESSAGES", "C");
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Makes the folder if needed and hands it to the account.
    pub(super) fn give_folder(self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(file_error("make", folder))?;
        self.give(folder)
    }

    /// Hands one file or folder to the account.
    pub(super) fn give(self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => {
                std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(file_error("give away", path))
            }
        }
    }

    /// The folder to use for `wanted`: itself, or one that the account can reach.
    ///
    /// A project in `/root` is out of every other account's reach. Its data then is in `/var/lib/glowplug`, and `elsewhere`
    /// in the wanted folder is a link there. When the link was removed, so is what it stood for.
    pub(super) fn reachable_folder(self, wanted: &Path) -> Result<PathBuf, Error> {
        std::fs::create_dir_all(wanted).map_err(file_error("make", wanted))?;
        let wanted = wanted.canonicalize().map_err(file_error("resolve", wanted))?;
        if self == Self::Own || self.reaches(&wanted) {
            return Ok(wanted);
        }
        let mut hasher = DefaultHasher::new();
        wanted.hash(&mut hasher);
        let elsewhere = PathBuf::from(format!("/var/lib/glowplug/{:016x}", hasher.finish()));
        let link = wanted.join("elsewhere");
        if std::fs::read_link(&link).is_err() {
            if elsewhere.exists() {
                std::fs::remove_dir_all(&elsewhere).map_err(file_error("remove", &elsewhere))?;
            }
            std::os::unix::fs::symlink(&elsewhere, &link).map_err(file_error("make", &link))?;
        }
        std::fs::create_dir_all(&elsewhere).map_err(file_error("make", &elsewhere))?;
        Ok(elsewhere)
    }

    /// Whether the account can enter the folder. Asked of the operating system, which also knows access lists.
    fn reaches(self, folder: &Path) -> bool {
        self.command(Path::new("/bin/sh"))
            .args(["-c", "cd \"$1\"", "sh"])
            .arg(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}
