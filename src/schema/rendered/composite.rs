//! The object types and input types of composite types.

use apollo_compiler::Node;

use super::document::Definitions;
use super::renderer::{Field, Input, Renderer, field, input};
use crate::catalog::Oid;
use crate::schema::{CompositeType, TypeId};

impl Renderer<'_> {
    fn composite_fields(&mut self, oid: Oid) -> Vec<Field> {
        let schema = self.schema;
        let fields = schema.composites.get(&oid).into_iter().flat_map(CompositeType::fields);
        let fields = fields.map(|(name, attribute)| {
            let returns = self.value(&attribute.column_type);
            let text = attribute.description.as_ref().map(|text| Node::new_str(text));
            field(self.name(name), text, Vec::new(), returns)
        });
        fields.collect()
    }

    fn composite_inputs(&mut self, oid: Oid) -> Vec<Input> {
        let schema = self.schema;
        let fields = schema.composites.get(&oid).into_iter().flat_map(CompositeType::fields);
        let fields = fields.map(|(name, attribute)| {
            let takes = match attribute.column_type.composite {
                Some(oid) => self.reference(TypeId::CompositeInput(oid)),
                None => self.value(&attribute.column_type),
            };
            input(self.name(name), None, takes.into())
        });
        fields.collect()
    }
}

impl Definitions<'_> {
    /// The composite types that something refers to, and those that these refer to.
    pub(super) fn composites(&mut self) {
        let schema = self.renderer.schema;
        let all = schema.composites.keys();
        let mut left: Vec<_> =
            all.flat_map(|oid| [TypeId::Composite(*oid), TypeId::CompositeInput(*oid)]).collect();
        while let Some(place) = left.iter().position(|id| self.renderer.used.contains(id)) {
            let id = left.remove(place);
            if let TypeId::Composite(oid) = id {
                let fields = self.renderer.composite_fields(oid);
                let text = schema.catalog.types.get(&oid);
                let text = text.and_then(|found| found.directive.description.as_ref());
                self.described_object(id, text.map(|text| Node::new_str(text)), fields);
            } else if let TypeId::CompositeInput(oid) = id {
                let fields = self.renderer.composite_inputs(oid);
                self.input(id, "A whole value; what is left out is null in it", fields);
            }
        }
    }
}
