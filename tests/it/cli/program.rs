//! Runs the real binary in a folder, and sends requests to it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The time limit for steps without their own limit; far more than they take, so that a slow machine passes.
const PATIENCE: Duration = Duration::from_mins(1);

/// The binary in a working folder, without the settings of the caller's environment.
pub(crate) fn command(folder: &Path) -> Command {
    program_at(Path::new(env!("CARGO_BIN_EXE_glowplug")), folder)
}

/// Another build of the binary in a working folder.
pub(crate) fn program_at(binary: &Path, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(folder).env_remove("DATABASE_URL").env_remove("DIRECT_URL").stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GLOWPLUG_")) {
        command.env_remove(name);
    }
    command
}

/// A temporary folder that the accounts of the servers can enter.
pub(crate) fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o755)).tempdir().unwrap()
}

/// The starter project's migrations.
pub(crate) fn starter_migrations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")
}

/// A running `glowplug dev` or `glowplug serve`; it gets a signal to stop when this is dropped.
pub(crate) struct Program {
    child: Child,
    printed: Arc<Mutex<String>>,
    address: String,
}

impl Program {
    /// Starts it, and waits until it prints `ready`; its address follows `marker` in the output.
    pub(crate) fn start(command: &mut Command, marker: &str, ready: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().unwrap(), &printed);
        collect(child.stderr.take().unwrap(), &printed);
        let mut program = Self { child, printed, address: String::new() };
        program.wait_for(ready);
        let address = program.word_after(marker);
        address.trim_end_matches("/graphql").clone_into(&mut program.address);
        program
    }

    /// Starts `dev` in a folder.
    pub(crate) fn dev(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = command(folder);
        // `dev` chooses a free port only if none is set, and tests run in parallel.
        command.arg("dev").args(["--listen", "127.0.0.1:0"]).args(arguments);
        Self::start(&mut command, "endpoint   http://", "Ctrl-C stops everything")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The output so far.
    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// The word after a text in the output; in JSON, up to the end of the string.
    pub(crate) fn word_after(&self, marker: &str) -> String {
        let printed = self.printed();
        let (_, rest) = printed.split_once(marker).unwrap_or_else(|| panic!("no `{marker}` in:\n{printed}"));
        let word = rest.split_whitespace().next().unwrap();
        word.split('"').next().unwrap().to_owned()
    }

    /// Waits until it has printed a text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.printed().contains(text) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?} and printed:\n{}", self.printed());
            assert!(Instant::now() < deadline, "it did not print `{text}` but:\n{}", self.printed());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.printed());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn stop(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }

    /// The address of one of its pages.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = client().get(self.page(path)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// The answer to an operation.
    pub(crate) async fn query(&self, document: &str) -> Value {
        self.query_with(document, reqwest::header::HeaderMap::new()).await
    }

    /// The answer to an operation that is sent with a token.
    pub(crate) async fn query_as(&self, token: &str, document: &str) -> Value {
        let value = format!("Bearer {token}").parse().unwrap();
        self.query_with(document, [(reqwest::header::AUTHORIZATION, value)].into_iter().collect()).await
    }

    async fn query_with(&self, document: &str, headers: reqwest::header::HeaderMap) -> Value {
        let response = client()
            .post(self.page("/graphql"))
            .headers(headers)
            .header("content-type", "application/json")
            .body(json!({ "query": document }).to_string())
            .send()
            .await
            .unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// The time until the SDL contains a text.
    pub(crate) async fn time_until_sdl_has(&self, text: &str) -> Duration {
        self.time_until_sdl(|sdl| sdl.contains(text)).await
    }

    /// The time until the SDL satisfies a condition.
    pub(crate) async fn time_until_sdl(&self, is_wanted: impl Fn(&str) -> bool) -> Duration {
        let begin = Instant::now();
        while !is_wanted(&self.get("/schema.graphql").await.1) {
            assert!(begin.elapsed() < PATIENCE, "the API never is as wanted:\n{}", self.printed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        begin.elapsed()
    }
}

pub(crate) fn client() -> reqwest::Client {
    // The HTTP client needs a TLS provider, although nothing is encrypted here; a second one is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.stop("TERM");
        }
    }
}

fn collect(output: impl Read + Send + 'static, printed: &Arc<Mutex<String>>) {
    let printed = Arc::clone(printed);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut printed = printed.lock().unwrap();
            printed.push_str(&line);
            printed.push('\n');
        }
    });
}

/// The other processes whose command line contains a text.
pub(crate) fn processes_with(text: &str) -> Vec<(u32, String)> {
    let output = Command::new("ps").args(["-axo", "pid=,args="]).output().expect("`ps`; install procps");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(text))
        .filter_map(|line| {
            let (pid, command) = line.trim_start().split_once(' ')?;
            Some((pid.parse().ok()?, command.to_owned()))
        })
        .filter(|(pid, command)| *pid != std::process::id() && !command.contains("<defunct>"))
        .collect()
}

/// Waits until no process has the text in its command line.
pub(crate) fn assert_gone(text: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !processes_with(text).is_empty() {
        assert!(Instant::now() < deadline, "left behind: {:?}", processes_with(text));
        std::thread::sleep(Duration::from_millis(20));
    }
}
