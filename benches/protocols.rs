//! Operations by each protocol, directly and through each pooler: how many a second, and how long they take. What is slow about a
//! protocol shows in a small operation, what is slow about its plans in a deep one.
//!
//! `scripts/bench protocols` runs it. Options: `--quick` for one short turn of each, to see that it works.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on fails")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]
#![allow(clippy::cast_precision_loss, reason = "no count comes near the 52 bits of a float")]

#[path = "board/database.rs"]
mod database;
#[path = "protocols/load.rs"]
mod load;
#[allow(dead_code, reason = "the scripts of the load generators are the other benchmark's")]
#[path = "board/operation.rs"]
mod operation;
#[path = "protocols/report.rs"]
mod report;
#[path = "protocols/stand.rs"]
mod stand;

use std::time::Duration;

use glowplug::db::Protocol;
use load::Work;
use operation::{OPERATIONS, Operation};
use report::{Line, Turn};
use stand::{STANDS, Stand};

/// How much is measured.
struct Extent {
    rounds: usize,
    turn: Duration,
}

const WHOLE: Extent = Extent { rounds: 3, turn: Duration::from_secs(1) };
const QUICK: Extent = Extent { rounds: 1, turn: Duration::from_millis(200) };

/// So long is not measured: connections are made, statements prepared, and five times executed before PostgreSQL takes a plan for
/// all values.
const WARM_UP: Duration = Duration::from_millis(400);

#[tokio::main]
async fn main() {
    let extent = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { WHOLE };
    let cluster = database::start().await;
    let config = database::configuration(&cluster.url(database::DATABASE));
    let api = database::api(&config).await;
    let mut lines = Vec::new();
    for kind in STANDS {
        let stand = Stand::start(&cluster, kind).await;
        for operation in [&OPERATIONS[0], &OPERATIONS[2]] {
            let (scope, statements) = operation.compile(&api, &config, 100_000);
            let work = Work { scope, statements, numbers: operation.numbers.clone() };
            let measured = compare(&stand, operation, &work, &extent).await;
            for line in &measured {
                eprintln!("{line}");
            }
            lines.extend(measured);
        }
    }
    report::print(&lines);
}

/// Each protocol in its turn, and again.
async fn compare(stand: &Stand, operation: &Operation, work: &Work, extent: &Extent) -> Vec<Line> {
    let protocols: &[Protocol] = match stand.fastest {
        Protocol::Prepared => &[Protocol::Simple, Protocol::Unnamed, Protocol::Prepared],
        Protocol::Simple | Protocol::Unnamed => &[Protocol::Simple, Protocol::Unnamed],
    };
    let databases: Vec<_> = protocols.iter().map(|&protocol| stand.connect(protocol)).collect();
    for database in &databases {
        load::drive(database, work, WARM_UP).await;
    }
    let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); protocols.len()];
    for _ in 0..extent.rounds {
        for (database, turns) in databases.iter().zip(&mut turns) {
            turns.push(load::drive(database, work, extent.turn).await);
        }
    }
    let simple = turns[0].clone();
    let lines = protocols.iter().zip(turns).map(|(&protocol, turns)| Line {
        stand: stand.name,
        operation: operation.name,
        protocol,
        turns,
        simple: simple.clone(),
    });
    lines.collect()
}
