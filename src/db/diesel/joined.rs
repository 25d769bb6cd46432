//! A typed query with plain statements before and after it, in one pipeline that ends in one `Sync`. After an error, the
//! rest of the pipeline does not run.
//!
//! So a transaction begins or ends without a round trip of its own. Every statement is the unnamed one.

use diesel::connection::TransactionManagerStatus;
use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel_async::{AnsiTransactionManager, TransactionManager as _};
use postgres_protocol::message::backend::Message;

use crate::db::connection::Connection;
use crate::db::connection::answer::{answer, malformed};
use crate::db::diesel::bind::Query;
use crate::db::diesel::perform::affected;
use crate::db::error::Error;
use crate::db::wire::{Format, Pipeline, PipelineError, Sharing, TransactionStatus};

pub(in crate::db) use diesel::connection::TransactionDepthChange as DepthChange;

impl Connection {
    /// The query's text and values. Nothing borrows from the query while the answer is awaited.
    pub(in crate::db) fn serialize(
        &self,
        query: &(impl QueryFragment<Pg> + QueryId),
    ) -> Result<Query, Error> {
        let query =
            Query::serialize(query, &self.types).map_err(|error| Error::Protocol(error.to_string()))?;
        if query.unknown.is_empty() {
            return Ok(query);
        }
        Err(Error::Protocol("a type that is not built in has to be asked for before".to_owned()))
    }

    /// How many rows the query changed.
    pub(in crate::db) async fn perform_between(
        &mut self,
        before: &[&str],
        query: &Query,
        after: &[&str],
    ) -> Result<usize, Error> {
        let mut pipeline = Pipeline::default();
        before.iter().try_for_each(|text| plain(&mut pipeline, text))?;
        pipeline.parse("", &query.text, query.types.iter().copied())?;
        pipeline.bind("", query.values.iter().map(Option::as_deref), Format::Binary)?;
        pipeline.execute()?;
        after.iter().try_for_each(|text| plain(&mut pipeline, text))?;
        pipeline.sync();
        let mut changed = Vec::with_capacity(before.len() + after.len() + 1);
        let read = |message: Message| {
            if let Message::CommandComplete(body) = message {
                changed.push(affected(body.tag().map_err(|error| malformed(&error))?));
            }
            Ok(())
        };
        answer(self.wire.send(pipeline, Sharing::Alone), read).await?;
        changed.get(before.len()).copied().ok_or_else(|| Error::Protocol("a query had no end".to_owned()))
    }

    /// Tells Diesel that a transaction was begun or ended in such a pipeline.
    pub(in crate::db) fn count_transaction(&mut self, change: DepthChange) {
        let is_open = self.wire.transaction() != TransactionStatus::Idle;
        if is_open != matches!(change, DepthChange::IncreaseDepth) {
            return;
        }
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        if let TransactionManagerStatus::Valid(status) = status
            && status.change_transaction_depth(change).is_err()
        {
            // The transaction's state is unknown then, so the connection is closed.
            AnsiTransactionManager::transaction_manager_status_mut(self).set_in_error();
        }
    }
}

/// A statement without parameters.
fn plain(pipeline: &mut Pipeline, text: &str) -> Result<(), PipelineError> {
    pipeline.parse("", text, std::iter::empty())?;
    pipeline.bind("", std::iter::empty(), Format::Text)?;
    pipeline.execute()
}
