//! The data folder of a standby: a copy of a running server's, which follows it by streaming replication.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::account::Account;
use super::cluster::{Cluster, data_is_complete, run};
use super::{Binaries, Error, file_error};

/// Makes the data folder by `pg_basebackup`, which also writes where the standby finds its primary.
pub(super) fn copy(
    binaries: &Binaries,
    account: Account,
    folder: &Path,
    primary: &Cluster,
) -> Result<(), Error> {
    let partial = folder.join("data.partial");
    account.give_folder(&partial)?;
    // As `initdb` would make it: a server starts in no folder that others may read.
    std::fs::set_permissions(&partial, Permissions::from_mode(0o700))
        .map_err(file_error("close", &partial))?;
    let mut command = account.command(&binaries.program("pg_basebackup"));
    command.arg("-D").arg(&partial).args(["-h", "127.0.0.1", "-p", &primary.port().to_string()]);
    command.args(["-U", primary.superuser(), "--write-recovery-conf", "--wal-method=stream"]);
    command.args(["--checkpoint=fast", "--no-sync", "--no-password"]);
    if let Some(password) = primary.password() {
        command.env("PGPASSWORD", password);
    }
    run(&mut command, "pg_basebackup")?;
    data_is_complete(folder)
}
