//! Prints expressions. Those with their own parentheses can be anywhere.

use super::Printer;
use crate::catalog::QualifiedName;
use crate::sql::ast::{Aggregate, Expression, Order, Select};

impl Printer<'_> {
    pub(super) fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Column { table, column } => self.qualified(table, column),
            Expression::Text(text) => self.literal(text),
            Expression::Word(word) => self.push(word),
            Expression::Number(number) => self.number(*number),
            Expression::Parameter { slot, sql_type } => self.value(slot, sql_type.as_ref()),
            Expression::Cast(inner, sql_type) => {
                self.expression(inner);
                self.cast(sql_type);
            }
            Expression::AllColumns(table) => {
                self.identifier(table);
                self.push(".*");
            }
            Expression::AllFields(row) => self.enclosed("(", row, ").*"),
            Expression::WholeRow { table, row_type: (schema, name) } => {
                self.identifier(table);
                self.push(".*::");
                self.in_schema(schema, name);
            }
            Expression::RowOfColumns { columns, row_type } => self.row_of_columns(columns, row_type),
            Expression::FunctionCall(call) => self.function_call(call),
            Expression::Call(function, arguments) => {
                self.push("pg_catalog.");
                self.call(function, arguments);
            }
            Expression::NameInLiteral(name) => self.name_in_literal(name),
            Expression::Coalesce(values) => self.call("coalesce", values),
            Expression::Aggregate(aggregate) => self.aggregate(aggregate),
            Expression::RowNumber(order) => self.row_number(order),
            Expression::Binary(left, operator, right) => {
                self.enclosed("(", left, "");
                self.operator(operator);
                self.enclosed("", right, ")");
            }
            Expression::Any(left, operator, right) => {
                self.enclosed("(", left, "");
                self.operator(operator);
                self.enclosed("any (", right, "))");
            }
            Expression::AnyRow(left, operator, select) => self.any_row(left, operator, select),
            Expression::And(conditions) => self.joined(" and ", conditions),
            Expression::Or(conditions) => self.joined(" or ", conditions),
            Expression::Not(inner) => self.enclosed("(not ", inner, ")"),
            Expression::Is(inner, what) => self.is(inner, what),
            Expression::Row(values) => self.call("", values),
            Expression::Array(values) => {
                self.push("array[");
                self.expressions(values);
                self.push("]");
            }
            Expression::Collate(inner, collation) => {
                self.enclosed("(", inner, " collate ");
                self.name(collation);
                self.push(")");
            }
            Expression::Case { branches, otherwise } => self.case(branches, otherwise.as_deref()),
            Expression::Attribute(value, name) => self.attribute(value, name),
            Expression::First(array) => self.enclosed("(", array, ")[1]"),
            Expression::Slice(array, length) => {
                self.enclosed("(", array, ")[1:");
                self.number(*length);
                self.push("]");
            }
            Expression::Element(array, place) => self.element(array, place),
            Expression::Subselect(select) => self.subselect("(", select),
            Expression::Exists(select) => self.subselect("exists (", select),
        }
    }

    fn row_of_columns(&mut self, columns: &[Expression], (schema, name): &(String, String)) {
        self.call("row", columns);
        self.push("::");
        self.in_schema(schema, name);
    }

    fn any_row(&mut self, left: &Expression, operator: &QualifiedName, select: &Select) {
        self.enclosed("(", left, "");
        self.operator(operator);
        self.subselect("any (", select);
        self.push(")");
    }

    fn is(&mut self, inner: &Expression, what: &str) {
        self.enclosed("(", inner, " is ");
        self.push(what);
        self.push(")");
    }

    fn attribute(&mut self, value: &Expression, name: &str) {
        self.enclosed("(", value, ").");
        self.identifier(name);
    }

    fn row_number(&mut self, order: &[Order]) {
        self.push("pg_catalog.row_number() over (");
        self.order_by("order by ", order);
        self.push(")");
    }

    fn element(&mut self, array: &Expression, place: &Expression) {
        self.enclosed("(", array, ")");
        self.enclosed("[", place, "]");
    }

    fn subselect(&mut self, before: &str, select: &Select) {
        self.push(before);
        self.select(select);
        self.push(")");
    }

    fn aggregate(&mut self, aggregate: &Aggregate) {
        self.push("pg_catalog.");
        self.push(aggregate.function);
        self.push("(");
        if aggregate.is_distinct {
            self.push("distinct ");
        }
        if aggregate.arguments.is_empty() {
            self.push("*");
        }
        self.expressions(&aggregate.arguments);
        self.order_by(" order by ", &aggregate.order);
        self.push(")");
        if let Some(filter) = &aggregate.filter {
            self.enclosed(" filter (where ", filter, ")");
        }
    }

    fn case(&mut self, branches: &[(Expression, Expression)], otherwise: Option<&Expression>) {
        self.push("case");
        for (condition, result) in branches {
            self.enclosed(" when ", condition, " then ");
            self.expression(result);
        }
        if let Some(otherwise) = otherwise {
            self.enclosed(" else ", otherwise, "");
        }
        self.push(" end");
    }

    fn call(&mut self, function: &str, arguments: &[Expression]) {
        self.push(function);
        self.push("(");
        self.expressions(arguments);
        self.push(")");
    }

    fn joined(&mut self, word: &str, conditions: &[Expression]) {
        self.push("(");
        self.separated(word, conditions, Self::expression);
        self.push(")");
    }

    fn enclosed(&mut self, before: &str, inner: &Expression, after: &str) {
        self.push(before);
        self.expression(inner);
        self.push(after);
    }
}
