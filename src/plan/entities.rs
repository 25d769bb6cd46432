//! `_entities` and `_service`, the root fields of a subgraph.

use std::sync::Arc;

use apollo_compiler::Node;

use super::represented::{Group, Part, Represented};
use super::{Origin, PlanError, Planner, Row, SelectedField, SelectedKind, Slot};
use crate::request::{Field, Representations};
use crate::schema::{EntityKey, FixedFields, REPRESENTATIONS, ServiceFieldKind, TypeId};

/// The rows that representations name, in their order.
///
/// Each of them has an item at the same index of several arrays: the number of its group, and the values of
/// its key, for whatever columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Entities {
    /// The groups of representations that have one type and one key.
    pub groups: Vec<EntityGroup>,
    /// The group of each representation, or its mistake: [`super::GroupNumber`].
    pub numbers: Slot,
    /// An array of texts for each value that a key can have.
    pub values: Vec<Slot>,
}

/// Rows of a table that are named by the same key.
#[derive(Debug, Clone, PartialEq)]
pub struct EntityGroup {
    /// The key.
    pub key: EntityKey,
    /// The row, and the selected fields.
    pub row: Row,
}

/// A field of `_Service`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceField {
    /// `__typename`.
    Typename(String),
    /// `sdl`.
    Sdl,
}

impl<'a> Planner<'a> {
    pub(super) fn entities(&self, fields: &[&'a Node<Field>]) -> Result<Entities, PlanError> {
        let arguments = self.arguments(fields[0])?;
        let given = arguments.get(REPRESENTATIONS);
        let given = given.ok_or_else(|| self.error("representations must be a list of objects"))?;
        let representations = given.representations();
        let mut found: Vec<Group> = Vec::new();
        for sort in representations.sorts() {
            // Two sorts may also differ in fields that are in no key.
            found.extend(Group::of(self.schema, &sort).filter(|group| !found.contains(group)));
        }
        let groups = found.iter().map(|group| {
            let row = self.row(group.table(), Origin::Table, fields)?;
            Ok(EntityGroup { key: group.key(), row })
        });
        let groups = groups.collect::<Result<_, _>>()?;
        let length = found.iter().map(|group| group.values(self.schema)).max().unwrap_or_default();
        let represented = Arc::new(Represented(found));
        let slot = |part| match &representations {
            Representations::Known(value) => Slot::Known(Some(represented.array(self.schema, value, part))),
            Representations::Variable(_, path) => self.represented(path, &represented, part),
        };
        let values = (0..length).map(|place| slot(Part::Value(place))).collect();
        Ok(Entities { groups, numbers: slot(Part::Number), values })
    }

    pub(super) fn service_fields(
        &self,
        fields: &[&'a Node<Field>],
    ) -> Result<Vec<(String, ServiceField)>, PlanError> {
        let selected = self.fields(TypeId::Service, fields, ServiceFieldKind::named)?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, .. }| {
            let field = match kind {
                SelectedKind::Typename(name) => ServiceField::Typename(name),
                SelectedKind::Field(ServiceFieldKind::Sdl) => ServiceField::Sdl,
            };
            (key, field)
        });
        Ok(planned.collect())
    }
}
