//! Composite values as JSON objects.

use super::ast::{Expression, From, FunctionCall, Order};
use super::json::{IfNull, JsonText, marked};
use super::rows::OneRow;
use super::{Compiler, TableRef};
use crate::plan::{CompositeField, CompositeSelection};
use crate::schema::Nullability;
use crate::schema::violation::Violation;

impl Compiler<'_> {
    /// The composite values of a column.
    pub(super) fn composite_column(
        &self,
        at: TableRef<'_>,
        column: usize,
        selection: &CompositeSelection,
    ) -> JsonText {
        let nullability = self.schema.column(at.table, column).map(|exposed| exposed.nullability);
        let if_null = IfNull::by(nullability.unwrap_or(Nullability::Nullable), Violation::Null);
        let is_list = self.schema.column(at.table, column).is_some_and(|exposed| exposed.column_type.is_list);
        self.composite_value((&self.column(at, column), is_list), selection, if_null)
    }

    /// A composite value, or an array of them. An array's elements are taken one by one by their index: `unnest` would make a row of
    /// nulls of a null.
    pub(super) fn composite_value(
        &self,
        (value, is_list): (&Expression, bool),
        selection: &CompositeSelection,
        if_null: IfNull,
    ) -> JsonText {
        if !is_list {
            return self.composite_json(value, selection, if_null);
        }
        let alias = self.alias();
        let index = Expression::column(&alias, &alias);
        let element = Expression::Element(Box::new(value.clone()), Box::new(index.clone()));
        let item = self.composite_json(&element, selection, IfNull::Null);
        let indexes = FunctionCall {
            schema: "pg_catalog".to_owned(),
            name: "generate_subscripts".to_owned(),
            arguments: vec![(None, value.clone()), (None, Expression::Number(1))],
        };
        let order = Order { expression: index, is_descending: false, is_nulls_first: false };
        let list = JsonText::list(item, vec![order], None);
        let items = OneRow::of_all(list, Some(From::Function(indexes, alias)), None).into_select();
        let dimensions = Expression::Call("array_ndims", vec![value.clone()]);
        let is_there = Expression::Is(Box::new(value.clone()), "not null");
        JsonText::of_piece(Expression::Case {
            branches: vec![
                (dimensions.binary(">", Expression::Number(1)), marked(Violation::Dimensions)),
                (is_there, Expression::Subselect(Box::new(items))),
            ],
            otherwise: Some(Box::new(if_null.json())),
        })
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
                    let is_list = attributes[*place].column_type.is_list;
                    self.composite_value((&part(*place), is_list), below, IfNull::Null)
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
