//! Conditions of filters.

use super::ast::Expression;
use super::{Compiler, TableRef};
use crate::catalog::{Comparison, QualifiedName, SqlType};
use crate::plan::{Condition, Operand, Slot};
use crate::schema::scalar::comparison_type;
use crate::schema::{OperandKind, Operator, Symbol, TypeFamily};

impl Compiler<'_> {
    /// A condition on the rows of a table.
    pub(super) fn condition(&self, at: TableRef<'_>, condition: &Condition) -> Expression {
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
                self.comparison(at, *column, operator, operand)
            }
            Condition::StandsIn(child) => self.stands_in(at, child.as_ref()),
            Condition::Related(related) => self.related(at, related),
            Condition::Json { column, test } => self.json_test(at, *column, test),
            Condition::Search { column, search } => self.search(at, *column, search),
            Condition::Similar { column, similarity } => self.similar(at, *column, similarity),
            Condition::WithinDistance(measure, distance) => self.within_distance(at, measure, distance),
            Condition::Spatial { column, test, other } => self.spatial_test(at, *column, *test, other),
        }
    }

    fn comparison(
        &self,
        at: TableRef<'_>,
        column: usize,
        operator: &Operator,
        operand: &Operand,
    ) -> Expression {
        let left = self.column(at, column);
        let right = self.operand(at.table, column, operand);
        let compare = |left: Expression, named, right| match operator.operand {
            OperandKind::AnyOf => Expression::Any(Box::new(left), named, Box::new(right)),
            OperandKind::Value | OperandKind::Text | OperandKind::Element => left.operator(named, right),
        };
        match operator.symbol {
            Symbol::OfOrder(of_order) => {
                let own = self.comparison_of(at.table, column);
                match own.operator(of_order) {
                    Some(named) => compare(left, named.clone(), right),
                    // A type without this operator has no negator of its `=`.
                    None => Expression::Not(Box::new(compare(left, own.equal.clone(), right))),
                }
            }
            Symbol::OfText(symbol) => {
                let named = match self.citext(at.table, column) {
                    Some(citext) => QualifiedName { schema: citext.schema.clone(), name: symbol.into() },
                    None => QualifiedName::system(symbol),
                };
                compare(left, named, right)
            }
            Symbol::OfTextOnly(symbol) if self.citext(at.table, column).is_some() => {
                let lower = |text: Expression| Expression::Call("lower", vec![text.cast(SqlType::TEXT)]);
                lower(left).binary(symbol, lower(right))
            }
            Symbol::OfTextOnly(symbol) | Symbol::OfArrays(symbol) | Symbol::OfRanges(symbol) => {
                compare(left, QualifiedName::system(symbol), right)
            }
        }
    }

    /// The type of a case-insensitive text column. It has its own operators, which are in the same schema.
    fn citext(&self, table: usize, column: usize) -> Option<&QualifiedName> {
        self.sql_type(table, column).map(|found| &found.name).filter(|found| found.name == "citext")
    }

    /// The operators that agree with a column's order.
    pub(super) fn comparison_of(&self, table: usize, column: usize) -> &Comparison {
        self.schema.catalog.comparison(&self.schema.catalog.tables[table].columns[column])
    }

    /// A value as a parameter of the column's type.
    pub(super) fn operand(&self, table: usize, column: usize, operand: &Operand) -> Expression {
        let sql_type = self.sql_type(table, column);
        match operand {
            Operand::Value(slot) => parameter(slot.clone(), self.comparison_type(table, column)),
            Operand::List(slot) => parameter(slot.clone(), sql_type.cloned().map(SqlType::array)),
            Operand::Text(slot) => parameter(slot.clone(), Some(SqlType::TEXT)),
            Operand::Element(slot) => parameter(slot.clone(), self.element_type(table, column)),
        }
    }

    /// The type that a whole value of the column is compared as; for an array, the array type.
    pub(super) fn comparison_type(&self, table: usize, column: usize) -> Option<SqlType> {
        let catalog = &self.schema.catalog;
        match self.schema.column(table, column) {
            Some(exposed) if exposed.column_type.is_list => {
                exposed.column_type.sql_type.clone().map(SqlType::array)
            }
            Some(exposed) => exposed.column_type.sql_type.clone(),
            // A key column may not be exposed, for example because its name is not valid in GraphQL.
            None => comparison_type(catalog, catalog.tables[table].columns[column].type_oid),
        }
    }

    /// The type that the column's ranges are of.
    fn element_type(&self, table: usize, column: usize) -> Option<SqlType> {
        match &self.schema.column(table, column)?.column_type.family {
            TypeFamily::Range { element } => element.clone(),
            TypeFamily::Text { .. } | TypeFamily::TextVector | TypeFamily::Other => None,
        }
    }

    fn sql_type(&self, table: usize, column: usize) -> Option<&SqlType> {
        // Only exposed columns are planned.
        self.schema.column(table, column)?.column_type.sql_type.as_ref()
    }
}

/// A value of one of PostgreSQL's own types, compared with another or with those of a list.
pub(super) fn compare_system(
    value: Expression,
    sql_type: &SqlType,
    operator: &Operator,
    operand: &Operand,
) -> Expression {
    const SYSTEM: &Comparison = &Comparison::SYSTEM;
    let right = match operand {
        Operand::List(slot) => parameter(slot.clone(), Some(sql_type.clone().array())),
        Operand::Value(slot) | Operand::Text(slot) | Operand::Element(slot) => {
            parameter(slot.clone(), Some(sql_type.clone()))
        }
    };
    let named = match operator.symbol {
        Symbol::OfOrder(of_order) => SYSTEM.operator(of_order).unwrap_or(&SYSTEM.equal).clone(),
        Symbol::OfText(symbol)
        | Symbol::OfTextOnly(symbol)
        | Symbol::OfArrays(symbol)
        | Symbol::OfRanges(symbol) => QualifiedName::system(symbol),
    };
    match operator.operand {
        OperandKind::AnyOf => Expression::Any(Box::new(value), named, Box::new(right)),
        OperandKind::Value | OperandKind::Text | OperandKind::Element => value.operator(named, right),
    }
}

pub(super) fn parameter(slot: Slot, sql_type: Option<SqlType>) -> Expression {
    Expression::Parameter { slot, sql_type }
}
