//! One pgpool-II in front of a [`Cluster`], as a plain pooler: it has one server behind it and balances no load.
//!
//! Each of its children serves one client at a time and keeps that client's server connection for the next one. For clients,
//! it is a pooler in session mode.

use std::fmt::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::cluster::Cluster;
use crate::options::Clustering;
use crate::port::free_port;
use crate::process::{self, Cleanup, Process};
use crate::{Error, binaries, write_private};

/// How long a pgpool-II may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running pgpool-II. Dropping it stops it.
#[derive(Debug)]
pub struct Pgpool {
    port: u16,
    url: String,
    process: Process,
}

impl Pgpool {
    /// Starts a pgpool-II whose files are in the cluster's folder under `name`, and waits until it listens.
    ///
    /// `children` is the number of clients that it serves at once; further clients wait. The cluster has to trust its
    /// clients.
    pub fn start(
        cluster: &Cluster,
        name: &str,
        clustering: Clustering,
        children: u32,
    ) -> Result<Self, Error> {
        let program = binaries::find_system_program("pgpool").ok_or(Error::PgpoolMissing)?;
        let account = cluster.account();
        let folder = cluster.folder().join(name);
        account.give_folder(&folder)?;
        let (port, control_port) = (free_port(None)?, free_port(None)?);
        let file = folder.join("pgpool.conf");
        let ports = (port, control_port);
        write_private(&file, &settings(cluster, &folder, ports, clustering, children))?;
        account.give(&file)?;
        let process = launch(&program, account, &folder, port)?;
        Ok(Self { port, url: cluster.url_at(port, ""), process })
    }

    /// The connection string of a database through it, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}", self.url)
    }

    /// Its loopback port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

impl Drop for Pgpool {
    fn drop(&mut self) {
        // "Fast": does not wait for its clients to leave.
        self.process.stop(Signal::SIGINT);
    }
}

/// The text of pgpool.conf.
fn settings(
    cluster: &Cluster,
    folder: &Path,
    (port, control_port): (u16, u16),
    clustering: Clustering,
    children: u32,
) -> String {
    let mode = match clustering {
        Clustering::StreamingReplication => "'streaming_replication'",
        Clustering::Raw => "'raw'",
    };
    let quoted = |path: &Path| format!("'{}'", path.display());
    let own = [
        ("backend_clustering_mode", mode.to_owned()),
        // Nothing is replicated, so there is no delay to check.
        ("sr_check_period", "0".to_owned()),
        ("load_balance_mode", "off".to_owned()),
        ("backend_hostname0", "'127.0.0.1'".to_owned()),
        ("backend_port0", cluster.port().to_string()),
        // There is no other server for a failover. Without this setting, the first error would make it give up its only
        // server.
        ("backend_flag0", "'DISALLOW_TO_FAILOVER'".to_owned()),
        ("listen_addresses", "'127.0.0.1'".to_owned()),
        ("port", port.to_string()),
        ("pcp_listen_addresses", "'127.0.0.1'".to_owned()),
        ("pcp_port", control_port.to_string()),
        // The setting's name before version 4.4, and the name since then.
        ("socket_dir", quoted(folder)),
        ("unix_socket_directories", quoted(folder)),
        ("pcp_socket_dir", quoted(folder)),
        ("work_dir", quoted(folder)),
        ("logdir", quoted(folder)),
        ("pid_file_name", quoted(&pid_file(folder))),
        ("num_init_children", children.to_string()),
        ("max_pool", "4".to_owned()),
        ("pool_passwd", "''".to_owned()),
    ];
    let mut text = String::new();
    for (name, value) in own {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name} = {value}");
    }
    text
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("pgpool.pid")
}

fn launch(program: &Path, account: Account, folder: &Path, port: u16) -> Result<Process, Error> {
    let log = folder.join("pgpool.log");
    let mut command = account.command(program);
    command.arg("-n").arg("-f").arg(folder.join("pgpool.conf"));
    let cleanup = Cleanup { signal: Signal::SIGINT, remove: None, pid_file: pid_file(folder) };
    let mut process = Process::start(&mut command, &log, &cleanup)?;
    let is_ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    process::wait_until(START_LIMIT, || process.exited().is_some() || is_ready());
    if process.exited().is_none() && is_ready() {
        return Ok(process);
    }
    process.stop(Signal::SIGINT);
    Err(Error::NotReady { program: "pgpool-II", tail: process::tail(&log), log })
}
