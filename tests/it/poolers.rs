//! Every pooler with every protocol: if it is safe, one body of tests runs; if not, a test shows how it
//! fails. The table in `docs/connection.md` is generated from here.

mod body;
mod example;
mod graphql;
mod names;
mod stand;

use std::fmt::Write as _;

use glowplug::config::PoolMode;
use glowplug::db::Protocol;

use self::stand::{Cell, Stand};
use crate::documented;
use crate::isolation;
use crate::place::{Place, say};

/// The result for a protocol behind a pooler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Everything runs, and nothing is left behind.
    Safe,
    /// Safe, except for transactions of several messages, which the pooler refuses.
    SafeWithoutTransactions,
    /// Safe, except for typed queries of a table that has changed since.
    SafeUntilTablesChange,
    /// A prepared statement is missing on the server connection of a transaction.
    FailsInTransactions,
    /// Each query gets the right answer, but names are left in server connections, and accumulate there.
    PilesUp,
}

impl Verdict {
    /// In the words of the documentation.
    fn words(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::SafeWithoutTransactions => "safe; transactions are refused",
            Self::SafeUntilTablesChange => {
                "operations are safe; typed queries of a changed table may fail: `cached plan must not change result type`"
            }
            Self::FailsInTransactions => {
                "**no**: `prepared statement … does not exist` within transactions; names pile up in the server"
            }
            Self::PilesUp => "**no**: names pile up in the server; transactions are refused",
        }
    }
}

const PROTOCOLS: [Protocol; 3] = [Protocol::Simple, Protocol::Unnamed, Protocol::Prepared];

/// The results for `Simple`, `Unnamed`, and `Prepared`.
const TABLE: [(Stand, [Verdict; 3]); 12] = [
    (Stand::Direct, [Verdict::Safe; 3]),
    (Stand::Session, [Verdict::Safe; 3]),
    (Stand::Transaction, [Verdict::Safe, Verdict::Safe, Verdict::FailsInTransactions]),
    (
        Stand::Statement,
        [Verdict::SafeWithoutTransactions, Verdict::SafeWithoutTransactions, Verdict::PilesUp],
    ),
    (Stand::Tracking, [Verdict::Safe; 3]),
    (Stand::NotTracking, [Verdict::Safe, Verdict::Safe, Verdict::FailsInTransactions]),
    (Stand::Newest, [Verdict::Safe; 3]),
    (Stand::Odyssey, [Verdict::SafeUntilTablesChange; 3]),
    (Stand::Pgpool, [Verdict::Safe; 3]),
    (Stand::RawPgpool, [Verdict::Safe; 3]),
    (Stand::PgDog, [Verdict::Safe; 3]),
    (Stand::SessionPgDog, [Verdict::Safe; 3]),
];

/// Tests a row of the table.
async fn row(stand: Stand) {
    let (_, verdicts) = TABLE.iter().find(|(of, _)| *of == stand).expect("each stand has its row");
    let server = stand::Server::start(stand);
    for (protocol, verdict) in PROTOCOLS.into_iter().zip(verdicts) {
        test(&Cell::new(stand, &server, protocol).await, *verdict).await;
    }
}

/// Tests a pooler that runs elsewhere with the protocols that are safe in its mode.
pub(crate) async fn holds_elsewhere(place: Place) {
    let stand = Stand::Elsewhere(place.pool_mode());
    let safe = match place.pool_mode() {
        PoolMode::Direct | PoolMode::Session => &PROTOCOLS[..],
        PoolMode::Auto | PoolMode::Transaction | PoolMode::Statement => &PROTOCOLS[..2],
    };
    let server = stand::Server::Elsewhere(place.clone());
    for protocol in safe {
        let cell = Cell::new(stand, &server, *protocol).await;
        test(&cell, Verdict::Safe).await;
        place.drop_database(&cell.url).await;
        say(&format!("{protocol:?} is safe"));
    }
}

async fn test(cell: &Cell, verdict: Verdict) {
    match verdict {
        Verdict::Safe | Verdict::SafeWithoutTransactions | Verdict::SafeUntilTablesChange => {
            body::holds(cell).await;
            if cell.stand.takes_operations(cell.protocol) {
                graphql::holds(cell).await;
            }
            if cell.stand != Stand::Direct {
                isolation::nothing_is_left(&cell.url).await;
            }
        }
        Verdict::FailsInTransactions => {
            names::are_missing_in_transactions(cell).await;
            names::pile_up(cell).await;
        }
        Verdict::PilesUp => names::pile_up(cell).await,
    }
}

#[tokio::test]
async fn directly() {
    row(Stand::Direct).await;
}

#[tokio::test]
async fn through_pgbouncer_in_session_mode() {
    row(Stand::Session).await;
}

#[tokio::test]
async fn through_pgbouncer_in_transaction_mode() {
    row(Stand::Transaction).await;
}

#[tokio::test]
async fn through_pgbouncer_in_statement_mode() {
    row(Stand::Statement).await;
}

#[tokio::test]
async fn through_pgbouncer_that_tracks_statements() {
    row(Stand::Tracking).await;
}

#[tokio::test]
async fn through_pgbouncer_that_could_track_statements() {
    row(Stand::NotTracking).await;
}

#[tokio::test]
async fn through_the_newest_pgbouncer() {
    row(Stand::Newest).await;
}

#[tokio::test]
async fn through_odyssey() {
    row(Stand::Odyssey).await;
}

#[tokio::test]
async fn through_pgpool() {
    row(Stand::Pgpool).await;
}

#[tokio::test]
async fn through_pgpool_in_raw_mode() {
    row(Stand::RawPgpool).await;
}

#[tokio::test]
#[ignore = "needs PgDog, which no distribution has: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn through_pgdog_in_transaction_mode() {
    row(Stand::PgDog).await;
}

#[tokio::test]
#[ignore = "needs PgDog, which no distribution has: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn through_pgdog_in_session_mode() {
    row(Stand::SessionPgDog).await;
}

#[test]
fn the_documented_table_is_the_tested_one() {
    let mut table = "| | `Simple` | `Unnamed` | `Prepared` |\n| --- | --- | --- | --- |\n".to_owned();
    for (stand, verdicts) in TABLE {
        let words = verdicts.map(Verdict::words).join(" | ");
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {} | {words} |", stand.name());
    }
    documented::hold("docs/connection.md", "poolers", &table, "documented_table");
}
