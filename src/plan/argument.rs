//! Reading of arguments, and what can be wrong with them although their types are right.

use super::Planner;
use super::slot::{Slot, count};
use crate::request::{Field, Input, Inputs, Leaf};

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

impl<'a> Planner<'a> {
    /// The arguments of a field. A variable that may be null can stand where null may not, if it has a default: then null
    /// itself is refused here (GraphQL specification, 6.4.1).
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

    /// A defect that shows at this field.
    pub(super) fn defect(&self, message: impl Into<String>) -> PlanError {
        PlanError { fault: PlanFault::Defect, ..self.error(message) }
    }

    /// A count of rows that the statement's text depends on; null is absent.
    pub(super) fn count(&self, arguments: &Inputs<'_>, name: &str) -> Result<Option<u64>, PlanError> {
        match arguments.get(name).map(Input::value) {
            None | Some(Leaf::Null) => Ok(None),
            Some(leaf) => count(name, &leaf).map(Some).map_err(|message| self.error(message)),
        }
    }

    /// A count of rows that is put into the statement; null is absent.
    pub(super) fn count_later(
        &self,
        arguments: &Inputs<'_>,
        name: &'static str,
    ) -> Result<Option<Slot>, PlanError> {
        let given = arguments.get(name).filter(|given| !given.is_null());
        given.map(|given| self.count_slot(name, given)).transpose()
    }
}
