//! Filters and orders by the rows at the other end of a relation.

use std::sync::Arc;

use super::slot::Taken;
use super::{Condition, Operand, OrderKey, OrderTerm, PlanError, Planner};
use crate::request::{Input, Leaf};
use crate::schema::{
    AggregateFieldKind, Cardinality, FilterFieldKind, FilterOperator, FixedFields, Join, OperandKind,
    Operator, RelationField, RelationFilterFieldKind, RowConditionKind, Scalar, ValueType, figure_operator,
};

/// A condition on the rows at the other end of a relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// The relation.
    pub join: Arc<Join>,
    /// The condition.
    pub test: RelatedTest,
}

/// A condition on a set of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum RelatedTest {
    /// At least one row matches; without a condition: there is at least one row.
    Some(Option<Condition>),
    /// No row matches; without a condition: there are no rows.
    None(Option<Condition>),
    /// All rows match.
    Every(Condition),
    /// The number of rows satisfies a comparison.
    Count(&'static Operator, Operand),
}

impl RelatedTest {
    /// The condition that is true for the rows that are looked for.
    pub fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Some(condition) | Self::None(condition) => condition.as_ref(),
            // It looks for rows that do not match.
            Self::Every(_) | Self::Count(..) => None,
        }
    }
}

impl Planner<'_> {
    /// The conditions of a relation's field in a filter. Null adds no condition.
    pub(super) fn relation_filter(
        &self,
        name: &str,
        relation: &RelationField,
        value: &Input<'_>,
    ) -> Result<Vec<Condition>, PlanError> {
        if value.is_null() {
            return Ok(Vec::new());
        }
        let tests = match relation.cardinality {
            Cardinality::One { .. } => self.row_tests(name, relation.join.table, value)?,
            Cardinality::Many => self.rows_tests(name, relation.join.table, value)?,
        };
        let related = |test| Condition::Related(Box::new(Related { join: Arc::clone(&relation.join), test }));
        Ok(tests.into_iter().map(related).collect())
    }

    /// The condition on a single row: that it exists and matches, or only what `is` says.
    fn row_tests(&self, name: &str, table: usize, value: &Input<'_>) -> Result<Vec<RelatedTest>, PlanError> {
        const IS: &str = "is";
        let mut fields = value.fields();
        let is_of_row =
            self.table(table)?.filter_field(IS) == Some(FilterFieldKind::Row(RowConditionKind::Is));
        let is = if is_of_row { fields.shift_remove(IS) } else { None };
        let condition = self.conditions(table, &fields)?;
        let presence = match is.as_ref().map(Input::value) {
            None => return Ok(vec![RelatedTest::Some(condition)]),
            Some(Leaf::Text("NULL")) => RelatedTest::None(None),
            Some(Leaf::Text(_)) => RelatedTest::Some(None),
            Some(Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound) => {
                return Err(self.error(format!("is on {name} takes NULL or NOT_NULL")));
            }
        };
        let matches = condition.map(|condition| RelatedTest::Some(Some(condition)));
        Ok(matches.into_iter().chain([presence]).collect())
    }

    /// The conditions on the rows of a to-many relation.
    fn rows_tests(&self, name: &str, table: usize, value: &Input<'_>) -> Result<Vec<RelatedTest>, PlanError> {
        let mut tests = Vec::new();
        for (field, value) in &value.fields() {
            if value.is_null() {
                continue;
            }
            let kind = RelationFilterFieldKind::named(field);
            match kind.ok_or_else(|| self.error(format!("{name} cannot be filtered by {field}")))? {
                RelationFilterFieldKind::Some => {
                    tests.push(RelatedTest::Some(self.filter(table, Some(value))?));
                }
                RelationFilterFieldKind::None => {
                    tests.push(RelatedTest::None(self.filter(table, Some(value))?));
                }
                // Without a condition, all rows match.
                RelationFilterFieldKind::Every => {
                    tests.extend(self.filter(table, Some(value))?.map(RelatedTest::Every));
                }
                RelationFilterFieldKind::Count => {
                    for (operator, value) in &value.fields() {
                        tests.push(self.count_test(name, operator, value)?);
                    }
                }
            }
        }
        Ok(tests)
    }

    fn count_test(&self, name: &str, operator: &str, value: &Input<'_>) -> Result<RelatedTest, PlanError> {
        let taken = || Taken::new("count", ValueType::Scalar(Scalar::Int));
        match figure_operator(Scalar::Int, operator) {
            Some(FilterOperator::Compare(found)) => {
                let operand = match found.operand {
                    OperandKind::AnyOf => Operand::List(self.list(taken(), value)?),
                    OperandKind::Value | OperandKind::Text | OperandKind::Element => {
                        Operand::Value(self.one(taken(), value)?)
                    }
                };
                Ok(RelatedTest::Count(found, operand))
            }
            Some(FilterOperator::Null | FilterOperator::WithinDistance | FilterOperator::Spatial(_)) => {
                Err(self.error(format!("the count of {name} is never null: leave out {operator}")))
            }
            Some(FilterOperator::Search | FilterOperator::Similar(_)) | None => {
                Err(self.error(format!("{operator} is no operator on the count of {name}")))
            }
        }
    }

    /// The terms of a relation's field in an `orderBy`. Null adds no term.
    pub(super) fn relation_order(
        &self,
        name: &str,
        relation: &RelationField,
        value: &Input<'_>,
    ) -> Result<Vec<OrderTerm>, PlanError> {
        let (join, table) = (&relation.join, relation.join.table);
        match relation.cardinality {
            Cardinality::One { .. } => {
                let terms = self.order_terms(table, value)?.into_iter();
                let of_row = |term: OrderTerm| OrderTerm {
                    key: OrderKey::Row(Arc::clone(join), Box::new(term.key)),
                    ..term
                };
                Ok(terms.map(of_row).collect())
            }
            Cardinality::Many => {
                let mut terms = Vec::new();
                for (field, value) in value.fields() {
                    let kind = AggregateFieldKind::named(field);
                    match kind.ok_or_else(|| self.error(format!("{name} cannot be ordered by {field}")))? {
                        AggregateFieldKind::Count => {
                            terms.extend(self.term(OrderKey::Count(Arc::clone(join)), &value.value())?);
                        }
                        AggregateFieldKind::List => {
                            return Err(self.error(format!("{name} cannot be ordered by {field}")));
                        }
                        AggregateFieldKind::Function(function) => {
                            for (field, direction) in value.fields() {
                                let column =
                                    self.table(table)?.figure_column(field, function).ok_or_else(|| {
                                        self.error(format!("{name} cannot be ordered by {field}"))
                                    })?;
                                let key = OrderKey::Figure(Arc::clone(join), function, column);
                                terms.extend(self.term(key, &direction.value())?);
                            }
                        }
                    }
                }
                Ok(terms)
            }
        }
    }
}
