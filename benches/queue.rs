//! Mutations straight to the database and through the queue: throughput and latency of both, side by side, and what becomes of
//! 500 clients where there are two connections to the database.
//!
//! `scripts/bench queue` runs it. Options: `--quick` for one short run of each, to see that it works.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on fails")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints its figures")]
#![allow(clippy::cast_precision_loss, reason = "no count comes near the 52 bits of a float")]

#[path = "queue/clients.rs"]
mod clients;
#[path = "queue/program.rs"]
mod program;
#[path = "queue/report.rs"]
mod report;
#[path = "queue/stand.rs"]
mod stand;

use std::time::Duration;

use clients::Run;
use report::{Comparison, Crowd};
use stand::{Site, Stand};

/// How much is measured.
struct Extent {
    clients: &'static [usize],
    rounds: usize,
    time: Duration,
    crowd_time: Duration,
}

const WHOLE: Extent = Extent {
    clients: &[1, 16, 64],
    rounds: 3,
    time: Duration::from_secs(3),
    crowd_time: Duration::from_secs(10),
};

const QUICK: Extent =
    Extent { clients: &[16], rounds: 1, time: Duration::from_secs(1), crowd_time: Duration::from_secs(2) };

/// Connections to the database while both ways are compared.
const CONNECTIONS: u32 = 8;

/// Many clients, and few connections.
const CROWD: usize = 500;
const FEW_CONNECTIONS: u32 = 2;

fn main() {
    let extent = if std::env::args().any(|argument| argument == "--quick") { QUICK } else { WHOLE };
    // The HTTP client asks for a provider, though nothing here is encrypted; a second one is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // One thread, because the clients share the machine with what they measure.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stand = Stand::start().await;
        let comparisons = compare(&stand, &extent).await;
        report::compared(&comparisons);
        report::crowded(&crowd(&stand, extent.crowd_time).await);
    });
}

/// Direct, queued, direct, queued…
async fn compare(stand: &Stand, extent: &Extent) -> Vec<Comparison> {
    let direct = stand.site("direct", CONNECTIONS).await;
    let queued = stand.site("queued", CONNECTIONS).await;
    let warm = Duration::from_secs(1);
    for site in [&direct, &queued] {
        clients::run(site, 16, warm).await;
    }
    let mut comparisons = Vec::new();
    for &clients in extent.clients {
        let mut comparison = Comparison { clients, direct: Vec::new(), queued: Vec::new() };
        for _ in 0..extent.rounds {
            comparison.direct.push(whole(&direct, clients, extent.time).await);
            comparison.queued.push(whole(&queued, clients, extent.time).await);
        }
        comparisons.push(comparison);
    }
    comparisons
}

/// A run in which nothing may fail.
async fn whole(site: &Site, clients: usize, time: Duration) -> Run {
    let run = clients::run(site, clients, time).await;
    assert_eq!((run.refused, run.overdue, run.failed), (0, 0, 0), "{} clients, {}", clients, site.way);
    run
}

/// What becomes of a crowd, each way.
async fn crowd(stand: &Stand, time: Duration) -> Vec<Crowd> {
    let mut crowds = Vec::new();
    for way in ["direct", "queued"] {
        let site = stand.site(way, FEW_CONNECTIONS).await;
        // The catalog has been read before.
        clients::run(&site, 1, Duration::from_millis(200)).await;
        let before = site.rows().await;
        let run = clients::run(&site, CROWD, time).await;
        let rows = site.rows().await - before;
        let acknowledged = run.latencies.len() as u64;
        assert!(rows >= acknowledged, "{way}: {acknowledged} were acknowledged, {rows} are there");
        assert!(rows <= acknowledged + run.overdue + run.failed, "{way}: {rows} rows of {acknowledged}");
        crowds.push(Crowd { way, rows, run });
    }
    crowds
}
