//! The task board with 100,000 tasks: how many requests a second `glowplug serve` answers through a transaction-mode
//! PgBouncer, and how many pgbench gets out of the same SQL in the same message by the same way, which is the floor. And how soon it
//! answers from a database of a thousand tables.
//!
//! `scripts/bench` runs it. Options: `--quick` for one short run of each, to see that it works.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on fails")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]
#![allow(clippy::cast_precision_loss, reason = "no count comes near the 52 bits of a float")]

#[path = "board/database.rs"]
mod database;
#[path = "board/large.rs"]
mod large;
#[path = "board/load.rs"]
mod load;
#[path = "board/operation.rs"]
mod operation;
#[path = "board/processor.rs"]
mod processor;
#[path = "board/report.rs"]
mod report;
#[path = "board/server.rs"]
mod server;
#[path = "board/stand.rs"]
mod stand;

use std::path::PathBuf;

use load::Load;
use operation::{OPERATIONS, Operation};
use report::Comparison;
use stand::Stand;

/// How much is measured.
struct Extent {
    connections: &'static [u32],
    rounds: usize,
    seconds: u32,
}

const WHOLE: Extent = Extent { connections: &[1, 16, 64], rounds: 3, seconds: 3 };
const QUICK: Extent = Extent { connections: &[16], rounds: 1, seconds: 1 };

fn main() {
    let extent = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { WHOLE };
    // The HTTP client asks for a provider, though nothing here is encrypted; a second one is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let stand = runtime.block_on(Stand::start());
    let scripts = tempfile::tempdir().expect("a folder for scripts");
    let mut comparisons = Vec::new();
    for operation in &OPERATIONS {
        let message = runtime.block_on(check(&stand, operation));
        let bench = Bench::new(&stand, operation, &message, scripts.path().to_path_buf());
        bench.compare(Load { connections: 16, seconds: 1 });
        for &connections in extent.connections {
            comparisons.push(bench.repeat(Load { connections, seconds: extent.seconds }, extent.rounds));
        }
    }
    report::print(&comparisons);
    runtime.block_on(large::measure(&stand.cluster, &stand.pooler));
    let complaints = stand.server.complaints();
    assert!(complaints.is_empty(), "requests failed: {complaints:?}");
}

/// The answer is that of the SQL, and the SQL is that which the server was sent: what is compared is comparable. Returns the
/// message that it was sent for the operation's last number.
async fn check(stand: &Stand, operation: &Operation) -> String {
    let number = operation.last();
    let request = reqwest::Client::new().post(stand.server.page("/graphql")).body(operation.body(&number));
    let response = request.header("content-type", "application/json").send().await.expect("an answer");
    let body = response.text().await.expect("its body");
    // The settings in front are those of the HTTP request, which differ from client to client.
    let statements = operation.statements(&stand.api, &stand.config, &number);
    let board = stand.connect().await;
    let sent = board
        .query_one(
            "select query from pg_stat_activity
            where right(query, length($1)) = $1 and query like 'select set_config%' and pid <> pg_backend_pid()",
            &[&statements],
        )
        .await;
    let message: String = sent.unwrap_or_else(|_| panic!("one message ends with:\n{statements}")).get(0);
    let rows = board.simple_query(&message).await.expect("the message runs");
    let expected = rows.iter().rev().find_map(|row| match row {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let expected = expected.expect("one row");
    assert!(expected.len() > 100 && body.contains(expected), "{}: {body}", operation.name);
    message
}

/// One operation, ready to be driven.
struct Bench<'a> {
    stand: &'a Stand,
    operation: &'a Operation,
    folder: PathBuf,
    wrk_script: PathBuf,
    pgbench_script: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(stand: &'a Stand, operation: &'a Operation, message: &str, folder: PathBuf) -> Self {
        let (wrk_script, pgbench_script) = (folder.join("operation.lua"), folder.join("operation.sql"));
        std::fs::write(&wrk_script, operation.wrk_script()).expect("the script");
        std::fs::write(&pgbench_script, operation.pgbench_script(message)).expect("the script");
        Self { stand, operation, folder, wrk_script, pgbench_script }
    }

    /// Floor, Glowplug, floor, Glowplug…
    fn repeat(&self, load: Load, rounds: usize) -> Comparison {
        let (floor, glowplug) = (0..rounds).map(|_| self.compare(load)).unzip();
        let comparison =
            Comparison { operation: self.operation.name, connections: load.connections, floor, glowplug };
        eprintln!("{}, {} connections: {:.2}", self.operation.name, load.connections, comparison.ratio());
        comparison
    }

    fn compare(&self, load: Load) -> (load::Figures, load::Figures) {
        let programs = self.stand.programs();
        let beside_server = self.stand.cluster.binaries().program("pgbench");
        let pgbench = if beside_server.is_file() { beside_server } else { PathBuf::from("pgbench") };
        let floor =
            load::pgbench(&pgbench, &self.pgbench_script, &self.folder, &self.stand.url(), load, programs);
        let glowplug = load::wrk(&self.wrk_script, &self.stand.server.page("/graphql"), load, programs);
        (floor, glowplug)
    }
}
