//! Many scopes with their statements in one message, each in a transaction of its own: the reads of many users in one round
//! trip, of which only those answers come back that differ from what is known.
//!
//! A transaction of its own is what keeps them apart: all that one has set ends with it, what its functions and policies have set
//! by themselves, too. Never writes.

use std::fmt::Write as _;
use std::sync::LazyLock;

use uuid::Uuid;

use crate::config::ContextForm;
use crate::db::connection::Connection;
use crate::db::error::Error;
use crate::db::operation::answers::Collected;
use crate::db::operation::context::append_context;
use crate::db::operation::message::{append, session};
use crate::db::operation::scope::Scope;
use crate::db::operation::stored::{Call, Calls};
use crate::db::wire::TransactionStatus;
use crate::sql::Statement;

/// By what the database knows an answer: PostgreSQL's own hash of its text. It is there in every build of it, also where MD5 is
/// refused, and takes about a second for a gigabyte.
pub type AnswerHash = i64;

/// Makes the hash another in each process, so that no text can be made that has the hash of another.
static SEED: LazyLock<i64> = LazyLock::new(|| {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    (high ^ low).cast_signed()
});

/// A scope and its statements, as a part of a batch. The value of the last statement is the answer.
#[derive(Debug, Clone)]
pub struct BatchMember<'a> {
    /// What holds while they run.
    pub scope: Scope,
    /// At least one.
    pub statements: &'a [Statement],
    /// Of the answer that is known already.
    pub seen: Option<AnswerHash>,
}

/// What a member of a batch has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberAnswer {
    /// The answer is the one that is known.
    Unchanged,
    /// The answer; no hash where there was no row.
    Changed(Option<String>, Option<AnswerHash>),
    /// It was left out, because it is too long.
    LeftOut,
}

/// The message of a batch.
pub(in crate::db) struct BatchMessage {
    text: String,
    /// How many results each member has.
    results: Vec<usize>,
    answer_limit: usize,
}

impl BatchMessage {
    pub(in crate::db) fn compose(
        members: &[(&BatchMember<'_>, Calls)],
        form: ContextForm,
    ) -> Result<Self, Error> {
        let (mut text, mut results) = (String::new(), Vec::with_capacity(members.len()));
        for (member, calls) in members {
            text.push_str("begin;\n");
            let of_scope =
                append_context(&mut text, form, &member.scope, session(member.statements), calls.enter())?;
            let mut statements = member.statements.iter().enumerate();
            let last = statements.next_back();
            for (index, statement) in statements {
                text.push_str(";\n");
                append_part(&mut text, statement, calls.get(index))?;
            }
            if let Some((index, statement)) = last {
                append_answer(&mut text, statement, calls.get(index), member.seen)?;
            }
            text.push_str(";\ncommit;\n");
            // One for each of `begin` and `commit`.
            results.push(of_scope + member.statements.len() + 2);
        }
        let answer_limit =
            members.iter().map(|(member, _)| member.scope.answer_limit).max().unwrap_or_default();
        Ok(Self { text, results, answer_limit })
    }
}

/// Appends a statement, or the call of the function that it is.
fn append_part(text: &mut String, statement: &Statement, call: Option<&Call>) -> Result<(), Error> {
    match call {
        Some(call) => call.append(text, &statement.parameters)?,
        None => append(text, statement)?,
    }
    // The line break ends a comment that the statement may end with.
    text.push('\n');
    Ok(())
}

/// The same of the statement with the answer. Its value is empty if it is known, and else has its hash in front; no value stands for
/// no row.
///
/// `offset 0` keeps the planner from putting the statement's expression in the place of each mention of it.
fn append_answer(
    text: &mut String,
    statement: &Statement,
    call: Option<&Call>,
    known: Option<AnswerHash>,
) -> Result<(), Error> {
    let hash = format!(
        "pg_catalog.hashtextextended(q.a::pg_catalog.text collate pg_catalog.\"C\",'{}'::pg_catalog.int8)",
        *SEED
    );
    text.push_str(";\nselect case when q.a is null then null ");
    if let Some(known) = known {
        // Writing to a String cannot fail.
        let _ = write!(text, "when {hash} operator(pg_catalog.=) '{known}'::pg_catalog.int8 then '' ");
    }
    let _ = write!(text, "else pg_catalog.concat({hash},' ',q.a) end from (select s.a from (");
    append_part(text, statement, call)?;
    text.push_str(") s(a) offset 0) q");
    Ok(())
}

impl Connection {
    /// Sends a batch, and collects what its members have come to, up to the first that has failed. Afterwards no transaction is
    /// open, unless the connection is gone.
    pub(in crate::db) async fn run_batch(
        &mut self,
        batch: &BatchMessage,
        answers: &mut Vec<MemberAnswer>,
    ) -> Result<(), Error> {
        let mut collected = Collected::default();
        let result = self.exchange_within(&batch.text, 0, batch.answer_limit, &mut collected).await;
        *answers = batch.read(&collected)?;
        if self.wire.transaction() != TransactionStatus::Idle {
            // A pooler in statement mode has ended the connection by now; else it is whole again.
            let _ = self.exchange("rollback").await;
        }
        match result {
            // They are among the answers.
            Err(Error::AnswerTooLong) => Ok(()),
            result => result,
        }
    }
}

impl BatchMessage {
    /// What the members have come to whose results are all there.
    fn read(&self, Collected { values, left_out }: &Collected) -> Result<Vec<MemberAnswer>, Error> {
        let mut answers = Vec::with_capacity(self.results.len());
        let mut end = 0;
        for results in &self.results {
            end += results;
            // The last result is that of `commit`.
            let Some(Some(value)) = (values.len() >= end).then(|| values.get(end - 2)) else { break };
            answers.push(match value {
                None if left_out.contains(&(end - 2)) => MemberAnswer::LeftOut,
                None => MemberAnswer::Changed(None, None),
                Some(text) => read_answer(text)?,
            });
        }
        Ok(answers)
    }
}

fn read_answer(text: &str) -> Result<MemberAnswer, Error> {
    if text.is_empty() {
        return Ok(MemberAnswer::Unchanged);
    }
    let read = text.split_once(' ').and_then(|(hash, answer)| Some((hash.parse().ok()?, answer)));
    let (hash, answer) =
        read.ok_or_else(|| Error::Protocol("an answer of a batch does not begin with its hash".to_owned()))?;
    Ok(MemberAnswer::Changed(Some(answer.to_owned()), Some(hash)))
}
