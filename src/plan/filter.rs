//! Filter arguments -> conditions.

use super::argument::items;
use super::identifier::{Values, decode_node_id};
use super::{Condition, Operand, PlanError, Planner};
use crate::request::{Input, Inputs};
use crate::schema::{
    ExposedColumn, ExposedTable, FilterFieldKind, FilterOperator, OperandKind, Operator, RowConditionKind,
    Scalar, ValueType,
};

impl Planner<'_> {
    /// The condition of a filter on a table; `None` where it does not restrict anything.
    pub(super) fn filter(
        &self,
        table: usize,
        filter: Option<&Input>,
    ) -> Result<Option<Condition>, PlanError> {
        let Some(Input::Object(fields)) = filter else { return Ok(None) };
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
            });
        }
        Ok(Condition::all(conditions))
    }

    fn filters(&self, table: usize, value: &Input) -> Result<Vec<Condition>, PlanError> {
        let filters = items(value).iter().map(|item| self.filter(table, Some(item)).transpose());
        filters.flatten().collect()
    }

    fn column_filter(&self, table: usize, column: usize, value: &Input) -> Result<Vec<Condition>, PlanError> {
        let exposed = self.table(table)?.columns[column].as_ref();
        let (Input::Object(operators), Some(exposed)) = (value, exposed) else { return Ok(Vec::new()) };
        let conditions = operators.iter().map(|(name, value)| {
            let operator = exposed.column_type.operator(name);
            let operator =
                operator.ok_or_else(|| self.error(format!("{name} is no operator on {}", exposed.field)))?;
            self.heed_collation(table, column, exposed, (operator, name))?;
            match operator {
                FilterOperator::Null => self.null_test(column, exposed, value),
                FilterOperator::Compare(operator) => self.comparison(column, exposed, operator, value),
            }
        });
        conditions.collect()
    }

    /// Patterns cannot be matched by every collation.
    fn heed_collation(
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

    fn null_test(
        &self,
        column: usize,
        exposed: &ExposedColumn,
        value: &Input,
    ) -> Result<Condition, PlanError> {
        match value {
            Input::Text(word) => Ok(Condition::IsNull { column, is_null: word == "NULL" }),
            _ => Err(self.error(format!("is on {} takes NULL or NOT_NULL", exposed.field))),
        }
    }

    fn comparison(
        &self,
        column: usize,
        exposed: &ExposedColumn,
        operator: &'static Operator,
        value: &Input,
    ) -> Result<Condition, PlanError> {
        if !exposed.column_type.is_orderable && !exposed.column_type.is_list {
            return Err(self.error(format!("{} has a type that PostgreSQL cannot compare", exposed.field)));
        }
        let operand = match operator.operand {
            OperandKind::AnyOf => Operand::List(self.list(exposed, value)?),
            OperandKind::Value if exposed.column_type.is_list => Operand::List(self.list(exposed, value)?),
            OperandKind::Value => Operand::Value(self.value(exposed, value)?),
            OperandKind::Text => Operand::Text(self.value(exposed, value)?),
        };
        Ok(Condition::Compare { column, operator, operand })
    }

    /// The values of an array column, or of a list.
    pub(super) fn list(
        &self,
        exposed: &ExposedColumn,
        value: &Input,
    ) -> Result<Option<Vec<Option<String>>>, PlanError> {
        match value {
            Input::Null => Ok(None),
            value => {
                items(value).iter().map(|item| self.value(exposed, item)).collect::<Result<_, _>>().map(Some)
            }
        }
    }

    /// A value of a column's type in PostgreSQL's text form.
    pub(super) fn value(&self, exposed: &ExposedColumn, value: &Input) -> Result<Option<String>, PlanError> {
        self.value_of(&exposed.field, exposed.column_type.value, value)
    }

    /// A value in PostgreSQL's text form; `name` is what takes it.
    pub(super) fn value_of(
        &self,
        name: &str,
        value_type: ValueType,
        value: &Input,
    ) -> Result<Option<String>, PlanError> {
        let type_name = self.schema.value_name(value_type);
        let wrong = |needed: &str| Err(self.error(format!("{name} takes a {type_name}: {needed}")));
        match (value_type, value) {
            (_, Input::Null) => Ok(None),
            (ValueType::Enum(oid), Input::Text(name)) => {
                match self.schema.enums.get(&oid).and_then(|found| found.label(name)) {
                    Some(label) => Ok(Some(label.to_owned())),
                    None => wrong("one of its values"),
                }
            }
            (ValueType::Scalar(Scalar::BigFloat), Input::Number(_)) => wrong("a string that holds a number"),
            (ValueType::Scalar(Scalar::Boolean | Scalar::Opaque), Input::Boolean(value)) => {
                Ok(Some(value.to_string()))
            }
            (ValueType::Scalar(scalar), Input::Number(number))
                if scalar.is_number() || scalar == Scalar::Opaque =>
            {
                Ok(Some(number.clone()))
            }
            (ValueType::Scalar(Scalar::Int | Scalar::Float | Scalar::Boolean), _) => {
                wrong("it has another type")
            }
            (ValueType::Scalar(_), Input::Text(text)) => Ok(Some(text.clone())),
            _ => wrong("a string"),
        }
    }

    fn node_id_filter(&self, table: usize, value: &Input) -> Result<Vec<Condition>, PlanError> {
        let Input::Object(operators) = value else { return Ok(Vec::new()) };
        let Some(node_id) = operators.get("eq") else { return Ok(Vec::new()) };
        let Input::Text(node_id) = node_id else {
            // A comparison with null matches nothing; a key's first column is as good as any to say so.
            let column = self.table(table)?.key[0];
            let (operator, operand) = (Operator::EQUAL, Operand::Value(None));
            return Ok(vec![Condition::Compare { column, operator, operand }]);
        };
        let (found, values) = self.decoded_node_id(node_id)?;
        if found != Some(table) {
            return Err(self.error(format!("that nodeId is not one of {}", self.table(table)?.type_name)));
        }
        self.key_conditions(table, values)
    }

    /// The table that a `nodeId` belongs to, if it is exposed, and the values of its key.
    pub(super) fn decoded_node_id(&self, text: &str) -> Result<(Option<usize>, Values), PlanError> {
        let (schema, name, values) = decode_node_id(text)
            .ok_or_else(|| self.error("that is no nodeId: take it from a nodeId field as it is"))?;
        let mut tables = self.schema.catalog.tables.iter();
        let table = tables.position(|table| table.schema == schema && table.name == name);
        Ok((table.filter(|table| self.schema.table(*table).is_some()), values))
    }

    /// The conditions that pick one row by the values of its key.
    pub(super) fn key_conditions(&self, table: usize, values: Values) -> Result<Vec<Condition>, PlanError> {
        let ExposedTable { key, type_name, .. } = self.table(table)?;
        let tells_children_apart = self.schema.catalog.tables[table].tells_children_apart();
        let child = values.get(key.len()).cloned().flatten();
        if key.len() + usize::from(tells_children_apart && child.is_some()) != values.len() {
            return Err(self.error(format!("that nodeId does not fit the key of {type_name}")));
        }
        let conditions = key.iter().zip(values).map(|(column, value)| Condition::Compare {
            column: *column,
            operator: Operator::EQUAL,
            operand: Operand::Value(value),
        });
        Ok(conditions.chain(tells_children_apart.then_some(Condition::StandsIn(child))).collect())
    }

    /// The conditions of the arguments of `…ByPk`.
    pub(super) fn key_arguments(
        &self,
        table: usize,
        arguments: &Inputs,
    ) -> Result<Vec<Condition>, PlanError> {
        let exposed = self.table(table)?;
        let condition = |column: &usize| {
            let found =
                exposed.columns[*column].as_ref().ok_or_else(|| self.error("the key is not exposed"))?;
            let value = arguments.get(&*found.field).unwrap_or(&Input::Null);
            let operand = Operand::Value(self.value(found, value)?);
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
