//! The name of a statement in a pipeline: one that the server knows, or one that the pipeline introduces.
//!
//! Only one future at a time introduces a name: two that are polled together do not prepare the same text twice.

use std::sync::Arc;

use crate::db::connection::columns::Columns;
use crate::db::connection::statements::{Key, Prepared, Statements};
use crate::db::error::DatabaseError;
use crate::db::lock::Lock;

/// The name of a statement.
pub(super) enum Name<'a> {
    /// The unnamed statement.
    None,
    /// The server knows it.
    Known(Prepared),
    /// The pipeline introduces it to the server.
    New(Preparing<'a>),
    /// An earlier statement of the same pipeline is the same, and has introduced it.
    Same(Arc<str>),
}

impl<'a> Name<'a> {
    /// No name for a statement that must not have one, or not now: while another future prepares it, it is sent without.
    pub(super) fn find(statements: &'a Lock<Statements>, key: &Key) -> Self {
        let mut held = statements.lock();
        if held.is_refused(key) {
            return Self::None;
        }
        if let Some(known) = held.get(key) {
            return Self::Known(known.clone());
        }
        match held.begin(key) {
            Some(name) => Self::New(Preparing { statements, key: key.clone(), name, is_under_way: true }),
            None => Self::None,
        }
    }

    /// The server's name for it. The unnamed statement's name is empty.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::None => "",
            Self::Known(prepared) => &prepared.name,
            Self::New(preparing) => &preparing.name,
            Self::Same(name) => name,
        }
    }

    /// The name, to be shared.
    pub(super) fn shared(&self) -> Option<Arc<str>> {
        match self {
            Self::None => None,
            Self::Known(Prepared { name, .. }) | Self::New(Preparing { name, .. }) | Self::Same(name) => {
                Some(Arc::clone(name))
            }
        }
    }

    /// Whether the pipeline has to parse the statement.
    pub(super) fn is_parsed_now(&self) -> bool {
        matches!(self, Self::None | Self::New(_))
    }

    /// The columns of the result, if they are known.
    pub(super) fn columns(&self) -> Option<Columns> {
        match self {
            Self::Known(prepared) => prepared.columns.clone(),
            Self::None | Self::New(_) | Self::Same(_) => None,
        }
    }
}

/// A name that is being introduced. If this is dropped before the result is known, the next pipeline closes the name.
pub(super) struct Preparing<'a> {
    statements: &'a Lock<Statements>,
    key: Key,
    name: Arc<str>,
    is_under_way: bool,
}

/// The result of preparing a statement.
pub(super) enum Parsed {
    /// The server knows it now. Holds the columns of its result, if they were requested, and the length of its text.
    Done(Option<Columns>, usize),
    /// The server knows it, but its columns did not arrive, so it cannot be used.
    Useless,
    /// The server does not know it.
    Failed,
}

impl Preparing<'_> {
    /// The answer was read.
    pub(super) fn finish(mut self, parsed: Parsed) {
        self.is_under_way = false;
        let mut statements = self.statements.lock();
        statements.end(&self.key);
        match parsed {
            Parsed::Done(columns, length) => {
                statements.keep(self.key.clone(), Arc::clone(&self.name), columns, length);
            }
            Parsed::Useless => statements.discard(&self.name),
            Parsed::Failed => {}
        }
    }
}

impl Drop for Preparing<'_> {
    fn drop(&mut self) {
        if self.is_under_way {
            let mut statements = self.statements.lock();
            statements.end(&self.key);
            statements.discard(&self.name);
        }
    }
}

/// `prepared statement … does not exist`, or `already exists` although it never was prepared.
pub(super) fn is_name_lost(error: &DatabaseError) -> bool {
    matches!(&*error.sqlstate, "26000" | "42P05")
}

/// `cached plan must not change result type`, in any language. PostgreSQL uses the same SQLSTATE for everything that it does
/// not support, and translates the text.
pub(super) fn is_plan_stale(error: &DatabaseError) -> bool {
    error.sqlstate == "0A000" && error.routine.as_deref() == Some("RevalidateCachedQuery")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsupported_feature_is_no_stale_plan() {
        let error = |routine: Option<&str>| DatabaseError {
            sqlstate: "0A000".to_owned(),
            routine: routine.map(str::to_owned),
            ..DatabaseError::default()
        };
        assert!(is_plan_stale(&error(Some("RevalidateCachedQuery"))));
        assert!(!is_plan_stale(&error(Some("transformOnConflictArbiter"))) && !is_plan_stale(&error(None)));
    }
}
