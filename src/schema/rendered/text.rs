//! The inputs of full text search and similarity.

use super::document::Definitions;
use super::renderer::{Input, Renderer};
use crate::schema::{FixedFields, OptionalType, Scalar, SimilarityField, TextSearchField, TypeId};

impl Renderer<'_> {
    fn text_search_fields(&mut self) -> Vec<Input> {
        let field = |field: &TextSearchField| {
            let string = self.scalar(Scalar::String);
            let takes = match field {
                TextSearchField::Query => string.non_null(),
                TextSearchField::Config => string,
            };
            self.input(field.name(), Some(field.description()), takes)
        };
        TextSearchField::ALL.iter().map(field).collect()
    }

    fn similarity_fields(&mut self) -> Vec<Input> {
        let field = |field: &SimilarityField| {
            let takes = match field {
                SimilarityField::To => self.scalar(Scalar::String).non_null(),
                SimilarityField::Threshold => self.scalar(Scalar::Float),
            };
            self.input(field.name(), Some(field.description()), takes)
        };
        SimilarityField::ALL.iter().map(field).collect()
    }
}

impl Definitions<'_> {
    /// What all filters on texts share.
    pub(super) fn text_search(&mut self) {
        if self.renderer.used.contains(&TypeId::Optional(OptionalType::TextSearch)) {
            let fields = self.renderer.text_search_fields();
            self.input(TypeId::Optional(OptionalType::TextSearch), "The words of a full text search", fields);
        }
        if self.renderer.used.contains(&TypeId::Optional(OptionalType::Similarity)) {
            let fields = self.renderer.similarity_fields();
            self.input(
                TypeId::Optional(OptionalType::Similarity),
                "A text, and how similar others must be to match",
                fields,
            );
        }
    }
}
