//! The values of an operation's statements: those that arrive, and those that arrived before an error.

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::DataRowBody;

use crate::db::connection::answer::first_value;
use crate::db::connection::columns::Columns;
use crate::db::connection::extended::Reader;
use crate::db::error::Error;
use crate::statement::Statement;

/// The JSON text of each statement, in order. `None` is SQL's NULL, or no row.
pub type Answers = Vec<Option<String>>;

/// A message that failed. `completed` has the answers of the statements before the one that failed.
///
/// If those statements had effects, they are undone with the message.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct RunError {
    /// Answers of the statements before the one that failed. All of them, if no statement failed and answers were only left
    /// out.
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

/// Collects the values of statements as they arrive.
#[derive(Debug, Default)]
pub(in crate::db) struct Collected {
    /// The values of the statements that have ended. `None` is NULL, no row, or a value that was left out.
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

    /// Replaces a missing row by its value. No statement of an operation returns NULL in a row.
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

    /// An error if a value was left out.
    pub(in crate::db) fn check(&self) -> Result<(), Error> {
        if self.left_out.is_empty() { Ok(()) } else { Err(Error::AnswerTooLong) }
    }
}

/// Reads the results of an operation: first those that are discarded, such as the scope's, then each statement's.
pub(super) struct ValueReader<'a> {
    answers: &'a mut Collected,
    /// How many results come before those of the statements.
    skipped: usize,
    /// How many results have ended.
    ended: usize,
    current: Current,
}

/// The value of the statement that is being read. Of several rows, the first counts.
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

/// Whether the row stands in for a row beyond the pipeline's limit. Every statement returns a column.
fn is_left_out(row: &DataRowBody) -> bool {
    matches!(row.ranges().next(), Ok(None))
}
