//! How long a pooler lends a server connection, told by the backends that two clients meet.
//!
//! Holds transactions for a few round trips each, and writes nothing in them.

use std::pin::pin;
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use crate::db::error::Error;
use crate::db::probe::client::{Client, process};

/// How long a server connection is lent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundPoolMode {
    /// Nobody lends: there is no pooler.
    Direct,
    /// For as long as the client stays.
    Session,
    /// For one transaction.
    Transaction,
    /// For one statement, so that there are no transactions of several.
    Statement,
    /// It was not found out; taken for the least safe.
    #[default]
    Unknown,
}

impl FoundPoolMode {
    /// Its name in logs and reports, which is also that of the pool mode.
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

/// What two clients have seen.
pub(super) struct Observed {
    pub(in crate::db) lending: FoundPoolMode,
    pub(in crate::db) evidence: String,
    pub(in crate::db) first: Client,
    pub(in crate::db) second: Client,
}

/// So long a pooler may take to lend a server connection, which it may have to make first.
const PATIENCE: Duration = Duration::from_millis(300);

/// Which client begins first in the first rounds. The first one always ends first.
///
/// A pooler that lends what came back last then swaps the two in the second round, one that lends what has waited for
/// the longest in the third.
const ROUNDS: [Turn; 3] = [Turn::FirstThenSecond, Turn::FirstThenSecond, Turn::SecondThenFirst];

/// So many rounds at random follow where a pooler has not swapped them by then. Two probes at the same time, as when
/// several servers start, can hold each other's pace so that either finds its backends again in any fixed order.
const MORE_ROUNDS: usize = 12;

#[derive(Debug, Clone, Copy)]
enum Turn {
    FirstThenSecond,
    SecondThenFirst,
}

impl Turn {
    fn random() -> Self {
        // A random UUID is the randomness that is at hand.
        if Uuid::new_v4().as_u128() & 1 == 0 { Self::FirstThenSecond } else { Self::SecondThenFirst }
    }
}

/// The backends of one round, of the first client and of the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Backends(i32, i32);

/// What one round came to.
enum Round {
    /// Both held a transaction at once.
    Both(Backends),
    /// It showed how server connections are lent.
    Told(FoundPoolMode, String),
}

/// Lets two clients begin and end transactions, and looks whom they meet.
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
    // A pooler makes up the cancel keys of its clients, or keeps them as it keeps the backends.
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

/// One begins, then the other; both end, the former first.
async fn round(former: &mut Client, latter: &mut Client) -> Result<Round, Error> {
    let held = former.begin().await?;
    let (met, had_to_wait) = {
        let mut beginning = pin!(latter.begin());
        let begun = timeout(PATIENCE, &mut beginning).await;
        former.end().await?;
        match begun {
            Ok(met) => (met?, false),
            Err(_) => match timeout(PATIENCE, &mut beginning).await {
                Ok(met) => (met?, true),
                Err(_) => return Ok(starved(former, held).await),
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

/// Another client waits though no transaction of ours is open. If this one need not, the server connection that it had
/// was kept for it: a pooler that lends for transactions would let it wait behind the other.
async fn starved(former: &mut Client, held: i32) -> Round {
    match timeout(PATIENCE, former.begin()).await {
        Ok(Ok(again)) if again == held => {
            let evidence = format!("a second client is lent nothing while the first keeps backend {held}");
            Round::Told(FoundPoolMode::Session, evidence)
        }
        _ => Round::Told(
            FoundPoolMode::Unknown,
            "the pooler has no second server connection to lend".to_owned(),
        ),
    }
}

/// `PgBouncer`'s words in statement mode, at the end of a message that leaves a transaction open.
fn forbids_transactions(error: &Error) -> bool {
    error.to_string().contains("statement pooling")
}
