//! The named statements of one connection, as a bounded cache. The server keeps the same number.
//!
//! Never sends anything: the next pipeline (`extended.rs`) closes the names that have to be closed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::db::connection::columns::Columns;
use crate::statement::{TemplateId, TenantSchema};

/// How many statements a connection keeps at most.
const MOST: usize = 128;

/// How many bytes their texts have together at most. PostgreSQL needs about fifty times as much memory for a text's parse
/// tree and plan.
const MOST_TEXT: usize = 256 * 1024;

/// A statement with a longer text gets no name.
pub(super) const LONGEST: usize = MOST_TEXT / 8;

/// The key of a statement. Looking one up neither reads nor copies the text of a compiled statement.
///
/// A statement of an operation belongs to a role: see [`Part`](crate::db::operation::parts::Part).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::db) enum Key {
    /// A typed query: its text, and the types of its parameters.
    Query(Arc<str>, Arc<[u32]>),
    /// A compiled statement of an operation, in the schema of a tenant if its text has places for one.
    Compiled(TemplateId, Option<Arc<str>>, Option<TenantSchema>),
    /// A statement of an operation that a person wrote, by its text.
    Written(Arc<str>, Option<Arc<str>>),
    /// The scope of an operation, by the number of its settings.
    Scope(usize),
}

/// The named statements of one connection.
///
/// No other connection has the same names. So behind a pooler that lends by transaction in spite of the settings, one of our
/// names is either the right statement or unknown, never another client's.
#[derive(Debug)]
pub(in crate::db) struct Statements {
    /// The common prefix of the names.
    prefix: String,
    known: HashMap<Key, Prepared>,
    /// Statements that are being prepared.
    preparing: HashSet<Key>,
    /// The length of all their texts together.
    text_length: usize,
    /// Statements that must not get a name again.
    refused: HashSet<Key>,
    /// Names that have to be closed.
    leftover: Vec<String>,
    /// How many names were given so far.
    names: u64,
    /// How many times statements were used so far.
    clock: u64,
}

/// A statement that the server knows by its name.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) name: Arc<str>,
    /// The columns of its result, if they were requested.
    pub(super) columns: Option<Columns>,
    text_length: usize,
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
    /// The statement, if it is known. It counts as used.
    pub(super) fn get(&mut self, key: &Key) -> Option<&Prepared> {
        self.clock += 1;
        let found = self.known.get_mut(key)?;
        found.used = self.clock;
        Some(found)
    }

    /// A name for a statement that is going to be prepared, until [`Statements::end`]. `None` if it is being prepared
    /// already.
    pub(super) fn begin(&mut self, key: &Key) -> Option<Arc<str>> {
        self.preparing.insert(key.clone()).then(|| self.fresh_name())
    }

    /// The statement is not being prepared any more.
    pub(super) fn end(&mut self, key: &Key) {
        self.preparing.remove(key);
    }

    /// A name that no statement of any connection has had.
    fn fresh_name(&mut self) -> Arc<str> {
        self.names += 1;
        format!("{}_{}", self.prefix, self.names).into()
    }

    /// Keeps a statement. The least recently used one gives way.
    pub(super) fn keep(&mut self, key: Key, name: Arc<str>, columns: Option<Columns>, text_length: usize) {
        self.forget(&key);
        while self.known.len() >= MOST || self.text_length + text_length > MOST_TEXT {
            let oldest = self.known.iter().min_by_key(|(_, prepared)| prepared.used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else { break };
            self.forget(&oldest);
        }
        self.clock += 1;
        self.text_length += text_length;
        self.known.insert(key, Prepared { name, columns, text_length, used: self.clock });
    }

    /// Drops a statement, unless it has another name by now.
    pub(super) fn forget_name(&mut self, key: &Key, name: &str) {
        if self.known.get(key).is_some_and(|prepared| *prepared.name == *name) {
            self.forget(key);
        }
    }

    /// Drops a statement. Closing a name that the server does not know is no error.
    fn forget(&mut self, key: &Key) {
        if let Some(prepared) = self.known.remove(key) {
            self.text_length -= prepared.text_length;
            self.leftover.push(prepared.name.as_ref().to_owned());
        }
    }

    /// The server has dropped all statements, and nothing has to be closed.
    pub(in crate::db) fn forget_all(&mut self) {
        self.known.clear();
        self.text_length = 0;
        self.leftover.clear();
    }

    /// Drops a statement for good: under a new name, it would be the old statement again.
    pub(super) fn refuse(&mut self, key: &Key) {
        self.forget(key);
        if self.refused.len() >= MOST {
            self.refused.clear();
        }
        self.refused.insert(key.clone());
    }

    /// Whether the statement must not get a name.
    pub(super) fn is_refused(&self, key: &Key) -> bool {
        self.refused.contains(key)
    }

    /// The server may know this name, but the name cannot be used.
    pub(super) fn discard(&mut self, name: &str) {
        self.leftover.push(name.to_owned());
    }

    /// The names that have to be closed.
    pub(super) fn take_leftover(&mut self) -> Vec<String> {
        std::mem::take(&mut self.leftover)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        Key::Scope(number)
    }

    #[test]
    fn the_least_recently_used_gives_way() {
        let mut statements = Statements::default();
        for number in 0..MOST {
            let name = statements.fresh_name();
            statements.keep(key(number), name, None, 10);
        }
        assert!(statements.get(&key(0)).is_some());
        statements.keep(key(MOST), "new".into(), None, 10);
        assert_eq!(statements.known.len(), MOST);
        assert!(statements.get(&key(0)).is_some() && statements.get(&key(1)).is_none());
        let second = format!("{}_2", statements.prefix);
        assert_eq!(statements.take_leftover(), [second]);
        assert!(statements.take_leftover().is_empty());
    }

    #[test]
    fn long_texts_make_others_give_way() {
        let mut statements = Statements::default();
        for number in 0..20 {
            let name = statements.fresh_name();
            statements.keep(key(number), name, None, LONGEST);
            assert!(statements.text_length <= MOST_TEXT);
        }
        assert_eq!(statements.known.len() + statements.take_leftover().len(), 20);
        assert_eq!(statements.known.len(), MOST_TEXT / LONGEST);
        statements.forget_all();
        assert_eq!(statements.text_length, 0);
    }

    #[test]
    fn no_two_connections_use_the_same_name() {
        assert_ne!(Statements::default().fresh_name(), Statements::default().fresh_name());
    }

    #[test]
    fn a_role_never_runs_the_statement_of_another_role() {
        let mut statements = Statements::default();
        let of_role = |role: Option<&str>| Key::Written("select 1".into(), role.map(Into::into));
        statements.keep(of_role(Some("web")), "a".into(), None, 8);
        assert!(statements.get(&of_role(Some("web"))).is_some());
        assert!(
            statements.get(&of_role(Some("admin"))).is_none() && statements.get(&of_role(None)).is_none()
        );
    }
}
