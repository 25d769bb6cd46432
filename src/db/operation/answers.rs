//! The values of an operation's statements: as they arrive, and as far as they came before an error.

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::DataRowBody;

use crate::db::connection::answer::first_value;
use crate::db::connection::columns::Columns;
use crate::db::connection::extended::Reader;
use crate::db::error::Error;
use crate::sql::Statement;

/// The JSON text of each statement, in order; `None` is SQL's NULL or no row.
pub type Answers = Vec<Option<String>>;

/// A message that failed: `completed` are the answers of the statements before the one that failed.
///
/// Their effects, if they had any, are undone with the message.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct RunError {
    /// Answers of the statements before the one that failed; of all if none did, and only answers were left out.
    pub completed: Answers,
    /// Which of them were left out, because they are longer than the scope allows.
    pub left_out: Vec<usize>,
    /// What went wrong.
    #[source]
    pub error: Error,
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Self { completed: Answers::new(), left_out: Vec::new(), error }
    }
}

/// The values of statements, as they arrive.
#[derive(Debug, Default)]
pub(in crate::db) struct Collected {
    /// Those of the statements that have ended; `None` is NULL, no row, or a value that was left out.
    pub(in crate::db) values: Answers,
    /// Which of them were left out, because they were longer than the scope allows.
    pub(in crate::db) left_out: Vec<usize>,
}

impl Collected {
    pub(in crate::db) fn push(&mut self, value: Option<String>) {
        self.values.push(value);
    }

    pub(in crate::db) fn leave_out(&mut self) {
        self.left_out.push(self.values.len());
        self.values.push(None);
    }

    /// Puts in what stands for no row. No statement of an operation that returns a row returns NULL.
    pub(super) fn fill(&mut self, statements: &[Statement]) {
        for (index, (value, statement)) in self.values.iter_mut().zip(statements).enumerate() {
            if value.is_none() && !self.left_out.contains(&index) {
                *value = statement.if_no_row().map(str::to_owned);
            }
        }
    }

    pub(in crate::db) fn clear(&mut self) {
        self.values.clear();
        self.left_out.clear();
    }

    /// An error if something was left out.
    pub(in crate::db) fn check(&self) -> Result<(), Error> {
        if self.left_out.is_empty() { Ok(()) } else { Err(Error::AnswerTooLong) }
    }
}

/// Reads the results of an operation: those in front that nobody needs, the scope's among them, and then each statement's.
pub(super) struct ValueReader<'a> {
    answers: &'a mut Collected,
    /// How many results come before those of the statements.
    skipped: usize,
    /// How many results have ended.
    ended: usize,
    current: Current,
}

/// What has come of the statement that is being read. Of several rows the first counts.
enum Current {
    Nothing,
    /// `None` is NULL.
    Value(Option<String>),
    LeftOut,
}

impl<'a> ValueReader<'a> {
    pub(super) fn new(answers: &'a mut Collected, skipped: usize) -> Self {
        Self { answers, skipped, ended: 0, current: Current::Nothing }
    }

    /// Whether the statements' results have not begun to come.
    pub(super) fn is_in_scope(&self) -> bool {
        self.ended < self.skipped
    }

    pub(super) fn value(&mut self, row: &DataRowBody) -> Result<(), Error> {
        if !self.is_in_scope() && matches!(self.current, Current::Nothing) {
            self.current =
                if is_left_out(row) { Current::LeftOut } else { Current::Value(first_value(row)?) };
        }
        Ok(())
    }

    pub(super) fn end_of_result(&mut self) {
        if !self.is_in_scope() {
            match std::mem::replace(&mut self.current, Current::Nothing) {
                Current::Nothing => self.answers.push(None),
                Current::Value(value) => self.answers.push(value),
                Current::LeftOut => self.answers.leave_out(),
            }
        }
        self.ended += 1;
    }
}

impl Reader for ValueReader<'_> {
    fn row(&mut self, _step: usize, row: &DataRowBody, _columns: Option<&Columns>) -> Result<(), Error> {
        self.value(row)
    }

    fn end(&mut self, _step: usize, _tag: &str) -> Result<(), Error> {
        self.end_of_result();
        Ok(())
    }

    fn clear(&mut self) {
        self.answers.clear();
        (self.ended, self.current) = (0, Current::Nothing);
    }
}

/// Whether the row stands for one that was longer than its pipeline allows. Every statement returns a column.
fn is_left_out(row: &DataRowBody) -> bool {
    matches!(row.ranges().next(), Ok(None))
}
