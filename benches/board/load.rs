//! The load generators: wrk for HTTP, pgbench for SQL. One thread each, because they share the machine.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::processor::{Programs, Usage};

/// What a run of a load generator measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    pub(crate) median: Duration,
    /// 99 of 100 requests took no longer.
    pub(crate) slowest: Duration,
    /// Processor time for each request.
    pub(crate) usage: Usage,
}

/// How hard to drive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
}

/// Requests, microseconds, and latencies.
struct Counted {
    requests: u64,
    per_second: f64,
    median: Duration,
    slowest: Duration,
}

/// Drives Glowplug by wrk.
pub(crate) fn wrk(script: &Path, url: &str, load: Load, programs: Programs) -> Figures {
    let mut command = Command::new("wrk");
    command.args(["--threads", "1", "--timeout", "60s", "--connections", &load.connections.to_string()]);
    command.args(["--duration", &load.seconds.to_string(), "--script"]).arg(script).arg(url);
    measured(programs, || {
        let printed = run(&mut command, "wrk (Debian: `apt install wrk`)");
        let line = printed.lines().find_map(|line| line.strip_prefix("figures ")).expect("wrk's figures");
        let numbers: Vec<u64> =
            line.split(' ').map(|number| number.parse().expect("a whole number")).collect();
        let &[requests, duration, median, slowest, errors] = numbers.as_slice() else {
            panic!("wrk's script prints five figures, not {line}")
        };
        assert_eq!(errors, 0, "requests failed:\n{printed}");
        Counted {
            requests,
            per_second: requests as f64 / Duration::from_micros(duration).as_secs_f64(),
            median: Duration::from_micros(median),
            slowest: Duration::from_micros(slowest),
        }
    })
}

/// Drives the same SQL by pgbench, whose log of all transactions goes into `folder`.
pub(crate) fn pgbench(
    program: &Path,
    script: &Path,
    folder: &Path,
    url: &str,
    load: Load,
    programs: Programs,
) -> Figures {
    let prefix = folder.join("transactions");
    let mut command = Command::new(program);
    command.args(["--no-vacuum", "--protocol", "simple", "--jobs", "1", "--log", "--log-prefix"]).arg(prefix);
    command.args(["--client", &load.connections.to_string(), "--time", &load.seconds.to_string()]);
    command.arg("--file").arg(script).arg(url);
    measured(programs, || {
        let printed = run(&mut command, "pgbench (Debian: `apt install postgresql`)");
        let latencies = take_latencies(folder);
        assert!(printed.contains("number of failed transactions: 0"), "statements failed:\n{printed}");
        let per_second = printed.lines().find_map(|line| line.strip_prefix("tps = "));
        let per_second = per_second.and_then(|rest| rest.split(' ').next()).expect("pgbench's rate");
        Counted {
            requests: latencies.len() as u64,
            per_second: per_second.parse().expect("a number"),
            median: percentile(&latencies, 50),
            slowest: percentile(&latencies, 99),
        }
    })
}

fn measured(programs: Programs, drive: impl FnOnce() -> Counted) -> Figures {
    let before = programs.usage();
    let Counted { requests, per_second, median, slowest } = drive();
    let usage = programs.usage().since(before, requests);
    Figures { per_second, median, slowest, usage }
}

fn run(command: &mut Command, name: &str) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {name}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} failed:\n{printed}\n{errors}");
    printed
}

/// The latencies of all transactions that pgbench has logged, sorted; the logs are removed.
fn take_latencies(folder: &Path) -> Vec<u64> {
    let mut latencies = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder").flatten() {
        if entry.file_name().to_string_lossy().starts_with("transactions.") {
            let log = std::fs::read_to_string(entry.path()).expect("pgbench's log");
            // Client, number, microseconds, script, and the time of day.
            latencies.extend(log.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()));
            std::fs::remove_file(entry.path()).expect("the log can be removed");
        }
    }
    latencies.sort_unstable();
    latencies
}

fn percentile(sorted: &[u64], percent: usize) -> Duration {
    let rank = sorted.len() * percent / 100;
    Duration::from_micros(sorted.get(rank).or(sorted.last()).copied().unwrap_or_default())
}
