//! Conditions of filters.

use super::ast::Expression;
use super::{At, Compiler};
use crate::catalog::{Comparison, QualifiedName, SqlType};
use crate::plan::{Condition, Operand};
use crate::schema::Operator;
use crate::schema::scalar::comparison_type;

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
            Condition::StandsIn(child) => self.stands_in(at, child.as_ref()),
        }
    }

    fn comparison(&self, at: At<'_>, column: usize, operator: Operator, operand: &Operand) -> Expression {
        let left = self.column(at, column);
        let right = self.operand(at.table, column, operand);
        let named = self.operator(at.table, column, operator);
        match operator {
            Operator::In => Expression::Any(Box::new(left), named, Box::new(right)),
            Operator::NotEqual if self.comparison_of(at.table, column).not_equal.is_none() => {
                Expression::Not(Box::new(left.operator(named, right)))
            }
            // The prefix operator is one of text alone, which heeds case.
            Operator::StartsWith if !named.is_system() => {
                let lower = |text: Expression| Expression::Call("lower", vec![text.cast(SqlType::TEXT)]);
                lower(left).binary("^@", lower(right))
            }
            _ => left.operator(named, right),
        }
    }

    /// The operator of the database that an operator of the API is on a column.
    fn operator(&self, table: usize, column: usize, operator: Operator) -> QualifiedName {
        let own = self.comparison_of(table, column);
        // Patterns on citext, which heed no case, stand where the type does.
        let pattern = |symbol: &'static str| match self.sql_type(table, column).map(|found| &found.name) {
            Some(name) if name.name == "citext" => {
                QualifiedName { schema: name.schema.clone(), name: symbol.into() }
            }
            _ => QualifiedName::system(symbol),
        };
        match operator {
            Operator::Equal | Operator::In | Operator::Is => own.equal.clone(),
            Operator::NotEqual => own.not_equal.as_ref().unwrap_or(&own.equal).clone(),
            Operator::Greater => own.greater.clone(),
            Operator::GreaterOrEqual => own.greater_or_equal.clone(),
            Operator::Less => own.less.clone(),
            Operator::LessOrEqual => own.less_or_equal.clone(),
            Operator::Like => pattern("~~"),
            Operator::ILike => pattern("~~*"),
            Operator::StartsWith => pattern("^@"),
            Operator::Regex => pattern("~"),
            Operator::IRegex => pattern("~*"),
            Operator::Contains => QualifiedName::system("@>"),
            Operator::ContainedBy => QualifiedName::system("<@"),
            Operator::Overlaps => QualifiedName::system("&&"),
        }
    }

    fn comparison_of(&self, table: usize, column: usize) -> &Comparison {
        self.schema.catalog.comparison(&self.schema.catalog.tables[table].columns[column])
    }

    /// A value as a parameter of the column's type.
    pub(super) fn operand(&self, table: usize, column: usize, operand: &Operand) -> Expression {
        let sql_type = self.sql_type(table, column);
        match operand {
            Operand::Value(value) => parameter(value.clone(), self.comparison_type(table, column)),
            Operand::List(values) => {
                parameter(values.as_deref().map(list_literal), sql_type.cloned().map(SqlType::array))
            }
            Operand::Text(value) => parameter(value.clone(), Some(SqlType::TEXT)),
        }
    }

    /// The type that a whole value of the column is compared as: of an array, the array's.
    pub(super) fn comparison_type(&self, table: usize, column: usize) -> Option<SqlType> {
        let catalog = &self.schema.catalog;
        match self.schema.column(table, column) {
            Some(exposed) if exposed.column_type.is_list => {
                exposed.column_type.sql_type.clone().map(SqlType::array)
            }
            Some(exposed) => exposed.column_type.sql_type.clone(),
            // A key column need not be exposed: its name may be none of GraphQL's.
            None => comparison_type(catalog, catalog.tables[table].columns[column].type_oid),
        }
    }

    fn sql_type(&self, table: usize, column: usize) -> Option<&SqlType> {
        // Only exposed columns are planned.
        self.schema.column(table, column)?.column_type.sql_type.as_ref()
    }
}

pub(super) fn list_literal(values: &[Option<String>]) -> String {
    array_literal(values.iter().map(Option::as_deref))
}

pub(super) fn parameter(value: Option<String>, sql_type: Option<SqlType>) -> Expression {
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
