//! The ledger: one row for each mutation from the queue, written in the transaction of the mutation itself. An operation in
//! it took effect once, however often it was delivered.
//!
//! It belongs to the workers' own user. Its schema is not exposed, so that no operation sees it.

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
        /// The client's `Idempotency-Key`, or a generated id.
        id -> Uuid,
        /// The fingerprint of the sender.
        principal -> Binary,
        /// The fingerprint of the request.
        content -> Binary,
        /// `SUCCEEDED` or `FAILED`; `RUNNING` only within the transaction.
        state -> Text,
        /// The kind of the answer.
        outcome -> Text,
        /// The answer.
        result -> Text,
        /// The number of attempts.
        attempts -> Integer,
        enqueued_at -> Timestamptz,
        started_at -> Timestamptz,
        finished_at -> Timestamptz,
    }
}

/// Creates the table. You can run it again without effect.
const SETUP: &str = include_str!("ledger/setup.sql");

/// One record as JSON.
const FIND: &str = include_str!("ledger/find.sql");

/// Removes some rows. The answer is their number.
const REMOVE: &str = include_str!("ledger/remove.sql");

/// How many rows are removed at once, so that no transaction takes long.
const REMOVED_AT_ONCE: usize = 1000;

/// A row, as needed for an answer.
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

/// A row, as inserted before the mutation runs, and again with its outcome.
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

/// The outcome of an operation.
pub(super) struct Finished {
    pub(super) state: &'static str,
    pub(super) outcome: &'static str,
    pub(super) result: String,
}

/// Whether an operation is new.
pub(super) enum Entry {
    /// It is entered now. The transaction goes on.
    New(Box<Transaction>, NewOperation),
    /// It was entered before, and is finished.
    Known(Record),
}

/// Begins a transaction and enters the operation. Waits for another worker that runs the same operation.
pub(super) async fn enter(
    database: &Database,
    timeout: Duration,
    message: &Message,
    content: Fingerprint,
    attempts: u32,
) -> Result<Entry, db::Error> {
    // The mutation's scope sets the application's own path again.
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
        // The row was removed at this very moment because of its age, which is greater than any deadline.
        None => Err(db::Error::Protocol("the operation's row was removed from the ledger".to_owned())),
    }
}

/// Writes the outcome of the operation, and commits.
///
/// The row should exist. But the mutation itself may have removed it, and the operation must not take effect without a row.
/// So this inserts it again rather than updating it.
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
    // PostgreSQL breaks lines, as MIME requires.
    STANDARD.decode(text.replace('\n', "")).map_err(serde::de::Error::custom)
}

/// Removes rows of operations that finished before `keep`, some at a time.
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

/// Whether the ledger exists and can be used.
pub(super) async fn check(database: &Database) -> Result<(), db::Error> {
    look_up(database, Uuid::nil()).await.map(|_| ())
}

/// Creates the ledger if it is missing, and grants its use to the roles `grant_to`.
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
