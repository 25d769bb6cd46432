//! `operation(id:)`: the state of an operation, for its sender.
//!
//! It is a field like those that applications add. Finished operations are in the ledger, unfinished ones in Redis.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::keys::Keys;
use super::ledger::{self, Record};
use super::link::Redis;
use super::message::{Milliseconds, Sender};
use super::store::Progress;
use super::{SetupError, principal, store};
use crate::config;
use crate::engine::{Extension, FieldCode, FieldContext, FieldError};
use crate::error::Code;

const TYPES: &str = r#"
"An operation that came through the queue."
type QueuedOperation {
  id: UUID!
  state: QueuedOperationState!
  "The whole answer as a JSON text, once there is one."
  result: JSON
  "How often it was begun."
  attempts: Int!
  enqueuedAt: Datetime
  "When the last attempt began."
  startedAt: Datetime
  finishedAt: Datetime
}

"What has become of an operation."
enum QueuedOperationState {
  "It waits."
  QUEUED
  "A worker has it."
  RUNNING
  "It took effect."
  SUCCEEDED
  "It was refused, or undone; the result says why."
  FAILED
  "Its time was over before it could be run."
  EXPIRED
  "It was given up."
  DEAD
}
"#;

const FIELD: &str = r#""An operation that you sent, by its id. It is null if there is none, or if another user sent it."
operation(id: UUID!): QueuedOperation"#;

/// Where operations are looked up that are not in the ledger.
struct Source {
    redis: Redis,
    keys: Keys,
}

/// Adds the field to an API.
pub(crate) fn add_field(
    extension: &mut Extension,
    redis: &config::Redis,
    config: &config::Queue,
) -> Result<(), SetupError> {
    let source = Arc::new(Source { redis: Redis::new(redis)?, keys: Keys::new(&config.name, config.shards) });
    extension.add_types(TYPES)?;
    let resolver = move |context: FieldContext, arguments: Value| {
        let source = Arc::clone(&source);
        async move { answer(&source, &context, &arguments).await }.boxed()
    };
    Ok(extension.add_field(FIELD, FieldCode::Query(Box::new(resolver)))?)
}

async fn answer(source: &Source, context: &FieldContext, arguments: &Value) -> Result<Value, FieldError> {
    let id = arguments["id"].as_str().and_then(|text| Uuid::parse_str(text).ok());
    let Some(id) = id else {
        return Err(FieldError::bad_user_input("the id is no UUID"));
    };
    let principal = principal::principal(&Sender::new(context.identity(), context.tenant()));
    if let Some(record) = find(context, id).await? {
        return Ok(if record.principal == principal { finished(id, &record) } else { Value::Null });
    }
    match store::state(&source.redis, &source.keys.shard_of(id), id).await {
        Ok(Some(progress)) if progress.principal == principal => Ok(unfinished(id, &progress)),
        Ok(_) => Ok(Value::Null),
        Err(_) => Err(FieldError::new(Code::Unavailable, "the queue cannot be reached; try again later")),
    }
}

/// The record, if there is one. Before the first queued mutation there may be no ledger.
async fn find(context: &FieldContext, id: Uuid) -> Result<Option<Record>, FieldError> {
    match ledger::look_up(context.database(), id).await {
        Err(error) if matches!(error.sqlstate(), Some("42P01" | "3F000")) => Ok(None),
        found => Ok(found?),
    }
}

fn unfinished(id: Uuid, progress: &Progress) -> Value {
    let time = |milliseconds: Option<Milliseconds>| {
        let since = Duration::from_millis(milliseconds?);
        Some(time((SystemTime::UNIX_EPOCH + since).into()))
    };
    json!({
        "id": id,
        "state": progress.state,
        "result": null,
        "attempts": progress.attempts,
        "enqueuedAt": time(progress.enqueued_at),
        "startedAt": time(progress.started_at),
        "finishedAt": time(progress.finished_at),
    })
}

fn finished(id: Uuid, record: &Record) -> Value {
    json!({
        "id": id,
        "state": record.state,
        // The scalar's serialised form is its JSON text.
        "result": serde_json::from_str::<Value>(&record.result).unwrap_or_default(),
        "attempts": record.attempts,
        "enqueuedAt": time(record.enqueued_at),
        "startedAt": time(record.started_at),
        "finishedAt": time(record.finished_at),
    })
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, false)
}
