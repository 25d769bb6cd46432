//! `orderBy` -> the terms of ORDER BY, completed by the key so that no two rows are equal.

use super::argument::items;
use super::{PlanError, Planner};
use crate::request::Input;
use crate::schema::InputMeaning;

/// One term of an ORDER BY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderTerm {
    /// The column.
    pub column: usize,
    /// Whether the greatest comes first.
    pub is_descending: bool,
    /// Whether nulls come first.
    pub is_nulls_first: bool,
}

impl OrderTerm {
    /// The term that puts rows in the opposite order.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { is_descending: !self.is_descending, is_nulls_first: !self.is_nulls_first, ..self }
    }
}

impl Planner<'_> {
    /// The terms of an `orderBy` argument, in the order given, and then those of the key.
    pub(super) fn order(&self, table: usize, argument: Option<&Input>) -> Result<Vec<OrderTerm>, PlanError> {
        let type_name = format!("{}OrderBy", self.type_name(table));
        let mut terms = Vec::new();
        for item in argument.filter(|given| **given != Input::Null).map(items).unwrap_or_default() {
            let Input::Object(columns) = item else { continue };
            for (name, direction) in columns {
                let Some(InputMeaning::Column(column)) =
                    self.schema.input_field(&type_name, name).map(|field| &field.meaning)
                else {
                    return Err(self.error(format!("{name} cannot be ordered by")));
                };
                terms.extend(self.term(*column, direction)?);
            }
        }
        let key = self.schema.table(table).map(|exposed| exposed.key.as_slice()).unwrap_or_default();
        terms.extend(key.iter().map(|column| OrderTerm {
            column: *column,
            is_descending: false,
            is_nulls_first: false,
        }));
        Ok(terms)
    }

    fn term(&self, column: usize, direction: &Input) -> Result<Option<OrderTerm>, PlanError> {
        let (is_descending, is_nulls_first) = match direction {
            Input::Null => return Ok(None),
            Input::Text(name) => match name.as_str() {
                "AscNullsFirst" => (false, true),
                "AscNullsLast" => (false, false),
                "DescNullsFirst" => (true, true),
                "DescNullsLast" => (true, false),
                other => return Err(self.error(format!("{other} is no direction to order in"))),
            },
            _ => return Err(self.error("a direction to order in is needed")),
        };
        Ok(Some(OrderTerm { column, is_descending, is_nulls_first }))
    }
}
