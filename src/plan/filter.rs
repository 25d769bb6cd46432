//! Filter arguments -> conditions.

use super::slot::Taken;
use super::{Condition, Operand, PlanError, Planner, Slot};
use crate::request::{Input, Inputs, Leaf};
use crate::schema::{
    ExposedColumn, ExposedTable, FilterFieldKind, FilterOperator, OperandKind, Operator, RowConditionKind,
    Scalar,
};

const MISPLACED_IS: &str = "is tests whether a relation leads to a row: write it directly below the relation's field, \
     as in {artist: {is: NULL}}";

/// The values of a key; `None` is null.
pub(super) type Key = Vec<Option<Slot>>;

impl Planner<'_> {
    /// The condition of a filter on a table; `None` if it restricts nothing.
    pub(super) fn filter(
        &self,
        table: usize,
        filter: Option<&Input<'_>>,
    ) -> Result<Option<Condition>, PlanError> {
        self.conditions(table, &filter.map(Input::fields).unwrap_or_default())
    }

    /// The condition of the fields of a filter.
    pub(super) fn conditions(
        &self,
        table: usize,
        fields: &Inputs<'_>,
    ) -> Result<Option<Condition>, PlanError> {
        let exposed = self.table(table)?;
        let mut conditions = Vec::new();
        for (name, value) in fields {
            let Some(field) = exposed.filter_field(name) else {
                return Err(self.error(format!("{name} cannot be filtered by")));
            };
            conditions.extend(match field {
                FilterFieldKind::Column(column) => Condition::all(self.column_filter(table, column, value)?),
                FilterFieldKind::Row(RowConditionKind::And) => Condition::all(self.filters(table, value)?),
                FilterFieldKind::Row(RowConditionKind::Or) => Condition::any(self.filters(table, value)?),
                FilterFieldKind::Row(RowConditionKind::Not) => {
                    self.filter(table, Some(value))?.map(|inner| Condition::Not(Box::new(inner)))
                }
                FilterFieldKind::Row(RowConditionKind::NodeId) => {
                    Condition::all(self.node_id_filter(table, value)?)
                }
                FilterFieldKind::Row(RowConditionKind::Is) => return Err(self.error(MISPLACED_IS)),
                FilterFieldKind::Relation(relation) => {
                    Condition::all(self.relation_filter(name, relation, value)?)
                }
            });
        }
        Ok(Condition::all(conditions))
    }

    fn filters(&self, table: usize, value: &Input<'_>) -> Result<Vec<Condition>, PlanError> {
        let items = value.items();
        let filters = items.iter().map(|item| self.filter(table, Some(item)).transpose());
        filters.flatten().collect()
    }

    fn column_filter(
        &self,
        table: usize,
        column: usize,
        value: &Input<'_>,
    ) -> Result<Vec<Condition>, PlanError> {
        let Some(exposed) = self.table(table)?.columns[column].as_ref() else { return Ok(Vec::new()) };
        if exposed.column_type.single_scalar() == Some(Scalar::Json) {
            return self.json_filter(column, &exposed.field, value);
        }
        if let (Some(of), false) = (exposed.column_type.composite, exposed.column_type.is_list) {
            return self.composite_filter((column, Vec::new()), of, value);
        }
        let operators = value.fields();
        let conditions = operators.iter().map(|(name, value)| {
            let operator = exposed.column_type.operator(name);
            let operator = operator.ok_or_else(|| {
                // The filters of these types have it for others.
                self.error(format!(
                    "{name} cannot be asked of {}: its type has no such operator",
                    exposed.field
                ))
            })?;
            self.heed_collation(table, column, exposed, (operator, name))?;
            match operator {
                FilterOperator::Null => {
                    Ok(Condition::IsNull { column, is_null: self.is_null(&exposed.field, value)? })
                }
                FilterOperator::WithinDistance => self.within_distance(column, exposed, value),
                FilterOperator::Spatial(test) => self.spatial_test(column, exposed, test, value),
                FilterOperator::Compare(operator) => self.comparison(column, exposed, operator, value),
                FilterOperator::Similar(kind) => {
                    Ok(Condition::Similar { column, similarity: self.similarity(kind, value)? })
                }
                FilterOperator::Search => {
                    Ok(Condition::Search { column, search: self.text_search_filter(value)? })
                }
            }
        });
        conditions.collect()
    }

    /// Refuses patterns for collations that do not support them.
    pub(super) fn heed_collation(
        &self,
        table: usize,
        column: usize,
        exposed: &ExposedColumn,
        (operator, name): (FilterOperator, &str),
    ) -> Result<(), PlanError> {
        match &self.schema.catalog.tables[table].columns[column].collation {
            Some(collation) if !operator.takes(collation) => Err(self.error(format!(
                "{name} cannot be used on {}: its collation is nondeterministic, and compares whole texts only",
                exposed.field
            ))),
            _ => Ok(()),
        }
    }

    /// The value of `is`.
    pub(super) fn is_null(&self, name: &str, value: &Input<'_>) -> Result<bool, PlanError> {
        match value.value() {
            Leaf::Text(word) => Ok(word == "NULL"),
            Leaf::Null | Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound => {
                Err(self.error(format!("is on {name} takes NULL or NOT_NULL")))
            }
        }
    }

    fn comparison(
        &self,
        column: usize,
        exposed: &ExposedColumn,
        operator: &'static Operator,
        value: &Input<'_>,
    ) -> Result<Condition, PlanError> {
        if !exposed.column_type.is_orderable && !exposed.column_type.is_list {
            return Err(self.error(format!("{} has a type that PostgreSQL cannot compare", exposed.field)));
        }
        if exposed.column_type.lacks_name_for(operator) {
            return Err(self.error(format!(
                "{} can be compared by eq and is only: the role may not use the schema of its type",
                exposed.field
            )));
        }
        if exposed.column_type.levels() > 1 && *operator == *Operator::EQUAL {
            return Err(self.error(format!(
                "eq on {0} compares with lists of one dimension, and {0} has {1}: use contains and containedBy",
                exposed.field, exposed.column_type.dimensions
            )));
        }
        let taken = Taken::of_column(&exposed.field, exposed);
        let operand = match operator.operand {
            OperandKind::AnyOf => Operand::List(self.list(taken, value)?),
            OperandKind::Value if exposed.column_type.is_list => Operand::List(self.list(taken, value)?),
            OperandKind::Value => Operand::Value(self.one(taken, value)?),
            OperandKind::Text => Operand::Text(self.one(taken, value)?),
            OperandKind::Element => Operand::Element(self.one(taken, value)?),
        };
        Ok(Condition::Compare { column, operator, operand })
    }

    fn node_id_filter(&self, table: usize, value: &Input<'_>) -> Result<Vec<Condition>, PlanError> {
        let operators = value.fields();
        let Some(node_id) = operators.get("eq") else { return Ok(Vec::new()) };
        if node_id.is_null() {
            // A comparison with null matches nothing; any column will do, such as the key's first one.
            let column = self.table(table)?.key[0];
            let (operator, operand) = (Operator::EQUAL, Operand::Value(Slot::NULL));
            return Ok(vec![Condition::Compare { column, operator, operand }]);
        }
        let (found, values) = self.decoded_node_id(node_id)?;
        if found != Some(table) {
            return Err(self.error(format!("that nodeId is not one of {}", self.table(table)?.type_name)));
        }
        self.key_conditions(table, values)
    }

    /// The table that a `nodeId` belongs to, if it is exposed, and the values of its key.
    pub(super) fn decoded_node_id(&self, node_id: &Input<'_>) -> Result<(Option<usize>, Key), PlanError> {
        let (schema, name, values) = self
            .node_parts(node_id)
            .ok_or_else(|| self.error("that is no nodeId: take it from a nodeId field as it is"))?;
        let mut tables = self.schema.catalog.tables.iter();
        let table = tables.position(|table| table.schema == schema && table.name == name);
        Ok((table.filter(|table| self.schema.table(*table).is_some()), values))
    }

    /// The conditions that select one row by the values of its key.
    pub(super) fn key_conditions(&self, table: usize, values: Key) -> Result<Vec<Condition>, PlanError> {
        let ExposedTable { key, type_name, .. } = self.table(table)?;
        let tells_children_apart = self.schema.catalog.tables[table].tells_children_apart();
        let child = values.get(key.len()).cloned().flatten();
        if key.len() + usize::from(tells_children_apart && child.is_some()) != values.len() {
            return Err(self.error(format!("that nodeId does not fit the key of {type_name}")));
        }
        let conditions = key.iter().zip(values).map(|(column, value)| Condition::Compare {
            column: *column,
            operator: Operator::EQUAL,
            operand: Operand::Value(value.unwrap_or(Slot::NULL)),
        });
        Ok(conditions.chain(tells_children_apart.then_some(Condition::StandsIn(child))).collect())
    }

    /// The conditions of the arguments of `…ByPk`.
    pub(super) fn key_arguments(
        &self,
        table: usize,
        arguments: &Inputs<'_>,
    ) -> Result<Vec<Condition>, PlanError> {
        let exposed = self.table(table)?;
        let condition = |column: &usize| {
            let found =
                exposed.columns[*column].as_ref().ok_or_else(|| self.error("the key is not exposed"))?;
            let taken = Taken::new(&found.field, found.column_type.value);
            let given = arguments.get(&*found.field);
            let operand = Operand::Value(given.map_or(Ok(Slot::NULL), |given| self.one(taken, given))?);
            Ok(Condition::Compare { column: *column, operator: Operator::EQUAL, operand })
        };
        exposed.key.iter().map(condition).collect()
    }
}

impl Condition {
    /// All of them; `None` of none.
    pub(super) fn all(conditions: impl IntoIterator<Item = Self>) -> Option<Self> {
        Self::joined(conditions, Self::All)
    }

    fn any(conditions: impl IntoIterator<Item = Self>) -> Option<Self> {
        Self::joined(conditions, Self::Any)
    }

    fn joined(
        conditions: impl IntoIterator<Item = Self>,
        join: impl FnOnce(Vec<Self>) -> Self,
    ) -> Option<Self> {
        let mut conditions: Vec<_> = conditions.into_iter().collect();
        if conditions.len() > 1 { Some(join(conditions)) } else { conditions.pop() }
    }
}
