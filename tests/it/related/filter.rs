//! Random filters over relations: in GraphQL, and as independent SQL that counts rows.

use serde_json::{Map, Value, json};

use super::model::{Kind, Model, Relation, value};
use crate::random::Random;

/// A condition on a row.
#[derive(Debug)]
pub(super) enum Filter {
    /// A column, an operator, and a value as an SQL literal.
    Compare(String, Kind, &'static str, String),
    IsNull(String, bool),
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// Whether the related row exists.
    IsThere(Relation, bool),
    One(Relation, Box<Filter>),
    Some(Relation, Box<Filter>),
    Every(Relation, Box<Filter>),
    None(Relation, Box<Filter>),
    Count(Relation, &'static str, usize),
    /// Null or an empty object, which adds no condition.
    Nothing(Value),
}

/// Operators in both languages.
const OPERATORS: [(&str, &str); 6] =
    [("eq", "="), ("neq", "<>"), ("lt", "<"), ("lte", "<="), ("gt", ">"), ("gte", ">=")];

impl Filter {
    /// A condition on a row of a table, with at most this depth of relations.
    pub(super) fn random(random: &mut Random, model: &Model, table: usize, depth: usize) -> Self {
        let found = &model.tables[table];
        let several = |random: &mut Random| {
            let parts = (0..2 + random.below(2)).map(|_| Self::random(random, model, table, depth - 1));
            parts.collect::<Vec<_>>()
        };
        if depth > 0 && !found.relations.is_empty() && !random.once_in(4) {
            let relation = random.choose(&found.relations).clone();
            return Self::over(random, model, relation, depth - 1);
        }
        match random.below(8) {
            0 if depth > 0 => Self::All(several(random)),
            1 if depth > 0 => Self::Any(several(random)),
            2 if depth > 0 => Self::Not(Box::new(Self::random(random, model, table, depth - 1))),
            3 => Self::Nothing(match found.relations.first() {
                Some(relation) => json!({ relation.field.as_str(): null }),
                None => json!({}),
            }),
            _ if found.columns.is_empty() => Self::Nothing(json!({})),
            4 => Self::IsNull(random.choose(&found.columns).name.clone(), random.once_in(2)),
            _ => {
                let column = random.choose(&found.columns);
                let (operator, _) = *random.choose(&OPERATORS);
                Self::Compare(column.name.clone(), column.kind, operator, value(random, column.kind))
            }
        }
    }

    fn over(random: &mut Random, model: &Model, relation: Relation, depth: usize) -> Self {
        let there = |random: &mut Random| Box::new(Self::random(random, model, relation.table, depth));
        if !relation.is_many {
            return match random.below(4) {
                0 => Self::IsThere(relation, random.once_in(2)),
                _ => Self::One(relation.clone(), there(random)),
            };
        }
        match random.below(5) {
            0 | 1 => Self::Some(relation.clone(), there(random)),
            2 => Self::Every(relation.clone(), there(random)),
            3 => Self::None(relation.clone(), there(random)),
            _ => Self::Count(relation, random.choose(&OPERATORS).0, random.below(4)),
        }
    }

    /// As an input of GraphQL.
    pub(super) fn graphql(&self) -> Value {
        let list = |parts: &[Self]| parts.iter().map(Self::graphql).collect::<Vec<_>>();
        match self {
            Self::Compare(column, kind, operator, value) => {
                json!({ column.as_str(): { *operator: input(*kind, value) } })
            }
            Self::IsNull(column, is) => {
                json!({ column.as_str(): { "is": if *is { "NULL" } else { "NOT_NULL" } } })
            }
            Self::All(parts) => json!({ "and": list(parts) }),
            Self::Any(parts) => json!({ "or": list(parts) }),
            Self::Not(inner) => json!({ "not": inner.graphql() }),
            Self::IsThere(relation, is) => {
                json!({ relation.field.as_str(): { "is": if *is { "NOT_NULL" } else { "NULL" } } })
            }
            Self::One(relation, inner) => json!({ relation.field.as_str(): inner.graphql() }),
            Self::Some(relation, inner) => json!({ relation.field.as_str(): { "some": inner.graphql() } }),
            Self::Every(relation, inner) => json!({ relation.field.as_str(): { "every": inner.graphql() } }),
            Self::None(relation, inner) => json!({ relation.field.as_str(): { "none": inner.graphql() } }),
            Self::Count(relation, operator, number) => {
                json!({ relation.field.as_str(): { "count": { *operator: number } } })
            }
            Self::Nothing(value) => value.clone(),
        }
    }

    /// As a condition of SQL on the row under that alias.
    pub(super) fn sql(&self, model: &Model, alias: &str) -> String {
        let joined = |parts: &[Self], word: &str| {
            let parts: Vec<_> = parts.iter().map(|part| part.sql(model, alias)).collect();
            format!("({})", parts.join(word))
        };
        let count = |relation: &Relation, condition: Option<&Self>| {
            let below = format!("{alias}x");
            let conditions = ties(relation, alias, &below);
            let conditions = match condition {
                Some(condition) => format!("{conditions} and {}", condition.sql(model, &below)),
                None => conditions,
            };
            format!("(select count(*) from {} {below} where {conditions})", model.tables[relation.table].name)
        };
        match self {
            Self::Compare(column, _, operator, value) => {
                format!("{alias}.{column} {} {value}", sign(operator))
            }
            Self::IsNull(column, is) => {
                format!("{alias}.{column} is {}", if *is { "null" } else { "not null" })
            }
            Self::All(parts) => joined(parts, " and "),
            // An empty filter adds no alternative to a list.
            Self::Any(parts) => {
                let restricting: Vec<_> = parts.iter().filter(|part| part.restricts()).collect();
                let parts: Vec<_> = restricting.iter().map(|part| part.sql(model, alias)).collect();
                if parts.is_empty() { "true".to_owned() } else { format!("({})", parts.join(" or ")) }
            }
            Self::Not(inner) if inner.restricts() => format!("not {}", inner.sql(model, alias)),
            Self::IsThere(relation, true) => format!("{} = 1", count(relation, None)),
            Self::IsThere(relation, false) => format!("{} = 0", count(relation, None)),
            Self::One(relation, inner) => format!("{} = 1", count(relation, Some(inner))),
            Self::Some(relation, inner) => format!("{} > 0", count(relation, Some(inner))),
            Self::None(relation, inner) => format!("{} = 0", count(relation, Some(inner))),
            Self::Every(relation, inner) => {
                format!("{} = {}", count(relation, Some(inner)), count(relation, None))
            }
            Self::Count(relation, operator, number) => {
                format!("{} {} {number}", count(relation, None), sign(operator))
            }
            Self::Not(_) | Self::Nothing(_) => "true".to_owned(),
        }
    }

    /// Whether it restricts the rows.
    fn restricts(&self) -> bool {
        match self {
            Self::Nothing(_) => false,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::restricts),
            // All rows match an empty filter, but `some` and `none` still require rows or no rows.
            Self::Every(_, inner) | Self::Not(inner) => inner.restricts(),
            _ => true,
        }
    }
}

fn sign(operator: &str) -> &'static str {
    OPERATORS.iter().find(|(name, _)| *name == operator).expect("one of the operators").1
}

/// The condition that relates the rows of two aliases.
pub(super) fn ties(relation: &Relation, ours: &str, theirs: &str) -> String {
    let pairs = relation.pairs.iter();
    let ties: Vec<_> = pairs.map(|(here, there)| format!("{ours}.{here} = {theirs}.{there}")).collect();
    ties.join(" and ")
}

/// A value of SQL as an input of GraphQL.
fn input(kind: Kind, value: &str) -> Value {
    match (kind, value) {
        (_, "null") => Value::Null,
        (Kind::Int, number) => json!(number.parse::<i64>().expect("a number")),
        (Kind::Numeric, number) => json!(number),
        (Kind::Text, text) => json!(text[1..text.len() - 1].replace("''", "'")),
    }
}

/// Combines a filter with others that have no effect, as clients do that build filters piece by piece.
pub(super) fn beside_nothing(random: &mut Random, filter: Value) -> Value {
    if random.once_in(3) {
        let mut all = Map::new();
        all.insert("and".to_owned(), json!([{}, filter]));
        return Value::Object(all);
    }
    filter
}
