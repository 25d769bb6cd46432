//! The named statements of one connection: a bounded cache, and the flight that uses it.
//!
//! Never sends anything by itself: what has to be closed is closed within the next flight.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::db::connection::columns::Columns;

/// So many statements a connection keeps at the most.
const MOST: usize = 128;

/// So many bytes their texts have together at the most. What PostgreSQL makes of a text and its plan takes some fifty times
/// as much of the server's memory.
const MOST_TEXT: usize = 256 * 1024;

/// A longer text is not to be kept.
pub(in crate::db) const LONGEST: usize = MOST_TEXT / 8;

/// What makes a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::db) enum Key {
    /// A typed query: its text, and the types of its parameters.
    Query(String, Vec<u32>),
    /// A part of an operation: its text. What its parameters are is inferred, and its result is one text.
    Part(String),
}

impl Key {
    fn text(&self) -> &str {
        let (Self::Query(text, _) | Self::Part(text)) = self;
        text
    }
}

/// The named statements of one connection.
///
/// No other connection has the same names: behind a pooler that lends by transaction after all, a name of ours then is
/// either the right statement or unknown, never another client's.
#[derive(Debug)]
pub(in crate::db) struct Statements {
    /// What the names begin with.
    prefix: String,
    known: HashMap<Key, Prepared>,
    /// Statements that are being prepared.
    preparing: HashSet<Key>,
    /// How long their texts are together.
    text_length: usize,
    /// Statements that are not to be named again.
    refused: HashSet<Key>,
    /// Names that are to be closed.
    leftover: Vec<String>,
    /// How many names there have been.
    names: u64,
    /// How many times statements were used.
    clock: u64,
}

/// A statement that the server knows by its name.
#[derive(Debug, Clone)]
pub(in crate::db) struct Prepared {
    pub(in crate::db) name: String,
    /// The columns of its result.
    pub(in crate::db) columns: Columns,
    used: u64,
}

impl Default for Statements {
    fn default() -> Self {
        Self {
            prefix: format!("glowplug_{}", Uuid::new_v4().simple()),
            known: HashMap::new(),
            preparing: HashSet::new(),
            text_length: 0,
            refused: HashSet::new(),
            leftover: Vec::new(),
            names: 0,
            clock: 0,
        }
    }
}

impl Statements {
    /// The statement, if it is known; it counts as used.
    pub(in crate::db) fn get(&mut self, key: &Key) -> Option<&Prepared> {
        self.clock += 1;
        let found = self.known.get_mut(key)?;
        found.used = self.clock;
        Some(found)
    }

    /// A name for a statement that is going to be prepared, until [`Statements::end`]; none if it is being prepared.
    pub(in crate::db) fn begin(&mut self, key: &Key) -> Option<String> {
        self.preparing.insert(key.clone()).then(|| self.fresh_name())
    }

    /// The statement is no longer being prepared.
    pub(in crate::db) fn end(&mut self, key: &Key) {
        self.preparing.remove(key);
    }

    /// A name that no statement of any connection has had.
    pub(in crate::db) fn fresh_name(&mut self) -> String {
        self.names += 1;
        format!("{}_{}", self.prefix, self.names)
    }

    /// Keeps a statement; the one that was not used for the longest time gives way.
    pub(in crate::db) fn keep(&mut self, key: Key, name: String, columns: Columns) {
        self.forget(&key);
        while self.known.len() >= MOST || self.text_length + key.text().len() > MOST_TEXT {
            let oldest = self.known.iter().min_by_key(|(_, prepared)| prepared.used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { break };
            self.forget(&oldest);
        }
        self.clock += 1;
        self.text_length += key.text().len();
        self.known.insert(key, Prepared { name, columns, used: self.clock });
    }

    /// Lets a statement go, unless it has another name by now.
    pub(in crate::db) fn forget_name(&mut self, key: &Key, name: &str) {
        if self.known.get(key).is_some_and(|prepared| prepared.name == name) {
            self.forget(key);
        }
    }

    /// Lets a statement go. Closing a name that the server does not know is no error.
    pub(in crate::db) fn forget(&mut self, key: &Key) {
        if let Some(prepared) = self.known.remove(key) {
            self.text_length -= key.text().len();
            self.leftover.push(prepared.name);
        }
    }

    /// The server has let all of them go, and there is nothing to close.
    pub(in crate::db) fn forget_all(&mut self) {
        self.known.clear();
        self.text_length = 0;
        self.leftover.clear();
    }

    /// Lets a statement go for good: under a new name it would be the old one.
    pub(in crate::db) fn refuse(&mut self, key: Key) {
        self.forget(&key);
        if self.refused.len() >= MOST {
            self.refused.clear();
        }
        self.refused.insert(key);
    }

    /// Whether the statement is not to be named.
    pub(in crate::db) fn is_refused(&self, key: &Key) -> bool {
        self.refused.contains(key)
    }

    /// The server may know this name, and it is of no use.
    pub(super) fn discard(&mut self, name: String) {
        self.leftover.push(name);
    }

    /// What has to be closed.
    pub(in crate::db) fn take_leftover(&mut self) -> Vec<String> {
        std::mem::take(&mut self.leftover)
    }

    /// How many statements the server keeps.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.known.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        Key::Part(number.to_string())
    }

    #[test]
    fn the_least_recently_used_gives_way() {
        let mut statements = Statements::default();
        let columns = Columns::from(Vec::new());
        for number in 0..MOST {
            let name = statements.fresh_name();
            statements.keep(key(number), name, columns.clone());
        }
        assert!(statements.get(&key(0)).is_some());
        statements.keep(key(MOST), "new".to_owned(), columns);
        assert_eq!(statements.len(), MOST);
        assert!(statements.get(&key(0)).is_some() && statements.get(&key(1)).is_none());
        let second = format!("{}_2", statements.prefix);
        assert_eq!(statements.take_leftover(), [second]);
        assert!(statements.take_leftover().is_empty());
    }

    #[test]
    fn long_texts_make_others_give_way() {
        let mut statements = Statements::default();
        for number in 0..20 {
            let key = Key::Part(number.to_string().repeat(LONGEST / 2));
            let name = statements.fresh_name();
            statements.keep(key, name, Columns::from(Vec::new()));
            assert!(statements.text_length <= MOST_TEXT);
        }
        assert!(statements.len() < 20 && statements.len() + statements.take_leftover().len() == 20);
        statements.forget_all();
        assert_eq!(statements.text_length, 0);
    }

    #[test]
    fn no_two_connections_use_the_same_name() {
        assert_ne!(Statements::default().fresh_name(), Statements::default().fresh_name());
    }
}
