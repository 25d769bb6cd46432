//! Our errors -> Diesel's, for typed queries, and back.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind};

use crate::db::error::{DatabaseError, Error};

pub use diesel::result::Error as QueryError;

/// An error in Diesel's form.
pub(super) fn convert(error: Error) -> diesel::result::Error {
    match error {
        Error::Database(error) => {
            diesel::result::Error::DatabaseError(kind(&error.sqlstate), Box::new(Information(*error)))
        }
        Error::Unavailable(_) => diesel::result::Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection,
            Box::new(error.to_string()),
        ),
        other => {
            diesel::result::Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(other.to_string()))
        }
    }
}

/// A query's error, completed with fields from `told` that Diesel's error lacks, if `told` is about the same failure.
pub(in crate::db) fn back(error: &QueryError, told: Option<&Error>) -> Error {
    let QueryError::DatabaseError(kind, information) = error else {
        return Error::Protocol(error.to_string());
    };
    if let Some(told) = told
        && is_of(information.message(), told)
    {
        return told.clone();
    }
    // Diesel's kinds cannot be compared, but they have no fields.
    let same = |known: &DatabaseErrorKind| std::mem::discriminant(known) == std::mem::discriminant(kind);
    let Some((sqlstate, _)) = KINDS.iter().find(|(_, known)| same(known)) else {
        return Error::Protocol(error.to_string());
    };
    let text = |part: Option<&str>| part.map(str::to_owned);
    Error::Database(Box::new(DatabaseError {
        sqlstate: (*sqlstate).to_owned(),
        message: information.message().to_owned(),
        detail: text(information.details()),
        hint: text(information.hint()),
        table: text(information.table_name()),
        column: text(information.column_name()),
        constraint: text(information.constraint_name()),
        ..DatabaseError::default()
    }))
}

fn is_of(message: &str, told: &Error) -> bool {
    match told {
        Error::Database(raised) => raised.message == message,
        told => told.to_string() == message,
    }
}

/// Diesel's classes by SQLSTATE (manual, appendix A).
const KINDS: [(&str, DatabaseErrorKind); 8] = [
    ("23505", DatabaseErrorKind::UniqueViolation),
    ("23503", DatabaseErrorKind::ForeignKeyViolation),
    ("23001", DatabaseErrorKind::RestrictViolation),
    ("23P01", DatabaseErrorKind::ExclusionViolation),
    ("23502", DatabaseErrorKind::NotNullViolation),
    ("23514", DatabaseErrorKind::CheckViolation),
    ("25006", DatabaseErrorKind::ReadOnlyTransaction),
    ("40001", DatabaseErrorKind::SerializationFailure),
];

fn kind(sqlstate: &str) -> DatabaseErrorKind {
    let known = KINDS.into_iter().find(|(known, _)| *known == sqlstate);
    known.map_or(DatabaseErrorKind::Unknown, |(_, kind)| kind)
}

/// A [`DatabaseError`] behind Diesel's interface.
#[derive(Debug)]
struct Information(DatabaseError);

impl DatabaseErrorInformation for Information {
    fn message(&self) -> &str {
        &self.0.message
    }

    fn details(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    fn table_name(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    fn column_name(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    fn constraint_name(&self) -> Option<&str> {
        self.0.constraint.as_deref()
    }

    fn statement_position(&self) -> Option<i32> {
        self.0.position.and_then(|position| i32::try_from(position).ok())
    }
}
