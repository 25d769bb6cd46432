//! Each kind of type: ids, names, fields and operators, with a small catalog of every case.

use std::sync::Arc;

use serde_json::{Value, json};

use super::rendered::Rendered;
use super::type_id::{table_family, value_family};
use super::{
    AggregateFieldKind, AggregateFunction, Application, ConnectionFieldKind, EdgeFieldKind, FilterFieldKind,
    FilterOperator, FixedFields, MutationFieldKind, Options, OrderFieldKind, PageInfoFieldKind,
    QueryFieldKind, RelationFilterFieldKind, ResponseFieldKind, RootType, RowConditionKind, RowFieldKind,
    Scalar, Schema, TableType, TypeId, ValueType,
};
use crate::catalog::Catalog;

/// A column, as it is in the catalog JSON.
fn column(name: &str, type_oid: i64, words: &str) -> Value {
    json!([name, type_oid, null, null, null, words])
}

fn table(oid: i64, name: &str, columns: &[Value], given: &Value) -> Value {
    let mut table = json!({
        "oid": oid, "schema": "public", "name": name, "kind": "r", "is_readable": true, "is_partition": false,
        "has_children": false, "has_row_security": false, "comment": null, "can_select": true, "can_insert": true,
        "can_update": true, "can_delete": true, "updatable": 28, "columns": columns, "primary_key": ["id"],
        "unique_keys": [["id"]], "foreign_keys": [],
    });
    merge(&mut table, given);
    table
}

fn merge(into: &mut Value, given: &Value) {
    for (key, value) in given.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}

fn base(oid: i64, name: &str, given: &Value) -> Value {
    let operator = |name: &str| json!({ "schema": "pg_catalog", "name": name });
    let mut found = json!({
        "oid": oid, "schema": "pg_catalog", "name": name, "kind": "b", "element": null, "base": null, "relation": null,
        "comment": null, "labels": null, "is_exposed": false, "may_be_named": true, "may_be_compared": true,
        "order": {
            "less": operator("<"), "less_or_equal": operator("<="), "equal": operator("="),
            "greater_or_equal": operator(">="), "greater": operator(">"), "not_equal": operator("<>"),
        },
    });
    merge(&mut found, given);
    found
}

/// Tables `node` and `other`: every kind of column, relations in both directions, a column with the name of a
/// filter's word.
fn schema() -> Schema {
    let types = [
        base(20, "int8", &json!({})),
        base(25, "text", &json!({})),
        base(114, "json", &json!({ "order": null })),
        base(1009, "_text", &json!({ "element": 25, "order": null })),
        base(
            9000,
            "mood",
            &json!({
                "schema": "public", "kind": "e", "labels": ["good", "bad"], "is_exposed": true,
            }),
        ),
    ];
    let columns = [
        column("id", 20, "not_null identity select insert update"),
        column("and", 25, "select insert update"),
        column("secret", 25, "insert update"),
        column("document", 114, "select insert update"),
        column("tags", 1009, "select insert update"),
        column("mood", 9000, "select insert"),
    ];
    let key = json!({
        "name": "other_fkey", "comment": null, "referenced_table": 1, "is_enforced": true, "is_temporal": false,
        "columns": ["first_id"], "referenced_columns": ["id"],
        "operators": [{ "schema": "pg_catalog", "name": "=" }],
    });
    let other = ["id", "first_id"].map(|name| column(name, 20, "select insert update"));
    let catalog = json!({
        "schemas": [{ "name": "public", "comment": null }], "types": types, "functions": [],
        "tables": [
            table(1, "first", &columns, &json!({})),
            table(2, "other", &other, &json!({ "foreign_keys": [key], "updatable": 0 })),
        ],
    });
    let catalog = Catalog::from_json(&catalog.to_string()).unwrap();
    Schema::new(
        Arc::new(catalog),
        Options { total_count: true, aggregate: true, subscriptions: true, ..Options::default() },
    )
}

#[test]
fn a_type_is_known_by_its_name_and_by_no_other() {
    let schema = schema();
    let tables = TableType::ALL.map(|part| TypeId::Table(0, part));
    let values = [ValueType::Scalar(Scalar::BigInt), ValueType::Enum(9000)];
    let values = values
        .iter()
        .flat_map(|value| [TypeId::Value(*value), TypeId::ValueFilter(*value), TypeId::ListFilter(*value)]);
    let shared = [TypeId::Query, TypeId::Mutation, TypeId::Node, TypeId::PageInfo, TypeId::FilterIs];
    let ids: Vec<_> = tables.into_iter().chain(values).chain(shared).collect();
    for one in &ids {
        for other in &ids {
            assert_eq!(one.is_named(&schema, &other.name(&schema)), one == other, "{one:?} {other:?}");
        }
    }
    assert_eq!(
        TypeId::Table(0, TableType::AggregateOf(AggregateFunction::Average)).name(&schema),
        "firstAvgAggregateResult"
    );
    assert!(TypeId::Table(0, TableType::Row).implements(&schema, "Node"));
    assert!(!TypeId::Table(0, TableType::Edge).implements(&schema, "Node"));
}

#[test]
fn families_are_the_names_of_all_types_of_a_table_or_value() {
    let schema = schema();
    let names = TableType::ALL.map(|part| TypeId::Table(0, part).name(&schema).into_owned());
    assert_eq!(table_family("first"), names);
    let mood = ValueType::Enum(9000);
    let names = [TypeId::Value(mood), TypeId::ValueFilter(mood), TypeId::ListFilter(mood)];
    assert_eq!(value_family("mood"), names.map(|id| id.name(&schema).into_owned()));
}

/// Each field of a kind is found by its name only.
fn names_find_their_fields<F: FixedFields + PartialEq + std::fmt::Debug>() {
    for field in F::ALL {
        assert_eq!(F::named(field.name()), Some(*field));
        assert!(!field.description().is_empty());
    }
    assert_eq!(F::named("__typename"), None);
    assert_eq!(F::named(""), None);
}

#[test]
fn fixed_fields_are_found_by_their_names() {
    names_find_their_fields::<ConnectionFieldKind>();
    names_find_their_fields::<EdgeFieldKind>();
    names_find_their_fields::<PageInfoFieldKind>();
    names_find_their_fields::<AggregateFieldKind>();
    names_find_their_fields::<ResponseFieldKind>();
    names_find_their_fields::<RelationFilterFieldKind>();
}

#[test]
fn rows_have_what_can_be_read_and_what_hangs_on_it() {
    let schema = schema();
    let (first, other) = (schema.table(0).unwrap(), schema.table(1).unwrap());
    assert_eq!(first.row_field("nodeId"), Some(RowFieldKind::NodeId));
    assert_eq!(first.row_field("document"), Some(RowFieldKind::Column(3)));
    assert_eq!(first.row_field("secret"), None);
    let relations = [first.row_field("otherCollection"), other.row_field("first")];
    for (relation, table) in relations.into_iter().zip([1, 0]) {
        let Some(RowFieldKind::Relation(relation)) = relation else { panic!("{relation:?}") };
        assert_eq!(relation.join.table, table);
    }
}

#[test]
fn relations_are_in_filters_and_orders_behind_columns_and_words() {
    let schema = schema();
    let (first, other) = (schema.table(0).unwrap(), schema.table(1).unwrap());
    assert!(matches!(first.filter_field("otherCollection"), Some(FilterFieldKind::Relation(_))));
    assert!(matches!(other.order_field("first"), Some(OrderFieldKind::Relation(_))));
    // A to-one relation leads to `first`, and none to `other`.
    assert_eq!(first.filter_field("is"), Some(FilterFieldKind::Row(RowConditionKind::Is)));
    assert_eq!(other.filter_field("is"), None);
    assert_eq!(other.figure_column("id", AggregateFunction::Sum), Some(0));
    assert_eq!(first.figure_column("and", AggregateFunction::Sum), None);
    assert_eq!(first.figure_column("and", AggregateFunction::Maximum), Some(1));
    let compiled = Rendered::new(&schema).unwrap().compiled;
    let fields = |name: &str| {
        let fields = &compiled.get_input_object(name).unwrap().fields;
        fields.iter().map(|(name, field)| format!("{name}: {}", field.ty)).collect::<Vec<_>>()
    };
    assert!(fields("firstFilter").contains(&"otherCollection: otherRelationFilter".to_owned()));
    assert!(fields("otherFilter").contains(&"first: firstFilter".to_owned()));
    assert!(fields("otherOrderBy").contains(&"first: firstOrderBy".to_owned()));
    assert_eq!(
        fields("otherRelationFilter"),
        ["some: otherFilter", "every: otherFilter", "none: otherFilter", "count: IntFilter"]
    );
    assert_eq!(
        fields("otherRelationOrderBy"),
        [
            "count: OrderByDirection",
            "sum: otherNumberOrderBy",
            "avg: otherNumberOrderBy",
            "min: otherExtremeOrderBy",
            "max: otherExtremeOrderBy"
        ]
    );
    assert!(compiled.get_input_object("firstRelationFilter").is_none(), "no relation leads to many of them");
}

#[test]
fn types_of_relations_give_way_to_all_others() {
    let mut claimed = std::collections::HashSet::from(["trackRelationFilter".to_owned()]);
    assert_eq!(&*super::related::stem("track", &super::related::TYPES, &mut claimed), "track_");
    assert_eq!(&*super::related::stem("track", &super::related::TYPES, &mut claimed), "track__");
    assert_eq!(&*super::related::stem("artist", &super::related::TYPES, &mut claimed), "artist");
}

#[test]
fn inputs_have_the_columns_that_can_be_filtered_by_or_written() {
    let schema = schema();
    let first = schema.table(0).unwrap();
    let columns = |found: &dyn Fn(&str) -> bool| {
        let names = ["id", "and", "secret", "document", "tags", "mood", "nodeId", "or"];
        names.into_iter().filter(|name| found(name)).collect::<Vec<_>>()
    };
    let filtered = columns(&|name| matches!(first.filter_field(name), Some(FilterFieldKind::Column(_))));
    assert_eq!(filtered, ["id", "and", "document", "tags", "mood"]);
    assert_eq!(first.filter_field("or"), Some(FilterFieldKind::Row(RowConditionKind::Or)));
    assert_eq!(first.filter_field("and"), Some(FilterFieldKind::Column(1)), "a column goes before the word");
    assert_eq!(columns(&|name| first.order_field(name).is_some()), ["id", "and", "mood"]);
    assert_eq!(first.order_field("mood"), Some(OrderFieldKind::Column(5)));
    let inserted = ["and", "secret", "document", "tags", "mood"];
    assert_eq!(columns(&|name| first.insertable_column(name).is_some()), inserted);
    assert_eq!(columns(&|name| first.updatable_column(name).is_some()), inserted[..4]);
    assert_eq!(first.aggregate_column("id", AggregateFunction::Sum), Some(0));
    assert_eq!(first.aggregate_column("and", AggregateFunction::Sum), None);
}

#[test]
fn operators_are_those_of_the_sort_of_value() {
    let schema = schema();
    let first = schema.table(0).unwrap();
    let operators = |column: usize| {
        let column_type = &first.columns[column].as_ref().unwrap().column_type;
        let names = ["eq", "neq", "lt", "in", "is", "like", "contains", "between"];
        names.into_iter().filter(|name| column_type.operator(name).is_some()).collect::<Vec<_>>()
    };
    assert_eq!(operators(0), ["eq", "neq", "lt", "in", "is"]);
    assert_eq!(operators(1), ["eq", "neq", "lt", "in", "is", "like"]);
    assert_eq!(operators(4), ["eq", "is", "contains"]);
    assert_eq!(operators(5), ["eq", "neq", "in", "is"]);
    let text = &first.columns[1].as_ref().unwrap().column_type;
    assert_eq!(text.operator("is"), Some(FilterOperator::Null));
}

#[test]
fn the_rendered_schema_has_exactly_the_types_of_the_schema() {
    let schema = schema();
    let compiled = Rendered::new(&schema).unwrap().compiled;
    let names = |type_name: &str| {
        compiled.get_object(type_name).unwrap().fields.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    let query: Vec<_> = schema.query.keys().map(ToString::to_string).collect();
    assert_eq!(names("Query"), query);
    let mutation: Vec<_> = schema.mutation.keys().map(ToString::to_string).collect();
    assert_eq!(names("Mutation"), mutation);
    assert_eq!(names("Subscription"), query, "what can be read can be subscribed to");
    assert_eq!(schema.query["firstByPk"], QueryFieldKind::ByKey(0));
    assert_eq!(schema.mutation["deleteFromfirstCollection"], MutationFieldKind::Delete(0));
    assert!(!schema.mutation.contains_key("deleteFromotherCollection"));
    for (index, table) in schema.tables.iter().enumerate() {
        let table = table.as_ref().unwrap();
        for name in names(&TypeId::Table(index, TableType::Row).name(&schema)) {
            assert!(table.row_field(&name).is_some(), "{name}");
        }
        for name in names(&TypeId::Table(index, TableType::Connection).name(&schema)) {
            assert!(ConnectionFieldKind::named(&name).is_some(), "{name}");
        }
        let filter = TypeId::Table(index, TableType::Filter).name(&schema);
        for name in compiled.get_input_object(&filter).unwrap().fields.keys() {
            assert!(table.filter_field(name).is_some(), "{name}");
        }
    }
}

#[test]
fn subscriptions_can_be_left_out_and_are_those_of_the_database_alone() {
    let with = |subscriptions| {
        let catalog = Arc::clone(&schema().catalog);
        let mut application = Application::default();
        application.add_field(RootType::Query, "answer: Int!").unwrap();
        let options = Options { subscriptions, ..Options::default() };
        let schema = Schema::extended(catalog, options, &application);
        Rendered::new(&schema).unwrap().compiled
    };
    let compiled = with(true);
    let fields = &compiled.get_object("Subscription").unwrap().fields;
    assert!(fields.contains_key("firstCollection") && !fields.contains_key("answer"));
    assert!(compiled.get_object("Query").unwrap().fields.contains_key("answer"));
    assert!(with(false).get_object("Subscription").is_none());
}
