//! The values of columns that are known before a row is read: from filters, keys, and the objects of an insert.
//!
//! A relation compares a column of one row with a column of another. If the value of one is known, so is that of the other, and the
//! relation's condition can contain the value itself. PostgreSQL then finds the partition, and an engine that divides tables among
//! machines finds the machine, without reading the other row first.

use super::slot::Taken;
use super::{
    Assignment, Change, Condition, InsertStep, InsertedRows, OnConflict, Operand, Origin, PlanError, Planner,
    RowField, Slot, WriteField,
};
use crate::catalog::{Catalog, Type, TypeKind, base_type};
use crate::request::Input;
use crate::schema::{Join, Operator};

/// Columns of a table with the values that they are equal to, by the default equality of their types.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownColumns(Vec<(usize, Slot)>);

impl KnownColumns {
    /// No columns.
    pub const NONE: &'static Self = &Self(Vec::new());

    /// A column that is equal to a value.
    pub fn one(column: usize, slot: Slot) -> Self {
        Self(vec![(column, slot)])
    }

    /// What a condition says of the rows for which it is true.
    pub fn of_condition(condition: Option<&Condition>) -> Self {
        let equalities = condition.map(Condition::equalities).unwrap_or_default();
        let known = equalities.into_iter().filter_map(|(column, operand)| match operand {
            Operand::Value(slot) => Some((column, slot.clone())),
            Operand::List(_) | Operand::Text(_) | Operand::Element(_) => None,
        });
        Self(known.collect())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Slot)> {
        self.0.iter().map(|(column, slot)| (*column, slot))
    }

    /// The value that a column is equal to.
    pub fn get(&self, column: usize) -> Option<&Slot> {
        self.0.iter().find(|(known, _)| *known == column).map(|(_, slot)| slot)
    }

    /// What is known of the rows at the other end of a relation of this table's rows.
    #[must_use]
    pub fn through(&self, catalog: &Catalog, table: usize, join: &Join) -> Self {
        let known = join.columns.iter().enumerate().filter_map(|(pair, (ours, theirs))| {
            let slot = self.get(*ours).filter(|_| has_one_equality(catalog, table, join, pair))?;
            Some((*theirs, slot.clone()))
        });
        Self(known.collect())
    }

    /// What is known from either.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl Condition {
    /// The columns that are equal to a value in every row for which the condition is true.
    pub fn equalities(&self) -> Vec<(usize, &Operand)> {
        match self {
            Self::All(conditions) => conditions.iter().flat_map(Self::equalities).collect(),
            Self::Compare { column, operator, operand } if **operator == *Operator::EQUAL => {
                vec![(*column, operand)]
            }
            Self::Compare { .. }
            | Self::Any(_)
            | Self::Not(_)
            | Self::StandsIn(_)
            | Self::Related(_)
            | Self::Json { .. }
            | Self::Search { .. }
            | Self::Similar { .. }
            | Self::WithinDistance(..)
            | Self::Spatial { .. }
            | Self::Attribute { .. }
            | Self::IsNull { .. } => Vec::new(),
        }
    }
}

impl Planner<'_> {
    /// What is known of the rows that a change returns, as far as the selected relations use it. `objects` are those of an insert.
    pub(super) fn known_of_change(
        &self,
        table: usize,
        change: &Change,
        objects: Option<&Input<'_>>,
        fields: &[(String, WriteField)],
    ) -> Result<KnownColumns, PlanError> {
        if !self.schema.catalog.tables[table].keeps_values {
            return Ok(KnownColumns::default());
        }
        let mut known = KnownColumns::default();
        for column in related_columns(fields) {
            let slot = match change {
                Change::Delete { target } => {
                    KnownColumns::of_condition(target.condition.as_ref()).get(column).cloned()
                }
                Change::Update { set, target } => match set.iter().find(|(changed, _)| *changed == column) {
                    None => KnownColumns::of_condition(target.condition.as_ref()).get(column).cloned(),
                    Some((_, Assignment::Value(value))) => self.stored(table, column, Some(value)),
                    Some(_) => None,
                },
                Change::Insert { columns, rows, on_conflict }
                    if self.is_inserted(table, on_conflict.as_ref(), column) =>
                {
                    let place = columns.iter().position(|given| *given == column);
                    match place {
                        Some(place) => self.common_value(table, (column, place), rows, objects)?,
                        None => None,
                    }
                }
                Change::Insert { .. } => None,
            };
            known.0.extend(slot.map(|slot| (column, slot)));
        }
        Ok(known)
    }

    /// The same of the mutation's own rows in a nested insert.
    pub(super) fn known_of_step(&self, step: &InsertStep, fields: &[(String, WriteField)]) -> KnownColumns {
        let InsertStep { table, columns, rows, on_conflict, .. } = step;
        if !self.schema.catalog.tables[*table].keeps_values {
            return KnownColumns::default();
        }
        let inserted = related_columns(fields).into_iter();
        let inserted = inserted.filter(|column| self.is_inserted(*table, on_conflict.as_ref(), *column));
        let known = inserted.filter_map(|column| {
            let place = columns.iter().position(|given| *given == column)?;
            Some((column, self.stored(*table, column, agreed(rows, place))?))
        });
        KnownColumns(known.collect())
    }

    /// The value of a column that all inserted rows have; `place` is that of the column in them.
    fn common_value(
        &self,
        table: usize,
        (column, place): (usize, usize),
        rows: &InsertedRows,
        objects: Option<&Input<'_>>,
    ) -> Result<Option<Slot>, PlanError> {
        if let InsertedRows::Each(rows) = rows
            && let Some(value) = agreed(rows, place)
        {
            return Ok(self.stored(table, column, Some(value)));
        }
        let Some(exposed) = self.table(table)?.columns[column].as_ref() else { return Ok(None) };
        let Some(value) = objects.and_then(|objects| objects.common(&exposed.field)) else { return Ok(None) };
        let operand = Operand::Value(self.one(Taken::of_column(&exposed.field, exposed), &value)?);
        Ok(self.stored(table, column, Some(&operand)))
    }

    /// The value of a column that was set to a value, if its type stores every value as it is.
    fn stored(&self, table: usize, column: usize, value: Option<&Operand>) -> Option<Slot> {
        let catalog = &self.schema.catalog;
        let of = catalog.type_of(&catalog.tables[table].columns[column])?;
        match value {
            Some(Operand::Value(slot)) if is_stored_exactly(base_type(&catalog.types, of)) => {
                Some(slot.clone())
            }
            _ => None,
        }
    }

    /// Whether a returned row has the inserted value of a column, even if it is an existing row that was updated.
    fn is_inserted(&self, table: usize, on_conflict: Option<&OnConflict>, column: usize) -> bool {
        let Some(handled) = on_conflict.filter(|handled| !handled.columns.is_empty()) else { return true };
        let found = &self.schema.catalog.tables[table];
        let target = &found.conflict_targets[handled.target];
        let is_whole_key = found.unique_keys.iter().any(|key| {
            key.len() == target.columns.len() && key.iter().all(|name| target.columns.contains(name))
        });
        handled.columns.contains(&column)
            || is_whole_key && target.columns.contains(&found.columns[column].name)
    }
}

/// The value at a place that all rows have, by their slots.
fn agreed(rows: &[Vec<Option<Operand>>], place: usize) -> Option<&Operand> {
    let (first, others) = rows.split_first()?;
    let value = first[place].as_ref()?;
    others.iter().all(|row| row[place].as_ref() == Some(value)).then_some(value)
}

/// The columns of changed rows by which the selected relations find others.
fn related_columns(fields: &[(String, WriteField)]) -> Vec<usize> {
    let records = fields.iter().filter_map(|(_, field)| match field {
        WriteField::Records(fields) => Some(fields),
        WriteField::Typename(_) | WriteField::AffectedCount => None,
    });
    let origins = records.flatten().filter_map(|(_, field)| match field {
        RowField::ToOne { row, .. } => Some(&row.origin),
        RowField::ToMany(connection) => Some(&connection.origin),
        RowField::Typename(_)
        | RowField::NodeId
        | RowField::Column(_)
        | RowField::Composite(..)
        | RowField::JsonAt { .. }
        | RowField::Computed(..)
        | RowField::Measure(_) => None,
    });
    let joins = origins.filter_map(|origin| match origin {
        Origin::Joined(join) => Some(join),
        Origin::Table | Origin::Group(_) | Origin::Called(_) => None,
    });
    let mut columns: Vec<_> = joins.flat_map(|join| join.columns.iter().map(|(ours, _)| *ours)).collect();
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Whether a relation compares a pair of columns by the one default equality that both of them have: then a value that is equal to
/// one is equal to the other. That needs one type and one collation, and no operator between two types.
fn has_one_equality(catalog: &Catalog, table: usize, join: &Join, pair: usize) -> bool {
    let (ours, theirs) = join.columns[pair];
    let (ours, theirs) = (&catalog.tables[table].columns[ours], &catalog.tables[join.table].columns[theirs]);
    let base = |oid| catalog.types.get(oid).map(|found: &Type| base_type(&catalog.types, found));
    let collation = |of: &crate::catalog::Column| of.collation.as_ref().map(|found| found.name.clone());
    match (base(&ours.type_oid), base(&theirs.type_oid)) {
        (Some(one), Some(other)) => {
            one.oid == other.oid
                && one.element.is_none()
                && collation(ours) == collation(theirs)
                && join.operators.get(pair) == Some(&catalog.comparison(ours).equal)
        }
        _ => false,
    }
}

/// Whether a column of the type contains exactly the value that it was given: no length, precision or scale changes it.
fn is_stored_exactly(of: &Type) -> bool {
    match of.kind {
        TypeKind::Enum => true,
        TypeKind::Base => {
            of.schema == "pg_catalog"
                && matches!(of.name.as_str(), "int2" | "int4" | "int8" | "uuid" | "text" | "bool" | "date")
        }
        TypeKind::Composite
        | TypeKind::Domain
        | TypeKind::Pseudo
        | TypeKind::Range
        | TypeKind::Multirange => false,
    }
}
