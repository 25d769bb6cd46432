//! `orderBy` -> the terms of ORDER BY, completed by the key so that no two rows are equal.

use std::sync::Arc;

use super::{Measure, PlanError, Planner};
use crate::request::{Input, Leaf};
use crate::schema::{AggregateFunction, Join, OrderFieldKind};

/// The maximum number of columns and aggregates in an `orderBy`, including those of `distinctOn`. Every term
/// is in the statement several times, and a cursor has a value for each.
pub(super) const MOST_TERMS: usize = 16;

/// What rows are ordered by.
#[derive(Debug, Clone, PartialEq)]
pub enum OrderKey {
    /// A column.
    Column(usize),
    /// A key of the single row at the other end of a relation.
    Row(Arc<Join>, Box<OrderKey>),
    /// The number of the rows at the other end of a relation.
    Count(Arc<Join>),
    /// An aggregate function over a column of the rows at the other end of a relation.
    Figure(Arc<Join>, AggregateFunction, usize),
    /// A number that is computed of a column and of values.
    Measure(Box<Measure>),
}

impl OrderKey {
    /// The columns of the row that its value depends on.
    pub fn columns(&self) -> impl Iterator<Item = usize> {
        let (own, pairs) = match self {
            Self::Column(column) => (Some(*column), &[][..]),
            Self::Measure(measure) => (Some(measure.column), &[][..]),
            Self::Row(join, _) | Self::Count(join) | Self::Figure(join, ..) => {
                (None, join.columns.as_slice())
            }
        };
        own.into_iter().chain(pairs.iter().map(|(ours, _)| *ours))
    }
}

/// One term of an ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderTerm<K = OrderKey> {
    /// The key.
    pub key: K,
    /// Whether the largest value comes first.
    pub is_descending: bool,
    /// Whether nulls come first.
    pub is_nulls_first: bool,
}

impl OrderTerm {
    /// By a column, ascending with nulls last.
    fn by_column(column: usize) -> Self {
        Self::ascending(OrderKey::Column(column))
    }
}

impl<K: Clone> OrderTerm<K> {
    /// The least first and nulls last.
    pub(super) fn ascending(key: K) -> Self {
        Self { key, is_descending: false, is_nulls_first: false }
    }

    /// The term for the opposite order.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            key: self.key.clone(),
            is_descending: !self.is_descending,
            is_nulls_first: !self.is_nulls_first,
        }
    }
}

impl Planner<'_> {
    /// The terms of an `orderBy` argument, in the order given, and then those of the table's key. Of several
    /// terms with the same key only the first has an effect, so the others are left out. The columns of
    /// `distinctOn` come before all others, in the direction that `orderBy` gives them, else ascending.
    pub(super) fn order(
        &self,
        table: usize,
        distinct_on: &[usize],
        argument: Option<&Input<'_>>,
    ) -> Result<Vec<OrderTerm>, PlanError> {
        let exposed = self.table(table)?;
        let mut terms: Vec<OrderTerm> = Vec::new();
        for item in argument.map(Input::items).unwrap_or_default() {
            for term in self.order_terms(table, &item)? {
                if terms.iter().all(|earlier| earlier.key != term.key) {
                    terms.push(term);
                }
                if terms.len() > MOST_TERMS {
                    return Err(
                        self.error(format!("orderBy names more than {MOST_TERMS} columns; name fewer"))
                    );
                }
            }
        }
        if !distinct_on.is_empty() {
            terms = beginning_with(distinct_on, terms);
            if terms.len() > MOST_TERMS {
                return Err(self.error(format!(
                    "distinctOn and orderBy name more than {MOST_TERMS} columns together; name fewer"
                )));
            }
        }
        terms.extend(exposed.key.iter().map(|column| OrderTerm::by_column(*column)));
        Ok(terms)
    }

    /// The terms of the fields of an object of an `orderBy`.
    pub(super) fn order_terms(&self, table: usize, object: &Input<'_>) -> Result<Vec<OrderTerm>, PlanError> {
        let exposed = self.table(table)?;
        let mut terms = Vec::new();
        for (name, value) in object.fields() {
            match exposed.order_field(name) {
                Some(OrderFieldKind::Column(column)) => {
                    terms.extend(self.term(OrderKey::Column(column), &value.value())?);
                }
                Some(OrderFieldKind::Relation(relation)) => {
                    terms.extend(self.relation_order(name, relation, &value)?);
                }
                Some(OrderFieldKind::Measure(measure)) => {
                    terms.extend(self.measure_order(table, measure, &value)?);
                }
                None => return Err(self.error(format!("{name} cannot be ordered by"))),
            }
        }
        Ok(terms)
    }

    /// The term of a key with its direction. Null adds no term.
    pub(super) fn term<K>(&self, key: K, direction: &Leaf<'_>) -> Result<Option<OrderTerm<K>>, PlanError> {
        let (is_descending, is_nulls_first) = match direction {
            Leaf::Null => return Ok(None),
            Leaf::Text(name) => match *name {
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

/// The terms of these columns first, then the others.
fn beginning_with(columns: &[usize], mut terms: Vec<OrderTerm>) -> Vec<OrderTerm> {
    let mut ordered = Vec::with_capacity(columns.len() + terms.len());
    for column in columns {
        let given = terms.iter().position(|term| term.key == OrderKey::Column(*column));
        ordered.push(given.map_or_else(|| OrderTerm::by_column(*column), |place| terms.remove(place)));
    }
    ordered.append(&mut terms);
    ordered
}
