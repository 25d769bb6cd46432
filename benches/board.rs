//! The task board with 100,000 tasks: how many requests a second `glowplug serve` answers through a transaction-mode
//! PgBouncer, and how many pgbench gets by the same way, out of the very message that Glowplug sends, and out of SQL that was
//! written by hand for the same answer; and how many a hand-written HTTP endpoint gets with that SQL. Then the same on
//! Chinook, if `CHINOOK_SQL` names its file, and how soon it answers from a database of a thousand tables.
//!
//! `scripts/bench` runs it. Options: `--quick` for one short run of each, to see that it works; `--connections N` for that many
//! alone; `--only WORDS` for the operations with these words in their names; `--against FILE` to set another build of
//! `glowplug` beside this one in every round; `--direct` for connections to PostgreSQL itself, where Glowplug and the endpoint prepare their
//! statements, and pgbench sends the text.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on fails")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]
#![allow(clippy::cast_precision_loss, reason = "no count comes near the 52 bits of a float")]

#[path = "board/bench.rs"]
mod bench;
#[path = "board/check.rs"]
mod check;
#[path = "board/chinook.rs"]
mod chinook;
#[path = "board/contender.rs"]
mod contender;
#[path = "board/database.rs"]
mod database;
#[path = "board/endpoint.rs"]
mod endpoint;
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

use bench::Bench;
use load::Load;
use operation::OPERATIONS;
use report::Comparison;
use stand::{Site, Stand};

/// How much is measured.
struct Extent {
    connections: Vec<u32>,
    rounds: usize,
    seconds: u32,
    /// A part of the names of the operations, if not all of them are measured.
    only: Option<String>,
}

impl Extent {
    /// What the command line asks for.
    fn given() -> Self {
        let mut arguments = std::env::args();
        if arguments.any(|argument| argument == "--quick") {
            return Self { connections: vec![16], rounds: 1, seconds: 1, only: option("--only") };
        }
        let one = option("--connections").map(|count| count.parse().expect("--connections takes a number"));
        let connections = one.map_or(vec![1, 16, 64], |count| vec![count]);
        Self { connections, rounds: 3, seconds: 3, only: option("--only") }
    }

    fn has(&self, operation: &operation::Operation) -> bool {
        self.only.as_ref().is_none_or(|part| operation.name.contains(part))
    }
}

/// The value of an option on the command line.
fn option(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

fn main() {
    let extent = Extent::given();
    // The HTTP client asks for a provider, though nothing here is encrypted; a second one is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(endpoint::serve_if_told());
    let is_direct = std::env::args().any(|argument| argument == "--direct");
    let stand = runtime.block_on(Stand::start(is_direct));
    let board = runtime.block_on(Site::open(&stand, database::DATABASE, &OPERATIONS));
    let mut comparisons = compare(&runtime, &board, &extent);
    drop(board);
    if let Some(file) = chinook::file() {
        runtime.block_on(chinook::fill(&stand.cluster, &file));
        let chinook = runtime.block_on(Site::open(&stand, chinook::DATABASE, &chinook::OPERATIONS));
        comparisons.extend(compare(&runtime, &chinook, &extent));
    }
    report::print(&comparisons);
    runtime.block_on(large::measure(&stand.cluster, &stand.pooler));
}

/// Measures the operations of a database.
fn compare(runtime: &tokio::runtime::Runtime, site: &Site<'_>, extent: &Extent) -> Vec<Comparison> {
    let scripts = tempfile::tempdir().expect("a folder for scripts");
    let mut comparisons = Vec::new();
    for operation in site.operations.iter().filter(|operation| extent.has(operation)) {
        let message = runtime.block_on(check::check(site, operation));
        let bench = Bench::new(site, operation, message.as_deref(), scripts.path().to_path_buf());
        bench.round(Load { connections: 16, seconds: 1 });
        for &connections in &extent.connections {
            comparisons.push(bench.repeat(Load { connections, seconds: extent.seconds }, extent.rounds));
        }
    }
    let complaints = site.server.complaints();
    assert!(complaints.is_empty(), "requests failed: {complaints:?}");
    comparisons
}
