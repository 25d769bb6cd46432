//! Conditions of filters.

use super::ast::Expression;
use super::{Compiler, TableRef};
use crate::catalog::{Comparison, QualifiedName, SqlType};
use crate::plan::{AttributeTest, Condition, Operand, Slot};
use crate::schema::scalar::comparison_type;
use crate::schema::{ColumnType, OperandKind, Operator, Symbol, TypeFamily};

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
            Condition::Attribute { column, path, test } => self.attribute_test(at, *column, path, test),
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
        let compared = Compared {
            sql_type: self.sql_type(at.table, column),
            comparison: self.comparison_of(at.table, column),
        };
        compared.by(operator, self.column(at, column), self.operand(at.table, column, operand))
    }

    /// The operators that agree with a column's order.
    pub(super) fn comparison_of(&self, table: usize, column: usize) -> &Comparison {
        self.schema.catalog.comparison(&self.schema.catalog.tables[table].columns[column])
    }

    /// A condition on an attribute of a composite value in a column.
    fn attribute_test(
        &self,
        at: TableRef<'_>,
        column: usize,
        path: &[usize],
        test: &AttributeTest,
    ) -> Expression {
        let mut value = self.column(at, column);
        let mut of = self.schema.column(at.table, column).map(|exposed| &*exposed.column_type);
        let mut comparison = &Comparison::SYSTEM;
        for place in path {
            let composite = of.and_then(|of| self.schema.composites.get(&of.composite?));
            let Some(attribute) = composite.map(|composite| &composite.attributes[*place]) else { break };
            value = Expression::Attribute(Box::new(value), attribute.name.clone());
            of = Some(&attribute.column_type);
            comparison = self.schema.catalog.comparison_of_type(attribute.type_oid);
        }
        match test {
            AttributeTest::IsNull(is_null) => {
                Expression::Is(Box::new(value), if *is_null { "null" } else { "not null" })
            }
            AttributeTest::Compare(operator, operand) => {
                let compared = Compared { sql_type: of.and_then(|of| of.sql_type.as_ref()), comparison };
                compared.by(operator, value, of_type(of, operand))
            }
        }
    }
}

/// What the operators of a comparison depend on.
struct Compared<'c> {
    /// The type of the values, or of an array's elements, if the role may name it.
    sql_type: Option<&'c SqlType>,
    /// The operators of their order.
    comparison: &'c Comparison,
}

impl Compared<'_> {
    fn by(&self, operator: &Operator, left: Expression, right: Expression) -> Expression {
        let compare = |left: Expression, named, right| match operator.operand {
            OperandKind::AnyOf => Expression::Any(Box::new(left), named, Box::new(right)),
            OperandKind::Value | OperandKind::Text | OperandKind::Element => left.operator(named, right),
        };
        match operator.symbol {
            Symbol::OfOrder(of_order) => {
                let own = self.comparison;
                match own.operator(of_order) {
                    Some(named) => compare(left, named.clone(), right),
                    // A type without this operator has no negator of its `=`.
                    None => Expression::Not(Box::new(compare(left, own.equal.clone(), right))),
                }
            }
            Symbol::OfText(symbol) => {
                let named = match self.citext() {
                    Some(citext) => QualifiedName { schema: citext.schema.clone(), name: symbol.into() },
                    None => QualifiedName::system(symbol),
                };
                compare(left, named, right)
            }
            Symbol::OfTextOnly(symbol) if self.citext().is_some() => {
                let lower = |text: Expression| Expression::Call("lower", vec![text.cast(SqlType::TEXT)]);
                lower(left).binary(symbol, lower(right))
            }
            Symbol::OfTextOnly(symbol) | Symbol::OfArrays(symbol) | Symbol::OfRanges(symbol) => {
                compare(left, QualifiedName::system(symbol), right)
            }
        }
    }

    /// The type of case-insensitive texts. It has its own operators, which are in the same schema.
    fn citext(&self) -> Option<&QualifiedName> {
        self.sql_type.map(|found| &found.name).filter(|found| found.name == "citext")
    }
}

impl Compiler<'_> {
    /// A value as a parameter of the column's type.
    pub(super) fn operand(&self, table: usize, column: usize, operand: &Operand) -> Expression {
        match operand {
            Operand::Value(slot) => parameter(slot.clone(), self.comparison_type(table, column)),
            Operand::List(_) | Operand::Text(_) | Operand::Element(_) => {
                of_type(self.schema.column(table, column).map(|exposed| &*exposed.column_type), operand)
            }
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

    fn sql_type(&self, table: usize, column: usize) -> Option<&SqlType> {
        // Only exposed columns are planned.
        self.schema.column(table, column)?.column_type.sql_type.as_ref()
    }
}

/// A value as a parameter of the type of what it is compared with.
fn of_type(of: Option<&ColumnType>, operand: &Operand) -> Expression {
    let sql_type = of.and_then(|of| of.sql_type.clone());
    match operand {
        Operand::Value(slot) => parameter(slot.clone(), sql_type),
        Operand::List(slot) => parameter(slot.clone(), sql_type.map(SqlType::array)),
        Operand::Text(slot) => parameter(slot.clone(), Some(SqlType::TEXT)),
        Operand::Element(slot) => parameter(slot.clone(), of.and_then(element_type)),
    }
}

/// The type that ranges are of.
fn element_type(of: &ColumnType) -> Option<SqlType> {
    match &of.family {
        TypeFamily::Range { element } => element.clone(),
        TypeFamily::Text { .. }
        | TypeFamily::TextVector
        | TypeFamily::SparseVector
        | TypeFamily::Bits
        | TypeFamily::Other => None,
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
