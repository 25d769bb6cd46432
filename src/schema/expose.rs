//! Which tables, columns and enums are exposed, and under which names. Makes no types; reports why something
//! is left out.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::claims::{Claim, Settled, settle, take_field};
use super::column_type::ColumnType;
use super::composite;
use super::enums::{self, EnumType};
use super::nullability::Declaration;
use super::related::{self, Reached};
use super::scalar;
use super::type_id::{table_family, value_family};
use super::{
    Changes, DEFAULT_PAGE_SIZE, ExposedColumn, ExposedTable, Nullability, Options, Schema, Totals, global_id,
    groups, mutations, naming,
};
use crate::catalog::{Catalog, Column, DIESELS_TABLE, Oid, Problem, Table, Type};
use crate::statement::SessionSettings;

/// Diesel's table of applied migrations, which is not part of an application.
const MIGRATIONS_TABLE: &str = "__diesel_schema_migrations";

/// A candidate for a type of the API, if it gets a name.
enum Wanted<'c> {
    Enum(&'c Type, Vec<(String, String)>),
    Table(usize, Vec<usize>),
}

/// Decides how all tables and enums are exposed. `claimed` are the type names that are already taken.
pub(super) fn expose(schema: &mut Schema, options: Options, claimed: &mut HashSet<String>) {
    let catalog = schema.catalog.clone();
    let mut wanted = Vec::new();
    for (found, values) in enums::candidates(&catalog, &mut schema.problems) {
        wanted.push(Wanted::Enum(found, values));
    }
    for (index, table) in catalog.tables.iter().enumerate() {
        if table.is_partition && !options.partitions {
            continue;
        }
        match key(&catalog, table) {
            Ok(key) => wanted.push(Wanted::Table(index, key)),
            Err(reason) => schema.problems.push(Problem { object: table.qualified_name(), reason }),
        }
    }
    let claims: Vec<_> = wanted.iter().map(|wanted| wanted.claim(schema)).collect();
    let settled = settle(&claims, |index, name| take_family(claimed, wanted[index].family(name)));
    schema.tables = vec![None; catalog.tables.len()];
    for (wanted, settled) in wanted.into_iter().zip(settled) {
        wanted.expose(schema, options, settled);
    }
    for exposed in schema.tables.iter_mut().flatten() {
        exposed.relation_stem = related::stem(&exposed.type_name, &related::TYPES, claimed);
    }
    for exposed in schema.tables.iter_mut().flatten() {
        exposed.group_stem = related::stem(&exposed.type_name, &groups::TYPES, claimed);
    }
    composite::add(schema, claimed);
    let mut column_types = HashMap::new();
    for (index, table) in catalog.tables.iter().enumerate() {
        let columns =
            schema.tables[index].is_some().then(|| columns(schema, options, table, &mut column_types));
        if let (Some(exposed), Some(columns)) = (&mut schema.tables[index], columns) {
            exposed.changes = mutations::changes(table, &columns);
            exposed.places = places(&columns);
            exposed.columns = columns;
        }
    }
    name_root_fields(schema);
}

impl Wanted<'_> {
    fn claim(&self, schema: &Schema) -> Claim {
        let (own, in_schema, directive) = match self {
            Self::Enum(found, _) => (&found.name, &found.schema, &found.directive),
            Self::Table(index, _) => {
                let table = &schema.catalog.tables[*index];
                (&table.name, &table.schema, &table.directive)
            }
        };
        Claim::new(own, naming::type_name(own, schema.inflects(in_schema)), directive.name.as_ref())
    }

    /// The names of all types that come with it.
    fn family(&self, name: &str) -> Vec<String> {
        match self {
            Self::Enum(..) => value_family(name),
            Self::Table(..) => table_family(name),
        }
    }

    fn expose(self, schema: &mut Schema, options: Options, settled: Settled) {
        let problem = settled.problem("type");
        match self {
            Self::Enum(found, values) => {
                let object = format!("type {}.{}", found.schema, found.name);
                let is_left_out = settled.name.is_none();
                schema.problems.extend(problem.map(|reason| Problem {
                    object,
                    reason: if is_left_out { reason + enums::LEFT_OUT } else { reason },
                }));
                schema.enums.extend(settled.name.map(|name| (found.oid, EnumType { name, values })));
            }
            Self::Table(index, key) => {
                let table = &schema.catalog.tables[index];
                let object = table.qualified_name();
                schema.problems.extend(problem.map(|reason| Problem {
                    object,
                    reason: reason + "; to choose a name, use a comment: @graphql({\"name\": \"…\"})",
                }));
                let session = SessionSettings::of_table(&schema.catalog, table);
                let page_size = table.directive.max_rows;
                let page_size = page_size.or(schema.catalog.namespace_directive(table).max_rows);
                let totals = Totals {
                    total_count: table.directive.total_count.unwrap_or(options.total_count),
                    aggregate: table.directive.aggregate.unwrap_or(options.aggregate),
                };
                let node_id = schema.node_id;
                schema.tables[index] = settled.name.map(|type_name| ExposedTable {
                    node_id,
                    root: naming::lower_first(&type_name).into(),
                    type_name: type_name.into(),
                    key,
                    page_size: page_size.unwrap_or(DEFAULT_PAGE_SIZE),
                    columns: Vec::new(),
                    places: HashMap::new(),
                    relations: IndexMap::new(),
                    reached: Reached::default(),
                    relation_stem: Arc::default(),
                    group_stem: Arc::default(),
                    has_groups: false,
                    computed: IndexMap::new(),
                    measures: IndexMap::new(),
                    totals,
                    changes: Changes::default(),
                    takes_nested: false,
                    conflicts: None,
                    operations: Vec::new(),
                    session,
                });
            }
        }
    }
}

fn take_family(claimed: &mut HashSet<String>, family: Vec<String>) -> Result<(), String> {
    if let Some(taken) = family.iter().find(|name| claimed.contains(*name)) {
        return Err(format!("the type name {taken} is taken"));
    }
    claimed.extend(family);
    Ok(())
}

/// The columns that identify the rows of a table, if the role may use it; else why it is not exposed.
fn key(catalog: &Catalog, table: &Table) -> Result<Vec<usize>, String> {
    if !table.is_readable {
        return Err(
            "it cannot be read: its foreign-data wrapper, or that of a table below it, has no handler"
                .to_owned(),
        );
    }
    if table.name == MIGRATIONS_TABLE && table.directive.name.is_none() {
        return Err(DIESELS_TABLE.to_owned());
    }
    if !table.columns.iter().any(|column| column.can_select) {
        return Err("no privilege: the role may not select from it".to_owned());
    }
    let key = table.key()?;
    let columns = || key.iter().map(|index| &table.columns[*index]);
    if let Some(hidden) = columns().find(|column| !column.can_select) {
        return Err(format!("no privilege: the role may not select the key column {:?}", hidden.name));
    }
    // PostgreSQL allows no primary key of such a type, but a comment may name such a column.
    let is_sortable = |found: &Type| scalar::is_sortable(catalog, found);
    match columns().find(|column| !catalog.type_of(column).is_some_and(is_sortable)) {
        Some(column) if table.primary_key.is_none() => Err(format!(
            "its rows cannot be ordered by the key column {:?}, because its type has no order",
            column.name
        )),
        _ => Ok(key),
    }
}

/// `column_types` caches column types by the type's oid.
fn columns(
    schema: &mut Schema,
    options: Options,
    table: &Table,
    column_types: &mut HashMap<Oid, Arc<ColumnType>>,
) -> Vec<Option<ExposedColumn>> {
    let inflect = schema.inflects(&table.schema);
    // A column may be write-only, such as a password.
    let usable = table.columns.iter().enumerate();
    let usable: Vec<_> =
        usable.filter(|(_, column)| column.can_select || column.can_insert || column.can_update).collect();
    let claims: Vec<_> = usable
        .iter()
        .map(|(_, column)| {
            let usual = naming::field_name(&column.name, inflect);
            let usual = global_id::beside(schema.node_id, usual);
            Claim::new(&column.name, usual, column.directive.name.as_ref())
        })
        .collect();
    let mut taken = HashSet::from([schema.node_id.to_owned()]);
    let settled = settle(&claims, |_, name| take_field(&mut taken, name));
    let mut exposed = vec![None; table.columns.len()];
    for ((index, column), settled) in usable.into_iter().zip(settled) {
        let object = || format!("{}.{}", table.qualified_name(), column.name);
        schema.problems.extend(settled.problem("field").map(|reason| Problem { object: object(), reason }));
        let Some(found) = schema.catalog.type_of(column) else {
            let reason = "its type is not in the catalog".to_owned();
            schema.problems.push(Problem { object: object(), reason });
            continue;
        };
        let column_type = column_types.entry(found.oid);
        let column_type = column_type.or_insert_with(|| Arc::new(schema.column_type(found)));
        let column_type = match column.directive.dimensions {
            None => Arc::clone(column_type),
            Some(dimensions) => declared(column_type, dimensions).unwrap_or_else(|reason| {
                schema.problems.push(Problem { object: object(), reason });
                Arc::clone(column_type)
            }),
        };
        let is_given = mutations::is_given(column);
        exposed[index] = settled.name.map(|field| ExposedColumn {
            field: field.into(),
            nullability: Nullability::of(declaration(column, &column_type), options),
            declared: column_type.declared(column.modifier),
            column_type,
            is_readable: column.can_select,
            is_insertable: column.can_insert && !is_given,
            is_updatable: column.can_update && !is_given,
        });
    }
    exposed
}

/// Whether a column has a value in every row. JSON's null is a value in the database, but not in an answer.
fn declaration(column: &Column, column_type: &ColumnType) -> Declaration {
    if column_type.is_json_value() {
        Declaration::Optional
    } else if column.not_null {
        Declaration::Guaranteed
    } else if column.is_unverified_not_null {
        Declaration::Unverified
    } else {
        Declaration::Optional
    }
}

/// The type of a column whose comment declares how many dimensions its arrays have.
fn declared(column_type: &Arc<ColumnType>, dimensions: usize) -> Result<Arc<ColumnType>, String> {
    // PostgreSQL's MAXDIM.
    const MOST: usize = 6;
    if !column_type.is_list {
        return Err("its comment declares dimensions, but it holds no arrays".to_owned());
    }
    if !(1..=MOST).contains(&dimensions) {
        return Err(format!(
            "its comment declares {dimensions} dimensions; PostgreSQL's arrays have 1 to {MOST}"
        ));
    }
    // Lists of lists of composite values are texts.
    let composite = column_type.composite.filter(|_| dimensions == 1);
    Ok(Arc::new(ColumnType { dimensions, composite, ..ColumnType::clone(column_type) }))
}

/// The index of each column, by the name of its field.
fn places(columns: &[Option<ExposedColumn>]) -> HashMap<Arc<str>, usize> {
    let columns = columns.iter().enumerate();
    columns.filter_map(|(index, column)| Some((Arc::clone(&column.as_ref()?.field), index))).collect()
}

/// Two types whose names differ only in the case of their first letter would have the same root fields. Their
/// full names are unique, so each gets its own.
fn name_root_fields(schema: &mut Schema) {
    let mut taken = HashSet::new();
    let mut claims = Vec::new();
    for exposed in schema.tables.iter().flatten() {
        claims.push(Claim::new(&exposed.type_name, exposed.root.to_string(), None));
    }
    let settled = settle(&claims, |_, name| {
        if taken.insert(name.to_owned()) {
            Ok(())
        } else {
            Err(format!("the root field {name}Collection is taken"))
        }
    });
    let catalog = schema.catalog.clone();
    let exposed = schema.tables.iter_mut().zip(&catalog.tables);
    let exposed = exposed.filter_map(|(exposed, table)| Some((exposed.as_mut()?, table)));
    for ((exposed, table), settled) in exposed.zip(settled) {
        let object = table.qualified_name();
        schema.problems.extend(settled.problem("root field").map(|reason| Problem {
            object,
            reason: format!(
                "{reason}Collection; to choose a name, use a comment: @graphql({{\"name\": \"…\"}})"
            ),
        }));
        exposed.root = settled.name.map_or_else(|| Arc::clone(&exposed.type_name), Arc::from);
    }
}
