//! JSON document columns: their values, and conditions on them. Conditions use PostgreSQL's own operators on
//! the bare column, so that its indexes can be used.

use super::ast::Expression;
use super::condition::{compare_system, parameter};
use super::json::{IfNull, JsonText};
use super::{Compiler, TableRef};
use crate::catalog::SqlType;
use crate::plan::{JsonPart, JsonTest, PartTest, Slot};

impl Compiler<'_> {
    /// The value at the end of a path, as JSON. If there is none, it is null, or the text of JSON's null if
    /// the column's field is non-null.
    pub(super) fn json_at(&self, at: TableRef<'_>, column: usize, path: &Slot) -> JsonText {
        let exposed = self.schema.column(at.table, column);
        let is_value = exposed.is_some_and(|found| found.column_type.is_json_value());
        if is_value {
            let value = self.jsonb(at, column).binary("#>", texts(path)).cast(SqlType::TEXT);
            return JsonText::of_piece(IfNull::Null.in_place_of(value));
        }
        let value = self.column(at, column).binary("#>", texts(path)).cast(SqlType::TEXT);
        if exposed.is_some_and(|found| found.nullability.excludes_null()) {
            let string = Expression::Call("to_json", vec![value]);
            return JsonText::of_piece(Expression::Coalesce(vec![string, Expression::text("\"null\"")]));
        }
        JsonText::leaf(value, IfNull::Null)
    }

    /// A condition on the document in a column.
    pub(super) fn json_test(&self, at: TableRef<'_>, column: usize, test: &JsonTest) -> Expression {
        let document = || self.jsonb(at, column);
        match test {
            JsonTest::Contains(value) => document().binary("@>", jsonb(value)),
            JsonTest::ContainedBy(value) => document().binary("<@", jsonb(value)),
            JsonTest::HasKey(key) => document().binary("?", parameter(key.clone(), Some(SqlType::TEXT))),
            JsonTest::HasAnyKeys(keys) => document().binary("?|", texts(keys)),
            JsonTest::HasAllKeys(keys) => document().binary("?&", texts(keys)),
            JsonTest::Matches { path, vars } => {
                let path = parameter(path.clone(), Some(SqlType::system("jsonpath")));
                match vars {
                    None => document().binary("@@", path),
                    // The operator takes no variables. Like the operator, the function suppresses errors of
                    // values (`silent`).
                    Some(vars) => Expression::Call(
                        "jsonb_path_match",
                        vec![document(), path, jsonb(vars), Expression::Word("true")],
                    ),
                }
            }
            JsonTest::At { at: path, part, test } => {
                let (value, sql_type) = match part {
                    JsonPart::Text => (self.column(at, column).binary("#>>", texts(path)), SqlType::TEXT),
                    JsonPart::Number => {
                        (number(document().binary("#>", texts(path))), SqlType::system("numeric"))
                    }
                };
                match test {
                    PartTest::IsNull(true) => Expression::Is(Box::new(value), "null"),
                    PartTest::IsNull(false) => Expression::Is(Box::new(value), "not null"),
                    PartTest::Compare(operator, operand) => {
                        compare_system(value, &sql_type, operator, operand)
                    }
                }
            }
        }
    }

    /// The document as `jsonb`; `json`, which has none of the operators, is cast to it.
    fn jsonb(&self, at: TableRef<'_>, column: usize) -> Expression {
        let document = self.column(at, column);
        let jsonb = SqlType::system("jsonb");
        if self.comparison_type(at.table, column).as_ref() == Some(&jsonb) {
            document
        } else {
            document.cast(jsonb)
        }
    }
}

/// The number, if the document is one, else null.
fn number(document: Expression) -> Expression {
    let kind = Expression::Call("jsonb_typeof", vec![document.clone()]);
    let is_number = kind.binary("=", Expression::text("number"));
    Expression::Case {
        branches: vec![(is_number, document.cast(SqlType::system("numeric")))],
        otherwise: None,
    }
}

fn jsonb(slot: &Slot) -> Expression {
    parameter(slot.clone(), Some(SqlType::system("jsonb")))
}

fn texts(slot: &Slot) -> Expression {
    parameter(slot.clone(), Some(SqlType::TEXT_ARRAY))
}
