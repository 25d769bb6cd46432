//! The account that servers run as: our own, or another one if we are root.
//!
//! PostgreSQL and PgBouncer refuse to run as root. So root (mostly in a container) starts them as `postgres`, or as `nobody`
//! if there is no `postgres`.

use std::fmt::Write as _;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest as _, Sha256};

use crate::{Error, file_error};

/// The folder for data that cannot be in the project's folder.
const ELSEWHERE: &str = "/var/lib/glowplug";

/// The account that a server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// Our own.
    Own,
    /// Another one, because ours is root.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// Finds the account for servers.
    pub(crate) fn for_servers() -> Result<Self, Error> {
        if !nix::unistd::geteuid().is_root() {
            return Ok(Self::Own);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| nix::unistd::User::from_name(name).ok().flatten())
            .map(|user| Self::Other { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
            .ok_or(Error::NoAccount)
    }

    /// A command that will run as this account. It has its own process group, so that a Ctrl-C in the terminal reaches only
    /// our process, and we stop our servers in order.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // The working folder is inherited, and the account may not be able to enter it.
        command.current_dir("/").process_group(0).stdin(Stdio::null()).env("LC_MESSAGES", "C");
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Makes the folder if needed, and gives it to the account.
    pub(crate) fn give_folder(self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(file_error("make", folder))?;
        self.give(folder)
    }

    /// Gives one file or folder to the account.
    pub(crate) fn give(self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => {
                std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(file_error("give away", path))
            }
        }
    }

    /// The folder to use for `wanted`: itself, or one that the account can enter.
    ///
    /// Other accounts cannot enter a project in `/root`. Its data then is in `/var/lib/glowplug`, and `elsewhere` in the
    /// wanted folder is a link to it.
    pub(crate) fn reachable_folder(self, wanted: &Path) -> Result<PathBuf, Error> {
        std::fs::create_dir_all(wanted).map_err(file_error("make", wanted))?;
        let wanted = wanted.canonicalize().map_err(file_error("resolve", wanted))?;
        if self == Self::Own || self.reaches(&wanted) {
            return Ok(wanted);
        }
        folder_elsewhere(&wanted, Path::new(ELSEWHERE))
    }

    /// Whether the account can enter the folder. Asks the operating system, which also knows access lists.
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

/// The folder in `base` that replaces `wanted`. A link in `wanted` leads to it. An existing link decides, so that data stays
/// where an earlier version has put it. If the link was removed, the folder is removed too.
///
/// A link that leads out of `base` is refused: a project that was copied from other people must not have its files given to
/// another account.
fn folder_elsewhere(wanted: &Path, base: &Path) -> Result<PathBuf, Error> {
    let link = wanted.join("elsewhere");
    let elsewhere = match std::fs::read_link(&link) {
        Ok(target) if target.parent() == Some(base) && target.file_name().is_some() => target,
        Ok(target) => {
            let message = format!("it leads to {}; remove it", target.display());
            return Err(file_error("follow", &link)(io::Error::other(message)));
        }
        Err(_) => {
            let named = base.join(name_of(wanted));
            if named.exists() {
                std::fs::remove_dir_all(&named).map_err(file_error("remove", &named))?;
            }
            std::os::unix::fs::symlink(&named, &link).map_err(file_error("make", &link))?;
            named
        }
    };
    std::fs::create_dir_all(&elsewhere).map_err(file_error("make", &elsewhere))?;
    Ok(elsewhere)
}

/// Sixteen letters that are unique for each folder: the beginning of its path's SHA-256, which is the same for every version
/// of Rust.
fn name_of(folder: &Path) -> String {
    let hash = Sha256::digest(folder.as_os_str().as_bytes());
    hash.iter().take(8).fold(String::new(), |mut name, byte| {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
        name
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn data_elsewhere_has_a_name_that_does_not_change() {
        assert_eq!(name_of(Path::new("/root/project/.glowplug")), "335f78bfbe7f9b7e");
    }

    #[test]
    fn a_link_of_an_earlier_version_is_followed_and_one_out_of_the_base_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (wanted, base) = (folder.path().join("wanted"), folder.path().join("base"));
        std::fs::create_dir_all(&wanted).unwrap();
        let (link, old) = (wanted.join("elsewhere"), base.join("0123456789abcdef"));
        symlink(&old, &link).unwrap();
        assert_eq!(folder_elsewhere(&wanted, &base).unwrap(), old);
        std::fs::write(old.join("kept"), "").unwrap();
        assert_eq!(folder_elsewhere(&wanted, &base).unwrap(), old);
        assert!(old.join("kept").exists());

        std::fs::remove_file(&link).unwrap();
        let new = folder_elsewhere(&wanted, &base).unwrap();
        assert_eq!(new, base.join(name_of(&wanted)));
        std::fs::write(new.join("gone"), "").unwrap();
        std::fs::remove_file(&link).unwrap();
        assert_eq!(folder_elsewhere(&wanted, &base).unwrap(), new);
        assert!(!new.join("gone").exists());

        for other in [folder.path(), Path::new("/etc"), &base, &base.join(".."), &base.join("a/b")] {
            std::fs::remove_file(&link).unwrap();
            symlink(other, &link).unwrap();
            assert!(folder_elsewhere(&wanted, &base).is_err(), "{}", other.display());
        }
    }
}
