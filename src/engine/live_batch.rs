//! Runs operations of many subscribers in one message.
//!
//! Only successful runs are answered here. An operation that fails, or whose schema has changed, runs by
//! itself, in the code that handles errors.

use std::sync::Arc;

use super::Engine;
use super::compile::Source;
use super::live::{LiveAnswer, LiveOperation};
use super::run::{Execution, Structure, assemble};
use crate::changes::TableId;
use crate::db::{AnswerHash, Batch, BatchMember, MemberAnswer, MemberResult, Watch};
use crate::response;

/// A parallel worker locks the tables that it reads, and has already released them when the locks are read.
const WORKERS: &str = "max_parallel_workers_per_gather";

/// The outcome of the run of one member of a batch.
pub enum BatchRun {
    /// The answer has not changed.
    Unchanged,
    /// The answer, and its hash if there is one.
    Answered(LiveAnswer, Option<AnswerHash>),
    /// The operation has to run by itself.
    Alone,
    /// The database could not be reached.
    Unavailable,
}

/// The outcome of the run of one member of a batch, and the tables that it has read, if known.
pub type BatchResult = (BatchRun, Option<Arc<[TableId]>>);

impl Engine {
    /// Runs operations in one message for each shard, or in one more for each failure. The hashes are those of the last
    /// answers.
    pub async fn run_live_batch(
        &self,
        members: &[(&LiveOperation, Option<AnswerHash>)],
        watch: Watch,
    ) -> Vec<BatchResult> {
        let mut runs: Vec<BatchResult> = members.iter().map(|_| (BatchRun::Alone, None)).collect();
        let fit = |index: &usize| self.fits_a_batch(members[*index].0);
        let mut waiting: Vec<usize> = (0..members.len()).filter(fit).collect();
        while let Some(first) = waiting.first() {
            let shard = members[*first].0.shard();
            let (mut together, others): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|index| members[*index].0.shard() == shard);
            let batch = self.send_live(together.iter().map(|index| members[*index]), watch).await;
            let answered = batch.answers.len();
            for (index, MemberResult { answer, tables }) in together.iter().zip(batch.answers) {
                runs[*index] = (self.answered(members[*index].0, answer).await, tables);
            }
            if batch.failure.as_ref().is_some_and(db_is_away) && answered == 0 {
                for index in together.into_iter().chain(others) {
                    runs[index] = (BatchRun::Unavailable, None);
                }
                break;
            }
            // The one that failed runs alone.
            let failed = usize::from(batch.failure.is_some());
            together.drain(..(answered + failed).min(together.len()));
            together.extend(others);
            waiting = together;
        }
        runs
    }

    /// Whether an operation has one root field, from the database, and its schema is current.
    fn fits_a_batch(&self, live: &LiveOperation) -> bool {
        let execution = live.execution(Structure::Cached);
        let is_one =
            matches!(&*execution.compiled.roots, [root] if matches!(root.source, Source::Database { .. }));
        is_one && !execution.bound.statements.is_empty() && !self.is_outdated(live)
    }

    async fn send_live<'a>(
        &self,
        members: impl Iterator<Item = (&'a LiveOperation, Option<AnswerHash>)>,
        watch: Watch,
    ) -> Batch {
        let members: Vec<BatchMember<'_>> = members
            .map(|(live, seen)| {
                let execution = live.execution(Structure::Cached);
                let scope = match watch {
                    Watch::Nothing => execution.scope(),
                    Watch::Tables => execution.scope().with(WORKERS, "0"),
                };
                BatchMember { scope, statements: &execution.bound.statements, seen, watch }
            })
            .collect();
        self.inner.database.run_batch(&members).await
    }

    async fn answered(&self, live: &LiveOperation, answer: MemberAnswer) -> BatchRun {
        match answer {
            MemberAnswer::Unchanged => BatchRun::Unchanged,
            MemberAnswer::LeftOut => BatchRun::Alone,
            MemberAnswer::Changed(value, hash) => {
                let execution = live.execution(Structure::Cached);
                BatchRun::Answered(self.assembled(execution, live, value).await, hash)
            }
        }
    }

    async fn assembled(
        &self,
        execution: Execution<'_>,
        live: &LiveOperation,
        value: Option<String>,
    ) -> LiveAnswer {
        let if_no_row = || execution.bound.statements.last()?.if_no_row().map(str::to_owned);
        let mut errors = Vec::new();
        let answers = vec![value.or_else(if_no_row)];
        match self.complete_marked(execution, answers, &mut errors).await {
            Some(answers) => assemble(execution.compiled, &answers, live.known(), &errors),
            None => response::with_null_data(&errors),
        }
        .into()
    }
}

fn db_is_away(error: &crate::db::Error) -> bool {
    matches!(error, crate::db::Error::Unavailable(_) | crate::db::Error::PoolTimeout(_))
}
