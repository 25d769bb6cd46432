//! Composite values as JSON objects.

use super::ast::Expression;
use super::json::{IfNull, JsonText};
use super::{Compiler, TableRef};
use crate::plan::{CompositeField, CompositeSelection};
use crate::schema::Nullability;
use crate::schema::violation::Violation;

impl Compiler<'_> {
    /// The composite value of a column.
    pub(super) fn composite_column(
        &self,
        at: TableRef<'_>,
        column: usize,
        selection: &CompositeSelection,
    ) -> JsonText {
        let nullability = self.schema.column(at.table, column).map(|exposed| exposed.nullability);
        let if_null = IfNull::by(nullability.unwrap_or(Nullability::Nullable), Violation::Null);
        self.composite_json(&self.column(at, column), selection, if_null)
    }

    /// A value whose attributes are all null is a value; `is null` takes it for none.
    fn composite_json(
        &self,
        value: &Expression,
        selection: &CompositeSelection,
        if_null: IfNull,
    ) -> JsonText {
        let attributes = self.schema.composites.get(&selection.of).map(|found| found.attributes.as_slice());
        let attributes = attributes.unwrap_or_default();
        let part =
            |place: usize| Expression::Attribute(Box::new(value.clone()), attributes[place].name.clone());
        let fields = selection.fields.iter().map(|(key, field)| {
            let json = match field {
                CompositeField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                CompositeField::Attribute(place) => {
                    self.value_json(part(*place), &attributes[*place].column_type, IfNull::Null)
                }
                CompositeField::Composite(place, below) => {
                    self.composite_json(&part(*place), below, IfNull::Null)
                }
            };
            (key.clone(), json)
        });
        let object = JsonText::object(fields).into_expression();
        let is_there =
            Expression::Call("num_nonnulls", vec![value.clone()]).binary("=", Expression::Number(1));
        JsonText::of_piece(Expression::Case {
            branches: vec![(is_there, object)],
            otherwise: Some(Box::new(if_null.json())),
        })
    }
}
