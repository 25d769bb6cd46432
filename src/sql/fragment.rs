//! The only place that prints SQL: each node of the tree as a Diesel `QueryFragment`. Identifiers are quoted by Diesel,
//! values are bind parameters, and texts of our own are literals.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Nullable, Text};

use crate::catalog::{QualifiedName, SqlType};
use crate::schema::violation::MARK;

use super::ast::{Aggregate, Definition, Expression, From, FunctionCall, Order, Select, SelectColumn};

impl QueryId for Select {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Select {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if let Some((name, definition)) = &self.with {
            out.push_sql("with ");
            out.push_identifier(name)?;
            match definition {
                Definition::Select(select) => enclosed(&mut out, " as (", select.as_ref(), ")\n")?,
                Definition::Modify(modify) => enclosed(&mut out, " as (", modify, ")\n")?,
            }
        }
        out.push_sql("select ");
        separated(&mut out, ", ", &self.columns)?;
        if let Some(from) = &self.from {
            out.push_sql("\nfrom ");
            from.walk_ast(out.reborrow())?;
        }
        if let Some(condition) = &self.condition {
            out.push_sql("\nwhere ");
            condition.walk_ast(out.reborrow())?;
        }
        if let Some(condition) = &self.having {
            out.push_sql("\nhaving ");
            condition.walk_ast(out.reborrow())?;
        }
        order_by(&mut out, "\norder by ", &self.order)?;
        if let Some(limit) = self.limit {
            out.push_sql(&format!("\nlimit {limit}"));
        }
        if self.offset > 0 {
            out.push_sql(&format!("\noffset {}", self.offset));
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for SelectColumn {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.expression.walk_ast(out.reborrow())?;
        if let Some(alias) = &self.alias {
            out.push_sql(" as ");
            out.push_identifier(alias)?;
        }
        Ok(())
    }
}

impl QueryFragment<Pg> for From {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let alias = match self {
            Self::Table { is_only, schema, name, alias } => {
                if *is_only {
                    out.push_sql("only ");
                }
                out.push_identifier(schema)?;
                out.push_sql(".");
                out.push_identifier(name)?;
                alias
            }
            Self::Subselect(select, alias) => {
                out.push_sql("(");
                select.walk_ast(out.reborrow())?;
                out.push_sql(")");
                alias
            }
            Self::Function(call, alias) => {
                call.walk_ast(out.reborrow())?;
                alias
            }
            Self::With(name, alias) => {
                out.push_identifier(name)?;
                alias
            }
        };
        out.push_sql(" as ");
        out.push_identifier(alias)
    }
}

impl QueryFragment<Pg> for FunctionCall {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_identifier(&self.schema)?;
        out.push_sql(".");
        out.push_identifier(&self.name)?;
        out.push_sql("(");
        for (index, (name, value)) in self.arguments.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            if let Some(name) = name {
                out.push_identifier(name)?;
                out.push_sql(" => ");
            }
            value.walk_ast(out.reborrow())?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<Pg> for Order {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.expression.walk_ast(out.reborrow())?;
        out.push_sql(match (self.is_descending, self.is_nulls_first) {
            (false, false) => "",
            (false, true) => " nulls first",
            (true, true) => " desc",
            (true, false) => " desc nulls last",
        });
        Ok(())
    }
}

impl QueryFragment<Pg> for Expression {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Column { table, column } => {
                out.push_identifier(table)?;
                out.push_sql(".");
                out.push_identifier(column)
            }
            Self::Text(text) => {
                push_literal(&mut out, text);
                Ok(())
            }
            Self::Word(word) => {
                out.push_sql(word);
                Ok(())
            }
            Self::Number(number) => {
                out.push_sql(&number.to_string());
                Ok(())
            }
            Self::Parameter { value, sql_type } => {
                out.push_bind_param::<Nullable<Text>, Option<String>>(value)?;
                sql_type.as_ref().map_or(Ok(()), |sql_type| push_cast(&mut out, sql_type))
            }
            Self::Cast(inner, sql_type) => {
                inner.walk_ast(out.reborrow())?;
                push_cast(&mut out, sql_type)
            }
            Self::AllColumns(table) => {
                out.push_identifier(table)?;
                out.push_sql(".*");
                Ok(())
            }
            Self::AllFields(row) => enclosed(&mut out, "(", row.as_ref(), ").*"),
            Self::WholeRow { table, row_type: (schema, name) } => {
                out.push_identifier(table)?;
                out.push_sql(".*::");
                out.push_identifier(schema)?;
                out.push_sql(".");
                out.push_identifier(name)
            }
            Self::FunctionCall(call) => call.walk_ast(out),
            Self::Call(function, arguments) => {
                out.push_sql("pg_catalog.");
                call(&mut out, function, arguments)
            }
            Self::Coalesce(values) => call(&mut out, "coalesce", values),
            Self::Aggregate(aggregate) => aggregate.walk_ast(out),
            Self::RowNumber(order) => {
                out.push_sql("pg_catalog.row_number() over (");
                order_by(&mut out, "order by ", order)?;
                out.push_sql(")");
                Ok(())
            }
            Self::First(array) => enclosed(&mut out, "(", array.as_ref(), ")[1]"),
            Self::Subselect(select) => enclosed(&mut out, "(", select.as_ref(), ")"),
            Self::Exists(select) => enclosed(&mut out, "exists (", select.as_ref(), ")"),
            condition => walk_condition(condition, out),
        }
    }
}

fn walk_condition<'b>(expression: &'b Expression, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    match expression {
        Expression::Binary(left, operator, right) => {
            out.push_sql("(");
            left.walk_ast(out.reborrow())?;
            push_operator(&mut out, operator)?;
            enclosed(&mut out, "", right.as_ref(), ")")
        }
        Expression::Any(left, operator, right) => {
            out.push_sql("(");
            left.walk_ast(out.reborrow())?;
            push_operator(&mut out, operator)?;
            enclosed(&mut out, "any (", right.as_ref(), "))")
        }
        Expression::And(conditions) => {
            out.push_sql("(");
            separated(&mut out, " and ", conditions)?;
            out.push_sql(")");
            Ok(())
        }
        Expression::Or(conditions) => {
            out.push_sql("(");
            separated(&mut out, " or ", conditions)?;
            out.push_sql(")");
            Ok(())
        }
        Expression::Not(inner) => enclosed(&mut out, "(not ", inner.as_ref(), ")"),
        Expression::Is(inner, what) => {
            enclosed(&mut out, "(", inner.as_ref(), " is ")?;
            out.push_sql(what);
            out.push_sql(")");
            Ok(())
        }
        Expression::Row(values) => call(&mut out, "", values),
        Expression::Array(values) => {
            out.push_sql("array[");
            separated(&mut out, ", ", values)?;
            out.push_sql("]");
            Ok(())
        }
        Expression::Collate(inner, collation) => {
            enclosed(&mut out, "(", inner.as_ref(), " collate ")?;
            push_name(&mut out, collation)?;
            out.push_sql(")");
            Ok(())
        }
        Expression::Case { branches, otherwise } => {
            out.push_sql("case");
            for (condition, result) in branches {
                enclosed(&mut out, " when ", condition, " then ")?;
                result.walk_ast(out.reborrow())?;
            }
            if let Some(otherwise) = otherwise {
                enclosed(&mut out, " else ", otherwise.as_ref(), "")?;
            }
            out.push_sql(" end");
            Ok(())
        }
        // `Expression::walk_ast` prints all others itself.
        _ => Ok(()),
    }
}

impl QueryFragment<Pg> for Aggregate {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("pg_catalog.");
        out.push_sql(self.function);
        out.push_sql("(");
        if self.arguments.is_empty() {
            out.push_sql("*");
        }
        separated(&mut out, ", ", &self.arguments)?;
        order_by(&mut out, " order by ", &self.order)?;
        out.push_sql(")");
        if let Some(filter) = &self.filter {
            enclosed(&mut out, " filter (where ", filter, ")")?;
        }
        Ok(())
    }
}

fn push_cast(out: &mut AstPass<'_, '_, Pg>, sql_type: &SqlType) -> QueryResult<()> {
    out.push_sql("::");
    push_name(out, &sql_type.name)?;
    if sql_type.is_array {
        out.push_sql("[]");
    }
    Ok(())
}

/// An operator with spaces around it. Its name consists of signs, which are never quoted.
fn push_operator(out: &mut AstPass<'_, '_, Pg>, operator: &QualifiedName) -> QueryResult<()> {
    if operator.is_system() {
        out.push_sql(" operator(pg_catalog.");
    } else {
        out.push_sql(" operator(");
        out.push_identifier(&operator.schema)?;
        out.push_sql(".");
    }
    out.push_sql(&operator.name);
    out.push_sql(") ");
    Ok(())
}

/// A qualified name. PostgreSQL's own plain ones need no quotes, not even where they are words of SQL: a schema stands before
/// them.
fn push_name(out: &mut AstPass<'_, '_, Pg>, name: &QualifiedName) -> QueryResult<()> {
    let is_plain = |name: &str| name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if name.is_system() && is_plain(&name.name) {
        out.push_sql("pg_catalog.");
        out.push_sql(&name.name);
        return Ok(());
    }
    out.push_identifier(&name.schema)?;
    out.push_sql(".");
    out.push_identifier(&name.name)
}

fn call<'b>(out: &mut AstPass<'_, 'b, Pg>, function: &str, arguments: &'b [Expression]) -> QueryResult<()> {
    out.push_sql(function);
    out.push_sql("(");
    separated(out, ", ", arguments)?;
    out.push_sql(")");
    Ok(())
}

pub(super) fn enclosed<'b>(
    out: &mut AstPass<'_, 'b, Pg>,
    before: &str,
    inner: &'b impl QueryFragment<Pg>,
    after: &str,
) -> QueryResult<()> {
    out.push_sql(before);
    inner.walk_ast(out.reborrow())?;
    out.push_sql(after);
    Ok(())
}

fn order_by<'b>(out: &mut AstPass<'_, 'b, Pg>, head: &str, order: &'b [Order]) -> QueryResult<()> {
    if order.is_empty() {
        return Ok(());
    }
    out.push_sql(head);
    separated(out, ", ", order)
}

pub(super) fn separated<'b>(
    out: &mut AstPass<'_, 'b, Pg>,
    separator: &str,
    parts: &'b [impl QueryFragment<Pg>],
) -> QueryResult<()> {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.push_sql(separator);
        }
        part.walk_ast(out.reborrow())?;
    }
    Ok(())
}

/// A text of our own as a literal that means the same whatever `standard_conforming_strings` says (PostgreSQL manual,
/// 4.1.2.2).
fn push_literal(out: &mut AstPass<'_, '_, Pg>, text: &str) {
    out.push_sql(if text.contains(['\\', MARK]) { "E'" } else { "'" });
    // A statement has dozens of literals, most of them plain, so that each is copied once, straight to its place.
    let mut plain = text;
    while let Some(position) = plain.find(['\'', '\\', MARK]) {
        let (before, rest) = plain.split_at(position);
        let (special, after) = rest.split_at(1);
        out.push_sql(before);
        if special.starts_with(MARK) {
            out.push_sql("\\001");
        } else {
            out.push_sql(special);
            out.push_sql(special);
        }
        plain = after;
    }
    out.push_sql(plain);
    out.push_sql("'");
}
