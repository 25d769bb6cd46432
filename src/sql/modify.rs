//! Changes of tables as Diesel `QueryFragment`s: the rest of `fragment`.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;

use super::ast::{Change, Expression, Modify};
use super::fragment::{enclosed, separated};

impl QueryFragment<Pg> for Modify {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(match &self.change {
            Change::Insert { .. } => "insert into ",
            Change::Update { .. } => "update ",
            Change::Delete { .. } => "delete from ",
        });
        out.push_identifier(&self.schema)?;
        out.push_sql(".");
        out.push_identifier(&self.name)?;
        out.push_sql(" as ");
        out.push_identifier(&self.alias)?;
        match &self.change {
            Change::Insert { columns, rows } => insert(&mut out, columns, rows)?,
            Change::Update { set, condition } => {
                update(&mut out, set)?;
                filter(&mut out, condition.as_ref())?;
            }
            Change::Delete { condition } => filter(&mut out, condition.as_ref())?,
        }
        out.push_sql("\nreturning ");
        separated(&mut out, ", ", &self.returning)
    }
}

fn insert<'b>(
    out: &mut AstPass<'_, 'b, Pg>,
    columns: &'b [String],
    rows: &'b [Vec<Expression>],
) -> QueryResult<()> {
    if columns.is_empty() {
        out.push_sql(" default values");
        return Ok(());
    }
    for (index, column) in columns.iter().enumerate() {
        out.push_sql(if index == 0 { " (" } else { ", " });
        out.push_identifier(column)?;
    }
    out.push_sql(")\nvalues ");
    for (index, row) in rows.iter().enumerate() {
        out.push_sql(if index == 0 { "(" } else { ", (" });
        separated(out, ", ", row)?;
        out.push_sql(")");
    }
    Ok(())
}

fn update<'b>(out: &mut AstPass<'_, 'b, Pg>, set: &'b [(String, Expression)]) -> QueryResult<()> {
    for (index, (column, value)) in set.iter().enumerate() {
        out.push_sql(if index == 0 { "\nset " } else { ", " });
        out.push_identifier(column)?;
        enclosed(out, " = ", value, "")?;
    }
    Ok(())
}

fn filter<'b>(out: &mut AstPass<'_, 'b, Pg>, condition: Option<&'b Expression>) -> QueryResult<()> {
    match condition {
        Some(condition) => enclosed(out, "\nwhere ", condition, ""),
        None => Ok(()),
    }
}
