//! Nested inserts: the relations of a table whose rows can be inserted along with its own.

use std::collections::HashSet;
use std::sync::Arc;

use super::field::{Join, KeySide, RelationField};
use super::mutations::is_given;
use super::scalar::comparison_type;
use super::{Schema, TableType, TypeId};
use crate::catalog::Problem;

impl Schema {
    /// The relation with that name, if an insert into the table can insert its rows, too.
    pub fn nested(&self, table: usize, name: &str) -> Option<&RelationField> {
        let relation = self.table(table)?.relations.get(name)?;
        self.can_nest(table, &relation.join).then_some(relation)
    }

    /// All such relations of a table, by name.
    pub(super) fn all_nested(&self, table: usize) -> impl Iterator<Item = (&Arc<str>, &RelationField)> {
        let relations = self.table(table).into_iter().flat_map(|exposed| &exposed.relations);
        relations.filter(move |(_, relation)| self.can_nest(table, &relation.join))
    }

    /// Whether the role can insert on both sides, and set the referencing columns to the referenced values.
    fn can_nest(&self, table: usize, join: &Join) -> bool {
        let takes = |table: usize| self.table(table).is_some_and(|exposed| exposed.takes_nested);
        takes(table)
            && takes(join.table)
            && join.columns.iter().all(|(ours, theirs)| {
                let (ours, theirs) = ((table, *ours), (join.table, *theirs));
                let (referring, referenced) = match join.side {
                    KeySide::Referenced => (ours, theirs),
                    KeySide::Referring => (theirs, ours),
                };
                let column = |(table, column): (usize, usize)| &self.catalog.tables[table].columns[column];
                let (referring, referenced) = (column(referring), column(referenced));
                referring.can_insert
                    && !is_given(referring)
                    && comparison_type(&self.catalog, referenced.type_oid).is_some()
            })
    }
}

/// Takes the names of the types for nested inserts from those that are still free.
pub(super) fn add(schema: &mut Schema, claimed: &mut HashSet<String>) {
    for table in 0..schema.tables.len() {
        if !schema.table(table).is_some_and(|exposed| exposed.changes.insert) {
            continue;
        }
        let types = [TableType::InsertOneInput, TableType::InsertManyInput];
        let names = types.map(|part| TypeId::Table(table, part).name(schema).into_owned());
        if let Some(name) = names.iter().find(|name| claimed.contains(*name)) {
            let object = schema.catalog.tables[table].qualified_name();
            let reason = format!(
                "its rows cannot be inserted together with others, because the type name {name} is taken"
            );
            schema.problems.push(Problem { object, reason });
        } else if let Some(exposed) = &mut schema.tables[table] {
            exposed.takes_nested = true;
            claimed.extend(names);
        }
    }
}
