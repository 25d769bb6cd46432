//! Values of an answer that were replaced by null -> the errors that say why. Pure.

use super::{Code, GraphqlError};
use crate::request::ValueError;
use crate::schema::violation::Violation;

/// A value that was replaced by null, because it breaks the schema's promise.
pub fn of_value(error: ValueError) -> GraphqlError {
    let message = match error.violation {
        Violation::Null => {
            "null in a non-null field: the column is NOT NULL in the database's catalog, but the row has a null here"
        }
        Violation::MissingRow => {
            "null in a non-null field: a foreign key references a row here, but the database has none"
        }
        Violation::Dimensions => {
            "the array has several dimensions, which the database allows in every array type but a list of this type cannot hold"
        }
        Violation::NotFinite => "the number is NaN or infinite, which Float cannot hold",
        Violation::UnknownLabel => {
            "the value is no label of the enum that this API knows: the database's type has changed, and will be read again"
        }
        Violation::UnknownEntity => {
            "the __typename of this representation is no type of this API's rows, as the role sees it"
        }
        Violation::NoEntityKey => {
            "this representation has no key of its type: give nodeId, or all fields of a key that the type's @key names"
        }
        Violation::WrongEntityKey => {
            "a value in this representation's key is none of its field's type: give it as an answer of this API has it"
        }
    };
    let code = match error.violation {
        Violation::UnknownEntity | Violation::NoEntityKey | Violation::WrongEntityKey => Code::BadUserInput,
        Violation::Null
        | Violation::MissingRow
        | Violation::Dimensions
        | Violation::NotFinite
        | Violation::UnknownLabel => Code::InvalidData,
    };
    let locations = error.location.into_iter().collect();
    GraphqlError { path: error.path, locations, ..GraphqlError::new(code, message) }
}

/// Stands in for the errors that are left out.
pub fn of_further_values(count: usize) -> GraphqlError {
    let message = format!("{count} more values break what the schema promises (setting explore)");
    GraphqlError::new(Code::InvalidData, message)
}
