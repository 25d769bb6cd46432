//! Conditions: filters, and what lies behind a cursor.

use super::ast::{Expression, Order};
use super::{At, Compiler};
use crate::plan::{Bound, Condition, Operand, OrderTerm};
use crate::schema::Operator;

impl Compiler<'_> {
    /// A condition on the rows of a table.
    pub(super) fn condition(&self, at: At<'_>, condition: &Condition) -> Expression {
        let each =
            |conditions: &[Condition]| conditions.iter().map(|inner| self.condition(at, inner)).collect();
        match condition {
            Condition::All(conditions) => Expression::And(each(conditions)),
            Condition::Any(conditions) => Expression::Or(each(conditions)),
            Condition::Not(inner) => Expression::Not(Box::new(self.condition(at, inner))),
            Condition::IsNull { column, is_null } => {
                Expression::Is(Box::new(self.column(at, *column)), if *is_null { "null" } else { "not null" })
            }
            Condition::Compare { column, operator, operand } => {
                self.comparison(at, *column, *operator, operand)
            }
        }
    }

    fn comparison(&self, at: At<'_>, column: usize, operator: Operator, operand: &Operand) -> Expression {
        let left = self.column(at, column);
        let sql_type = self.sql_type(at.table, column);
        let right = self.operand(at.table, column, operand);
        match operator {
            Operator::In => Expression::Any(Box::new(left), " = ", Box::new(right)),
            // The prefix operator is one of text alone, which heeds case.
            Operator::StartsWith if sql_type.ends_with("\"citext\"") => {
                let lower = |text: Expression| Expression::Call("lower", vec![text.cast("text")]);
                lower(left).binary(" ^@ ", lower(right))
            }
            operator => left.binary(symbol(operator), right),
        }
    }

    /// A value as a parameter of the column's type.
    pub(super) fn operand(&self, table: usize, column: usize, operand: &Operand) -> Expression {
        let sql_type = self.sql_type(table, column);
        match operand {
            Operand::Value(value) => parameter(value.clone(), sql_type.to_owned()),
            Operand::List(values) => parameter(values.as_deref().map(list_literal), format!("{sql_type}[]")),
            Operand::Text(value) => parameter(value.clone(), "text".to_owned()),
        }
    }

    /// The rows that come behind a position in an order.
    pub(super) fn behind(&self, at: At<'_>, order: &[OrderTerm], bound: &Bound) -> Expression {
        if let Some(comparison) = self.row_comparison(at, order, bound) {
            return comparison;
        }
        let mut behind = None;
        for (term, value) in order.iter().zip(&bound.values).rev() {
            let tied = behind.map(|rest| Expression::And(vec![self.equal(at, *term, value.as_ref()), rest]));
            behind = Expression::any_of(
                self.strictly_behind(at, *term, value.as_ref()).into_iter().chain(tied).collect(),
            );
        }
        behind.unwrap_or(Expression::Word("false"))
    }

    /// `(a, b) > (x, y)`, which an index can follow: where all columns are never null and go one way.
    fn row_comparison(&self, at: At<'_>, order: &[OrderTerm], bound: &Bound) -> Option<Expression> {
        let is_descending = order.first()?.is_descending;
        let columns = &self.schema.catalog.tables[at.table].columns;
        let fits =
            order.iter().all(|term| term.is_descending == is_descending && columns[term.column].not_null);
        if order.len() < 2 || !fits || bound.values.iter().any(Option::is_none) {
            return None;
        }
        let left = order.iter().map(|term| self.column(at, term.column)).collect();
        let right =
            order.iter().zip(&bound.values).map(|(term, value)| self.bound_value(at, *term, value.as_ref()));
        let operator = if is_descending { " < " } else { " > " };
        Some(Expression::Row(left).binary(operator, Expression::Row(right.collect())))
    }

    /// `None` where nothing can be behind the value.
    fn strictly_behind(&self, at: At<'_>, term: OrderTerm, value: Option<&String>) -> Option<Expression> {
        let column = self.column(at, term.column);
        if value.is_none() {
            return term.is_nulls_first.then(|| Expression::Is(Box::new(column), "not null"));
        }
        let operator = if term.is_descending { " < " } else { " > " };
        let beyond = column.clone().binary(operator, self.bound_value(at, term, value));
        let is_nullable = !self.schema.catalog.tables[at.table].columns[term.column].not_null;
        if is_nullable && !term.is_nulls_first {
            return Some(Expression::Or(vec![beyond, Expression::Is(Box::new(column), "null")]));
        }
        Some(beyond)
    }

    fn equal(&self, at: At<'_>, term: OrderTerm, value: Option<&String>) -> Expression {
        let column = self.column(at, term.column);
        match value {
            Some(_) => column.binary(" = ", self.bound_value(at, term, value)),
            None => Expression::Is(Box::new(column), "null"),
        }
    }

    fn bound_value(&self, at: At<'_>, term: OrderTerm, value: Option<&String>) -> Expression {
        parameter(value.cloned(), self.sql_type(at.table, term.column).to_owned())
    }

    fn sql_type(&self, table: usize, column: usize) -> &str {
        // Only exposed columns are planned; text is what a value is before it has a type.
        self.schema.column(table, column).map_or("text", |exposed| &exposed.column_type.sql_type)
    }

    /// The terms of an ORDER BY.
    pub(super) fn order_by(&self, at: At<'_>, order: &[OrderTerm]) -> Vec<Order> {
        let columns = &self.schema.catalog.tables[at.table].columns;
        let terms = order.iter().map(|term| Order {
            expression: self.column(at, term.column),
            is_descending: term.is_descending,
            // Where there are no nulls the default reads best, and an index fits it whichever way it is read.
            is_nulls_first: if columns[term.column].not_null {
                term.is_descending
            } else {
                term.is_nulls_first
            },
        });
        terms.collect()
    }
}

pub(super) fn list_literal(values: &[Option<String>]) -> String {
    array_literal(values.iter().map(Option::as_deref))
}

pub(super) fn parameter(value: Option<String>, sql_type: String) -> Expression {
    Expression::Parameter { value, sql_type }
}

/// An array in PostgreSQL's text form (PostgreSQL manual, 8.15.6).
pub fn array_literal<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let mut text = String::from("{");
    for value in values {
        if text.len() > 1 {
            text.push(',');
        }
        match value {
            None => text.push_str("NULL"),
            Some(value) => {
                text.push('"');
                text.push_str(&value.replace('\\', "\\\\").replace('"', "\\\""));
                text.push('"');
            }
        }
    }
    text.push('}');
    text
}

fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal | Operator::In => " = ",
        Operator::NotEqual => " <> ",
        Operator::Greater => " > ",
        Operator::GreaterOrEqual => " >= ",
        Operator::Less => " < ",
        Operator::LessOrEqual => " <= ",
        Operator::Is => " is ",
        Operator::Like => " like ",
        Operator::ILike => " ilike ",
        Operator::StartsWith => " ^@ ",
        Operator::Regex => " ~ ",
        Operator::IRegex => " ~* ",
        Operator::Contains => " @> ",
        Operator::ContainedBy => " <@ ",
        Operator::Overlaps => " && ",
    }
}

#[cfg(test)]
mod tests {
    use super::array_literal;

    #[test]
    fn array_elements_are_quoted() {
        let values = ["a\"b", "\\", "", "NULL", "{,}"].map(Some);
        assert_eq!(array_literal(values.into_iter().chain([None])), r#"{"a\"b","\\","","NULL","{,}",NULL}"#);
        assert_eq!(array_literal([]), "{}");
    }
}
