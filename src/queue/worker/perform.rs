//! One entry, from the message to the answer.

use std::time::Instant;

use uuid::Uuid;

use super::Worker;
use super::keep::tell;
use crate::db;
use crate::engine::{Admitted, AllowedOperations, Engine, Identity, ReadFrom, Response, Written};
use crate::error::Error;
use crate::event::{QueueEvent, with_request_id};
use crate::queue::entry::{Delivery, Step, pause};
use crate::queue::keys::Shard;
use crate::queue::ledger::{self, Entry, Record};
use crate::queue::message::{Ask, Message, Operation};
use crate::queue::store::{Given, Settled};
use crate::queue::{self, answer, description, now, principal, random, store};

/// The result of an entry.
struct Done {
    response: Response,
    /// The operation's state, which its client can query.
    state: &'static str,
    attempts: u32,
    /// Why the entry becomes a dead letter; empty if it does not.
    reason: String,
}

impl Worker {
    /// Does what has to be done with an entry, sends the answer, and removes the entry from the queue.
    pub(super) async fn handle(&self, shard: &Shard, given: &Given) {
        match Message::decode(&given.message) {
            Ok(message) => {
                let id = message.request_id.clone().unwrap_or_else(|| message.id.to_string());
                Box::pin(with_request_id(id, None, self.settle(shard, given, &message))).await;
            }
            Err(error) => self.bury_unread(shard, given, &error.to_string()).await,
        }
    }

    async fn settle(&self, shard: &Shard, given: &Given, message: &Message) {
        let begin = Instant::now();
        let waited = std::time::Duration::from_millis(now().saturating_sub(message.enqueued_at));
        QueueEvent::OperationTaken { id: message.id, waited, times: given.times }.emit();
        let delivery = Delivery { times: given.times, deadline: message.deadline };
        let done = match delivery.step(now(), self.inner.settings.attempts) {
            Step::Run => self.perform(shard, message, given.times).await,
            Step::Expire => Done {
                response: answer::expired(),
                state: "EXPIRED",
                attempts: given.times - 1,
                reason: String::new(),
            },
            Step::Bury => {
                let attempts = given.times - 1;
                let reason = match attempts {
                    1 => "a worker disappeared while it ran it".to_owned(),
                    _ => format!("{attempts} workers disappeared while they ran it"),
                };
                QueueEvent::OperationPutAside { id: message.id, reason: &reason }.emit();
                Done { response: answer::dead_letter(attempts), state: "DEAD", attempts, reason }
            }
        };
        self.deliver(shard, given, message, &done).await;
        let Done { state, attempts, .. } = done;
        QueueEvent::OperationSettled { state, attempts, took: begin.elapsed() }.emit();
    }

    /// Runs an operation, again and again while it fails for temporary reasons.
    async fn perform(&self, shard: &Shard, message: &Message, times: u32) -> Done {
        let mut attempts = times;
        loop {
            if message.is_named {
                // May fail if Redis cannot be reached. The state only matters while Redis is there.
                let _ = store::note_running(&self.inner.redis, shard, message.id, attempts).await;
            }
            let failure = match self.attempt(message, attempts).await {
                Ok((response, state)) => return Done { response, state, attempts, reason: String::new() },
                Err(failure) => failure,
            };
            let tried = attempts - times + 1;
            let Some(pause) =
                pause(tried, random(), now(), message.deadline).filter(|_| failure.is_transient())
            else {
                return Done {
                    response: Engine::failed(&failure),
                    state: "FAILED",
                    attempts,
                    reason: String::new(),
                };
            };
            let (reason, error) = (class(&failure), &failure.to_string());
            QueueEvent::OperationRetried { id: message.id, reason, error }.emit();
            tokio::time::sleep(pause).await;
            attempts += 1;
        }
    }

    async fn attempt(&self, message: &Message, attempts: u32) -> Result<(Response, &'static str), Error> {
        let identity = Identity::from(&message.sender);
        let engine = &self.inner.engine;
        let is_asked = matches!(message.ask, Ask::Describe { .. });
        if !is_asked && engine.planning().tenant(&identity) != message.sender.tenant {
            return Ok((answer::other_tenant(), "FAILED"));
        }
        let response = match &message.ask {
            Ask::Write(operation) => return self.write(message, operation, &identity, attempts).await,
            // Temporary failures become the answer, as on a server that runs queries itself: the client may know better what
            // to do.
            Ask::Read { operation, from } => {
                engine
                    .respond_accepted(operation.request(AllowedOperations::QueriesOnly, *from), &identity)
                    .await
            }
            Ask::Describe { extent, .. } if *extent != self.inner.settings.extent => {
                description::disagreement()
            }
            Ask::Describe { question, .. } => description::answer(engine.ask(question).await),
        };
        Ok((response, "SUCCEEDED"))
    }

    /// Runs a mutation once. If the database has changed meanwhile, compiles it again for the new schema.
    async fn write(
        &self,
        message: &Message,
        operation: &Operation,
        identity: &Identity,
        attempts: u32,
    ) -> Result<(Response, &'static str), Error> {
        let engine = &self.inner.engine;
        let request = operation.request(AllowedOperations::All, ReadFrom::default());
        let mut admitted = engine.admit(&request, identity.clone()).await;
        loop {
            let admission = match admitted {
                Ok(admission) => admission,
                Err(failure) if failure.is_transient() => return Err(failure),
                Err(failure) => return Ok((Engine::failed(&failure), "FAILED")),
            };
            match self.write_admitted(message, operation, &admission, attempts).await {
                // It was undone, and the next attempt is the last.
                Err(Error::SchemaChanged { .. }) => admitted = engine.admit_again(admission).await,
                written => return written,
            }
        }
    }

    /// Runs a mutation and enters it in the ledger, in one transaction. Or returns the answer from the ledger.
    async fn write_admitted(
        &self,
        message: &Message,
        operation: &Operation,
        admitted: &Admitted,
        attempts: u32,
    ) -> Result<(Response, &'static str), Error> {
        let engine = &self.inner.engine;
        let request = operation.request(AllowedOperations::All, ReadFrom::default());
        let content = principal::content(operation);
        let timeout = self.inner.settings.statement_timeout;
        let enter = || ledger::enter(engine.database(), timeout, message, content.clone(), attempts);
        let entered = match enter().await {
            Err(error) if is_missing(&error) => {
                self.ensure_ledger().await.map_err(no_ledger)?;
                enter().await
            }
            entered => entered,
        };
        let (transaction, entered) = match entered? {
            Entry::New(transaction, entered) => (*transaction, entered),
            Entry::Known(record) => return Ok(from_record(message, &content, record)),
        };
        let (transaction, written) = engine.respond_within(transaction, request, admitted).await?;
        let Written { response, took_effect } = written;
        let state = if took_effect { "SUCCEEDED" } else { "FAILED" };
        let result = String::from_utf8_lossy(&response.body).into_owned();
        let outcome = ledger::Finished { state, outcome: answer::name(response.outcome), result };
        ledger::finish(transaction, entered, outcome).await?;
        if took_effect {
            engine.committed();
        }
        Ok((response, state))
    }

    /// Sends the answer, then removes the entry. Because of this order, an entry that is gone has been answered.
    async fn deliver(&self, shard: &Shard, given: &Given, message: &Message, done: &Done) {
        let redis = &self.inner.redis;
        let settled = Settled {
            entry: &given.entry,
            role: &given.role,
            id: message.id,
            state: if message.is_named { done.state } else { "" },
            attempts: done.attempts,
            reason: &done.reason,
        };
        let mut failures = 0;
        loop {
            let delivered = async {
                if let Some(to) = &message.reply_to {
                    store::reply(redis, to, &done.response).await?;
                }
                store::settle(redis, shard, &settled).await
            };
            let Err(error) = delivered.await else { return };
            failures += 1;
            // The task that takes entries reports that Redis cannot be reached.
            if !matches!(error, queue::Error::Unavailable(_)) {
                QueueEvent::AnswerNotSent { id: message.id, error: &error.to_string() }.emit();
            }
            // When this worker is gone, others take the entry over and find the answer in the ledger.
            let Some(pause) = pause(failures, random(), now(), u64::MAX) else { return };
            tokio::time::sleep(pause).await;
        }
    }

    async fn bury_unread(&self, shard: &Shard, given: &Given, error: &str) {
        let reason = format!("the message cannot be read: {error}");
        QueueEvent::OperationPutAside { id: Uuid::nil(), reason: &reason }.emit();
        let settled = Settled {
            entry: &given.entry,
            role: &given.role,
            id: Uuid::nil(),
            state: "",
            attempts: given.times,
            reason: &reason,
        };
        if let Err(error) = store::settle(&self.inner.redis, shard, &settled).await {
            tell(&error);
        }
    }
}

/// The stored answer, for the same operation of the same sender.
fn from_record(message: &Message, content: &[u8], record: Record) -> (Response, &'static str) {
    let is_same = record.principal == principal::principal(&message.sender) && record.content == content;
    if !is_same {
        return (answer::conflict(), "FAILED");
    }
    let state = if record.state == "SUCCEEDED" { "SUCCEEDED" } else { "FAILED" };
    (answer::response(&record.outcome, record.result), state)
}

/// For metrics.
fn class(failure: &Error) -> &str {
    match failure {
        Error::Database(error) => error.class(),
        _ => "other",
    }
}

fn is_missing(error: &db::Error) -> bool {
    matches!(error.sqlstate(), Some("42P01" | "3F000"))
}

fn no_ledger(error: db::Error) -> db::Error {
    if error.is_transient() {
        return error;
    }
    db::Error::Protocol(format!(
        "there is no ledger, and this worker cannot create it ({error}); run `glowplug setup` with a user who may"
    ))
}
