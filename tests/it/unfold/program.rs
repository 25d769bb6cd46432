//! The program, and the cost of a request.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::cases::Case;
use crate::cli::program::{Program, client, open_folder, program_at};

/// How much memory one request may add.
const MEMORY: u64 = 64 << 20;

/// How much processor time one request may take.
const PROCESSOR: Duration = Duration::from_secs(1);

/// How much longer an unoptimised build may take.
const UNOPTIMISED: u32 = 10;

/// An operation that needs everything that is kept between requests.
pub(super) const WARM_UP: &str = "{ wideByPk(id: 1) { id } }";

/// The codes of errors that a client can do something about; statements that take too long end by their
/// timeout.
const CODES: [&str; 3] = ["BAD_USER_INPUT", "TIMEOUT", "PERSISTED_QUERY_NOT_FOUND"];

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running program under measurement.
pub(super) struct Measured {
    program: Program,
    _folder: tempfile::TempDir,
}

impl Measured {
    pub(super) fn start(url: &str, arguments: &[&str]) -> Self {
        let folder = open_folder();
        let binary =
            std::env::var("UNFOLD_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_glowplug").to_owned());
        let mut command = program_at(Path::new(&binary), folder.path());
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--statement-timeout", "3s"])
            .args(arguments)
            .env("DATABASE_URL", url);
        Self { program: Program::start(&mut command, "address=", "listening"), _folder: folder }
    }

    /// Makes it read the catalog and fill its pool.
    pub(super) async fn warm_up(&self) {
        let answer = self.program.query(WARM_UP).await;
        assert_eq!(answer["data"]["wideByPk"]["id"], 1, "{answer}");
    }

    /// Sends a request, and checks the answer and its cost against the bounds; returns the answer's status.
    pub(super) async fn hold(&self, case: &Case) -> u16 {
        let (memory, time) = (self.resident(), self.processor_time());
        self.reset_peak();
        let (status, answer) = self.send(case).await;
        let (memory, time) = (self.peak().saturating_sub(memory), self.processor_time().saturating_sub(time));
        Self::note(&format!(
            "{:<60} {status} {:>3} MiB {time:>8.2?} {answer:.150}\n",
            case.name,
            memory >> 20
        ));
        assert!(is_sound(status, &answer), "{}: {status}: {answer:.2000}", case.name);
        assert!(memory <= MEMORY, "{}: it adds {} MiB: {answer:.300}", case.name, memory >> 20);
        let is_optimised = std::env::var_os("UNFOLD_PROGRAM").is_some() || !cfg!(debug_assertions);
        let allowed = if is_optimised { PROCESSOR } else { PROCESSOR * UNOPTIMISED };
        assert!(time <= allowed, "{}: it takes {time:?} of a processor: {answer:.300}", case.name);
        let answer = self.program.get("/healthz").await;
        assert_eq!(answer.0, 200, "{}: it lives on", case.name);
        status
    }

    /// Records a measurement in the file that `UNFOLD_TABLE` names.
    fn note(line: &str) {
        if let Some(file) = std::env::var_os("UNFOLD_TABLE") {
            let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
            file.expect("the table").write_all(line.as_bytes()).expect("a line");
        }
    }

    /// Sends a request; the answer's status and body.
    pub(super) async fn send(&self, case: &Case) -> (u16, String) {
        let request = match &case.body {
            Some(body) => client().post(self.program.page("/graphql")).body(body.clone()),
            None => client().get(self.program.page(&format!("/graphql?{}", case.query))),
        };
        let request = request.headers(case.headers.clone()).header("content-type", "application/json");
        let response = request.timeout(PATIENCE).send().await.expect(&case.name);
        (response.status().as_u16(), response.text().await.expect(&case.name))
    }

    /// Bytes in memory now.
    pub(super) fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> u64 {
        let text = self.read("status");
        let line = text.lines().find_map(|line| line.strip_prefix(field)).expect("a field of /proc");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Resets the peak to the current resident memory (Linux manual, `proc_pid_clear_refs`).
    fn reset_peak(&self) {
        let path = format!("/proc/{}/clear_refs", self.program.pid());
        std::fs::write(path, "5").expect("the peak can be reset");
    }

    /// User and system time, in Linux's unit of a hundredth of a second.
    fn processor_time(&self) -> Duration {
        let text = self.read("stat");
        // The name, which may contain blanks, is in parentheses.
        let (_, fields) = text.rsplit_once(") ").expect("a name");
        // The 14th and the 15th of all fields; the first one here is the third.
        let field =
            |number: usize| fields.split(' ').nth(number - 3).and_then(|field| field.parse::<u64>().ok());
        let ticks = field(14).zip(field(15)).expect("two numbers");
        Duration::from_millis((ticks.0 + ticks.1) * 10)
    }

    fn read(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.program.pid());
        std::fs::read_to_string(path).expect("this test needs Linux's /proc")
    }
}

/// Answered, or refused with a client error.
fn is_sound(status: u16, answer: &str) -> bool {
    let told = |answer: &Value| {
        let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().all(|error| {
            let message = error["message"].as_str().unwrap_or_default();
            !message.is_empty()
                && message.len() < 10_000
                && CODES.contains(&error["extensions"]["code"].as_str().unwrap_or_default())
        })
    };
    match serde_json::from_str::<Value>(answer) {
        Ok(Value::Array(answers)) => status == 200 && answers.iter().all(told),
        Ok(answer) => matches!(status, 200 | 400 | 413 | 422) && told(&answer),
        // The HTTP server refuses a body that is not a request, in its own form.
        Err(_) => matches!(status, 413 | 414 | 431),
    }
}
