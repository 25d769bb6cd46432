//! `arrayAgg`: the values of columns as lists.

use apollo_compiler::Node;

use super::{AggregateColumn, AggregateField, PlanError, Planner, SelectedField, SelectedKind};
use crate::request::{Field, Input, Leaf};
use crate::schema::{FixedFields, ListArgument, TableType, TypeId};

/// How the values of a column become a list. Nulls are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The maximum number of values.
    pub limit: u64,
    /// Whether equal values are in it once.
    pub is_distinct: bool,
    /// Whether the greatest value comes first.
    pub is_descending: bool,
}

impl<'a> Planner<'a> {
    pub(super) fn listed(
        &self,
        table: usize,
        fields: &[&'a Node<Field>],
    ) -> Result<AggregateField, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let page_size = self.facts.operation().page_size(self.schema, table);
        let first = self.count(&arguments, ListArgument::First.name())?;
        let is_distinct = match arguments.get(ListArgument::Distinct.name()).map(Input::value) {
            None | Some(Leaf::Null) => false,
            Some(Leaf::Boolean(is_distinct)) => is_distinct,
            Some(Leaf::Number(_) | Leaf::Text(_) | Leaf::Compound) => {
                return Err(self.error("distinct takes true or false"));
            }
        };
        let direction = arguments.get(ListArgument::Direction.name()).map_or(Leaf::Null, Input::value);
        let term = self.term((), &direction)?;
        let listed = Listed {
            limit: first.map_or(page_size, |first| first.min(page_size)),
            is_distinct,
            is_descending: term.is_some_and(|term| term.is_descending),
        };
        let exposed = self.table(table)?;
        let of = TypeId::Table(table, TableType::AggregateList);
        let selected = self.fields(of, fields, |name| exposed.listed_column(name))?;
        let columns = selected.into_iter().map(|SelectedField { key, kind, .. }| {
            let field = match kind {
                SelectedKind::Typename(name) => AggregateColumn::Typename(name),
                SelectedKind::Field(column) => AggregateColumn::Column(column),
            };
            (key, field)
        });
        Ok(AggregateField::List(listed, columns.collect()))
    }
}
