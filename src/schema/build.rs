//! The building of a schema: which tables and columns are exposed under which names, then their types.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::enums::enums;
use super::scalar::ColumnType;
use super::{
    Application, DEFAULT_PAGE_SIZE, ExposedColumn, ExposedTable, Options, Schema, fields, functions, inputs,
    mutations, naming, relations, shared,
};
use crate::catalog::{Catalog, Column, Problem, Table};

pub(super) fn build(catalog: Arc<Catalog>, options: Options, application: &Application) -> Schema {
    let mut claimed = shared::reserved_names();
    application.claim_names(&mut claimed);
    let mut problems = catalog.problems.clone();
    let mut schema = Schema {
        types: IndexMap::new(),
        tables: Vec::new(),
        functions: Vec::new(),
        enums: enums(&catalog, &mut claimed, &mut problems),
        problems,
        catalog,
    };
    let catalog = Arc::clone(&schema.catalog);
    for table in &catalog.tables {
        let exposed = expose_table(&mut schema, table, options, &mut claimed);
        schema.tables.push(exposed);
    }
    let relation_fields = relations::relation_fields(&mut schema);
    shared::add(&mut schema);
    for (index, table) in catalog.tables.iter().enumerate() {
        let Some(exposed) = schema.tables[index].clone() else { continue };
        let switches = fields::Switches {
            total_count: table.directive.total_count.unwrap_or(options.total_count),
            aggregate: table.directive.aggregate.unwrap_or(options.aggregate),
        };
        fields::add(&mut schema, index, &exposed, &relation_fields[index], switches);
        inputs::add(&mut schema, index, &exposed);
        mutations::add(&mut schema, index, &exposed);
    }
    functions::add(&mut schema);
    application.add_to(&mut schema);
    shared::complete(&mut schema);
    schema
}

/// Where Diesel keeps which migrations were applied; no part of anybody's application.
const MIGRATIONS_TABLE: &str = "__diesel_schema_migrations";

fn expose_table(
    schema: &mut Schema,
    table: &Table,
    options: Options,
    claimed: &mut HashSet<String>,
) -> Option<ExposedTable> {
    if table.is_partition && !options.partitions {
        return None;
    }
    match try_expose_table(schema, table, claimed) {
        Ok(exposed) => Some(exposed),
        Err(reason) => {
            schema.problems.push(Problem { object: table.qualified_name(), reason });
            None
        }
    }
}

fn try_expose_table(
    schema: &mut Schema,
    table: &Table,
    claimed: &mut HashSet<String>,
) -> Result<ExposedTable, String> {
    let directive = schema.catalog.namespace_directive(table);
    let inflect = directive.inflect_names.unwrap_or(false);
    let page_size = table.directive.max_rows.or(directive.max_rows).unwrap_or(DEFAULT_PAGE_SIZE);
    if !table.columns.iter().any(|column| column.can_select) {
        return Err("no privilege: the role may not select from it".to_owned());
    }
    if table.name == MIGRATIONS_TABLE && table.directive.name.is_none() {
        return Err("Diesel's table of applied migrations; to expose it, name it by a comment".to_owned());
    }
    let key = table.key().ok_or_else(|| {
        "no primary key; for a view name the columns that tell its rows apart: \
         @graphql({\"primary_key_columns\": [\"…\"]})"
            .to_owned()
    })?;
    if let Some(hidden) = key.iter().map(|index| &table.columns[*index]).find(|column| !column.can_select) {
        return Err(format!("no privilege: the role may not select the key column {:?}", hidden.name));
    }
    let type_name = table.directive.name.clone().unwrap_or_else(|| naming::type_name(&table.name, inflect));
    if !naming::is_valid(&type_name) {
        return Err(format!(
            "name is no GraphQL name: {type_name:?}; give it one by a comment: @graphql({{\"name\": \"…\"}})"
        ));
    }
    let family = fields::type_family(&type_name);
    if let Some(taken) = family.iter().find(|name| claimed.contains(*name)) {
        return Err(format!(
            "the type name {taken} is taken; rename it by a comment: @graphql({{\"name\": \"…\"}})"
        ));
    }
    claimed.extend(family);
    let columns = expose_columns(schema, table, inflect);
    Ok(ExposedTable { type_name, key, page_size, columns })
}

fn expose_columns(schema: &mut Schema, table: &Table, inflect: bool) -> Vec<Option<ExposedColumn>> {
    let mut taken = HashSet::from(["nodeId".to_owned()]);
    let mut columns = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        // A column may be for writing only: a password, say.
        let is_usable = column.can_select || column.can_insert || column.can_update;
        let exposed = if is_usable { expose_column(schema, column, inflect, &mut taken) } else { Ok(None) };
        columns.push(exposed.unwrap_or_else(|reason| {
            schema
                .problems
                .push(Problem { object: format!("{}.{}", table.qualified_name(), column.name), reason });
            None
        }));
    }
    columns
}

fn expose_column(
    schema: &Schema,
    column: &Column,
    inflect: bool,
    taken: &mut HashSet<String>,
) -> Result<Option<ExposedColumn>, String> {
    let field = column.directive.name.clone().unwrap_or_else(|| naming::field_name(&column.name, inflect));
    if !naming::is_valid(&field) {
        return Err(format!("name is no GraphQL name: {field:?}"));
    }
    if !taken.insert(field.clone()) {
        return Err(format!("the field name {field} is taken"));
    }
    let catalog = &schema.catalog;
    let found = catalog.type_of(column).ok_or("its type is not in the catalogue")?;
    let enum_name =
        |found: &crate::catalog::Type| schema.enums.get(&found.oid).map(|known| known.name.clone());
    Ok(Some(ExposedColumn {
        field,
        column_type: ColumnType::of(catalog, found, enum_name),
        is_readable: column.can_select,
    }))
}
