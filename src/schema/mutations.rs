//! The mutations of a table: what may be inserted, updated and deleted, their inputs and responses.

use indexmap::IndexMap;

use super::fields::{add_object, column_reference};
use super::inputs::{add_input, input};
use super::{
    Argument, ExposedTable, Field, InputField, InputMeaning, Kind, MUTATION, Meaning, Schema, TypeDefinition,
    TypeReference,
};
use crate::catalog::{Column, Table};

/// What a person reads about the type of mutations.
pub(super) const DESCRIPTION: &str = "What can be changed; the fields run in order, all of them or none";

/// `CmdType` of PostgreSQL: the bits of `pg_relation_is_updatable`.
const UPDATE: i32 = 1 << 2;
const INSERT: i32 = 1 << 3;
const DELETE: i32 = 1 << 4;

/// Adds the mutations that the table can carry out and that the role may ask for.
pub(super) fn add(schema: &mut Schema, index: usize, exposed: &ExposedTable) {
    let catalog = schema.catalog.clone();
    let table = &catalog.tables[index];
    let name = &exposed.type_name;
    let can = |command| table.updatable & command != 0;
    let inserted = written(table, exposed, |column| column.can_insert);
    if can(INSERT) && table.can_insert && !inserted.is_empty() {
        add_input(
            schema,
            format!("{name}InsertInput"),
            "A row to insert; what is left out gets its default",
            inserted,
        );
        let objects = TypeReference::named(format!("{name}InsertInput")).non_null().list().non_null();
        let arguments = vec![argument("objects", objects, "The rows, at least one")];
        let returns = response(schema, name, "Insert", "What was inserted");
        let text = format!("Inserts rows into the collection of `{name}`; all of them or none");
        add_root(
            schema,
            format!("insertInto{name}Collection"),
            arguments,
            returns,
            (Meaning::Insert(index), text),
        );
    }
    let updated = written(table, exposed, |column| column.can_update);
    if can(UPDATE) && table.can_update && !updated.is_empty() {
        add_input(
            schema,
            format!("{name}UpdateInput"),
            "New values; what is left out stays as it is",
            updated,
        );
        let set = TypeReference::named(format!("{name}UpdateInput")).non_null();
        let set = argument("set", set, "The new values, at least one");
        let arguments = [vec![set], filter_arguments(name)].concat();
        let returns = response(schema, name, "Update", "What was updated").non_null();
        let text = format!("Updates the rows of the collection of `{name}` that match");
        add_root(
            schema,
            format!("update{name}Collection"),
            arguments,
            returns,
            (Meaning::Update(index), text),
        );
    }
    if can(DELETE) && table.can_delete {
        let returns = response(schema, name, "Delete", "What was deleted").non_null();
        let text = format!("Deletes the rows of the collection of `{name}` that match");
        let arguments = filter_arguments(name);
        add_root(
            schema,
            format!("deleteFrom{name}Collection"),
            arguments,
            returns,
            (Meaning::Delete(index), text),
        );
    }
}

/// The columns that can be given a value. Those that PostgreSQL numbers by itself are left out, as the convention has it.
fn written(
    table: &Table,
    exposed: &ExposedTable,
    may: impl Fn(&Column) -> bool,
) -> IndexMap<String, InputField> {
    let columns = table.columns.iter().zip(&exposed.columns).enumerate();
    let writable = columns.filter_map(|(index, (column, exposed))| {
        let is_given = column.is_generated || column.is_identity || column.is_serial;
        let exposed = exposed.as_ref().filter(|_| may(column) && !is_given)?;
        Some((exposed.field.clone(), input(column_reference(exposed), InputMeaning::Column(index))))
    });
    writable.collect()
}

fn filter_arguments(name: &str) -> Vec<Argument> {
    let filter = TypeReference::named(format!("{name}Filter"));
    let at_most = argument("atMost", TypeReference::named("Int").non_null(), "Fails if more rows match");
    vec![
        argument("filter", filter, "Only rows that match; without it all of them"),
        Argument { default: Some("1".to_owned()), ..at_most },
    ]
}

fn argument(name: &str, takes: TypeReference, description: &str) -> Argument {
    Argument { name: name.to_owned(), description: Some(description.to_owned()), takes, default: None }
}

/// Adds the type of a response, nullable.
fn response(schema: &mut Schema, name: &str, part: &str, description: &str) -> TypeReference {
    let type_name = format!("{name}{part}Response");
    let count = Field::new(TypeReference::named("Int").non_null(), Meaning::AffectedCount);
    let records = TypeReference::named(name).non_null().list().non_null();
    let fields = IndexMap::from([
        ("affectedCount".to_owned(), count.described("The number of rows")),
        ("records".to_owned(), Field::new(records, Meaning::Records).described("The rows")),
    ]);
    add_object(schema, type_name.clone(), description, fields);
    TypeReference::named(type_name)
}

fn add_root(
    schema: &mut Schema,
    name: String,
    arguments: Vec<Argument>,
    returns: TypeReference,
    (meaning, description): (Meaning, String),
) {
    let field = Field { arguments, ..Field::new(returns, meaning).described(&description) };
    schema.root_fields(MUTATION, DESCRIPTION).insert(name, field);
}

impl Schema {
    /// The fields of a root type, which is made if it is not there yet.
    pub(super) fn root_fields(&mut self, root: &str, description: &str) -> &mut IndexMap<String, Field> {
        let empty = || TypeDefinition {
            description: Some(description.to_owned()),
            kind: Kind::Object { is_node: false, fields: IndexMap::new() },
        };
        match &mut self.types.entry(root.to_owned()).or_insert_with(empty).kind {
            Kind::Object { fields, .. } | Kind::Interface(fields) => fields,
            // The names of root types are reserved: nothing else can have them.
            Kind::Scalar | Kind::Enum(_) | Kind::Input(_) => unreachable!("{root} is an object type"),
        }
    }
}
