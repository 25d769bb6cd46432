//! Many scopes with their statements in one message, each scope in a transaction of its own: the reads of many users in one round
//! trip, of which only those answers come back that differ from what is known.
//!
//! A transaction of its own is what keeps users apart: all that one has set ends with it, what its functions and policies have set
//! by themselves, too. Neighbours with the same scope share one. Never writes.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use crate::config::ContextForm;
use crate::db::connection::Connection;
use crate::db::connection::protocol::RoutingHint;
use crate::db::error::{DatabaseError, Error};
use crate::db::operation::answers::Collected;
use crate::db::operation::context::append_context;
use crate::db::operation::message::{BEFORE_BEGIN, append, hint_text, session};
use crate::db::operation::scope::{Access, Reach, Scope};
use crate::db::operation::stored::{Call, Calls};
use crate::db::wire::TransactionStatus;
use crate::statement::{SessionSettings, Statement};

/// By what the database knows an answer: PostgreSQL's own hash of its text. It is there in every build of it, also where MD5 is
/// refused, and takes about a second for a gigabyte.
pub type AnswerHash = i64;

/// Which tables the transaction has read. PostgreSQL locks what a statement reads until the transaction ends; indexes go with their tables, and
/// views with theirs, and the second table is the one that the question itself reads.
const TABLES: &str = ";\nselect coalesce(pg_catalog.string_agg(distinct c.oid::pg_catalog.text,','),'') \
    from pg_catalog.pg_locks l join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) l.relation \
    where l.pid operator(pg_catalog.=) pg_catalog.pg_backend_pid() and l.locktype operator(pg_catalog.=) 'relation' \
    and l.database operator(pg_catalog.<>) 0::pg_catalog.oid \
    and c.relkind operator(pg_catalog.<>) all (array['i','I','v','t']::pg_catalog.\"char\"[]) \
    and c.oid operator(pg_catalog.<>) 1259::pg_catalog.oid";

/// Makes the hash another in each process, so that no text can be made that has the hash of another.
static SEED: LazyLock<i64> = LazyLock::new(|| {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    (high ^ low).cast_signed()
});

/// What PgBouncer says in statement mode, in place of the server's error, when a statement of a transaction has failed: it ends the
/// connection as the transaction is not over when its message is. Answers that came before may be lost with it.
const FAILED_TRANSACTION: &str = "transaction blocks not allowed in statement pooling mode";

/// A scope and its statements, as a part of a batch. The value of the last statement is the answer.
#[derive(Debug, Clone)]
pub struct BatchMember<'a> {
    /// What holds while they run.
    pub scope: Scope,
    /// At least one.
    pub statements: &'a [Statement],
    /// Of the answer that is known already.
    pub seen: Option<AnswerHash>,
    /// Whether the tables are asked for that it reads.
    pub watch: Watch,
}

/// Whether a member's tables are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// They are not.
    Nothing,
    /// Those that the transaction has locked: what the statement, its views, policies and functions have read. Members share a transaction
    /// only where they differ in nothing but values.
    Tables,
}

/// What a member of a batch has come to, and what it has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberResult {
    /// The answer.
    pub answer: MemberAnswer,
    /// The object identifiers of the tables that it has read; `None` if they are not known.
    pub tables: Option<Arc<[u32]>>,
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
    /// Which result is each member's answer, and which has its tables.
    places: Vec<(usize, Option<usize>)>,
    answer_limit: usize,
}

impl BatchMessage {
    pub(in crate::db) fn compose(
        members: &[(&BatchMember<'_>, Calls)],
        form: ContextForm,
        hint: RoutingHint,
    ) -> Result<Self, Error> {
        // A replica may not yet have the change for which a batch runs.
        let reach = members.first().map_or(&Reach::Server, |(first, _)| &first.scope.reach);
        let before = hint_text(hint, Access::ReadWrite, reach);
        let (mut text, mut places) = ([&*before, BEFORE_BEGIN].concat(), Vec::with_capacity(members.len()));
        let mut results = 1;
        for neighbours in members.chunk_by(|(one, _), (other, _)| one.may_share_with(other)) {
            let Some((first, calls)) = neighbours.first() else { continue };
            let of_all =
                |settings, (member, _): &(&BatchMember<'_>, Calls)| settings | session(member.statements);
            let session = neighbours.iter().fold(SessionSettings::NONE, of_all);
            text.push_str("begin;\n");
            results += 1 + append_context(&mut text, form, &first.scope, session, calls.enter())?;
            for (member, calls) in neighbours {
                append_member(&mut text, member, calls)?;
                results += member.statements.len();
                places.push((results - 1, None));
            }
            if first.watch == Watch::Tables {
                text.push_str(TABLES);
                let begin = places.len() - neighbours.len();
                places[begin..].iter_mut().for_each(|(_, tables)| *tables = Some(results));
                results += 1;
            }
            text.push_str(";\ncommit;\n");
            results += 1;
        }
        let answer_limit =
            members.iter().map(|(member, _)| member.scope.answer_limit).max().unwrap_or_default();
        Ok(Self { text, places, answer_limit })
    }
}

impl BatchMember<'_> {
    /// Whether both may run in one transaction.
    fn may_share_with(&self, other: &Self) -> bool {
        let texts =
            |member: &Self| member.statements.iter().map(Statement::without_values).collect::<Vec<_>>();
        let is_same = self.watch == other.watch && self.scope == other.scope;
        is_same && (self.watch == Watch::Nothing || texts(self) == texts(other))
    }
}

/// Appends the statements of a member.
fn append_member(text: &mut String, member: &BatchMember<'_>, calls: &Calls) -> Result<(), Error> {
    let Some((last, before)) = member.statements.split_last() else { return Ok(()) };
    for (index, statement) in before.iter().enumerate() {
        text.push_str(";\n");
        append_part(text, statement, calls.get(index))?;
    }
    append_answer(text, last, calls.get(before.len()), member.seen)
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
        answers: &mut Vec<MemberResult>,
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
            Err(Error::Unavailable(gone)) if gone.message.contains(FAILED_TRANSACTION) => {
                let sqlstate = gone.sqlstate.unwrap_or_default();
                Err(DatabaseError { message: gone.message, sqlstate, ..DatabaseError::default() }.into())
            }
            result => result,
        }
    }
}

impl BatchMessage {
    /// What the members have come to whose answers are there.
    fn read(&self, Collected { values, left_out }: &Collected) -> Result<Vec<MemberResult>, Error> {
        let came =
            self.places.iter().map_while(|(answer, tables)| Some((answer, values.get(*answer)?, tables)));
        let mut last: (Option<usize>, Option<Arc<[u32]>>) = (None, None);
        came.map(|(place, value, tables)| {
            let answer = match value {
                None if left_out.contains(place) => MemberAnswer::LeftOut,
                None => MemberAnswer::Changed(None, None),
                Some(text) => read_answer(text)?,
            };
            if last.0 != *tables {
                last = (*tables, tables.and_then(|place| read_tables(values.get(place)?.as_deref()?)));
            }
            Ok(MemberResult { answer, tables: last.1.clone() })
        })
        .collect()
    }
}

/// `None` where it is no list of object identifiers.
fn read_tables(text: &str) -> Option<Arc<[u32]>> {
    text.split_terminator(',').map(|table| table.parse().ok()).collect()
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The message of members, each with the setting that says who it is, and how many statements it has.
    fn composed(members: &[(&str, usize)]) -> BatchMessage {
        let statements = [1, 2].map(|number| Statement::new(format!("select {number}"), Vec::new()));
        let members: Vec<BatchMember<'_>> = members
            .iter()
            .map(|(user, count)| BatchMember {
                scope: Scope::of_catalog(Duration::from_secs(1)).with("test.user", user),
                statements: &statements[..*count],
                seen: None,
                watch: Watch::Nothing,
            })
            .collect();
        let with_calls: Vec<_> = members.iter().map(|member| (member, Calls::default())).collect();
        BatchMessage::compose(&with_calls, ContextForm::SetConfig, RoutingHint::None).unwrap()
    }

    #[test]
    fn neighbours_of_one_scope_share_a_transaction_and_others_do_not() {
        let batch = composed(&[("ann", 1), ("ann", 2), ("bob", 1), ("ann", 1)]);
        let parts: Vec<&str> = batch.text.split("commit").collect();
        assert_eq!(parts.len(), 4, "{}", batch.text);
        for (part, (user, answers)) in parts.iter().zip([("ann", 2), ("bob", 1), ("ann", 1)]) {
            assert_eq!(part.matches("begin").count(), 1, "{part}");
            assert_eq!(part.matches("set_config('test.user'").count(), 1, "{part}");
            assert!(part.contains(&format!("'{user}'")), "{part}");
            assert_eq!(part.matches("select case when q.a is null").count(), answers, "{part}");
        }
    }

    #[test]
    fn a_member_is_answered_as_soon_as_its_own_result_is_there() {
        let batch = composed(&[("ann", 1), ("ann", 2), ("bob", 1)]);
        // The first statement; begin, scope, answer, statement, answer, commit; and the same for bob.
        assert_eq!(batch.places, [(3, None), (5, None), (9, None)]);
        let mut collected = Collected::default();
        let mut answered = Vec::new();
        for number in 0..11 {
            collected.push((number != 3).then(|| format!("{number} of {number}")));
            answered.push(batch.read(&collected).unwrap_or_default().len());
        }
        assert_eq!(answered, [0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3]);
    }
}
