//! JSON documents: the fields of their filter, the inputs below it, and the argument of document columns.

use super::document::Definitions;
use super::renderer::{Input, Renderer};
use crate::schema::operator::operators;
use crate::schema::{
    ExposedColumn, FixedFields, JSON_PATH, JsonFilterField, JsonPathFilterField, JsonPredicateField, Scalar,
    TypeId, ValueType,
};

impl Renderer<'_> {
    /// The argument of a document column; other columns have none.
    pub(super) fn json_path_argument(&mut self, column: &ExposedColumn) -> Vec<Input> {
        if column.column_type.single_scalar() != Some(Scalar::Json) {
            return Vec::new();
        }
        let takes = self.scalar(Scalar::String).non_null().list();
        let text = "Only the value at the end of this path of keys and positions; null if there is none";
        vec![self.input(JSON_PATH, Some(text), takes)]
    }

    pub(super) fn json_filter_fields(&mut self) -> Vec<Input> {
        let fields = JsonFilterField::ALL.iter().map(|field| {
            let takes = match field {
                JsonFilterField::Contains | JsonFilterField::ContainedBy => self.scalar(Scalar::Json),
                JsonFilterField::HasKey => self.scalar(Scalar::String),
                JsonFilterField::HasAnyKeys | JsonFilterField::HasAllKeys => {
                    self.scalar(Scalar::String).non_null().list()
                }
                JsonFilterField::Matches => self.reference(TypeId::JsonPredicate),
                JsonFilterField::Path => self.reference(TypeId::JsonPathFilter).non_null().list(),
                JsonFilterField::Is => self.reference(TypeId::FilterIs),
            };
            self.input(field.name(), Some(field.description()), takes)
        });
        fields.collect()
    }

    fn json_predicate_fields(&mut self) -> Vec<Input> {
        let fields = JsonPredicateField::ALL.iter().map(|field| {
            let takes = match field {
                JsonPredicateField::Path => self.scalar(Scalar::String).non_null(),
                JsonPredicateField::Vars => self.scalar(Scalar::Json),
            };
            self.input(field.name(), Some(field.description()), takes)
        });
        fields.collect()
    }

    fn json_path_filter_fields(&mut self) -> Vec<Input> {
        let mut fields = Vec::new();
        for field in JsonPathFilterField::ALL {
            let takes = match field {
                JsonPathFilterField::At => self.scalar(Scalar::String).non_null().list().non_null(),
                JsonPathFilterField::Number => {
                    self.reference(TypeId::ValueFilter(ValueType::Scalar(Scalar::Float)))
                }
            };
            fields.push(self.input(field.name(), Some(field.description()), takes));
        }
        for (name, operator) in operators(ValueType::Scalar(Scalar::String), false) {
            let takes = self.operand(*operator, ValueType::Scalar(Scalar::String), false);
            fields.push(self.input(name, None, takes));
        }
        fields
    }
}

impl Definitions<'_> {
    /// The types that all filters of documents share.
    pub(super) fn json_filters(&mut self) {
        if self.renderer.used.contains(&TypeId::ValueFilter(ValueType::Scalar(Scalar::Json))) {
            let fields = self.renderer.json_predicate_fields();
            let text = "A predicate on a JSON document, in PostgreSQL's path language";
            self.input(TypeId::JsonPredicate, text, fields);
            let fields = self.renderer.json_path_filter_fields();
            let text =
                "Conditions on the value at the end of a path in a JSON document; all of them must hold";
            self.input(TypeId::JsonPathFilter, text, fields);
        }
    }
}
