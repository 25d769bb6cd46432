//! The object types of a table, and its root fields.

use std::sync::Arc;

use indexmap::IndexMap;

use super::relations::RelationField;
use super::scalar::{ColumnType, Scalar, ValueType};
use super::{
    AggregateFunction, Argument, ExposedColumn, ExposedTable, Field, Kind, Meaning, QUERY, Schema,
    TypeDefinition, TypeReference, inputs,
};

/// Which of the fields that are not always there a connection has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Switches {
    pub(super) total_count: bool,
    pub(super) aggregate: bool,
}

/// All names of types that a table may take, now or when it can be written.
pub(super) fn type_family(type_name: &str) -> Vec<String> {
    const SUFFIXES: [&str; 15] = [
        "",
        "Connection",
        "Edge",
        "Filter",
        "OrderBy",
        "Aggregate",
        "SumAggregateResult",
        "AvgAggregateResult",
        "MinAggregateResult",
        "MaxAggregateResult",
        "InsertInput",
        "UpdateInput",
        "InsertResponse",
        "UpdateResponse",
        "DeleteResponse",
    ];
    SUFFIXES.iter().map(|suffix| format!("{type_name}{suffix}")).collect()
}

/// Adds the types of one table, and its root fields.
pub(super) fn add(
    schema: &mut Schema,
    index: usize,
    exposed: &ExposedTable,
    relations: &[RelationField],
    switches: Switches,
) {
    let name = &exposed.type_name;
    let description = schema.catalog.tables[index].directive.description.clone();
    let fields = row_fields(schema, index, exposed, relations);
    schema
        .types
        .insert(name.clone(), TypeDefinition { description, kind: Kind::Object { is_node: true, fields } });
    add_object(schema, format!("{name}Edge"), "A row of a page with its position", edge_fields(name));
    let fields = connection_fields(name, switches);
    add_object(
        schema,
        format!("{name}Connection"),
        "A page of rows, and what is known of the whole collection",
        fields,
    );
    if switches.aggregate {
        add_aggregates(schema, exposed);
    }
    add_root_fields(schema, index, exposed);
}

pub(super) fn add_object(
    schema: &mut Schema,
    name: String,
    description: &str,
    fields: IndexMap<String, Field>,
) {
    let kind = Kind::Object { is_node: false, fields };
    schema.types.insert(name, TypeDefinition { description: Some(description.to_owned()), kind });
}

fn row_fields(
    schema: &Schema,
    index: usize,
    exposed: &ExposedTable,
    relations: &[RelationField],
) -> IndexMap<String, Field> {
    let table = &schema.catalog.tables[index];
    let mut fields = IndexMap::new();
    let id = Field::new(TypeReference::named("ID").non_null(), Meaning::NodeId);
    fields.insert("nodeId".to_owned(), id.described("Identifies the row among all rows of all types"));
    for (position, exposed) in exposed.readable_columns() {
        let column = &table.columns[position];
        let returns = column_reference(exposed).non_null_if(column.not_null);
        let description = column.directive.description.clone();
        fields.insert(
            exposed.field.clone(),
            Field { description, ..Field::new(returns, Meaning::Column(position)) },
        );
    }
    for relation in relations {
        let Some(other) = schema.table(relation.join.table) else { continue };
        let made = if relation.is_to_many {
            let returns = TypeReference::named(format!("{}Connection", other.type_name));
            let arguments = collection_arguments(other);
            Field { arguments, ..Field::new(returns, Meaning::ToMany(Arc::clone(&relation.join))) }
        } else {
            let returns = TypeReference::named(&other.type_name).non_null_if(relation.is_non_null);
            Field::new(returns, Meaning::ToOne(Arc::clone(&relation.join)))
        };
        fields.insert(relation.name.clone(), made);
    }
    fields
}

/// The type of a column's field, nullable: elements of arrays are always nullable, for PostgreSQL knows no other arrays.
pub(super) fn column_reference(column: &ExposedColumn) -> TypeReference {
    value_reference(&column.column_type)
}

/// The type of a value or of an array of values, nullable.
pub(super) fn value_reference(column_type: &ColumnType) -> TypeReference {
    let value = TypeReference::named(column_type.value.name());
    if column_type.is_list { value.list() } else { value }
}

fn edge_fields(name: &str) -> IndexMap<String, Field> {
    let cursor = Field::new(TypeReference::named("String").non_null(), Meaning::Cursor);
    let node = Field::new(TypeReference::named(name).non_null(), Meaning::EdgeNode);
    IndexMap::from([
        ("cursor".to_owned(), cursor.described("The position of the row, for `after` and `before`")),
        ("node".to_owned(), node.described("The row")),
    ])
}

fn connection_fields(name: &str, switches: Switches) -> IndexMap<String, Field> {
    let edges = TypeReference::named(format!("{name}Edge")).non_null().list().non_null();
    let page_info = TypeReference::named("PageInfo").non_null();
    let mut fields = IndexMap::from([
        ("edges".to_owned(), Field::new(edges, Meaning::Edges).described("The rows of the page")),
        (
            "pageInfo".to_owned(),
            Field::new(page_info, Meaning::PageInfo).described("Where the page stands in the collection"),
        ),
    ]);
    if switches.total_count {
        let total = Field::new(TypeReference::named("Int").non_null(), Meaning::TotalCount);
        fields.insert(
            "totalCount".to_owned(),
            total.described("The number of rows that match the filter, on all pages"),
        );
    }
    if switches.aggregate {
        let aggregate = Field::new(TypeReference::named(format!("{name}Aggregate")), Meaning::Aggregate);
        fields.insert(
            "aggregate".to_owned(),
            aggregate.described("Figures over all rows that match the filter"),
        );
    }
    fields
}

fn add_aggregates(schema: &mut Schema, exposed: &ExposedTable) {
    let name = &exposed.type_name;
    let count = Field::new(TypeReference::named("Int").non_null(), Meaning::AggregateCount);
    let mut fields = IndexMap::from([("count".to_owned(), count.described("The number of rows"))]);
    for (key, part, function, description) in [
        ("sum", "Sum", AggregateFunction::Sum, "The sum of each column's values"),
        ("avg", "Avg", AggregateFunction::Average, "The average of each column's values"),
        ("min", "Min", AggregateFunction::Minimum, "The least of each column's values"),
        ("max", "Max", AggregateFunction::Maximum, "The greatest of each column's values"),
    ] {
        let columns = aggregate_columns(exposed, function);
        if columns.is_empty() {
            continue;
        }
        let type_name = format!("{name}{part}AggregateResult");
        let returns = TypeReference::named(&type_name);
        fields.insert(
            key.to_owned(),
            Field::new(returns, Meaning::AggregateFunction(function)).described(description),
        );
        add_object(schema, type_name, description, columns);
    }
    add_object(schema, format!("{name}Aggregate"), "Figures over the rows of a collection", fields);
}

fn aggregate_columns(exposed: &ExposedTable, function: AggregateFunction) -> IndexMap<String, Field> {
    let columns = exposed.readable_columns().filter_map(|(index, column)| {
        let returned = aggregate_type(column.column_type.single_scalar()?, function)?;
        let returns = TypeReference::named(returned.name());
        Some((column.field.clone(), Field::new(returns, Meaning::AggregateColumn(index))))
    });
    columns.collect()
}

/// The scalar that a function over values of a scalar has, where it can be taken of it.
pub(crate) fn aggregate_type(scalar: Scalar, function: AggregateFunction) -> Option<Scalar> {
    match function {
        AggregateFunction::Sum if !scalar.is_number() => None,
        AggregateFunction::Sum if matches!(scalar, Scalar::Int | Scalar::BigInt) => Some(Scalar::BigInt),
        AggregateFunction::Sum => Some(Scalar::BigFloat),
        AggregateFunction::Average => scalar.is_number().then_some(Scalar::BigFloat),
        AggregateFunction::Minimum | AggregateFunction::Maximum => scalar.has_extremes().then_some(scalar),
    }
}

fn add_root_fields(schema: &mut Schema, index: usize, exposed: &ExposedTable) {
    let name = &exposed.type_name;
    let root = &exposed.root;
    let returns = TypeReference::named(format!("{name}Connection")).non_null();
    let arguments = collection_arguments(exposed);
    let collection = Field { arguments, ..Field::new(returns, Meaning::Collection(index)) };
    let collection = collection.described(&format!("A page of the collection of `{name}`"));
    let by_key = key_arguments(schema, index, exposed).map(|arguments| {
        let by_key = Field { arguments, ..Field::new(TypeReference::named(name), Meaning::ByKey(index)) };
        by_key.described(&format!("The `{name}` with that key, or null"))
    });
    let Some(TypeDefinition { kind: Kind::Object { fields, .. }, .. }) = schema.types.get_mut(QUERY) else {
        return;
    };
    fields.insert(format!("{root}Collection"), collection);
    if let Some(by_key) = by_key {
        fields.insert(format!("{root}ByPk"), by_key);
    }
}

/// The arguments of `…ByPk`, where each key column has a type that the convention looks rows up by.
fn key_arguments(schema: &Schema, index: usize, exposed: &ExposedTable) -> Option<Vec<Argument>> {
    let table = &schema.catalog.tables[index];
    let argument = |column: &usize| {
        let type_name = &schema.catalog.type_of(&table.columns[*column])?.name;
        let can_look_up = matches!(type_name.as_str(), "int2" | "int4" | "int8" | "text" | "uuid" | "citext");
        let exposed = exposed.columns[*column].as_ref().filter(|_| can_look_up)?;
        let is_known = !matches!(exposed.column_type.value, ValueType::Scalar(Scalar::Opaque));
        let takes = column_reference(exposed).non_null();
        is_known.then(|| Argument { name: exposed.field.clone(), description: None, takes, default: None })
    };
    exposed.key.iter().map(argument).collect()
}

pub(super) fn collection_arguments(exposed: &ExposedTable) -> Vec<Argument> {
    let type_name = &exposed.type_name;
    let order_by = TypeReference::named(format!("{type_name}OrderBy")).non_null().list();
    let arguments = [
        ("first", TypeReference::named("Int"), "The first rows, this many at the most"),
        ("last", TypeReference::named("Int"), "The last rows, this many at the most"),
        ("before", TypeReference::named("Cursor"), "Only rows before this position"),
        ("after", TypeReference::named("Cursor"), "Only rows after this position"),
        (
            "offset",
            TypeReference::named("Int"),
            "Leaves out this many rows first; not with `last` or `before`",
        ),
        ("filter", TypeReference::named(format!("{type_name}Filter")), "Only rows that match"),
        ("orderBy", order_by, "The order of the rows; the key decides between equal ones"),
    ]
    .map(|(name, takes, description)| Argument {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        takes,
        default: None,
    });
    let can_order = inputs::order_fields(exposed).next().is_some();
    arguments.into_iter().filter(|argument| can_order || argument.name != "orderBy").collect()
}
