//! Selections of composite values.

use apollo_compiler::Node;

use super::{PlanError, Planner, SelectedField, SelectedKind};
use crate::catalog::Oid;
use crate::request::Field;
use crate::schema::{ColumnType, TypeId};

/// A field of a composite value.
#[derive(Debug, Clone, PartialEq)]
pub enum CompositeField {
    /// `__typename`.
    Typename(String),
    /// An attribute.
    Attribute(usize),
    /// An attribute that holds composite values itself.
    Composite(usize, CompositeSelection),
}

/// What is selected of a composite value.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeSelection {
    /// Its type.
    pub of: Oid,
    /// The fields, by key in the answer.
    pub fields: Vec<(String, CompositeField)>,
}

impl<'a> Planner<'a> {
    /// What fields ask of values of a type, if they are composite.
    pub(super) fn composite_value(
        &self,
        of: &ColumnType,
        fields: &[&'a Node<Field>],
    ) -> Result<Option<CompositeSelection>, PlanError> {
        of.composite.map(|of| self.composite(of, fields)).transpose()
    }

    /// What fields ask of composite values.
    pub(super) fn composite(
        &self,
        of: Oid,
        fields: &[&'a Node<Field>],
    ) -> Result<CompositeSelection, PlanError> {
        let composite = self.schema.composites.get(&of);
        let composite =
            composite.ok_or_else(|| self.defect("a field leads to a type that is no object type"))?;
        let selected = self.fields(TypeId::Composite(of), fields, |name| composite.attribute(name))?;
        let planned = selected.into_iter().map(|SelectedField { key, kind, fields }| {
            let field = match kind {
                SelectedKind::Typename(name) => CompositeField::Typename(name),
                SelectedKind::Field(place) => match composite.attributes[place].column_type.composite {
                    Some(of) => CompositeField::Composite(place, self.below(&key).composite(of, &fields)?),
                    None => CompositeField::Attribute(place),
                },
            };
            Ok((key, field))
        });
        Ok(CompositeSelection { of, fields: planned.collect::<Result<_, _>>()? })
    }
}
