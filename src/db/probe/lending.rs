//! How long a pooler lends a server connection, judged by the backends that two clients get.
//!
//! Holds transactions for a few round trips each. Writes nothing in them.

use std::pin::pin;
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use crate::db::error::Error;
use crate::db::probe::client::{Client, process};

/// For how long a pooler lends a server connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundPoolMode {
    /// There is no pooler.
    Direct,
    /// For as long as the client stays.
    Session,
    /// For one transaction.
    Transaction,
    /// For one statement. Transactions of several statements are not possible.
    Statement,
    /// Unknown. Counts as the least safe.
    #[default]
    Unknown,
}

impl FoundPoolMode {
    /// Its name in logs and reports, which is also the name of the pool mode.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Session => "session",
            Self::Transaction => "transaction",
            Self::Statement => "statement",
            Self::Unknown => "unknown",
        }
    }
}

/// What two clients have observed.
pub(super) struct Observed {
    pub(in crate::db) lending: FoundPoolMode,
    pub(in crate::db) evidence: String,
    pub(in crate::db) first: Client,
    pub(in crate::db) second: Client,
}

/// The time a pooler may take to lend a server connection, which it may have to open first.
const PATIENCE: Duration = Duration::from_millis(300);

/// The client that begins first in each of the first rounds. It also ends first.
///
/// A pooler that lends the most recently returned connection swaps the two in the second round. A pooler that lends the
/// longest idle one swaps them in the third round.
const ROUNDS: [Turn; 3] = [Turn::FirstThenSecond, Turn::FirstThenSecond, Turn::SecondThenFirst];

/// The number of random rounds that follow where a pooler has not swapped the connections by then. Two probes at the same
/// time, as when several servers start, can fall into step, so that each gets its own backends again in any fixed order.
const MORE_ROUNDS: usize = 12;

#[derive(Debug, Clone, Copy)]
enum Turn {
    FirstThenSecond,
    SecondThenFirst,
}

impl Turn {
    fn random() -> Self {
        // A random UUID is the source of randomness that is available here.
        if Uuid::new_v4().as_u128() & 1 == 0 { Self::FirstThenSecond } else { Self::SecondThenFirst }
    }
}

/// The backends of one round: the first client's and the second's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Backends(i32, i32);

/// The result of one round.
enum Round {
    /// Both held a transaction at once.
    Both(Backends),
    /// It showed how server connections are lent.
    Told(FoundPoolMode, String),
}

/// Lets two clients begin and end transactions, and records which backends they get.
pub(in crate::db) async fn observe(mut first: Client, mut second: Client) -> Observed {
    let key = first.key_process();
    let found =
        match first.query("select pg_catalog.pg_backend_pid()").await.and_then(|values| process(&values)) {
            Ok(backend) => rounds(&mut first, &mut second, backend, key).await,
            Err(error) => Err(error),
        };
    let (lending, evidence) = found.unwrap_or_else(|error| {
        let lending =
            if forbids_transactions(&error) { FoundPoolMode::Statement } else { FoundPoolMode::Unknown };
        (lending, error.to_string())
    });
    Observed { lending, evidence, first, second }
}

/// The verdict with its evidence.
async fn rounds(
    first: &mut Client,
    second: &mut Client,
    backend: i32,
    key: Option<i32>,
) -> Result<(FoundPoolMode, String), Error> {
    let mut met: Vec<Backends> = Vec::new();
    let is_named = key == Some(backend);
    // A pooler invents the cancel keys of its clients, or passes on the backends' keys.
    let more = if is_named { 0 } else { MORE_ROUNDS };
    for turn in ROUNDS.into_iter().chain(std::iter::repeat_with(Turn::random).take(more)) {
        let backends = match turn {
            Turn::FirstThenSecond => round(first, second).await?,
            Turn::SecondThenFirst => swapped(round(second, first).await?),
        };
        match backends {
            Round::Both(backends) => met.push(backends),
            Round::Told(lending, evidence) => return Ok((lending, evidence)),
        }
        let of_first = met.iter().map(|backends| (backend, backends.0));
        let of_second = met.iter().map(|backends| (met[0].1, backends.1));
        if let Some((one, other)) = of_first.chain(of_second).find(|(one, other)| one != other) {
            return Ok((
                FoundPoolMode::Transaction,
                format!("one client met the backends {one} and {other}"),
            ));
        }
    }
    let rounds = met.len();
    Ok(if is_named {
        (
            FoundPoolMode::Direct,
            format!("the cancel key names backend {backend}, and that one answered {rounds} times"),
        )
    } else {
        (FoundPoolMode::Session, format!("two clients kept their backends over {rounds} transactions each"))
    })
}

fn swapped(round: Round) -> Round {
    match round {
        Round::Both(Backends(second, first)) => Round::Both(Backends(first, second)),
        told @ Round::Told(..) => told,
    }
}

/// One client begins, then the other. Both end, in the same order.
async fn round(former: &mut Client, latter: &mut Client) -> Result<Round, Error> {
    let held = former.begin().await?;
    let (held, met, had_to_wait) = {
        let mut beginning = pin!(latter.begin());
        let begun = timeout(PATIENCE, &mut beginning).await;
        former.end().await?;
        match begun {
            Ok(met) => (held, met?, false),
            Err(_) => match timeout(PATIENCE, &mut beginning).await {
                Ok(met) => (held, met?, true),
                Err(_) => match starved(former, held, beginning).await? {
                    Starved::No(again, met) => (again, met, false),
                    Starved::Told(lending, evidence) => {
                        return Ok(Round::Told(lending, evidence));
                    }
                },
            },
        }
    };
    latter.end().await?;
    if had_to_wait && met == held {
        let evidence = format!("two clients shared the backend {held}, one after the other");
        return Ok(Round::Told(FoundPoolMode::Transaction, evidence));
    }
    Ok(Round::Both(Backends(held, met)))
}

/// Why a client waits although none of our transactions is open.
enum Starved {
    /// It was busy elsewhere: both were served, with these backends.
    No(i32, i32),
    Told(FoundPoolMode, String),
}

/// Another client waits although none of our transactions is open. If this client does not have to wait, the pooler kept its
/// server connection for it. A pooler in transaction mode lets it wait behind the other. So where this one is served, the
/// other's answer tells more: it may be on its way, if the machine is busy.
async fn starved(
    former: &mut Client,
    held: i32,
    latter: impl Future<Output = Result<i32, Error>>,
) -> Result<Starved, Error> {
    let again = timeout(PATIENCE, former.begin()).await;
    match (again, timeout(PATIENCE, latter).await) {
        (Ok(again), Ok(met)) => {
            let served = Starved::No(again?, met?);
            former.end().await?;
            Ok(served)
        }
        (Ok(Ok(again)), Err(_)) if again == held => Ok(Starved::Told(
            FoundPoolMode::Session,
            format!("a second client is lent nothing while the first keeps backend {held}"),
        )),
        _ => Ok(Starved::Told(
            FoundPoolMode::Unknown,
            "the pooler has no second server connection to lend".to_owned(),
        )),
    }
}

/// `PgBouncer`'s error in statement mode, for a message that leaves a transaction open.
fn forbids_transactions(error: &Error) -> bool {
    error.to_string().contains("statement pooling")
}
