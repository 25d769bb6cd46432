//! The object types, input types and filters of composite types.

use apollo_compiler::Node;

use super::document::Definitions;
use super::renderer::{Field, Input, Renderer, field, input};
use crate::catalog::Oid;
use crate::schema::composite::IS;
use crate::schema::{CompositeFilterField, CompositeType, TypeId};

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
            let takes = self.input_value(&attribute.column_type);
            input(self.name(name), None, takes.into())
        });
        fields.collect()
    }
}

impl Renderer<'_> {
    fn composite_conditions(&mut self, oid: Oid) -> Vec<Input> {
        let schema = self.schema;
        let Some(composite) = schema.composites.get(&oid) else { return Vec::new() };
        let filtered = composite.fields().filter_map(|(name, attribute)| Some((name, attribute.filter()?)));
        let mut fields: Vec<_> = filtered.map(|(name, of)| self.nullable_input(name, of)).collect();
        if composite.filter_field(IS) == Some(CompositeFilterField::Is) {
            let takes = self.reference(TypeId::FilterIs);
            fields.push(self.input(
                IS,
                Some("Whether the value is null; a value whose fields are all null counts as null"),
                takes,
            ));
        }
        fields
    }
}

impl Definitions<'_> {
    /// The composite types that something refers to, and those that these refer to.
    pub(super) fn composites(&mut self) {
        let schema = self.renderer.schema;
        let all = schema.composites.keys();
        let types: [fn(Oid) -> TypeId; 3] =
            [TypeId::Composite, TypeId::CompositeInput, TypeId::CompositeFilter];
        let mut left: Vec<_> = all.flat_map(|oid| types.map(|of| of(*oid))).collect();
        while let Some(place) = left.iter().position(|id| self.renderer.used.contains(id)) {
            let id = left.remove(place);
            if let TypeId::Composite(oid) = id {
                let fields = self.renderer.composite_fields(oid);
                let text = schema.catalog.types.get(&oid);
                let text = text.and_then(|found| found.directive.description.as_ref());
                self.described_object(id, text.map(|text| Node::new_str(text)), fields);
            } else if let TypeId::CompositeInput(oid) = id {
                let fields = self.renderer.composite_inputs(oid);
                self.input(id, "A whole value; fields that you leave out are null", fields);
            } else if let TypeId::CompositeFilter(oid) = id {
                let fields = self.renderer.composite_conditions(oid);
                self.input(id, "Conditions on the fields of a value; all of them must hold", fields);
            }
        }
    }
}
