//! The rows that other subgraphs reference: one statement for all of them, of any types.
//!
//! Arrays contain the keys of the rows; they are unnested, and each row is a subselect by its key, like a row
//! at the other end of a relation. PostgreSQL evaluates a branch of a `case` only if its condition is true,
//! so a value is parsed only as the type of its own group's column (PostgreSQL manual, 4.2.14).

use super::ast::{Expression, From, Order};
use super::condition::parameter;
use super::json::{IfNull, JsonText};
use super::rows::{AtMostOneRow, OneRow};
use super::{Compiler, TableRef};
use crate::catalog::SqlType;
use crate::plan::{Entities, EntityGroup, GroupNumber, Mistake};
use crate::schema::EntityKey;

/// The columns of the unnested arrays: the group's number, the index in the request, and the values of the
/// key.
const NUMBER: &str = "number";
const PLACE: &str = "place";

fn value_column(place: usize) -> String {
    format!("value{place}")
}

impl Compiler<'_> {
    /// The select of the list of rows, in the order of the representations.
    pub(super) fn entities_select(&mut self, entities: &Entities) -> OneRow {
        let alias = self.alias();
        let is = |number: GroupNumber| {
            let number = Expression::Number(number.number() as u64);
            Expression::column(&alias, NUMBER).binary("=", number)
        };
        let mut branches = Vec::new();
        for (place, group) in entities.groups.iter().enumerate() {
            let row = Expression::Subselect(Box::new(self.entity_select(group, &alias).into_select()));
            branches.push((is(GroupNumber::Group(place)), row.or_json_null()));
        }
        for mistake in Mistake::ALL {
            let mark = IfNull::Violation(mistake.violation()).json();
            branches.push((is(GroupNumber::Mistake(mistake)), mark));
        }
        let null = Some(Box::new(Expression::text("null")));
        let row = JsonText::of_piece(Expression::Case { branches, otherwise: null });
        let order = Order {
            expression: Expression::column(&alias, PLACE),
            is_descending: false,
            is_nulls_first: false,
        };
        let numbers = parameter(entities.numbers.clone(), Some(SqlType::system("int4").array()));
        let values = entities.values.iter().map(|slot| parameter(slot.clone(), Some(SqlType::TEXT_ARRAY)));
        let from = From::Arrays {
            arrays: [numbers].into_iter().chain(values).collect(),
            columns: [NUMBER.to_owned()]
                .into_iter()
                .chain((0..entities.values.len()).map(value_column))
                .collect(),
            place: Some(PLACE.to_owned()),
            alias: alias.clone(),
        };
        OneRow::of_all(JsonText::list(row, vec![order], None), Some(from), None)
    }

    /// The select of one row by the values of its key under an alias.
    fn entity_select(&mut self, group: &EntityGroup, named: &str) -> AtMostOneRow {
        let (table, alias) = (group.row.table, self.alias());
        let known = self.known_tenant(table);
        let at = TableRef::of(table, &alias).knowing(&known);
        let json = self.row_json(at, &group.row.fields);
        let key = self.schema.table(table).map(|exposed| exposed.key.clone()).unwrap_or_default();
        let columns = key.iter().enumerate();
        let equal = columns.map(|(place, column)| {
            let value = Expression::column(named, &value_column(place));
            self.equals_text(at, *column, value)
        });
        let mut conditions: Vec<_> = equal.collect();
        if group.key == EntityKey::NodeId {
            conditions.extend(self.stands_in_named(at, Expression::column(named, &value_column(key.len()))));
        }
        conditions.extend(self.is_of_tenant(at));
        let select = AtMostOneRow::first(json, self.table(at, false), Expression::all(conditions));
        if self.has_unique_key(table) { select } else { select.in_order(self.own_first(at)) }
    }

    /// Compares a column with a value that is a text. If the role may not name the column's type, the texts
    /// are compared; so they are if the text may be none of the type: one such error would fail all rows.
    fn equals_text(&self, at: TableRef<'_>, column: usize, value: Expression) -> Expression {
        let named = self.comparison_type(at.table, column);
        match named.filter(|_| self.schema.knows_key_text(at.table, column)) {
            Some(sql_type) => {
                let equal = self.comparison_of(at.table, column).equal.clone();
                self.column(at, column).operator(equal, value.cast(sql_type))
            }
            None => self.exact_text(at, column).binary("=", value),
        }
    }

    /// The condition that the row is in the child with that oid, or, without an oid, in the table itself, if
    /// that distinguishes rows.
    fn stands_in_named(&self, at: TableRef<'_>, child: Expression) -> Option<Expression> {
        let (table, is_own) = (self.table_oid(at)?, self.is_own(at)?);
        let is_child = table.binary("=", child.clone().cast(SqlType::system("oid")));
        let is_none = Expression::Is(Box::new(child), "null");
        Some(Expression::Or(vec![is_child, Expression::And(vec![is_none, is_own])]))
    }
}
