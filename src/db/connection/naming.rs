//! The name that a statement goes by: one that the server knows, or one that it is being given.
//!
//! A name is given by one future at a time: two that are polled together do not prepare the same text twice.

use crate::db::connection::columns::Columns;
use crate::db::connection::statements::{Key, Prepared, Statements};
use crate::db::error::DatabaseError;
use crate::db::lock::Lock;

/// The name of a statement.
pub(in crate::db) enum Named<'a> {
    Known(Prepared),
    New(Preparing<'a>),
}

impl<'a> Named<'a> {
    /// None for a statement that is not to be named, or not now: while another future has it prepared, it goes without.
    pub(in crate::db) fn find(statements: &'a Lock<Statements>, key: &Key) -> Option<Self> {
        let mut held = statements.lock();
        if held.is_refused(key) {
            return None;
        }
        if let Some(known) = held.get(key) {
            return Some(Self::Known(known.clone()));
        }
        let name = held.begin(key)?;
        Some(Self::New(Preparing { statements, key: key.clone(), name, is_under_way: true }))
    }

    /// The columns of the result, if they are known.
    pub(in crate::db) fn columns(&self) -> Option<Columns> {
        match self {
            Self::Known(prepared) => Some(Columns::clone(&prepared.columns)),
            Self::New(_) => None,
        }
    }
}

/// A name that is being given. Dropped before it is known what came of it, the name is closed by the next flight.
pub(in crate::db) struct Preparing<'a> {
    statements: &'a Lock<Statements>,
    key: Key,
    pub(in crate::db) name: String,
    is_under_way: bool,
}

impl Preparing<'_> {
    /// The answer was read. A statement without its columns is of no use.
    pub(in crate::db) fn finish(mut self, is_parsed: bool, columns: Option<&Columns>) {
        self.is_under_way = false;
        let (key, name) = (self.key.clone(), self.name.clone());
        let mut statements = self.statements.lock();
        statements.end(&key);
        match columns {
            Some(columns) if is_parsed => statements.keep(key, name, Columns::clone(columns)),
            None if is_parsed => statements.discard(name),
            _ => {}
        }
    }
}

impl Drop for Preparing<'_> {
    fn drop(&mut self) {
        if self.is_under_way {
            let mut statements = self.statements.lock();
            statements.end(&self.key);
            statements.discard(std::mem::take(&mut self.name));
        }
    }
}

/// `prepared statement … does not exist`, or `already exists` where it never was prepared.
pub(in crate::db) fn is_name_lost(error: &DatabaseError) -> bool {
    matches!(&*error.sqlstate, "26000" | "42P05")
}

/// `cached plan must not change result type`.
pub(in crate::db) fn is_changed(error: &DatabaseError) -> bool {
    error.sqlstate == "0A000"
}
