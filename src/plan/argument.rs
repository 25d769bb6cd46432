//! Reads arguments, and reports errors that their types do not exclude.

use super::Planner;
use super::slot::{Slot, count};
use crate::request::{Field, Input, Inputs, Leaf};

/// An argument that its type allows but the API does not, or a defect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// Who has to correct the error.
    pub fault: PlanFault,
    /// What is wrong, and what to do.
    pub message: String,
    /// The response keys from the root to the field.
    pub path: Vec<String>,
    /// The place of the root field: line and column, from 1.
    pub location: Option<(usize, usize)>,
}

/// Who has to correct an operation that cannot be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanFault {
    /// The client; the message says what to do.
    Request,
    /// Glowplug; the message is for the log.
    Defect,
}

impl<'a> Planner<'a> {
    /// The arguments of a field. Validation allows a nullable variable for a non-null argument if there is a
    /// default; a null value is then refused here (GraphQL specification, 6.4.1).
    pub(super) fn arguments(&self, field: &'a Field) -> Result<Inputs<'a>, PlanError> {
        let arguments = self.facts.arguments(field);
        for declared in &field.definition.arguments {
            if declared.ty.is_non_null() && arguments.get(declared.name.as_str()).is_some_and(Input::is_null)
            {
                return Err(self.error(format!("{} must not be null", declared.name)));
            }
        }
        Ok(arguments)
    }

    /// An error at this field.
    pub(super) fn error(&self, message: impl Into<String>) -> PlanError {
        self.path.error(message)
    }

    /// A defect that is found at this field.
    pub(super) fn defect(&self, message: impl Into<String>) -> PlanError {
        PlanError { fault: PlanFault::Defect, ..self.error(message) }
    }

    /// A number of rows that the statement's text depends on; null counts as absent.
    pub(super) fn count(&self, arguments: &Inputs<'_>, name: &str) -> Result<Option<u64>, PlanError> {
        match arguments.get(name).map(Input::value) {
            None | Some(Leaf::Null) => Ok(None),
            Some(leaf) => count(name, &leaf).map(Some).map_err(|message| self.error(message)),
        }
    }

    /// A number of rows that is a value of the statement; null counts as absent.
    pub(super) fn count_later(
        &self,
        arguments: &Inputs<'_>,
        name: &'static str,
    ) -> Result<Option<Slot>, PlanError> {
        let given = arguments.get(name).filter(|given| !given.is_null());
        given.map(|given| self.count_slot(name, given)).transpose()
    }
}
