//! One Redis server, or a Redis Cluster of three.

use std::fmt::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::binaries::find_system_program;
use crate::port::free_port;
use crate::process::{self, Cleanup, Process};
use crate::{Error, file_error, write_private};

/// How long a Redis may take to listen, and the nodes of a cluster to agree.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The options of a Redis.
#[derive(Debug, Clone, Default)]
pub struct RedisOptions {
    /// The folder of its data and log. By default a temporary one, which is removed with it.
    pub folder: Option<PathBuf>,
    /// Which data is left when it is killed.
    pub persistence: Persistence,
    /// The only user: name, password, and rules as in `ACL SETUSER`. Without one, every client may do everything.
    pub user: Option<(String, String, String)>,
    /// The files of a certificate and its key, for TLS. Without them, it does not support TLS.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Which data of a Redis is left when it is killed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Persistence {
    /// None.
    #[default]
    Nothing,
    /// All but the last second (`appendfsync everysec`).
    EverySecond,
    /// Everything that it has acknowledged (`appendfsync always`).
    Always,
}

/// A running Redis. Dropping it stops it.
#[derive(Debug)]
pub struct Redis {
    folder: PathBuf,
    is_throwaway: bool,
    account: Account,
    port: u16,
    url: String,
    process: Process,
}

impl Redis {
    /// Starts a Redis, and waits until it listens.
    pub fn start(options: &RedisOptions) -> Result<Self, Error> {
        Self::start_node(options, "")
    }

    /// Removes a Redis's data from a folder. First stops a Redis that an earlier run may have left there.
    pub fn erase(folder: &Path) -> Result<(), Error> {
        let folder = Account::for_servers()?.reachable_folder(folder)?;
        stop_orphan(&folder)?;
        // The name is Redis's own default (setting appenddirname).
        let data = folder.join("appendonlydir");
        if data.exists() {
            std::fs::remove_dir_all(&data).map_err(file_error("remove", &data))?;
        }
        Ok(())
    }

    fn start_node(options: &RedisOptions, more: &str) -> Result<Self, Error> {
        let account = Account::for_servers()?;
        let is_throwaway = options.folder.is_none();
        let throwaway = || std::env::temp_dir().join(format!("glowplug-{}", uuid::Uuid::new_v4().simple()));
        let folder = options.folder.clone().unwrap_or_else(throwaway);
        account.give_folder(&folder)?;
        let folder = account.reachable_folder(&folder)?;
        account.give_folder(&folder)?;
        stop_orphan(&folder)?;
        let port = free_port(last_port(&folder))?;
        let file = settings_file(&folder);
        write_private(&file, &(settings(options, &folder, port) + more))?;
        account.give(&file)?;
        let process = launch(account, &folder, port, is_throwaway)?;
        Ok(Self { url: url(options, port), folder, is_throwaway, account, port, process })
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Its loopback port. A restart keeps it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops it in order, so that it writes its data. You may call it again.
    pub fn stop(&mut self) {
        self.process.stop(Signal::SIGTERM);
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.process.stop(Signal::SIGKILL);
    }

    /// Stops it if it runs, and starts it on the same port with the data that is left.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        self.process = launch(self.account, &self.folder, self.port, self.is_throwaway)?;
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
        if self.is_throwaway {
            // Files that cannot be removed are in the folder for temporary files.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A running Redis Cluster of three nodes without replicas. Dropping it stops it.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
}

impl RedisCluster {
    /// Starts three nodes, and waits until they agree.
    pub fn start() -> Result<Self, Error> {
        // Nodes communicate on a separate port, by default 10,000 higher. Outgoing connections may use that one.
        let ports = (0..3).map(|_| free_port(None)).collect::<Result<Vec<u16>, Error>>()?;
        let node = |bus: &u16| {
            let more = format!("cluster-enabled yes\ncluster-node-timeout 2000\ncluster-port {bus}\n");
            Redis::start_node(&RedisOptions::default(), &more)
        };
        let nodes = ports.iter().map(node).collect::<Result<Vec<Redis>, Error>>()?;
        let addresses = nodes.iter().zip(&ports).map(|(node, bus)| format!("127.0.0.1:{}@{bus}", node.port));
        let arguments: Vec<String> =
            ["--cluster", "create"].map(str::to_owned).into_iter().chain(addresses).collect();
        client(nodes[0].port, &[&arguments[..], &["--cluster-yes".to_owned()]].concat())?;
        let agrees = |node: &Redis| {
            client(node.port, &["cluster".to_owned(), "info".to_owned()])
                .is_ok_and(|text| text.contains("cluster_state:ok") && text.contains("cluster_known_nodes:3"))
        };
        if process::wait_until(START_LIMIT, || nodes.iter().all(agrees)) {
            return Ok(Self { nodes });
        }
        let log = log_file(&nodes[0].folder);
        Err(Error::NotReady { program: "Redis Cluster", tail: process::tail(&log), log })
    }

    /// The addresses of all nodes, separated by commas.
    pub fn url(&self) -> String {
        self.nodes.iter().map(Redis::url).collect::<Vec<_>>().join(",")
    }

    /// The nodes.
    pub fn nodes_mut(&mut self) -> &mut [Redis] {
        &mut self.nodes
    }
}

fn program(name: &str) -> Result<PathBuf, Error> {
    find_system_program(name).ok_or(Error::RedisMissing)
}

fn client(port: u16, arguments: &[String]) -> Result<String, Error> {
    let program = program("redis-cli")?;
    let output = std::process::Command::new(&program)
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Run { program, source })?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(Error::Failed { program: "redis-cli", output: format!("{text}{errors}") })
}

fn url(options: &RedisOptions, port: u16) -> String {
    let scheme = if options.certificate.is_some() { "rediss" } else { "redis" };
    let user = options.user.as_ref().map(|(name, password, _)| format!("{name}:{password}@"));
    let host = if options.certificate.is_some() { "localhost" } else { "127.0.0.1" };
    format!("{scheme}://{}{host}:{port}", user.unwrap_or_default())
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("redis.log")
}

fn settings_file(folder: &Path) -> PathBuf {
    folder.join("redis.conf")
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("redis.pid")
}

/// The port of the last start in this folder.
fn last_port(folder: &Path) -> Option<u16> {
    let text = std::fs::read_to_string(settings_file(folder)).ok()?;
    let port = |name| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    port("tls-port ").or_else(|| port("port ")).filter(|port| *port != 0)
}

/// The text of redis.conf.
fn settings(options: &RedisOptions, folder: &Path, port: u16) -> String {
    let fsync = match options.persistence {
        Persistence::Nothing => None,
        Persistence::EverySecond => Some("everysec"),
        Persistence::Always => Some("always"),
    };
    let mut text = format!(
        "bind 127.0.0.1\ndir {0}\npidfile {1}\nlogfile {2}\nsave \"\"\n",
        folder.display(),
        pid_file(folder).display(),
        log_file(folder).display()
    );
    if let Some(fsync) = fsync {
        // Writing to a String cannot fail.
        let _ = write!(text, "appendonly yes\nappendfsync {fsync}\n");
    }
    if let Some((name, password, rules)) = &options.user {
        let _ = write!(text, "user default off\nuser {name} on >{password} {rules}\n");
    }
    match &options.certificate {
        Some((certificate, key)) => {
            let (certificate, key) = (certificate.display(), key.display());
            let _ = write!(text, "port 0\ntls-port {port}\ntls-auth-clients no\n");
            let _ = write!(text, "tls-cert-file {certificate}\ntls-key-file {key}\n");
        }
        None => {
            let _ = writeln!(text, "port {port}");
        }
    }
    text
}

fn launch(account: Account, folder: &Path, port: u16, is_throwaway: bool) -> Result<Process, Error> {
    let log = log_file(folder);
    let mut command = account.command(&program("redis-server")?);
    command.arg(settings_file(folder)).arg("--daemonize").arg("no");
    let cleanup = Cleanup {
        signal: Signal::SIGTERM,
        remove: is_throwaway.then(|| folder.to_path_buf()),
        pid_file: pid_file(folder),
    };
    let mut process = Process::start(&mut command, &folder.join("output.log"), &cleanup)?;
    let is_ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    process::wait_until(START_LIMIT, || process.exited().is_some() || is_ready());
    if process.exited().is_none() && is_ready() {
        return Ok(process);
    }
    process.stop(Signal::SIGTERM);
    let tail = format!("{}\n{}", process::tail(&folder.join("output.log")), process::tail(&log));
    Err(Error::NotReady { program: "Redis", tail, log })
}

/// Stops the Redis of an earlier run that was killed before it could stop its Redis.
fn stop_orphan(folder: &Path) -> Result<(), Error> {
    let pid_file = pid_file(folder);
    if let Some(pid) = process::read_pid(&pid_file) {
        let find = || {
            let is_redis = |command: &str| command.contains("redis-server");
            let all = process::all().into_iter();
            all.filter(|(found, command)| *found == pid && is_redis(command)).map(|(pid, _)| pid).collect()
        };
        process::stop_orphans(folder, Some(pid), Signal::SIGTERM, find)?;
    }
    if pid_file.exists() {
        std::fs::remove_file(&pid_file).map_err(file_error("remove", &pid_file))?;
    }
    Ok(())
}
