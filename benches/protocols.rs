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

use glowplug::db::{Protocol, Scope};
use load::Work;
use operation::OPERATIONS;
use report::{Line, Turn};
use stand::{STANDS, Stand, Way};

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
        for (operation, is_under_policies) in
            [(&OPERATIONS[0], false), (&OPERATIONS[0], true), (&OPERATIONS[2], false)]
        {
            let (scope, statements) = operation.compile(&api, &config, 100_000);
            let name = if is_under_policies { "the same under policies" } else { operation.name };
            let work = Work { scope, statements, numbers: operation.numbers.clone(), step: 1 };
            let work = if is_under_policies { under_policies(work) } else { work };
            let measured = compare(&stand, name, &work, &extent).await;
            for line in &measured {
                eprintln!("{line}");
            }
            lines.extend(measured);
        }
    }
    report::print(&lines);
}

/// The same as the owner of every 5,000th task, whom policies let see them.
fn under_policies(work: Work) -> Work {
    let claims = r#"{"role":"authenticated","sub":"00000000-0000-4000-8000-000000100000"}"#;
    let settings = [("request.jwt.claims".into(), claims.into())].into();
    let scope = Scope { role: Some("authenticated".into()), settings, ..work.scope };
    Work { scope, step: 5_000, ..work }
}

/// Each way in its turn, and again.
async fn compare(stand: &Stand, operation: &'static str, work: &Work, extent: &Extent) -> Vec<Line> {
    let ways: &[Way] = match stand.fastest {
        Protocol::Prepared => &[Way::SIMPLE, Way::UNNAMED, Way::PREPARED],
        Protocol::Simple | Protocol::Unnamed => &[Way::SIMPLE, Way::UNNAMED, Way::Stored],
    };
    let mut databases = Vec::new();
    for &way in ways {
        databases.push(stand.connect(way, work).await);
    }
    for database in &databases {
        load::drive(database, work, WARM_UP).await;
    }
    let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); ways.len()];
    for _ in 0..extent.rounds {
        for (database, turns) in databases.iter().zip(&mut turns) {
            turns.push(load::drive(database, work, extent.turn).await);
        }
    }
    let simple = turns[0].clone();
    let lines = ways.iter().zip(turns).map(|(&way, turns)| Line {
        stand: stand.name,
        operation,
        way,
        turns,
        simple: simple.clone(),
    });
    lines.collect()
}
