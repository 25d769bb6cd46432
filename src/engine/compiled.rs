//! The compiled operations of a snapshot, found in two steps: by the document and the operation to the questions that its plan
//! has asked about the variables, and by the answers to these to what was compiled.
//!
//! Where other answers make the plan ask other questions, those are one step more.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::compile::CompiledOperation;
use crate::config::Limits;
use crate::request::{JsonMap, Operation, Question};

/// The bytes that compiled operations take for each snapshot, about.
const COMPILED_BYTES: u64 = 16 << 20;

/// What an entry takes besides its parts, about.
const ENTRY_BYTES: usize = 128;

/// Identifies a document of a snapshot, or a list of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(u64);

impl Id {
    /// One that nothing else has.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Compiled operations, in a bounded number of bytes.
pub(super) struct CompiledOperations(Cache<Key, Entry, Weight>);

/// The questions, and the answers to them. Of a document it is the operation that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    of: Id,
    answers: Box<[u8]>,
}

/// The same, borrowed.
struct Asked<'a> {
    of: Id,
    answers: &'a [u8],
}

#[derive(Clone)]
enum Entry {
    /// It depends on more than was asked.
    Ask(Arc<Questions>),
    Compiled(Arc<CompiledOperation>),
}

struct Questions {
    id: Id,
    questions: Vec<Question>,
}

impl CompiledOperations {
    pub(super) fn new() -> Self {
        Self(Cache::with_weighter(1024, COMPILED_BYTES, Weight))
    }

    /// What was compiled for the same operation of the same document, with variables in which the same facts hold.
    pub(super) fn find(
        &self,
        document: Id,
        operation: &Operation,
        limits: &Limits,
    ) -> Option<Arc<CompiledOperation>> {
        let (mut of, mut answers) = (document, selection(operation, limits));
        loop {
            match self.0.get(&Asked { of, answers: &answers })? {
                Entry::Compiled(compiled) => return Some(compiled),
                Entry::Ask(questions) => {
                    of = questions.id;
                    answer(&questions.questions, operation.variables(), &mut answers);
                }
            }
        }
    }

    /// Keeps what was compiled by a plan that has asked these questions.
    pub(super) fn keep(
        &self,
        document: Id,
        (operation, limits): (&Operation, &Limits),
        mut questions: Vec<Question>,
        compiled: Arc<CompiledOperation>,
    ) {
        let (mut of, mut answers) = (document, selection(operation, limits));
        while let Some(Entry::Ask(asked)) = self.0.get(&Asked { of, answers: &answers }) {
            of = asked.id;
            answer(&asked.questions, operation.variables(), &mut answers);
            questions.retain(|question| !asked.questions.contains(question));
        }
        if !questions.is_empty() {
            let more = Arc::new(Questions { id: Id::new(), questions });
            self.0.insert(Key { of, answers: (*answers).into() }, Entry::Ask(Arc::clone(&more)));
            of = more.id;
            answer(&more.questions, operation.variables(), &mut answers);
        }
        self.0.insert(Key { of, answers: answers.into() }, Entry::Compiled(compiled));
    }
}

/// What of an operation its plan depends on besides the document and the variables.
fn selection(operation: &Operation, limits: &Limits) -> Vec<u8> {
    let name = operation.definition().name.as_ref().map_or("", |name| name.as_str());
    let page_size = limits.page_size.unwrap_or(usize::MAX).to_be_bytes();
    [&page_size, name.as_bytes()].concat()
}

fn answer(questions: &[Question], variables: &JsonMap, answers: &mut Vec<u8>) {
    answers.clear();
    for question in questions {
        question.answer(variables, answers);
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.of.hash(state);
        self.answers.hash(state);
    }
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.of == key.of && *self.answers == *key.answers
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Entry> for Weight {
    fn weight(&self, key: &Key, entry: &Entry) -> u64 {
        let of_entry = match entry {
            Entry::Ask(asked) => asked.questions.iter().map(Question::size).sum(),
            Entry::Compiled(compiled) => compiled.size(),
        };
        (ENTRY_BYTES + key.answers.len() + of_entry) as u64
    }
}

#[cfg(test)]
#[path = "compiled_tests.rs"]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests;
