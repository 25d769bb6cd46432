//! The types that all tables share, and the names that no table may take.

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;

use super::inputs::operators;
use super::scalar::{Scalar, ValueType};
use super::{
    Argument, EnumValue, Field, Kind, MUTATION, Meaning, QUERY, Schema, TypeDefinition, TypeReference,
};

const SCALARS: [Scalar; 14] = [
    Scalar::Int,
    Scalar::Float,
    Scalar::String,
    Scalar::Boolean,
    Scalar::Id,
    Scalar::BigInt,
    Scalar::BigFloat,
    Scalar::Uuid,
    Scalar::Date,
    Scalar::Time,
    Scalar::Datetime,
    Scalar::Json,
    Scalar::Cursor,
    Scalar::Opaque,
];

/// Whether every API has that scalar.
pub(super) fn is_scalar(name: &str) -> bool {
    SCALARS.iter().any(|scalar| scalar.name() == name)
}

/// The names of types that no table or enum may take.
pub(super) fn reserved_names() -> HashSet<String> {
    let roots = [QUERY, MUTATION, "Subscription", "Node", "PageInfo", "OrderByDirection", "FilterIs"];
    let scalars = SCALARS.iter().flat_map(|scalar| {
        let name = scalar.name();
        [name.to_owned(), format!("{name}Filter"), format!("{name}ListFilter")]
    });
    roots.map(str::to_owned).into_iter().chain(scalars).collect()
}

/// Adds `Query` with `node`, `Node`, `PageInfo` and the enums of filters and orders.
pub(super) fn add(schema: &mut Schema) {
    let id = || TypeReference::named("ID").non_null();
    let takes_id = Argument { name: "nodeId".to_owned(), description: None, takes: id(), default: None };
    let mut node = Field::new(TypeReference::named("Node"), Meaning::Node)
        .described("The row with that `nodeId`, or null");
    node.arguments.push(takes_id);
    let fields = IndexMap::from([("node".to_owned(), node)]);
    insert(schema, QUERY, "What can be read", Kind::Object { is_node: false, fields });

    let fields = IndexMap::from([("nodeId".to_owned(), Field::new(id(), Meaning::NodeId))]);
    insert(schema, "Node", "A row of any type", Kind::Interface(fields));

    let string = || TypeReference::named("String");
    let boolean = || TypeReference::named("Boolean").non_null();
    let fields = [
        ("endCursor", string(), Meaning::EndCursor, "The position of the last row of the page"),
        ("hasNextPage", boolean(), Meaning::HasNextPage, "Whether rows follow"),
        ("hasPreviousPage", boolean(), Meaning::HasPreviousPage, "Whether rows come before"),
        ("startCursor", string(), Meaning::StartCursor, "The position of the first row of the page"),
    ];
    let fields = fields
        .map(|(name, returns, meaning, text)| (name.to_owned(), Field::new(returns, meaning).described(text)))
        .into_iter()
        .collect();
    insert(
        schema,
        "PageInfo",
        "Where a page stands in its collection",
        Kind::Object { is_node: false, fields },
    );

    let directions = [
        ("AscNullsFirst", "Ascending, nulls first"),
        ("AscNullsLast", "Ascending, nulls last"),
        ("DescNullsFirst", "Descending, nulls first"),
        ("DescNullsLast", "Descending, nulls last"),
    ];
    insert(schema, "OrderByDirection", "A direction to order in", values(&directions));
    insert(
        schema,
        "FilterIs",
        "Whether a value is there",
        values(&[("NULL", "It is null"), ("NOT_NULL", "It is not null")]),
    );
}

fn values(values: &[(&str, &str)]) -> Kind {
    let value = |(name, text): &(&str, &str)| EnumValue {
        name: (*name).to_owned(),
        description: Some((*text).to_owned()),
    };
    Kind::Enum(values.iter().map(value).collect())
}

fn insert(schema: &mut Schema, name: &str, description: &str, kind: Kind) {
    schema.types.insert(name.to_owned(), TypeDefinition { description: Some(description.to_owned()), kind });
}

/// Adds the scalars, enums and filters that the types refer to, so that only those are there that something uses.
pub(super) fn complete(schema: &mut Schema) {
    let enums = schema.enums.clone();
    let values = SCALARS.iter().map(|scalar| ValueType::Scalar(*scalar));
    let values: Vec<_> = values
        .chain(enums.iter().map(|(oid, found)| ValueType::Enum { name: found.name.clone(), oid: *oid }))
        .collect();
    let referred = referred_names(schema);
    let mut values: Vec<_> = values.iter().collect();
    values.sort_by_key(|value| value.name().to_owned());
    for value in values {
        let name = value.name();
        let filters = [(format!("{name}Filter"), false), (format!("{name}ListFilter"), true)];
        let mut is_used = referred.contains(name);
        for (filter, is_list) in filters {
            if referred.contains(&filter) {
                is_used = true;
                schema.types.insert(filter, operators(value, is_list));
            }
        }
        if is_used {
            define(schema, value);
        }
    }
}

fn define(schema: &mut Schema, value: &ValueType) {
    match value {
        ValueType::Scalar(scalar) => {
            if let Some(description) = scalar.description() {
                insert(schema, scalar.name(), description, Kind::Scalar);
            }
        }
        ValueType::Enum { name, oid } => {
            let description =
                schema.catalog.types.get(oid).and_then(|found| found.directive.description.clone());
            if let Some(definition) = schema.enums.get(oid).map(|found| found.definition(description)) {
                schema.types.insert(name.clone(), definition);
            }
        }
    }
}

fn referred_names(schema: &Schema) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for definition in schema.types.values() {
        match &definition.kind {
            Kind::Scalar | Kind::Enum(_) => {}
            Kind::Input(fields) => {
                names.extend(fields.values().map(|field| base_name(&field.takes).to_owned()));
            }
            Kind::Interface(fields) | Kind::Object { fields, .. } => {
                for field in fields.values() {
                    names.insert(base_name(&field.returns).to_owned());
                    names
                        .extend(field.arguments.iter().map(|argument| base_name(&argument.takes).to_owned()));
                }
            }
        }
    }
    names
}

/// The name of a type without its wrappers.
pub(super) fn base_name(reference: &TypeReference) -> &str {
    match reference {
        TypeReference::Named(name) => name,
        TypeReference::List(inner) | TypeReference::NonNull(inner) => base_name(inner),
    }
}
