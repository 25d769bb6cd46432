//! The only place that prints SQL: the tree -> a [`Template`] and its values, in one walk.
//!
//! Identifiers are quoted, fixed texts become literals, and values of clients are never printed: the text has
//! placeholders for them. Every `match` is exhaustive, so no node is forgotten.

mod expression;
mod schema;

use super::ast::{
    Change, ConflictTarget, Expression, From, FunctionCall, Modify, OnConflict, Order, Query, Rows, Select,
    SelectColumn, With,
};
use super::{SessionSettings, Template};
use crate::catalog::{QualifiedName, SqlType};
use crate::plan::Slot;
use crate::statement::Place;

/// Prints a statement: its text, and the slots for its placeholders. The text has places for the name of the schema that stands for
/// those of all tenants, if there is one.
pub(super) fn print(
    query: &Query,
    session: SessionSettings,
    tenant_template: Option<&str>,
) -> (Template, Vec<Slot>) {
    let mut printer = Printer { tenant_template, ..Printer::default() };
    printer.query(query);
    let Printer { text, places, types, slots, .. } = printer;
    (Template::new(text, places, types.into_iter().collect(), session), slots)
}

/// The type of a function's parameter for values of a type.
fn parameter_type(sql_type: &SqlType) -> String {
    if !sql_type.name.is_system() {
        return "pg_catalog.text".to_owned();
    }
    let mut printer = Printer::default();
    printer.type_name(sql_type);
    printer.text
}

/// The text printed so far, and its values.
#[derive(Default)]
struct Printer<'t> {
    text: String,
    /// The places for values, and for the name of a tenant's schema.
    places: Vec<Place>,
    /// The types of the values as parameters of a function.
    types: Vec<Option<String>>,
    slots: Vec<Slot>,
    /// The schema in whose place a tenant's is used.
    tenant_template: Option<&'t str>,
}

impl Printer<'_> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn select(&mut self, select: &Select) {
        if !select.with.is_empty() {
            self.push("with ");
            self.separated(",\n", &select.with, Self::with);
            self.push("\n");
        }
        self.push("select ");
        if !select.distinct_on.is_empty() {
            self.push("distinct on (");
            self.expressions(&select.distinct_on);
            self.push(") ");
        }
        self.separated(", ", &select.columns, Self::select_column);
        if let Some(from) = &select.from {
            self.push("\nfrom ");
            self.from(from);
        }
        self.clause("\nwhere ", select.condition.as_ref());
        let places: Vec<_> = (1..=select.group_by).collect();
        if !places.is_empty() {
            self.push("\ngroup by ");
            self.separated(", ", &places, |printer, place: &usize| printer.push(&place.to_string()));
        }
        self.clause("\nhaving ", select.having.as_ref());
        self.order_by("\norder by ", &select.order);
        match select.limit {
            Some(rows) if select.with_ties => {
                self.push("\nfetch first ");
                self.number(rows);
                self.push(" rows with ties");
            }
            Some(rows) => {
                self.push("\nlimit ");
                self.number(rows);
            }
            None => {}
        }
        self.clause("\noffset ", select.offset.as_ref());
    }

    fn query(&mut self, query: &Query) {
        match query {
            Query::Select(select) => self.select(select),
            Query::Modify(modify) => self.modify(modify),
        }
    }

    fn with(&mut self, with: &With) {
        self.identifier(&with.name);
        self.push(" as (");
        self.query(&with.query);
        self.push(")");
    }

    fn select_column(&mut self, column: &SelectColumn) {
        self.expression(&column.expression);
        if let Some(alias) = &column.alias {
            self.push(" as ");
            self.identifier(alias);
        }
    }

    fn from(&mut self, from: &From) {
        let alias = match from {
            From::Table { is_only, schema, name, alias } => {
                if *is_only {
                    self.push("only ");
                }
                self.in_schema(schema, name);
                alias
            }
            From::Subselect(select, alias) => {
                self.push("(");
                self.select(select);
                self.push(")");
                alias
            }
            From::Function(call, alias) => {
                self.function_call(call);
                alias
            }
            From::NumberedFunction(call, alias) => {
                self.function_call(call);
                self.push(" with ordinality");
                alias
            }
            From::Arrays { arrays, alias, columns, place } => {
                self.push("rows from (");
                self.separated(", ", arrays, |printer, array| {
                    printer.push("pg_catalog.unnest(");
                    printer.expression(array);
                    printer.push(")");
                });
                self.push(if place.is_some() { ") with ordinality as " } else { ") as " });
                self.identifier(alias);
                self.push("(");
                let names: Vec<_> = columns.iter().chain(place).collect();
                self.separated(", ", &names, |printer, name| printer.identifier(name));
                self.push(")");
                return;
            }
            From::With(name, alias) => {
                self.identifier(name);
                alias
            }
        };
        self.push(" as ");
        self.identifier(alias);
    }

    fn modify(&mut self, modify: &Modify) {
        self.push(match &modify.change {
            Change::Insert { .. } => "insert into ",
            Change::Update { .. } => "update ",
            Change::Delete { .. } => "delete from ",
        });
        self.in_schema(&modify.schema, &modify.name);
        self.push(" as ");
        self.identifier(&modify.alias);
        match &modify.change {
            Change::Insert { columns, rows, on_conflict } => {
                self.insert(columns, rows);
                if let Some(on_conflict) = on_conflict {
                    self.on_conflict(on_conflict);
                }
            }
            Change::Update { set, condition } => self.update("\nset ", set, condition.as_ref()),
            Change::Delete { condition } => self.clause("\nwhere ", condition.as_ref()),
        }
        self.push("\nreturning ");
        self.separated(", ", &modify.returning, Self::select_column);
    }

    fn insert(&mut self, columns: &[String], rows: &Rows) {
        if columns.is_empty() {
            self.push(" default values");
            return;
        }
        self.push(" (");
        self.separated(", ", columns, |printer, column| printer.identifier(column));
        self.push(")\n");
        match rows {
            Rows::Values(rows) => {
                self.push("values ");
                self.separated(", ", rows, |printer, row| {
                    printer.push("(");
                    printer.expressions(row);
                    printer.push(")");
                });
            }
            Rows::Select(select) => self.select(select),
        }
    }

    fn update(&mut self, word: &str, set: &[(String, Expression)], condition: Option<&Expression>) {
        self.push(word);
        self.separated(", ", set, |printer, (column, value)| {
            printer.identifier(column);
            printer.push(" = ");
            printer.expression(value);
        });
        self.clause("\nwhere ", condition);
    }

    fn on_conflict(&mut self, on_conflict: &OnConflict) {
        self.push("\non conflict ");
        match &on_conflict.target {
            ConflictTarget::Constraint(name) => {
                self.push("on constraint ");
                self.identifier(name);
            }
            ConflictTarget::Index { terms, predicate } => {
                self.push("(");
                self.separated(", ", terms, |printer, term| printer.printed(term));
                self.push(")");
                if let Some(predicate) = predicate {
                    self.push(" where ");
                    self.printed(predicate);
                }
            }
        }
        if on_conflict.set.is_empty() {
            self.push(" do nothing");
        } else {
            self.update(" do update set ", &on_conflict.set, on_conflict.condition.as_ref());
        }
    }

    fn function_call(&mut self, call: &FunctionCall) {
        self.in_schema(&call.schema, &call.name);
        self.push("(");
        self.separated(", ", &call.arguments, |printer, (name, value)| {
            if let Some(name) = name {
                printer.identifier(name);
                printer.push(" => ");
            }
            printer.expression(value);
        });
        self.push(")");
    }

    fn clause(&mut self, word: &str, condition: Option<&Expression>) {
        if let Some(condition) = condition {
            self.push(word);
            self.expression(condition);
        }
    }

    fn order_by(&mut self, word: &str, order: &[Order]) {
        if order.is_empty() {
            return;
        }
        self.push(word);
        self.separated(", ", order, |printer, term| {
            printer.expression(&term.expression);
            printer.push(match (term.is_descending, term.is_nulls_first) {
                (false, false) => "",
                (false, true) => " nulls first",
                (true, true) => " desc",
                (true, false) => " desc nulls last",
            });
        });
    }

    fn expressions(&mut self, expressions: &[Expression]) {
        self.separated(", ", expressions, Self::expression);
    }

    fn separated<T>(&mut self, separator: &str, parts: &[T], print: impl Fn(&mut Self, &T)) {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            print(self, part);
        }
    }

    /// A placeholder for a value, cast to its type if that may be named.
    fn value(&mut self, slot: &Slot, sql_type: Option<&SqlType>) {
        self.places.push(Place::of_value(self.text.len()));
        self.types.push(sql_type.map(parameter_type));
        self.slots.push(slot.clone());
        if let Some(sql_type) = sql_type {
            self.cast(sql_type);
        }
    }

    fn number(&mut self, number: u64) {
        self.push(&number.to_string());
    }

    /// A quoted identifier (PostgreSQL manual, 4.1.1).
    fn identifier(&mut self, name: &str) {
        self.push("\"");
        self.doubled(name, '"');
        self.push("\"");
    }

    /// The name of a column of a table under an alias.
    fn qualified(&mut self, alias: &str, name: &str) {
        self.identifier(alias);
        self.push(".");
        self.identifier(name);
    }

    /// A qualified name. PostgreSQL's own plain names need no quotes, even if they are SQL keywords, because
    /// a schema precedes them.
    fn name(&mut self, name: &QualifiedName) {
        let is_plain = |name: &str| name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if name.is_system() && is_plain(&name.name) {
            self.push("pg_catalog.");
            self.push(&name.name);
        } else {
            self.in_schema(&name.schema, &name.name);
        }
    }

    fn cast(&mut self, sql_type: &SqlType) {
        self.push("::");
        self.type_name(sql_type);
    }

    fn type_name(&mut self, sql_type: &SqlType) {
        self.name(&sql_type.name);
        if sql_type.is_array {
            self.push("[]");
        }
    }

    /// An operator with spaces around it. Its name consists of signs, which are never quoted.
    fn operator(&mut self, operator: &QualifiedName) {
        self.push(" operator(");
        if operator.is_system() {
            self.push("pg_catalog");
        } else {
            self.schema(&operator.schema);
        }
        self.push(".");
        self.push(&operator.name);
        self.push(") ");
    }

    /// A fixed text as a literal whose meaning does not depend on `standard_conforming_strings` (PostgreSQL
    /// manual, 4.1.2.2).
    fn literal(&mut self, text: &str) {
        self.push(if text.contains('\\') { "E'" } else { "'" });
        let mut plain = text;
        while let Some(position) = plain.find(['\'', '\\']) {
            let (before, rest) = plain.split_at(position);
            let (special, after) = rest.split_at(1);
            self.push(before);
            self.push(special);
            self.push(special);
            plain = after;
        }
        self.push(plain);
        self.push("'");
    }

    fn doubled(&mut self, text: &str, quote: char) {
        for letter in text.chars() {
            self.text.push(letter);
            if letter == quote {
                self.text.push(letter);
            }
        }
    }
}
