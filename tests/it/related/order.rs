//! Random orders over relations: in GraphQL, and as independent SQL with joins and groups.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::filter::ties;
use super::model::{Kind, Model, Relation};
use crate::random::Random;

const DIRECTIONS: [(&str, &str); 4] = [
    ("AscNullsFirst", "asc nulls first"),
    ("AscNullsLast", "asc nulls last"),
    ("DescNullsFirst", "desc nulls first"),
    ("DescNullsLast", "desc nulls last"),
];

/// A key of an order.
#[derive(Debug)]
enum Key {
    Column(String),
    Row(Relation, Box<Key>),
    Count(Relation),
    Figure(Relation, &'static str, String),
}

/// An order of a table's rows.
#[derive(Debug)]
pub(super) struct Order {
    terms: Vec<(Key, (&'static str, &'static str))>,
    key: Vec<String>,
}

impl Key {
    fn random(random: &mut Random, model: &Model, table: usize, depth: usize) -> Self {
        let found = &model.tables[table];
        if depth > 0 && !found.relations.is_empty() && !random.once_in(5) {
            let relation = random.choose(&found.relations).clone();
            if !relation.is_many {
                let below = Self::random(random, model, relation.table, depth - 1);
                return Self::Row(relation, Box::new(below));
            }
            return Self::over_rows(random, model, relation);
        }
        match found.columns.as_slice() {
            [] => Self::Column(found.key[0].clone()),
            columns => Self::Column(random.choose(columns).name.clone()),
        }
    }

    fn over_rows(random: &mut Random, model: &Model, relation: Relation) -> Self {
        let function = *random.choose(&["count", "sum", "avg", "min", "max"]);
        let is_fit = |kind: Kind| matches!(function, "min" | "max") || kind != Kind::Text;
        let columns: Vec<_> =
            model.tables[relation.table].columns.iter().filter(|column| is_fit(column.kind)).collect();
        if function == "count" || columns.is_empty() {
            return Self::Count(relation);
        }
        let column = random.choose(&columns).name.clone();
        Self::Figure(relation, function, column)
    }

    fn graphql(&self, direction: &str) -> Value {
        match self {
            Self::Column(column) => json!({ column.as_str(): direction }),
            Self::Row(relation, key) => json!({ relation.field.as_str(): key.graphql(direction) }),
            Self::Count(relation) => json!({ relation.field.as_str(): { "count": direction } }),
            Self::Figure(relation, function, column) => {
                json!({ relation.field.as_str(): { *function: { column.as_str(): direction } } })
            }
        }
    }

    /// Adds the joins for the row of an alias, and returns the value.
    fn sql(&self, model: &Model, alias: &str, joins: &mut String) -> String {
        let below = format!("j{}", joins.matches(" join ").count());
        match self {
            Self::Column(column) => format!("{alias}.{column}"),
            Self::Row(relation, key) => {
                let table = &model.tables[relation.table].name;
                write!(joins, " left join {table} {below} on {}", ties(relation, alias, &below))
                    .expect("a string");
                key.sql(model, &below, joins)
            }
            Self::Count(relation) => {
                group(model, relation, "count(*)", (alias, &below), joins);
                // It is 0 over no rows, and null if the parent row is missing.
                let key = &relation.pairs[0].0;
                format!("case when {alias}.{key} is not null then coalesce({below}.figure, 0) end")
            }
            Self::Figure(relation, function, column) => {
                group(model, relation, &format!("{function}({column})"), (alias, &below), joins);
                format!("{below}.figure")
            }
        }
    }
}

/// Joins an aggregate over the rows at the other end of a relation, grouped by the relation's columns.
fn group(model: &Model, relation: &Relation, figure: &str, (ours, theirs): (&str, &str), joins: &mut String) {
    let columns: Vec<_> = relation.pairs.iter().map(|(_, there)| there.as_str()).collect();
    let (columns, table) = (columns.join(", "), &model.tables[relation.table].name);
    write!(
        joins,
        " left join (select {columns}, {figure} as figure from {table} group by {columns}) {theirs} on {}",
        ties(relation, ours, theirs)
    )
    .expect("a string");
}

impl Order {
    pub(super) fn random(random: &mut Random, model: &Model, table: usize) -> Self {
        let terms = (0..random.below(4)).map(|_| {
            let key = Key::random(random, model, table, 3);
            (key, *random.choose(&DIRECTIONS))
        });
        Self { terms: terms.collect(), key: model.tables[table].key.clone() }
    }

    /// Only by the key.
    pub(super) fn none(model: &Model, table: usize) -> Self {
        Self { terms: Vec::new(), key: model.tables[table].key.clone() }
    }

    pub(super) fn graphql(&self) -> Value {
        self.terms.iter().map(|(key, (direction, _))| key.graphql(direction)).collect()
    }

    /// The SQL direction of a column.
    pub(super) fn direction(&self, column: &str) -> &'static str {
        let given = self.terms.iter().find(|(key, _)| matches!(key, Key::Column(name) if name == column));
        given.map_or("asc nulls last", |(_, (_, direction))| direction)
    }

    /// The joins for the row of an alias, and the `order by`.
    pub(super) fn sql(&self, model: &Model, alias: &str) -> (String, String) {
        let mut joins = String::new();
        let mut terms = Vec::new();
        for (key, (_, direction)) in &self.terms {
            terms.push(format!("{} {direction}", key.sql(model, alias, &mut joins)));
        }
        terms.extend(self.key.iter().map(|column| format!("{alias}.{column}")));
        (joins, terms.join(", "))
    }
}
