//! One server process: starts it with its output in a log file, stops it by its id, and guards it.
//!
//! The guard is a shell that waits for the end of its standard input. That happens when our process ends, in any way, and
//! the shell then stops the server. Rust has no safe way to ask the kernel for that. Destructors do not run when a process
//! is killed, nor for the statics of a test binary.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::{Error, file_error};

/// How long a server may take to stop before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// How often a condition is checked that the system cannot announce.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// A running server.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    guard: Child,
}

/// What the guard does when our process has ended.
#[derive(Debug, Clone)]
pub(crate) struct Cleanup {
    /// The signal that stops the server.
    pub(crate) signal: Signal,
    /// A folder to remove once the server has removed its pid file.
    pub(crate) remove: Option<PathBuf>,
    /// The server's pid file.
    pub(crate) pid_file: PathBuf,
}

/// A line on standard input says that the server was stopped. The end of the input without a line means that our process has
/// ended.
const GUARD: &str = r#"
read -r word && exit 0
kill -s "$1" "$2" 2>/dev/null
[ -n "$3" ] || exit 0
turn=0
while [ -e "$4" ] && [ "$turn" -lt 300 ]; do sleep 0.1; turn=$((turn + 1)); done
rm -rf "$3"
"#;

impl Process {
    /// Starts the command with its output appended to `log`, and a guard for it.
    pub(crate) fn start(command: &mut Command, log: &Path, cleanup: &Cleanup) -> Result<Self, Error> {
        let program = PathBuf::from(command.get_program());
        let output =
            OpenOptions::new().create(true).append(true).open(log).map_err(file_error("open", log))?;
        let errors = output.try_clone().map_err(file_error("open", log))?;
        let mut child =
            command.stdout(output).stderr(errors).spawn().map_err(|source| Error::Run { program, source })?;
        match start_guard(child.id(), cleanup) {
            Ok(guard) => Ok(Self { child, guard }),
            Err(error) => {
                stop_child(&mut child, cleanup.signal);
                Err(error)
            }
        }
    }

    /// The server's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How the server ended, if it has ended.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops the server and waits until it is gone. You may call it again.
    pub(crate) fn stop(&mut self, signal: Signal) {
        stop_child(&mut self.child, signal);
        if let Some(mut input) = self.guard.stdin.take() {
            // A guard that has ended already needs no message.
            let _ = input.write_all(b"stopped\n");
        }
        let _ = self.guard.wait();
    }
}

fn start_guard(pid: u32, cleanup: &Cleanup) -> Result<Child, Error> {
    let remove = cleanup.remove.clone().unwrap_or_default();
    Command::new("/bin/sh")
        .args(["-c", GUARD, "glowplug-guard"])
        .arg(cleanup.signal.as_str().trim_start_matches("SIG"))
        .arg(pid.to_string())
        .arg(remove)
        .arg(&cleanup.pid_file)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| Error::Run { program: PathBuf::from("/bin/sh"), source })
}

fn stop_child(child: &mut Child, signal: Signal) {
    if child.try_wait().ok().flatten().is_some() {
        return;
    }
    send(child.id(), signal);
    if !wait_until(STOP_LIMIT, || child.try_wait().ok().flatten().is_some()) {
        // It had time to stop. Leaving it behind would be worse. An error means that it has just ended.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Sends a signal to a process that is known to be ours. An error means that it has ended.
pub(crate) fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        let _ = nix::sys::signal::kill(Pid::from_raw(pid), signal);
    }
}

/// Waits until the condition is true. Returns false if `limit` passed first.
pub(crate) fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// Stops processes that an earlier run left behind, and waits until they are gone.
///
/// `find` returns those that are left. If `first` is among them, only it gets the signal, because the others follow it.
pub(crate) fn stop_orphans(
    folder: &Path,
    first: Option<u32>,
    signal: Signal,
    find: impl Fn() -> Vec<u32>,
) -> Result<(), Error> {
    let orphans = find();
    match first.filter(|pid| orphans.contains(pid)) {
        Some(pid) => send(pid, signal),
        None => orphans.iter().for_each(|pid| send(*pid, signal)),
    }
    if wait_until(STOP_LIMIT, || find().is_empty()) {
        return Ok(());
    }
    Err(Error::OrphansRemain { pids: find(), folder: folder.to_path_buf() })
}

/// Runs a program to its end. If it fails, its output is the error.
pub(crate) fn run(command: &mut Command, program: &'static str) -> Result<(), Error> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Run { program: PathBuf::from(command.get_program()), source })?;
    if output.status.success() {
        return Ok(());
    }
    let output = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Err(Error::Failed { program, output: output.concat() })
}

/// The process id in the first line of a pid file.
pub(crate) fn read_pid(file: &Path) -> Option<u32> {
    std::fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
}

/// The processes of this machine: id and command line.
///
/// Uses `ps`, which every Unix has. On Linux it uses `/proc`, because a slim container may lack `ps`.
pub(crate) fn all() -> Vec<(u32, String)> {
    if let Ok(entries) = std::fs::read_dir("/proc") {
        return entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|pid: u32| Some((pid, command_line(pid)?)))
            .collect();
    }
    let output = Command::new("ps").args(["-axo", "pid=,args="]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (pid, arguments) = line.trim_start().split_once(' ')?;
            Some((pid.parse().ok()?, arguments.to_owned()))
        })
        .collect()
}

/// A process's command line. A process that has ended and was not collected yet has none.
fn command_line(pid: u32) -> Option<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
    (!text.is_empty()).then_some(text)
}

/// The last lines of a log file.
pub(crate) fn tail(log: &Path) -> String {
    let text = File::open(log).and_then(std::io::read_to_string).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
