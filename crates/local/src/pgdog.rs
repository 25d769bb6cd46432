//! One `PgDog` in front of a [`Cluster`].

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::cluster::Cluster;
use crate::options::{PgDogOptions, PoolerMode};
use crate::port::free_port;
use crate::process::{self, Cleanup, Process};
use crate::{Error, binaries, write_private};

/// How long a `PgDog` may take to listen.
const START_LIMIT: Duration = Duration::from_secs(30);

/// After other signals, it waits until its clients have left.
const STOP: Signal = Signal::SIGKILL;

/// A running `PgDog`. Dropping it stops it.
#[derive(Debug)]
pub struct PgDog {
    url: String,
    process: Process,
}

impl PgDog {
    /// Starts a `PgDog` whose files are in the cluster's folder under `name`, and waits until it listens.
    pub fn start(cluster: &Cluster, name: &str, options: &PgDogOptions) -> Result<Self, Error> {
        let program = binaries::find_pgdog()?;
        let account = cluster.account();
        let folder = cluster.folder().join(name);
        account.give_folder(&folder)?;
        let port = free_port(None)?;
        let (settings, users) = (folder.join("pgdog.toml"), folder.join("users.toml"));
        for (file, text) in
            [(&settings, settings_text(cluster, port, options)), (&users, users_text(cluster, options))]
        {
            write_private(file, &text)?;
            account.give(file)?;
        }
        let log = folder.join("pgdog.log");
        let cleanup = Cleanup { signal: STOP, remove: None, pid_file: folder.join("pgdog.pid") };
        let mut command = account.command(&program);
        command.current_dir(&folder).arg("--config").arg(&settings).arg("--users").arg(&users);
        let mut process = Process::start(&mut command, &log, &cleanup)?;
        let is_ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        process::wait_until(START_LIMIT, || process.exited().is_some() || is_ready());
        if process.exited().is_none() && is_ready() {
            return Ok(Self { url: cluster.url_at(port, ""), process });
        }
        process.stop(STOP);
        Err(Error::NotReady { program: "PgDog", tail: process::tail(&log), log })
    }

    /// The connection string of a database through it, for the superuser.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}", self.url)
    }
}

impl Drop for PgDog {
    fn drop(&mut self) {
        self.process.stop(STOP);
    }
}

/// The text of pgdog.toml.
fn settings_text(cluster: &Cluster, port: u16, options: &PgDogOptions) -> String {
    let mode = match options.pool_mode {
        PoolerMode::Session => "session",
        PoolerMode::Transaction => "transaction",
        PoolerMode::Statement => "statement",
    };
    let (pool_size, general) = (options.pool_size, &options.general);
    let trusts = if cluster.password().is_none() { "auth_type = \"trust\"\n" } else { "" };
    let mut text = format!(
        "[general]\nhost = \"127.0.0.1\"\nport = {port}\nworkers = 2\npooler_mode = \"{mode}\"\n\
         default_pool_size = {pool_size}\nmin_pool_size = 0\ncheckout_timeout = 120000\n{trusts}{general}\n"
    );
    let mut server = |name: &str, database: &str, shard: usize, role: &str, port: u16| {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[databases]]\nname = \"{name}\"\nhost = \"127.0.0.1\"\nport = {port}\ndatabase_name = \"{database}\"\n\
             shard = {shard}\nrole = \"{role}\"\n"
        );
    };
    for (name, shards) in &options.databases {
        for (number, database) in shards.iter().enumerate() {
            server(name, database, number, "primary", cluster.port());
            for replica in &options.replicas {
                server(name, database, number, "replica", *replica);
            }
        }
    }
    text + &options.sharding
}

/// The text of users.toml.
fn users_text(cluster: &Cluster, options: &PgDogOptions) -> String {
    let mut text = String::new();
    let password = cluster.password().unwrap_or("unused");
    for (name, _) in &options.databases {
        let superuser = cluster.superuser();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[[users]]\nname = \"{superuser}\"\ndatabase = \"{name}\"\npassword = \"{password}\"\n"
        );
    }
    text
}
