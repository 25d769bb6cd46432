//! Calls of functions: root fields and computed fields.

use apollo_compiler::Node;

use super::slot::Taken;
use super::{Action, Origin, PlanError, Planner, RowField, Slot};
use crate::request::{Field, Inputs};
use crate::schema::{ExposedArgument, ExposedFunction, Nullability, Returns};

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function, as an index into the catalog's functions.
    pub function: usize,
    /// Its arguments.
    pub given: Given,
}

/// The arguments of a function.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// Arguments by position; for missing ones, PostgreSQL uses the default.
    Arguments(Vec<(usize, Slot)>),
    /// The parent row.
    Row,
}

impl<'a> Planner<'a> {
    /// A root field that calls one of these functions.
    pub(super) fn call(&self, overloads: &[usize], fields: &[&'a Node<Field>]) -> Result<Action, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let (function, exposed) = self.overload(overloads, &arguments)?;
        let mut given = Vec::new();
        for (index, argument) in exposed.arguments().iter().enumerate() {
            if let Some(value) = arguments.get(&*argument.name) {
                let taken = Taken::of(&argument.name, &argument.column_type);
                given.push((index, self.slot(taken, &argument.column_type, value)?));
            }
        }
        let call = Call { function, given: Given::Arguments(given) };
        Ok(match exposed.returns {
            Returns::Nothing => Action::Value(call, None),
            Returns::Value(ref of) => Action::Value(call, self.composite_value(of, fields)?),
            Returns::Row(table) => Action::Row(self.row(table, Origin::Called(call), fields)?),
            Returns::Rows(table) => {
                Action::Connection(self.connection(table, Origin::Called(call), fields)?)
            }
        })
    }

    /// A computed field of a row.
    pub(super) fn computed(
        &self,
        function: usize,
        fields: &[&'a Node<Field>],
    ) -> Result<RowField, PlanError> {
        let origin = || Origin::Called(Call { function, given: Given::Row });
        let exposed = self.schema.function(function);
        let exposed = exposed.ok_or_else(|| self.defect("a field calls a function that is not exposed"))?;
        Ok(match exposed.returns {
            Returns::Row(table) => {
                let row = Box::new(self.row(table, origin(), fields)?);
                RowField::ToOne { row, nullability: Nullability::Nullable }
            }
            Returns::Rows(table) => RowField::ToMany(Box::new(self.connection(table, origin(), fields)?)),
            Returns::Nothing => RowField::Computed(function, None),
            Returns::Value(ref of) => RowField::Computed(function, self.composite_value(of, fields)?),
        })
    }

    /// The overload that takes the given arguments. Names distinguish overloads, so there is at most one.
    fn overload(
        &self,
        overloads: &[usize],
        arguments: &Inputs<'_>,
    ) -> Result<(usize, &'a ExposedFunction), PlanError> {
        let exposed: Vec<_> =
            overloads.iter().filter_map(|index| Some((*index, self.schema.function(*index)?))).collect();
        let names = |function: &ExposedFunction| {
            function.arguments().iter().map(|argument| argument.name.to_string()).collect::<Vec<_>>()
        };
        // A connection has arguments besides the function's own.
        let all: Vec<_> = exposed.iter().flat_map(|(_, function)| names(function)).collect();
        let fits = |function: &ExposedFunction| {
            let own = names(function);
            let takes_all = arguments
                .keys()
                .all(|name| own.iter().any(|own| own == name) || all.iter().all(|all| all != name));
            let is_missing =
                |argument: &ExposedArgument| argument.is_required && !arguments.contains_key(&*argument.name);
            takes_all && !function.arguments().iter().any(is_missing)
        };
        exposed.iter().find(|(_, function)| fits(function)).copied().ok_or_else(|| {
            let lists = exposed.iter().map(|(_, function)| format!("({})", names(function).join(", ")));
            let lists = lists.collect::<Vec<_>>().join(" or ");
            self.error(format!("no overload takes these arguments; it takes {lists}"))
        })
    }
}
