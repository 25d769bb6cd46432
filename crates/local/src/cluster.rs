//! One PostgreSQL server with its data folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::data_folder::{self, SUPERUSER};
use crate::options::{Authentication, ClusterOptions, Durability, PostgresProgram};
use crate::port::free_port;
use crate::process::{self, Cleanup, Process};
use crate::{Binaries, Error, file_error, write_private};

/// How long a server may take to become ready, including recovery after a crash.
const START_LIMIT: Duration = Duration::from_mins(2);

/// The operating systems' limit for a Unix socket's path is 104 bytes or more; the socket's own name takes some.
const SOCKET_FOLDER_LIMIT: usize = 84;

/// A running PostgreSQL server. Dropping it stops it, and removes a temporary folder.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    options: ClusterOptions,
    binaries: Binaries,
    account: Account,
    port: u16,
    password: Option<String>,
    process: Process,
}

/// The source of a server's data if its folder has none.
enum Origin<'a> {
    /// A new, empty data folder.
    Empty,
    /// A copy of a running server's data.
    CopyOf(&'a Cluster),
}

impl Cluster {
    /// Starts a server in the folder, and waits until it accepts connections. If the folder has no data, creates the data
    /// first.
    ///
    /// A server that an earlier run left behind in the same folder is stopped first. The caller must make sure that no other
    /// run uses the folder.
    pub fn start(options: ClusterOptions) -> Result<Self, Error> {
        Self::start_from(&Origin::Empty, options)
    }

    /// Starts a hot standby in a temporary folder: a copy of this server, with its settings. It follows this server by
    /// streaming replication (manual, section 27.2) until it is promoted.
    pub fn standby(&self) -> Result<Self, Error> {
        let ClusterOptions { folder, durability, .. } = ClusterOptions::throwaway();
        let options = ClusterOptions { folder, durability, ..self.options.clone() };
        Self::start_from(&Origin::CopyOf(self), options)
    }

    /// Removes the data of a folder, so that the next start begins with an empty server. Port and password stay.
    ///
    /// A server that an earlier run left behind is stopped first.
    pub fn erase(folder: &Path) -> Result<(), Error> {
        let data = Account::for_servers()?.reachable_folder(folder)?.join("data");
        stop_orphans(&data)?;
        if data.exists() {
            std::fs::remove_dir_all(&data).map_err(file_error("remove", &data))?;
        }
        Ok(())
    }

    fn start_from(origin: &Origin<'_>, options: ClusterOptions) -> Result<Self, Error> {
        let (folder, durability) = (options.folder.clone(), options.durability);
        Self::start_in_place(origin, options).inspect_err(|_| {
            if durability == Durability::Throwaway {
                // The caller needs this error, which quotes the log.
                let _ = std::fs::remove_dir_all(&folder);
            }
        })
    }

    fn start_in_place(origin: &Origin<'_>, options: ClusterOptions) -> Result<Self, Error> {
        let account = Account::for_servers()?;
        let folder = account.reachable_folder(&options.folder)?;
        let data = folder.join("data");
        stop_orphans(&data)?;
        let version = std::fs::read_to_string(data.join("PG_VERSION")).ok();
        let binaries = match options.program {
            PostgresProgram::Installed => {
                Binaries::find(version.as_deref().map(str::trim), &data, options.on_download)?
            }
            PostgresProgram::Newer => Binaries::newer()?,
        };
        let password = match origin {
            Origin::Empty => password(&folder, options.authentication)?,
            Origin::CopyOf(primary) => primary.password.clone(),
        };
        account.give_folder(&folder.join("socket"))?;
        match origin {
            _ if version.is_some() => {}
            Origin::Empty => {
                data_folder::initialize(
                    &binaries,
                    account,
                    &folder,
                    options.durability,
                    password.as_deref(),
                )?;
            }
            Origin::CopyOf(primary) => {
                data_folder::copy(&binaries, account, &folder, primary.port, primary.password())?;
            }
        }
        let port = reserve_port(&folder)?;
        let process = launch(&binaries, account, &folder, port, &options)?;
        Ok(Self { folder, options, binaries, account, port, password, process })
    }

    /// The connection string of one of its databases, for the superuser.
    pub fn url(&self, database: &str) -> String {
        self.url_at(self.port, database)
    }

    /// The same through another port, such as a pooler's.
    pub(crate) fn url_at(&self, port: u16, database: &str) -> String {
        let password = self.password.as_ref().map(|word| format!(":{word}")).unwrap_or_default();
        format!("postgres://{SUPERUSER}{password}@127.0.0.1:{port}/{database}")
    }

    /// The superuser's name.
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// The superuser's password, if the server requires one.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// Its loopback port. A restart keeps it.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its Unix socket; `None` if the socket's path would be too long.
    pub fn socket_dir(&self) -> Option<PathBuf> {
        socket_folder(&self.folder)
    }

    /// The folder of its data, log and socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its log file.
    pub fn log(&self) -> PathBuf {
        log_file(&self.folder)
    }

    /// The programs of its version, such as `psql` and `pgbench`.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Stops the server: connections are closed with SQLSTATE 57P01, data is flushed. You may call it again.
    pub fn stop(&mut self) {
        self.process.stop(Signal::SIGINT);
    }

    /// Stops the server if it runs, and starts it on the same port.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        stop_orphans(&self.folder.join("data"))?;
        self.process = launch(&self.binaries, self.account, &self.folder, self.port, &self.options)?;
        Ok(())
    }

    pub(crate) fn account(&self) -> Account {
        self.account
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.process.stop(stop_signal(self.options.durability));
        if self.options.durability == Durability::Throwaway {
            // A folder that cannot be removed does no harm, and a destructor cannot return an error.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Temporary data needs no flushing.
fn stop_signal(durability: Durability) -> Signal {
    match durability {
        Durability::Kept => Signal::SIGINT,
        Durability::Throwaway => Signal::SIGQUIT,
    }
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("postgres.log")
}

fn socket_folder(folder: &Path) -> Option<PathBuf> {
    let socket = folder.join("socket");
    (socket.as_os_str().len() <= SOCKET_FOLDER_LIMIT).then_some(socket)
}

/// The password of this folder. It is made at the first start, so the connection string stays the same from then on.
fn password(folder: &Path, authentication: Authentication) -> Result<Option<String>, Error> {
    if authentication == Authentication::Trust {
        return Ok(None);
    }
    let file = folder.join("password");
    if let Ok(word) = std::fs::read_to_string(&file) {
        return Ok(Some(word.trim().to_owned()));
    }
    let word = uuid::Uuid::new_v4().simple().to_string();
    write_private(&file, &word)?;
    Ok(Some(word))
}

/// The port of the last start if it is free, so that a connection string that you copied keeps working.
fn reserve_port(folder: &Path) -> Result<u16, Error> {
    let file = folder.join("port");
    let last = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
    let port = free_port(last)?;
    std::fs::write(&file, port.to_string()).map_err(file_error("write", &file))?;
    Ok(port)
}

fn launch(
    binaries: &Binaries,
    account: Account,
    folder: &Path,
    port: u16,
    options: &ClusterOptions,
) -> Result<Process, Error> {
    let data = folder.join("data");
    let log = log_file(folder);
    let pid_file = data.join("postmaster.pid");
    let mut command = account.command(&binaries.program("postgres"));
    command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
    for (name, value) in server_settings(folder, options) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    let cleanup = Cleanup {
        signal: stop_signal(options.durability),
        remove: (options.durability == Durability::Throwaway).then(|| folder.to_path_buf()),
        pid_file: pid_file.clone(),
    };
    let mut process = Process::start(&mut command, &log, &cleanup)?;
    process::wait_until(START_LIMIT, || process.exited().is_some() || is_ready(&pid_file, process.pid()));
    if process.exited().is_none() && is_ready(&pid_file, process.pid()) {
        return Ok(process);
    }
    process.stop(Signal::SIGQUIT);
    Err(Error::NotReady { program: "PostgreSQL", tail: process::tail(&log), log })
}

fn server_settings(folder: &Path, options: &ClusterOptions) -> Vec<(String, String)> {
    let socket = socket_folder(folder).map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    let mut settings: Vec<(String, String)> = [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", socket.as_str()),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("max_connections", &options.max_connections.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    if options.durability == Durability::Throwaway {
        let fast = [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")];
        settings.extend(fast.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    settings.extend(options.settings.iter().cloned());
    settings
}

/// Whether the server's pid file says that it accepts connections: the process id is in the first line, the status in the
/// eighth (`src/include/utils/pidfile.h` of PostgreSQL).
fn is_ready(pid_file: &Path, pid: u32) -> bool {
    let text = std::fs::read_to_string(pid_file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.first() == Some(&pid.to_string().as_str()) && lines.get(7) == Some(&"ready")
}

/// Stops the server of an earlier run that was killed before it could stop its server.
fn stop_orphans(data: &Path) -> Result<(), Error> {
    let pid_file = data.join("postmaster.pid");
    process::stop_orphans(data, process::read_pid(&pid_file), Signal::SIGINT, || servers_in(data))?;
    // No server uses the folder any more, but the process id may belong to another program now. In that case PostgreSQL
    // would refuse to start.
    if pid_file.exists() {
        std::fs::remove_file(&pid_file).map_err(file_error("remove", &pid_file))?;
    }
    Ok(())
}

/// The PostgreSQL processes whose working folder is this data folder.
fn servers_in(data: &Path) -> Vec<u32> {
    let uses = |pid: u32, command: &str| match std::fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(folder) => folder == data,
        Err(_) => command.contains(&format!("-D {}", data.display())),
    };
    process::all()
        .into_iter()
        .filter(|(pid, command)| command.contains("postgres") && uses(*pid, command))
        .map(|(pid, _)| pid)
        .collect()
}
