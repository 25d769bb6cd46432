//! The compiled operations of a snapshot, found in two steps. The document and the operation lead to the
//! questions that the plan has asked about the variables, and the answers to these questions lead to the
//! compiled operation.
//!
//! If the answers make the plan ask further questions, there is one more step.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;
use quick_cache::{Equivalent, Weighter};

use super::compile::CompiledOperation;
use crate::config::Limits;
use crate::request::{JsonMap, Operation, Question};

/// About how many bytes the compiled operations of a snapshot may take.
const COMPILED_BYTES: u64 = 16 << 20;

/// About how many bytes an entry takes besides its parts.
const ENTRY_BYTES: usize = 128;

/// Identifies a document of a snapshot, or a list of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Id(u64);

impl Id {
    /// A new, unique id.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Compiled operations, in a bounded number of bytes.
pub(super) struct CompiledOperations(Cache<Key, Entry, Weight>);

/// A list of questions, and the answers to them. For a document, the answer is the selected operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    of: Id,
    answers: Box<[u8]>,
}

/// A borrowed [`Key`].
struct KeyRef<'a> {
    of: Id,
    answers: &'a [u8],
}

#[derive(Clone)]
enum Entry {
    /// The plan depends on the answers to more questions.
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

    /// The operation that was compiled for the same operation of the same document, with the same facts about
    /// the variables.
    pub(super) fn find(
        &self,
        document: Id,
        operation: &Operation,
        limits: &Limits,
    ) -> Option<Arc<CompiledOperation>> {
        let (mut of, mut answers) = (document, selection(operation, limits));
        loop {
            match self.0.get(&KeyRef { of, answers: &answers })? {
                Entry::Compiled(compiled) => return Some(compiled),
                Entry::Ask(questions) => {
                    of = questions.id;
                    answer(&questions.questions, operation.variables(), &mut answers);
                }
            }
        }
    }

    /// Stores an operation whose plan has asked these questions.
    pub(super) fn keep(
        &self,
        document: Id,
        (operation, limits): (&Operation, &Limits),
        mut questions: Vec<Question>,
        compiled: Arc<CompiledOperation>,
    ) {
        let (mut of, mut answers) = (document, selection(operation, limits));
        while let Some(Entry::Ask(asked)) = self.0.get(&KeyRef { of, answers: &answers }) {
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

/// What a plan depends on besides the document and the variables.
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

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.of.hash(state);
        self.answers.hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
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
