//! Reading of arguments, and what can be wrong with them although their types are right.

use super::Planner;
use crate::request::{Field, Input, Inputs};

/// An argument that no type forbids but the API does, or a defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// Whose fault it is.
    pub fault: PlanFault,
    /// What is wrong and what to do.
    pub message: String,
    /// The response keys from the root to the field.
    pub path: Vec<String>,
    /// Where the root field stands: line and column, from 1.
    pub location: Option<(usize, usize)>,
}

/// Whose fault it is that an operation cannot be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanFault {
    /// The client's: the message says what to do.
    Request,
    /// Glowplug's: the message is for the log.
    Defect,
}

impl Planner<'_> {
    /// The arguments of a field. A variable that may be null can stand where null may not, if it has a default: then null
    /// itself is refused here (GraphQL specification, 6.4.1).
    pub(super) fn arguments(&self, field: &Field) -> Result<Inputs, PlanError> {
        let arguments = self.operation.arguments(&field.arguments);
        for declared in &field.definition.arguments {
            if declared.ty.is_non_null() && arguments.get(declared.name.as_str()) == Some(&Input::Null) {
                return Err(self.error(format!("{} must not be null", declared.name)));
            }
        }
        Ok(arguments)
    }

    /// An error at this field.
    pub(super) fn error(&self, message: impl Into<String>) -> PlanError {
        let (message, path) = (message.into(), self.path.clone());
        PlanError { fault: PlanFault::Request, message, path, location: None }
    }

    /// A defect that shows at this field.
    pub(super) fn defect(&self, message: impl Into<String>) -> PlanError {
        PlanError { fault: PlanFault::Defect, ..self.error(message) }
    }

    /// A count of rows; null is absent.
    pub(super) fn count(&self, arguments: &Inputs, name: &str) -> Result<Option<u64>, PlanError> {
        match arguments.get(name) {
            None | Some(Input::Null) => Ok(None),
            Some(Input::Number(number)) => match number.parse() {
                Ok(count) => Ok(Some(count)),
                Err(_) => Err(self.error(format!("{name} is {number}; it must not be negative"))),
            },
            Some(_) => Err(self.error(format!("{name} must be an integer"))),
        }
    }

    /// A text; null is absent.
    pub(super) fn text<'i>(&self, arguments: &'i Inputs, name: &str) -> Result<Option<&'i str>, PlanError> {
        match arguments.get(name) {
            None | Some(Input::Null) => Ok(None),
            Some(Input::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(format!("{name} must be a string"))),
        }
    }
}

/// A list, where a single value stands for a list of one (GraphQL specification, 3.11).
pub(super) fn items(input: &Input) -> &[Input] {
    match input {
        Input::List(items) => items,
        single => std::slice::from_ref(single),
    }
}
