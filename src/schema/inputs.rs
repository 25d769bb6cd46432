//! The input types of a table: what it can be filtered and ordered by.

use indexmap::IndexMap;

use super::scalar::{LIST_OPERATORS, Scalar, ValueType};
use super::{
    ExposedColumn, ExposedTable, InputField, InputMeaning, Kind, Operator, Schema, TypeDefinition,
    TypeReference,
};

/// Adds the filter and the order of one table.
pub(super) fn add(schema: &mut Schema, index: usize, exposed: &ExposedTable) {
    let name = &exposed.type_name;
    for (column, _) in exposed.readable_columns().filter(|(_, column)| is_incomparable_list(column)) {
        let table = &schema.catalog.tables[index];
        let object = format!("{}.{}", table.qualified_name(), table.columns[column].name);
        let reason = "its elements cannot be compared: it is in no filter".to_owned();
        schema.problems.push(crate::catalog::Problem { object, reason });
    }
    let filter = filter_fields(name, exposed);
    add_input(schema, format!("{name}Filter"), "Conditions on a row; all of them must hold", filter);
    let order: IndexMap<_, _> = order_fields(exposed).collect();
    if order.is_empty() {
        let object = schema.catalog.tables[index].qualified_name();
        let reason = "none of its columns can be ordered by: it has no orderBy".to_owned();
        schema.problems.push(crate::catalog::Problem { object, reason });
        return;
    }
    add_input(schema, format!("{name}OrderBy"), "One column to order by, with its direction", order);
}

pub(super) fn add_input(
    schema: &mut Schema,
    name: String,
    description: &str,
    fields: IndexMap<String, InputField>,
) {
    let definition = TypeDefinition { description: Some(description.to_owned()), kind: Kind::Input(fields) };
    schema.types.insert(name, definition);
}

fn filter_fields(name: &str, exposed: &ExposedTable) -> IndexMap<String, InputField> {
    let mut fields = IndexMap::new();
    for (index, column) in exposed.readable_columns() {
        let Some(filter) = filter_name(column) else { continue };
        fields.insert(column.field.clone(), input(TypeReference::named(filter), InputMeaning::Column(index)));
    }
    let node_id = input(TypeReference::named("IDFilter"), InputMeaning::NodeId);
    let several = || TypeReference::named(format!("{name}Filter")).non_null().list();
    let and = input(several(), InputMeaning::And).described("All of these hold");
    let or = input(several(), InputMeaning::Or).described("At least one of these holds");
    let not = input(TypeReference::named(format!("{name}Filter")), InputMeaning::Not)
        .described("This does not hold");
    for (key, operator) in [("nodeId", node_id), ("and", and), ("or", or), ("not", not)] {
        // A column of that name takes the operator's place.
        fields.entry(key.to_owned()).or_insert(operator);
    }
    fields
}

/// The name of the type that filters the column; `None` for those that cannot be filtered by.
fn filter_name(column: &ExposedColumn) -> Option<String> {
    let value = &column.column_type.value;
    let is_comparable = !matches!(value, ValueType::Scalar(Scalar::Json)) && !is_incomparable_list(column);
    let suffix = if column.column_type.is_list { "ListFilter" } else { "Filter" };
    is_comparable.then(|| format!("{}{suffix}", value.name()))
}

/// Whether it is an array of elements that have no equality, such as `xml`: then nothing can be asked of it.
fn is_incomparable_list(column: &ExposedColumn) -> bool {
    column.column_type.is_list
        && !column.column_type.is_orderable
        && column.column_type.value != ValueType::Scalar(Scalar::Json)
}

/// What rows can be ordered by.
pub(super) fn order_fields(exposed: &ExposedTable) -> impl Iterator<Item = (String, InputField)> {
    let is_orderable =
        |column: &ExposedColumn| column.column_type.is_orderable && !column.column_type.is_list;
    let orderable = exposed.readable_columns().filter(move |(_, column)| is_orderable(column));
    orderable.map(|(index, column)| {
        let takes = TypeReference::named("OrderByDirection");
        (column.field.clone(), input(takes, InputMeaning::Column(index)))
    })
}

/// The filter of a value type, or of arrays of it.
pub(super) fn operators(value: &ValueType, is_list: bool) -> TypeDefinition {
    let name = value.name();
    let operators = if is_list { &LIST_OPERATORS[..] } else { value.operators() };
    let fields = operators.iter().map(|(key, operator)| {
        let takes = match operator {
            Operator::Is => TypeReference::named("FilterIs"),
            _ if is_list || *operator == Operator::In => TypeReference::named(name).non_null().list(),
            _ => TypeReference::named(name),
        };
        ((*key).to_owned(), input(takes, InputMeaning::Operator(*operator)))
    });
    let subject = if is_list { format!("an array of `{name}`") } else { format!("a `{name}`") };
    let description = Some(format!("Conditions on {subject}; all of them must hold"));
    TypeDefinition { description, kind: Kind::Input(fields.collect()) }
}

pub(super) fn input(takes: TypeReference, meaning: InputMeaning) -> InputField {
    InputField { description: None, takes, meaning }
}

impl InputField {
    fn described(self, description: &str) -> Self {
        Self { description: Some(description.to_owned()), ..self }
    }
}
