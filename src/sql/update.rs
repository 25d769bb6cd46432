//! The new values of columns in an update.

use super::ast::{Aggregate, Expression, From, Order, Select};
use super::condition::parameter;
use super::{Compiler, TableRef};
use crate::catalog::SqlType;
use crate::plan::{Assignment, Operand};

impl Compiler<'_> {
    /// A column and its new value.
    pub(super) fn assignment(
        &self,
        at: TableRef<'_>,
        column: usize,
        becomes: &Assignment,
    ) -> (String, Expression) {
        let is = || self.column(at, column);
        let operand = |operand: &Operand| self.operand(at.table, column, operand);
        let texts = |slot| parameter(slot, Some(SqlType::TEXT_ARRAY));
        let value = match becomes {
            Assignment::Value(value) => operand(value),
            Assignment::Incremented(by) => is().binary("+", operand(by)),
            Assignment::Appended(value) => is().binary("||", operand(value)),
            Assignment::Prepended(value) => operand(value).binary("||", is()),
            Assignment::WithoutElements(elements) => self.without_elements(at, column, operand(elements)),
            Assignment::WithoutKeys(keys) => is().binary("-", texts(keys.clone())),
            Assignment::WithoutPlace(place) => {
                is().binary("-", parameter(place.clone(), Some(SqlType::system("int4"))))
            }
            Assignment::WithoutPath(path) => is().binary("#-", texts(path.clone())),
        };
        (self.schema.catalog.tables[at.table].columns[column].name.clone(), value)
    }

    /// An array without the elements that are equal to one of these; nulls count as equal. `array_position`
    /// compares by the type's default operator class, and treats nulls as equal (PostgreSQL manual, 9.19).
    fn without_elements(&self, at: TableRef<'_>, column: usize, elements: Expression) -> Expression {
        const ITEM: &str = "item";
        const PLACE: &str = "place";
        let (array, alias) = (self.column(at, column), self.alias());
        let item = Expression::column(&alias, ITEM);
        let position = Expression::Call("array_position", vec![elements, item.clone()]);
        let order = Order {
            expression: Expression::column(&alias, PLACE),
            is_descending: false,
            is_nulls_first: false,
        };
        let kept = Expression::Aggregate(Box::new(Aggregate {
            function: "array_agg",
            is_distinct: false,
            arguments: vec![item],
            order: vec![order],
            filter: Some(Expression::Is(Box::new(position), "null")),
        }));
        let empty = self.comparison_type(at.table, column).unwrap_or(SqlType::TEXT_ARRAY);
        let kept = Expression::Coalesce(vec![kept, Expression::text("{}").cast(empty)]);
        let rest = Select {
            columns: vec![kept.unnamed()],
            from: Some(From::Arrays {
                arrays: vec![array.clone()],
                alias: alias.clone(),
                columns: vec![ITEM.to_owned()],
                place: Some(PLACE.to_owned()),
            }),
            ..Select::default()
        };
        let dimensions = Expression::Call("array_ndims", vec![array.clone()]);
        let is_matrix = dimensions.binary(">", Expression::Number(1));
        // To remove elements from several dimensions is an error, which PostgreSQL's own function raises.
        let refused = Expression::Call("array_remove", vec![array.clone(), Expression::Word("null")]);
        let is_there = Expression::Is(Box::new(array), "not null");
        let branches = vec![(is_matrix, refused), (is_there, Expression::Subselect(Box::new(rest)))];
        Expression::Case { branches, otherwise: None }
    }
}
