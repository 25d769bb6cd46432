//! `onConflict`: the indexes that inserted rows may conflict with, and the columns that are updated then.

use std::collections::HashSet;
use std::sync::Arc;

use super::claims::{Claim, settle};
use super::{ExposedColumn, ExposedTable, Schema, TableType, TypeId};
use crate::catalog::{ConflictTarget, Problem, Table};

/// The names in `onConflict` of a table's inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictHandling {
    /// The API's names of the unique indexes, each with its index in the table's conflict targets.
    pub targets: Vec<(Arc<str>, usize)>,
    /// Whether conflicting rows can be updated.
    pub updates: bool,
}

impl ConflictHandling {
    /// The index of the conflict target with that name in the API.
    pub fn target(&self, name: &str) -> Option<usize> {
        self.targets.iter().find(|(known, _)| **known == *name).map(|(_, target)| *target)
    }
}

impl ExposedColumn {
    /// Whether `updateColumns` can name it. PostgreSQL requires the right to read the column, too (PostgreSQL
    /// manual, INSERT).
    pub(super) fn is_taken_over(&self) -> bool {
        self.is_readable && self.is_updatable && is_enum_value(&self.field).is_ok()
    }
}

/// Finds the conflict targets of each table, and takes the names of the types for them from those that are
/// still free.
pub(super) fn add(schema: &mut Schema, claimed: &mut HashSet<String>) {
    for table in 0..schema.tables.len() {
        let Some(exposed) = schema.table(table).filter(|exposed| exposed.changes.insert) else { continue };
        let (targets, mut problems) = targets(&schema.catalog.tables[table], exposed);
        if !targets.is_empty() {
            let updates =
                exposed.changes.update && exposed.columns_that(ExposedColumn::is_taken_over).next().is_some();
            let handling = ConflictHandling { targets, updates };
            let taken = take_names(schema, table, claimed);
            match (taken, &mut schema.tables[table]) {
                (Ok(()), Some(exposed)) => exposed.conflicts = Some(handling),
                (Ok(()), None) => {}
                (Err(problem), _) => problems.push(problem),
            }
        }
        schema.problems.extend(problems);
    }
}

fn take_names(schema: &Schema, table: usize, claimed: &mut HashSet<String>) -> Result<(), Problem> {
    let types = [TableType::OnConflict, TableType::Constraint, TableType::UpdateColumn];
    let names = types.map(|part| TypeId::Table(table, part).name(schema).into_owned());
    if let Some(name) = names.iter().find(|name| claimed.contains(*name)) {
        let object = schema.catalog.tables[table].qualified_name();
        let reason = format!("its inserts have no onConflict, because the type name {name} is taken");
        return Err(Problem { object, reason });
    }
    claimed.extend(names);
    Ok(())
}

/// The unique indexes that the role can name, in the order of their names, and why others have no name.
fn targets(table: &Table, exposed: &ExposedTable) -> (Vec<(Arc<str>, usize)>, Vec<Problem>) {
    let usable = table.conflict_targets.iter().enumerate();
    let usable: Vec<_> = usable.filter(|(_, target)| can_conflict(table, exposed, target)).collect();
    let claim = |(_, target): &(usize, &ConflictTarget)| {
        Claim::new(&target.name, target.name.clone(), target.directive.name.as_ref())
    };
    let claims: Vec<_> = usable.iter().map(claim).collect();
    let mut seen = HashSet::new();
    let settled = settle(&claims, |_, name| {
        is_enum_value(name)?;
        let is_new = seen.insert(name.to_owned());
        if is_new { Ok(()) } else { Err(format!("the name {name} is taken")) }
    });
    let (mut targets, mut problems) = (Vec::new(), Vec::new());
    for ((place, target), settled) in usable.into_iter().zip(settled) {
        problems.extend(settled.problem("value of onConflict").map(|reason| Problem {
            object: format!("{} on {}", target.name, table.qualified_name()),
            reason: format!("{reason}; to choose a name, use a comment: @graphql({{\"name\": \"…\"}})"),
        }));
        targets.extend(settled.name.map(|name| (name.into(), place)));
    }
    (targets, problems)
}

/// Whether the role may read the compared columns, and can insert a conflicting value.
fn can_conflict(table: &Table, exposed: &ExposedTable, target: &ConflictTarget) -> bool {
    target.columns.iter().all(|name| {
        let column = table.column_index(name).map(|place| (&table.columns[place], &exposed.columns[place]));
        column.is_some_and(|(column, exposed)| {
            let is_given = exposed.as_ref().is_some_and(|exposed| exposed.is_insertable);
            column.can_select && (is_given || !(column.is_identity || column.is_serial))
        })
    })
}

/// Checks that a name can be an enum value: it must not be one of three reserved words (GraphQL
/// specification, 3.9).
pub(super) fn is_enum_value(name: &str) -> Result<(), String> {
    match name {
        "true" | "false" | "null" => Err(format!("the name {name} means something else in GraphQL")),
        _ => Ok(()),
    }
}
