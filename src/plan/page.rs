//! `first`, `last`, `before`, `after`, `offset` -> a part of a collection.

use super::{OrderTerm, Origin, PlanError, Planner, Slot};
use crate::request::{Input, Inputs};

/// A part of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// From which end rows are counted.
    pub direction: Direction,
    /// The maximum number of rows.
    pub limit: u64,
    /// The number of rows to skip; `None` is none.
    pub offset: Option<Slot>,
    /// `after`: only rows after it.
    pub after: Option<Bound>,
    /// `before`: only rows before it.
    pub before: Option<Bound>,
}

/// From which end rows are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the beginning.
    Forward,
    /// From the end.
    Backward,
}

/// A position: a value for each term of the order; `None` is null. For a table with children, the oid of the
/// table that contains the row comes last.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The values.
    pub values: Vec<Option<Slot>>,
}

impl Planner<'_> {
    /// The part of a collection that the arguments select.
    pub(super) fn page(
        &self,
        table: usize,
        origin: &Origin,
        order: &[OrderTerm],
        arguments: &Inputs<'_>,
    ) -> Result<Page, PlanError> {
        // If the key does not identify all rows, there is one more value: the table that contains the row.
        let tells_children_apart =
            !matches!(origin, Origin::Called(_)) && self.schema.catalog.tables[table].tells_children_apart();
        self.page_of(table, order.len() + usize::from(tells_children_apart), arguments)
    }

    /// The same where positions have so many values.
    pub(super) fn page_of(
        &self,
        table: usize,
        length: usize,
        arguments: &Inputs<'_>,
    ) -> Result<Page, PlanError> {
        let first = self.count(arguments, "first")?;
        let last = self.count(arguments, "last")?;
        let offset = self.count_later(arguments, "offset")?;
        let after = self.bound(length, arguments, "after")?;
        let before = self.bound(length, arguments, "before")?;
        if first.is_some() && last.is_some() {
            return Err(self.error("only one of first and last can be given"));
        }
        if after.is_some() && before.is_some() {
            return Err(self.error("only one of before and after can be given"));
        }
        let is_backward = last.is_some() || (before.is_some() && first.is_none());
        if offset.is_some() && (is_backward || before.is_some()) {
            return Err(self.error("offset can only be given with first and after"));
        }
        let is_zero = arguments.get("offset").is_some_and(Input::is_zero);
        let page_size = self.facts.operation().page_size(self.schema, table);
        Ok(Page {
            direction: if is_backward { Direction::Backward } else { Direction::Forward },
            limit: first.or(last).map_or(page_size, |asked| asked.min(page_size)),
            offset: offset.filter(|_| !is_zero),
            after,
            before,
        })
    }

    fn bound(&self, length: usize, arguments: &Inputs<'_>, name: &str) -> Result<Option<Bound>, PlanError> {
        let Some(cursor) = arguments.get(name).filter(|given| !given.is_null()) else { return Ok(None) };
        match self.cursor(cursor) {
            Some(values) if values.len() == length => Ok(Some(Bound { values })),
            Some(_) => Err(self.error(format!(
                "{name} is a cursor of another order: take it from an answer with the same orderBy"
            ))),
            None => {
                Err(self
                    .error(format!("{name} is no cursor: take it from a cursor or pageInfo field as it is")))
            }
        }
    }
}
