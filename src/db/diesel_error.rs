//! The driver's errors -> Diesel's, for typed queries.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind};

use super::{DatabaseError, Error};

/// The driver's error as Diesel has it.
pub(super) fn convert(error: tokio_postgres::Error) -> diesel::result::Error {
    match Error::while_running(error) {
        Error::Database(error) => {
            diesel::result::Error::DatabaseError(kind(&error.sqlstate), Box::new(Information(*error)))
        }
        other => diesel::result::Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection,
            Box::new(other.to_string()),
        ),
    }
}

/// A result column that the driver had to look up by a named statement, which may still be there.
pub(super) fn not_built_in(column: &str, type_name: &str) -> diesel::result::Error {
    let message = format!(
        "column {column:?} has the type {type_name:?}, which is not built in and cannot be loaded as it is: \
         cast it in the query, to text for example"
    );
    diesel::result::Error::DeserializationError(message.into())
}

/// Whether the connection can be used after the error: PostgreSQL raised it and stayed.
pub(super) fn leaves_connection_usable(error: &diesel::result::Error) -> bool {
    matches!(error, diesel::result::Error::DatabaseError(kind, _)
        if !matches!(kind, DatabaseErrorKind::ClosedConnection))
}

/// Diesel's classes by SQLSTATE (manual, appendix A).
fn kind(sqlstate: &str) -> DatabaseErrorKind {
    match sqlstate {
        "23505" => DatabaseErrorKind::UniqueViolation,
        "23503" => DatabaseErrorKind::ForeignKeyViolation,
        "23001" => DatabaseErrorKind::RestrictViolation,
        "23P01" => DatabaseErrorKind::ExclusionViolation,
        "23502" => DatabaseErrorKind::NotNullViolation,
        "23514" => DatabaseErrorKind::CheckViolation,
        "25006" => DatabaseErrorKind::ReadOnlyTransaction,
        "40001" => DatabaseErrorKind::SerializationFailure,
        _ => DatabaseErrorKind::Unknown,
    }
}

/// A [`DatabaseError`] as Diesel asks for it.
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
