//! The ledger: one row for each mutation that came through the queue, written in the transaction of the mutation itself. What
//! is in it took effect once, however often it was delivered.
//!
//! It belongs to the workers' own user, and is in a schema that is not exposed: no operation sees it.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use diesel::upsert::excluded;
use diesel::{ExpressionMethods as _, Insertable};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use super::message::Message;
use super::principal::{self, Fingerprint};
use crate::db::{self, Access, Database, Scope, Transaction};
use crate::sql::Statement;

diesel::table! {
    /// One row for each mutation.
    glowplug.operation (id) {
        /// The client's `Idempotency-Key`, or what it was given.
        id -> Uuid,
        /// The fingerprint of who sent it.
        principal -> Binary,
        /// The fingerprint of what was asked for.
        content -> Binary,
        /// `SUCCEEDED` or `FAILED`; `RUNNING` within the transaction alone.
        state -> Text,
        /// What sort of answer it is.
        outcome -> Text,
        /// The answer.
        result -> Text,
        /// How often it was tried.
        attempts -> Integer,
        enqueued_at -> Timestamptz,
        started_at -> Timestamptz,
        finished_at -> Timestamptz,
    }
}

/// Makes the table; running it again changes nothing.
const SETUP: &str = include_str!("ledger/setup.sql");

/// One record as JSON.
const FIND: &str = include_str!("ledger/find.sql");

/// Removes some rows; the answer is their number.
const REMOVE: &str = include_str!("ledger/remove.sql");

/// How many rows are removed at once, so that no transaction is long.
const REMOVED_AT_ONCE: usize = 1000;

/// A row, as it is answered from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Record {
    #[serde(deserialize_with = "bytes")]
    pub(super) principal: Fingerprint,
    #[serde(deserialize_with = "bytes")]
    pub(super) content: Fingerprint,
    pub(super) state: String,
    pub(super) outcome: String,
    pub(super) result: String,
    pub(super) attempts: i32,
    pub(super) enqueued_at: DateTime<Utc>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) finished_at: DateTime<Utc>,
}

/// A row, as it is entered before the mutation runs, and again with what that has come to.
#[derive(Insertable)]
#[diesel(table_name = operation)]
pub(super) struct NewOperation {
    id: Uuid,
    principal: Fingerprint,
    content: Fingerprint,
    state: &'static str,
    outcome: &'static str,
    result: String,
    attempts: i32,
    enqueued_at: DateTime<Utc>,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
}

/// What an operation has come to.
pub(super) struct Finished {
    pub(super) state: &'static str,
    pub(super) outcome: &'static str,
    pub(super) result: String,
}

/// Whether an operation is new.
pub(super) enum Entry {
    /// It is entered now; the transaction goes on.
    New(Box<Transaction>, NewOperation),
    /// It was entered before, and has come to its end.
    Known(Record),
}

/// Begins a transaction and enters the operation. Waits for another worker that has the same one in hand.
pub(super) async fn enter(
    database: &Database,
    timeout: Duration,
    message: &Message,
    content: Fingerprint,
    attempts: u32,
) -> Result<Entry, db::Error> {
    // The mutation gets the application's own path back with its scope.
    let scope = Scope { access: Access::ReadWrite, ..Scope::of_catalog(timeout) };
    let now = now();
    let row = NewOperation {
        id: message.id,
        principal: principal::principal(&message.sender),
        content,
        state: "RUNNING",
        outcome: "",
        result: String::new(),
        attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
        enqueued_at: time(message.enqueued_at),
        started_at: now,
        finished_at: now,
    };
    let insert = diesel::insert_into(operation::table).values(&row).on_conflict_do_nothing();
    let (mut transaction, inserted) = database.begin_with(&scope, insert).await?;
    if inserted == 1 {
        return Ok(Entry::New(Box::new(transaction), row));
    }
    let known = transaction.run(&find(message.id)).await;
    transaction.roll_back().await;
    match known?.as_deref().map(read).transpose()? {
        Some(record) => Ok(Entry::Known(record)),
        // Removed at this very moment, for its age, which is greater than any deadline.
        None => Err(db::Error::Protocol("the operation's row was removed from the ledger".to_owned())),
    }
}

/// Writes what the operation has come to, and makes all of it last.
///
/// The row is there; but were it not, because the mutation itself may have removed it, the operation must not take effect without
/// one. So it is entered again rather than updated.
pub(super) async fn finish(
    transaction: Transaction,
    entered: NewOperation,
    Finished { state, outcome, result }: Finished,
) -> Result<(), db::Error> {
    let row = NewOperation { state, outcome, result, finished_at: now(), ..entered };
    let upsert =
        diesel::insert_into(operation::table).values(&row).on_conflict(operation::id).do_update().set((
            operation::state.eq(excluded(operation::state)),
            operation::outcome.eq(excluded(operation::outcome)),
            operation::result.eq(excluded(operation::result)),
            operation::finished_at.eq(excluded(operation::finished_at)),
        ));
    transaction.commit_with(upsert).await
}

/// The record of an operation.
pub(super) async fn look_up(database: &Database, id: Uuid) -> Result<Option<Record>, db::Error> {
    let scope = Scope::of_catalog(database.statement_timeout());
    let found = database.run(&scope, &[find(id)]).await.map_err(|failure| failure.error)?;
    found.into_iter().next().flatten().as_deref().map(read).transpose()
}

fn find(id: Uuid) -> Statement {
    Statement::new(FIND, vec![Some(id.to_string())])
}

fn read(record: &str) -> Result<Record, db::Error> {
    serde_json::from_str(record)
        .map_err(|error| db::Error::Protocol(format!("the ledger's record cannot be read: {error}")))
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fingerprint, D::Error> {
    let text = String::deserialize(deserializer)?;
    // PostgreSQL breaks lines, as MIME asks.
    STANDARD.decode(text.replace('\n', "")).map_err(serde::de::Error::custom)
}

/// Removes what finished before `keep`, some at a time.
pub(super) async fn remove_old(database: &Database, keep: Duration) -> Result<usize, db::Error> {
    let before = (now() - keep).to_rfc3339();
    let statement = Statement::new(REMOVE, vec![Some(before), Some(REMOVED_AT_ONCE.to_string())]);
    let scope = Scope { access: Access::ReadWrite, ..Scope::of_catalog(database.statement_timeout()) };
    let mut removed = 0;
    loop {
        let answers = database.run(&scope, std::slice::from_ref(&statement)).await;
        let answers = answers.map_err(|failure| failure.error)?;
        let count = answers.first().and_then(|text| text.as_deref()?.parse().ok()).unwrap_or(0);
        removed += count;
        if count < REMOVED_AT_ONCE {
            return Ok(removed);
        }
    }
}

/// Whether the ledger is there and can be used.
pub(super) async fn check(database: &Database) -> Result<(), db::Error> {
    look_up(database, Uuid::nil()).await.map(|_| ())
}

/// Makes the ledger where it is missing; those of `grant_to` may use it then.
pub async fn set_up(database: &Database, grant_to: &[String]) -> Result<(), db::Error> {
    let mut statements = SETUP.to_owned();
    for role in grant_to {
        let role = db::identifier(role);
        // Writing to a String cannot fail.
        let _ = write!(
            statements,
            "grant usage on schema glowplug to {role};\n\
             grant select, insert, update, delete on glowplug.operation to {role};\n"
        );
    }
    database.run_script(&statements).await
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

fn time(milliseconds: u64) -> DateTime<Utc> {
    (SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)).into()
}
