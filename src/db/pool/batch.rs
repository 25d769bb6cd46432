//! Batches through the pool: many reads in one round trip, and what is left of one when a member fails.

use tokio::time::Instant;

use crate::db::connection::protocol::Protocols;
use crate::db::error::Error;
use crate::db::operation::batch::{BatchMember, BatchMessage, MemberResult};
use crate::db::operation::scope::Access;
use crate::db::pool::database::{Database, Deadline, GRACE};
use crate::db::pool::losses::Losses;
use crate::event::Event;

/// What a batch has come to.
#[derive(Debug)]
pub struct Batch {
    /// What its members have come to, up to the one that has failed.
    pub answers: Vec<MemberResult>,
    /// Why that one has failed, or the rest of them.
    pub failure: Option<Error>,
}

impl Database {
    /// Runs reads of several scopes, which have one reach, in one round trip, each scope in a transaction of its own. Where one
    /// fails, those behind it have not run.
    ///
    /// They take as long together as one statement may. The future may be dropped: what runs is cancelled.
    pub async fn run_batch(&self, members: &[BatchMember<'_>]) -> Batch {
        let mut answers = Vec::new();
        let failure = self.send_batch(members, &mut answers).await.err();
        self.note(failure.as_ref());
        Batch { answers, failure }
    }

    async fn send_batch(
        &self,
        members: &[BatchMember<'_>],
        answers: &mut Vec<MemberResult>,
    ) -> Result<(), Error> {
        let stored = self.stored_use();
        let with_calls =
            members.iter().map(|member| (member, stored.calls(&member.scope, member.statements)));
        let with_calls: Vec<_> = with_calls.collect();
        let Protocols { context, hint, .. } = self.pool.protocols();
        let batch = BatchMessage::compose(&with_calls, context, hint)?;
        for member in members {
            Event::StatementsSent { statements: member.statements }.emit();
        }
        let mut connection = self.pool.acquire().await?;
        let begin = Instant::now();
        let longest = members.iter().map(|member| member.scope.statement_timeout).max().unwrap_or_default();
        let deadline = Deadline::after(longest.saturating_add(GRACE));
        let mut losses = Losses::default();
        let result = loop {
            let result = deadline.hold(connection.run_batch(&batch, answers)).await;
            let Err(error) = &result else { break result };
            if !answers.is_empty() || !losses.meet(error, Access::ReadOnly) {
                break result;
            }
            Event::ReadRetried { error: &error.to_string() }.emit();
            self.pool.renew(&mut connection).await?;
        };
        if let Err(error) = &result
            && let Some((_, calls)) = with_calls.get(answers.len())
        {
            // The next batch, and what is run alone, does without a function that is not there.
            let _ = stored.is_missed(calls, error);
        }
        match result {
            Ok(()) if answers.len() != members.len() => {
                Err(Error::Protocol("the number of answers of a batch is wrong".to_owned()))
            }
            result => result.map_err(|error| error.after(begin.elapsed(), longest)),
        }
    }
}
