//! `orderBy` -> the terms of ORDER BY, completed by the key so that no two rows are equal.

use super::{PlanError, Planner};
use crate::request::{Input, Leaf};
use crate::schema::OrderKey;

/// How many columns an `orderBy` may name. Every term stands in the statement several times, and a cursor has a value for each.
const MOST_TERMS: usize = 16;

/// One term of an ORDER BY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderTerm {
    /// What decides.
    pub key: OrderKey,
    /// Whether the greatest comes first.
    pub is_descending: bool,
    /// Whether nulls come first.
    pub is_nulls_first: bool,
}

impl OrderTerm {
    /// The term that puts rows in the opposite order.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { is_descending: !self.is_descending, is_nulls_first: !self.is_nulls_first, ..self }
    }
}

impl Planner<'_> {
    /// The terms of an `orderBy` argument, in the order given, and then those of the table's key. Of several terms with the same
    /// key only the first can decide anything, so the others are left out.
    pub(super) fn order(
        &self,
        table: usize,
        argument: Option<&Input<'_>>,
    ) -> Result<Vec<OrderTerm>, PlanError> {
        let exposed = self.table(table)?;
        let mut terms: Vec<OrderTerm> = Vec::new();
        for item in argument.map(Input::items).unwrap_or_default() {
            for (name, direction) in &item.fields() {
                let Some(key) = exposed.order_key(name) else {
                    return Err(self.error(format!("{name} cannot be ordered by")));
                };
                let term = self.term(key, direction)?;
                terms.extend(term.filter(|term| terms.iter().all(|earlier| earlier.key != term.key)));
                if terms.len() > MOST_TERMS {
                    return Err(
                        self.error(format!("orderBy names more than {MOST_TERMS} columns; name fewer"))
                    );
                }
            }
        }
        terms.extend(exposed.key.iter().map(|column| OrderTerm {
            key: OrderKey::Column(*column),
            is_descending: false,
            is_nulls_first: false,
        }));
        Ok(terms)
    }

    fn term(&self, key: OrderKey, direction: &Input<'_>) -> Result<Option<OrderTerm>, PlanError> {
        let (is_descending, is_nulls_first) = match direction.value() {
            Leaf::Null => return Ok(None),
            Leaf::Text(name) => match name {
                "AscNullsFirst" => (false, true),
                "AscNullsLast" => (false, false),
                "DescNullsFirst" => (true, true),
                "DescNullsLast" => (true, false),
                other => return Err(self.error(format!("{other} is no direction to order in"))),
            },
            Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound => {
                return Err(self.error("a direction to order in is needed"));
            }
        };
        Ok(Some(OrderTerm { key, is_descending, is_nulls_first }))
    }
}
