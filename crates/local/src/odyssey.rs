//! One Odyssey in front of a [`Cluster`].

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::cluster::Cluster;
use crate::options::{OdysseyStatements, PoolerMode};
use crate::port::free_port;
use crate::process::{self, Cleanup, Process};
use crate::{Error, binaries, write_private};

/// How long an Odyssey may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// After other signals, it waits until its clients have left.
const STOP: Signal = Signal::SIGKILL;

/// A running Odyssey. Dropping it stops it.
#[derive(Debug)]
pub struct Odyssey {
    url: String,
    process: Process,
}

impl Odyssey {
    /// Starts an Odyssey whose files are in the cluster's folder under `name`, and waits until it listens. The cluster has
    /// to trust its clients.
    ///
    /// `pool_size` is the number of its server connections for each database and user.
    pub fn start(
        cluster: &Cluster,
        name: &str,
        mode: PoolerMode,
        statements: OdysseyStatements,
        pool_size: u32,
    ) -> Result<Self, Error> {
        let program = binaries::find_odyssey()?;
        let account = cluster.account();
        let folder = cluster.folder().join(name);
        account.give_folder(&folder)?;
        let port = free_port(None)?;
        let file = folder.join("odyssey.conf");
        write_private(&file, &settings(cluster, &folder, port, mode, statements, pool_size))?;
        account.give(&file)?;
        let log = folder.join("odyssey.log");
        let cleanup = Cleanup { signal: STOP, remove: None, pid_file: pid_file(&folder) };
        let mut process =
            Process::start(account.command(&program).arg(&file), &folder.join("output.log"), &cleanup)?;
        let is_ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        process::wait_until(START_LIMIT, || process.exited().is_some() || is_ready());
        if process.exited().is_none() && is_ready() {
            return Ok(Self { url: cluster.url_at(port, ""), process });
        }
        process.stop(STOP);
        Err(Error::NotReady { program: "Odyssey", tail: process::tail(&log), log })
    }

    /// The connection string of a database through it, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}", self.url)
    }
}

impl Drop for Odyssey {
    fn drop(&mut self) {
        self.process.stop(STOP);
    }
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("odyssey.pid")
}

/// The text of odyssey.conf.
fn settings(
    cluster: &Cluster,
    folder: &Path,
    port: u16,
    mode: PoolerMode,
    statements: OdysseyStatements,
    pool_size: u32,
) -> String {
    let pool = match mode {
        PoolerMode::Session => "session",
        PoolerMode::Transaction => "transaction",
        PoolerMode::Statement => "statement",
    };
    let reserves = match statements {
        OdysseyStatements::Tracked => "yes",
        OdysseyStatements::AsGiven => "no",
    };
    let (pid_file, log) = (pid_file(folder), folder.join("odyssey.log"));
    let (pid_file, log, server) = (pid_file.display(), log.display(), cluster.port());
    format!(
        "daemonize no\npid_file \"{pid_file}\"\nlog_file \"{log}\"\nlog_format \"%p %t %l [%i %s] (%c) %m\\n\"\n\
         log_to_stdout no\nlog_session no\nlog_stats no\nlog_query no\nworkers 1\nresolvers 1\ncoroutine_stack_size 24\n\
         listen {{\n host \"127.0.0.1\"\n port {port}\n tls \"disable\"\n}}\n\
         storage \"server\" {{\n type \"remote\"\n host \"127.0.0.1\"\n port {server}\n tls \"disable\"\n}}\n\
         database default {{\n user default {{\n authentication \"none\"\n storage \"server\"\n pool \"{pool}\"\n\
         pool_size {pool_size}\n pool_timeout 120000\n pool_discard no\n pool_cancel yes\n pool_rollback yes\n\
         pool_reserve_prepared_statement {reserves}\n client_fwd_error yes\n }}\n}}\n"
    )
}
