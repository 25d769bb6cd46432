//! Filters of composite values -> conditions on their attributes.

use super::slot::Taken;
use super::{AttributeTest, Condition, Operand, PlanError, Planner};
use crate::catalog::Oid;
use crate::request::Input;
use crate::schema::{CompositeAttribute, CompositeFilterField, FilterOperator, OperandKind, Operator};

/// A column, and the places of attributes below it.
type Place = (usize, Vec<usize>);

impl Planner<'_> {
    /// The conditions of the filter of a composite value. Null is no condition.
    pub(super) fn composite_filter(
        &self,
        (column, path): Place,
        of: Oid,
        value: &Input<'_>,
    ) -> Result<Vec<Condition>, PlanError> {
        let composite = self.schema.composites.get(&of);
        let composite = composite.ok_or_else(|| self.defect("a filter of a type that is no object type"))?;
        let mut conditions = Vec::new();
        for (name, value) in &value.fields() {
            match composite.filter_field(name) {
                Some(CompositeFilterField::Is) => {
                    let test = AttributeTest::IsNull(self.is_null(&composite.name, value)?);
                    conditions.push(Condition::Attribute { column, path: path.clone(), test });
                }
                Some(CompositeFilterField::Attribute(place)) => {
                    let path = path.iter().copied().chain([place]).collect();
                    let attribute = &composite.attributes[place];
                    conditions.extend(self.attribute_filter((column, path), (name, attribute), value)?);
                }
                None => return Err(self.error(format!("{name} cannot be filtered by"))),
            }
        }
        Ok(conditions)
    }

    fn attribute_filter(
        &self,
        (column, path): Place,
        (name, attribute): (&str, &CompositeAttribute),
        value: &Input<'_>,
    ) -> Result<Vec<Condition>, PlanError> {
        let of = &attribute.column_type;
        if let (Some(of), false) = (of.composite, of.is_list) {
            return self.composite_filter((column, path), of, value);
        }
        let operators = value.fields();
        let conditions = operators.iter().map(|(key, value)| {
            let test = match of.operator(key) {
                Some(FilterOperator::Null) => AttributeTest::IsNull(self.is_null(name, value)?),
                Some(FilterOperator::Compare(operator)) => {
                    if !operator.applies_to_texts(attribute.is_deterministic) {
                        return Err(self.error(format!(
                            "{key} cannot be used on {name}: its collation is nondeterministic, and compares whole texts only"
                        )));
                    }
                    self.attribute_test((name, attribute), operator, value)?
                }
                Some(
                    FilterOperator::Search
                    | FilterOperator::Similar(_)
                    | FilterOperator::WithinDistance
                    | FilterOperator::Spatial(_),
                )
                | None => {
                    return Err(self.error(format!(
                        "{key} cannot be asked of {name}, a field of a composite value: use it on a column"
                    )));
                }
            };
            Ok(Condition::Attribute { column, path: path.clone(), test })
        });
        conditions.collect()
    }

    fn attribute_test(
        &self,
        (name, attribute): (&str, &CompositeAttribute),
        operator: &'static Operator,
        value: &Input<'_>,
    ) -> Result<AttributeTest, PlanError> {
        let of = &attribute.column_type;
        if !of.is_orderable {
            return Err(self.error(format!("{name} has a type that PostgreSQL cannot compare")));
        }
        if of.lacks_name_for(operator) {
            return Err(self.error(format!(
                "{name} can be compared by eq and is only: the role may not use the schema of its type"
            )));
        }
        let taken = Taken::of(name, of);
        let operand = match operator.operand {
            OperandKind::AnyOf => Operand::List(self.list(taken, value)?),
            OperandKind::Value if of.is_list => Operand::List(self.list(taken, value)?),
            OperandKind::Value => Operand::Value(self.one(taken, value)?),
            OperandKind::Text => Operand::Text(self.one(taken, value)?),
            OperandKind::Element => Operand::Element(self.one(taken, value)?),
        };
        Ok(AttributeTest::Compare(operator, operand))
    }
}
