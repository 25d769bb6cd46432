//! One PgBouncer in front of a [`Cluster`].

use std::fmt::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::cluster::Cluster;
use crate::options::{PoolerMode, PoolerOptions};
use crate::port::free_port;
use crate::process::{self, Cleanup, Process};
use crate::{Error, binaries, file_error, write_private};

/// How long a PgBouncer may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running PgBouncer. Dropping it stops it.
#[derive(Debug)]
pub struct Pooler {
    program: PathBuf,
    folder: PathBuf,
    account: Account,
    port: u16,
    url: String,
    stop_signal: Signal,
    process: Process,
}

impl Pooler {
    /// Starts a PgBouncer that serves all databases of the cluster, and waits until it listens.
    ///
    /// The cluster's superuser may also connect to its administration console, the database `pgbouncer`.
    pub fn start(cluster: &Cluster, options: &PoolerOptions) -> Result<Self, Error> {
        let program = binaries::find_pooler(options.program)?;
        let stop_signal = stop_signal(&program);
        let account = cluster.account();
        let folder = cluster.folder().join(&options.name);
        account.give_folder(&folder)?;
        stop_orphan(&folder, stop_signal)?;
        let port = free_port(last_port(&folder))?;
        write_files(&folder, account, &settings(cluster, options, &folder, port), &users(cluster, options))?;
        let process = launch(&program, account, &folder, port, stop_signal)?;
        let url = cluster.url_at(port, "");
        Ok(Self { program, folder, account, port, url, stop_signal, process })
    }

    /// The connection string of a database through it, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}", self.url)
    }

    /// The connection string of its administration console, which supports only the simple protocol.
    pub fn admin_url(&self) -> String {
        self.url("pgbouncer")
    }

    /// Its loopback port. A restart keeps it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its log file.
    pub fn log(&self) -> PathBuf {
        log_file(&self.folder)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Stops it at once; connections are cut. You may call it again.
    pub fn stop(&mut self) {
        self.process.stop(self.stop_signal);
    }

    /// Stops it if it runs, and starts it on the same port.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        stop_orphan(&self.folder, self.stop_signal)?;
        self.process = launch(&self.program, self.account, &self.folder, self.port, self.stop_signal)?;
        Ok(())
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.stop();
    }
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("pgbouncer.log")
}

fn settings_file(folder: &Path) -> PathBuf {
    folder.join("pgbouncer.ini")
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("pgbouncer.pid")
}

/// The port of the last start in this folder.
fn last_port(folder: &Path) -> Option<u16> {
    let text = std::fs::read_to_string(settings_file(folder)).ok()?;
    text.lines().find_map(|line| line.strip_prefix("listen_port = "))?.trim().parse().ok()
}

/// The text of pgbouncer.ini.
fn settings(cluster: &Cluster, options: &PoolerOptions, folder: &Path, port: u16) -> String {
    let pool_mode = match options.pool_mode {
        PoolerMode::Session => "session",
        PoolerMode::Transaction => "transaction",
        PoolerMode::Statement => "statement",
    };
    let auth_type = if cluster.password().is_some() { "scram-sha-256" } else { "trust" };
    let own: [(&str, String); 12] = [
        ("listen_addr", "127.0.0.1".to_owned()),
        ("listen_port", port.to_string()),
        ("unix_socket_dir", String::new()),
        ("auth_type", auth_type.to_owned()),
        ("auth_file", folder.join("users.txt").display().to_string()),
        ("admin_users", cluster.superuser().to_owned()),
        ("pidfile", pid_file(folder).display().to_string()),
        ("logfile", log_file(folder).display().to_string()),
        ("pool_mode", pool_mode.to_owned()),
        ("default_pool_size", options.pool_size.to_string()),
        ("max_client_conn", options.max_client_conn.to_string()),
        ("query_wait_timeout", options.query_wait_timeout.as_secs().to_string()),
    ];
    let mut text = format!("[databases]\n* = host=127.0.0.1 port={}\n\n[pgbouncer]\n", cluster.port());
    let extra = options.extra.iter().map(|(name, value)| (name.as_str(), value.clone()));
    for (name, value) in own.into_iter().chain(extra) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name} = {value}");
    }
    text
}

/// The text of the file of users and passwords; a quote is doubled in it.
fn users(cluster: &Cluster, options: &PoolerOptions) -> String {
    let superuser = (cluster.superuser().to_owned(), cluster.password().unwrap_or_default().to_owned());
    let mut text = String::new();
    for (name, password) in std::iter::once(&superuser).chain(&options.users) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\"{}\" \"{}\"", name.replace('"', "\"\""), password.replace('"', "\"\""));
    }
    text
}

fn write_files(folder: &Path, account: Account, settings: &str, users: &str) -> Result<(), Error> {
    for (path, text) in [(settings_file(folder), settings), (folder.join("users.txt"), users)] {
        write_private(&path, text)?;
        account.give(&path)?;
    }
    Ok(())
}

/// The signal that stops a PgBouncer at once. Since version 1.23, it waits at SIGTERM until its clients have left.
fn stop_signal(program: &Path) -> Signal {
    if binaries::pooler_version(program) >= Some((1, 23)) { Signal::SIGQUIT } else { Signal::SIGTERM }
}

fn launch(
    program: &Path,
    account: Account,
    folder: &Path,
    port: u16,
    stop_signal: Signal,
) -> Result<Process, Error> {
    let log = log_file(folder);
    let pid_file = pid_file(folder);
    let mut command = account.command(program);
    // Its log goes to the file anyway. Its output matters only before it has read its settings.
    command.arg("-q").arg(settings_file(folder));
    let cleanup = Cleanup { signal: stop_signal, remove: None, pid_file: pid_file.clone() };
    let mut process = Process::start(&mut command, &folder.join("output.log"), &cleanup)?;
    let pid = process.pid();
    let is_ready = || {
        process::read_pid(&pid_file) == Some(pid) && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    };
    process::wait_until(START_LIMIT, || process.exited().is_some() || is_ready());
    if process.exited().is_none() && is_ready() {
        return Ok(process);
    }
    process.stop(stop_signal);
    let tail = format!("{}\n{}", process::tail(&folder.join("output.log")), process::tail(&log));
    Err(Error::NotReady { program: "PgBouncer", tail, log })
}

/// Stops the PgBouncer of an earlier run that was killed before it could stop its PgBouncer.
fn stop_orphan(folder: &Path, signal: Signal) -> Result<(), Error> {
    let settings = settings_file(folder).display().to_string();
    let find = || {
        let all = process::all().into_iter();
        all.filter(|(_, command)| command.contains("pgbouncer ") && command.contains(&settings))
            .map(|(pid, _)| pid)
            .collect()
    };
    let pid_file = pid_file(folder);
    process::stop_orphans(folder, process::read_pid(&pid_file), signal, find)?;
    // The process id may belong to another program now. In that case PgBouncer would refuse to start.
    if pid_file.exists() {
        std::fs::remove_file(&pid_file).map_err(file_error("remove", &pid_file))?;
    }
    Ok(())
}
