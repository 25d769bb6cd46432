//! Makes a server's data folder: an empty one, or a copy of a running server's for a standby.
//!
//! A folder gets its name `data` when it is complete, so that a server never starts on an incomplete one.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::account::Account;
use crate::options::Durability;
use crate::{Binaries, Error, file_error, process, write_private};

/// The name of the superuser.
pub(crate) const SUPERUSER: &str = "postgres";

/// Creates the data folder by `initdb`.
pub(crate) fn initialize(
    binaries: &Binaries,
    account: Account,
    folder: &Path,
    durability: Durability,
    password: Option<&str>,
) -> Result<(), Error> {
    let partial = folder.join("data.partial");
    let locales: &[&str] = match durability {
        Durability::Kept => &["C.UTF-8", "C"],
        Durability::Throwaway => &["C"],
    };
    let password_file = folder.join("initial-password");
    write_private(&password_file, password.unwrap_or_default())?;
    account.give(&password_file)?;
    let mut result = Ok(());
    for locale in locales {
        if partial.exists() {
            std::fs::remove_dir_all(&partial).map_err(file_error("remove", &partial))?;
        }
        account.give_folder(&partial)?;
        let mut command = account.command(&binaries.program("initdb"));
        command.arg("-D").arg(&partial).args(["-U", SUPERUSER, "-E", "UTF8"]);
        command.args(["--no-instructions", "--no-sync"]);
        command.args(["--locale", locale]).args(["-T", "simple"]);
        match password {
            Some(_) => command.arg("--auth=scram-sha-256").arg("--pwfile").arg(&password_file),
            None => command.arg("--auth=trust"),
        };
        result = process::run(&mut command, "initdb");
        if result.is_ok() {
            break;
        }
    }
    std::fs::remove_file(&password_file).map_err(file_error("remove", &password_file))?;
    result?;
    complete(folder)
}

/// Creates a standby's data folder: a copy of the server on this port by `pg_basebackup`, which also configures the
/// standby's primary.
pub(crate) fn copy(
    binaries: &Binaries,
    account: Account,
    folder: &Path,
    port: u16,
    password: Option<&str>,
) -> Result<(), Error> {
    let partial = folder.join("data.partial");
    account.give_folder(&partial)?;
    // As `initdb` does: a server does not start in a folder that others may read.
    std::fs::set_permissions(&partial, Permissions::from_mode(0o700))
        .map_err(file_error("close", &partial))?;
    let mut command = account.command(&binaries.program("pg_basebackup"));
    command.arg("-D").arg(&partial).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    command.args(["-U", SUPERUSER, "--write-recovery-conf", "--wal-method=stream"]);
    command.args(["--checkpoint=fast", "--no-sync", "--no-password"]);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    process::run(&mut command, "pg_basebackup")?;
    complete(folder)
}

/// Gives a complete data folder its name.
fn complete(folder: &Path) -> Result<(), Error> {
    let partial = folder.join("data.partial");
    std::fs::rename(&partial, folder.join("data")).map_err(file_error("move", &partial))
}
