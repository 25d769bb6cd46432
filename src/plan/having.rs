//! `having`: conditions on groups of rows.

use super::slot::Taken;
use super::{Figure, Operand, PlanError, Planner};
use crate::request::{Input, Leaf};
use crate::schema::{
    AggregateFieldKind, AggregateFunction, FilterOperator, GroupFilterFieldKind, OperandKind, Operator,
    Scalar, ValueType, figure_operator,
};

/// A condition on groups, with the three values of SQL's conditions.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupCondition {
    /// All of them hold; there are at least two.
    All(Vec<GroupCondition>),
    /// At least one of them holds; there are at least two.
    Any(Vec<GroupCondition>),
    /// It does not hold.
    Not(Box<GroupCondition>),
    /// An aggregate compared with a value.
    Compare {
        /// The aggregate.
        figure: Figure,
        /// The operator.
        operator: &'static Operator,
        /// The value.
        operand: Operand,
    },
    /// An aggregate is null, or is not.
    IsNull {
        /// The aggregate.
        figure: Figure,
        /// Whether it has to be.
        is_null: bool,
    },
}

impl Planner<'_> {
    /// The condition of `having`; `None` if it does not restrict anything.
    pub(super) fn having(
        &self,
        table: usize,
        having: &Input<'_>,
    ) -> Result<Option<GroupCondition>, PlanError> {
        let exposed = self.table(table)?;
        let mut conditions = Vec::new();
        for (name, value) in &having.fields() {
            let each = || -> Result<Vec<GroupCondition>, PlanError> {
                value.items().iter().filter_map(|item| self.having(table, item).transpose()).collect()
            };
            match GroupFilterFieldKind::named(name) {
                None => return Err(self.error(format!("{name} is no condition on groups"))),
                Some(GroupFilterFieldKind::And) => conditions.extend(each()?),
                Some(GroupFilterFieldKind::Or) => {
                    conditions.extend(joined(each()?, GroupCondition::Any));
                }
                Some(GroupFilterFieldKind::Not) => {
                    let inner = self.having(table, value)?;
                    conditions.extend(inner.map(|inner| GroupCondition::Not(Box::new(inner))));
                }
                Some(GroupFilterFieldKind::Figure(AggregateFieldKind::Count)) => {
                    conditions.extend(self.figure_tests(table, name, (Figure::Count, Scalar::Int), value)?);
                }
                Some(GroupFilterFieldKind::Figure(AggregateFieldKind::List)) => {
                    return Err(self.error(format!("groups cannot be chosen by {name}")));
                }
                Some(GroupFilterFieldKind::Figure(AggregateFieldKind::Function(function))) => {
                    for (field, value) in &value.fields() {
                        let (column, scalar) = exposed
                            .figure(field, function)
                            .ok_or_else(|| self.error(format!("{name} cannot be taken of {field}")))?;
                        let figure = Figure::Of(function, column);
                        conditions.extend(self.figure_tests(table, field, (figure, scalar), value)?);
                    }
                }
            }
        }
        Ok(joined(conditions, GroupCondition::All))
    }

    /// The conditions on an aggregate.
    fn figure_tests(
        &self,
        table: usize,
        name: &str,
        (figure, scalar): (Figure, Scalar),
        value: &Input<'_>,
    ) -> Result<Vec<GroupCondition>, PlanError> {
        let mut tests = Vec::new();
        for (operator_name, value) in &value.fields() {
            let operator = figure_operator(scalar, operator_name);
            let operator =
                operator.ok_or_else(|| self.error(format!("{operator_name} is no operator on {name}")))?;
            if let Figure::Of(_, column) = figure
                && let Some(exposed) = self.table(table)?.columns[column].as_ref()
            {
                self.heed_collation(table, column, exposed, (operator, operator_name))?;
            }
            tests.push(match operator {
                FilterOperator::Null => self.figure_presence(name, figure, value)?,
                FilterOperator::Compare(operator) => {
                    let taken = Taken::figure(name, ValueType::Scalar(scalar));
                    let operand = match operator.operand {
                        OperandKind::AnyOf => Operand::List(self.list(taken, value)?),
                        OperandKind::Value | OperandKind::Element => Operand::Value(self.one(taken, value)?),
                        OperandKind::Text => Operand::Text(self.one(taken, value)?),
                    };
                    GroupCondition::Compare { figure, operator, operand }
                }
                FilterOperator::Search
                | FilterOperator::Similar(_)
                | FilterOperator::WithinDistance
                | FilterOperator::Spatial(_) => {
                    return Err(
                        self.error(format!("{operator_name} is no operator on an aggregate of {name}"))
                    );
                }
            });
        }
        Ok(tests)
    }

    /// `is` on an aggregate. Counts are never null.
    fn figure_presence(
        &self,
        name: &str,
        figure: Figure,
        value: &Input<'_>,
    ) -> Result<GroupCondition, PlanError> {
        if let Figure::Count
        | Figure::Of(AggregateFunction::CountDistinct | AggregateFunction::CountNonNull, _) = figure
        {
            return Err(self.error(format!("the count of {name} is never null: leave out is")));
        }
        match value.value() {
            Leaf::Text(word) => Ok(GroupCondition::IsNull { figure, is_null: word == "NULL" }),
            Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound => {
                Err(self.error(format!("is on {name} takes NULL or NOT_NULL")))
            }
        }
    }
}

/// All of them together; `None` of none.
fn joined(
    mut conditions: Vec<GroupCondition>,
    join: impl FnOnce(Vec<GroupCondition>) -> GroupCondition,
) -> Option<GroupCondition> {
    if conditions.len() > 1 { Some(join(conditions)) } else { conditions.pop() }
}
