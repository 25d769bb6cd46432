//! The real `glowplug serve`, with little set but the database and a free port.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// The real `glowplug serve`. Dropping it stops it.
pub(crate) struct Server {
    process: Child,
    address: String,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts this build on a free port, and waits until it listens.
    pub(crate) fn start(database_url: &str, settings: &[&str]) -> Self {
        Self::of(OsStr::new(env!("CARGO_BIN_EXE_glowplug")), database_url, settings)
    }

    /// The same of another build.
    pub(crate) fn of(program: &OsStr, database_url: &str, settings: &[&str]) -> Self {
        let mut command = Command::new(program);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GLOWPLUG_"))
        {
            command.env_remove(name);
        }
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(settings).env("DATABASE_URL", database_url);
        Self::run(command)
    }

    /// A program that writes its address into its log.
    pub(crate) fn run(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().expect("the program can be run");
        let mut lines =
            BufReader::new(process.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let listening = lines.find_map(|line| line.split_once("address=").map(|(_, rest)| rest.to_owned()));
        let address = listening.expect("the program says where it listens");
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        let reader =
            std::thread::spawn(move || lines.for_each(|line| kept.lock().expect("the log").push(line)));
        Self { process, address, log, reader: Some(reader) }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The address of a page.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What it has complained about until now.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.log.lock().expect("the log");
        // The benchmark's role owns the tables, and the server warns of that when it starts.
        let is_expected = |line: &str| line.contains("set anon-role to a role with fewer rights");
        let complains =
            |line: &&String| (line.contains("WARN") || line.contains("ERROR")) && !is_expected(line);
        log.iter().filter(complains).cloned().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has no child processes and keeps nothing, so that there is nothing that it must be given time for.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.reader.take().map(JoinHandle::join);
    }
}
