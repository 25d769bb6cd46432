//! The real `glowplug`, as a server or as a worker.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// A running command of `glowplug`. Dropping it stops it.
pub(crate) struct Program {
    process: Child,
    /// What followed the marker.
    pub(crate) word: String,
    reader: Option<JoinHandle<()>>,
}

impl Program {
    /// Starts it, and waits for a line with a marker.
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)], marker: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_glowplug"));
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GLOWPLUG_"))
        {
            command.env_remove(name);
        }
        command.args(arguments).envs(environment.iter().copied());
        let mut process = command.stderr(Stdio::piped()).spawn().expect("glowplug can be run");
        let mut lines =
            BufReader::new(process.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let word = lines.find_map(|line| line.split_once(marker).map(|(_, rest)| rest.to_owned()));
        let word = word.expect("glowplug says that it runs");
        // What it complains about is seen.
        let reader = std::thread::spawn(move || {
            lines
                .filter(|line| line.contains("WARN") || line.contains("ERROR"))
                .for_each(|line| eprintln!("{line}"));
        });
        Self { process, word, reader: Some(reader) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has no child processes, and what it leaves in the queue is of no interest any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.reader.take().map(JoinHandle::join);
    }
}
