//! Keys of tables: the unique indexes that an insert can name, and foreign keys.

use serde::Deserialize;

use super::{Directive, Oid, QualifiedName};

/// A unique index, as `ON CONFLICT` names it (PostgreSQL manual, INSERT).
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ConflictTarget {
    /// The name of the index, which is also the name of its constraint.
    pub name: String,
    /// From the comment on the constraint, or on the index.
    #[serde(rename = "comment")]
    pub directive: Directive,
    /// Whether it belongs to a constraint. If not, PostgreSQL infers it from its terms.
    pub is_constraint: bool,
    /// The columns that it reads, by name; the role must be able to read them, too.
    pub columns: Vec<String>,
    /// The indexed columns and expressions, as PostgreSQL prints them; none of a constraint, which its name identifies.
    #[serde(deserialize_with = "or_empty")]
    pub terms: Vec<String>,
    /// Of a partial index: its predicate, as PostgreSQL prints it.
    pub predicate: Option<String>,
}

/// A foreign key between exposed tables, as the database has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ForeignKey {
    /// The name of the constraint.
    pub name: String,
    /// From its comment.
    #[serde(rename = "comment")]
    pub directive: Directive,
    /// The referenced table.
    pub referenced_table: Oid,
    /// Whether the database enforces it for all rows at all times.
    pub is_enforced: bool,
    /// Whether its last columns are ranges, one of which contains the other (PostgreSQL 18: `period`).
    pub is_temporal: bool,
    /// The referencing columns.
    pub columns: Vec<String>,
    /// The referenced columns, in the same order.
    pub referenced_columns: Vec<String>,
    /// The operators that compare them in the same order, with the referenced column on the left
    /// (`pg_constraint.conpfeqop`). Operators in schemas that the role may not use are left out.
    #[serde(deserialize_with = "or_empty")]
    pub operators: Vec<QualifiedName>,
}

/// A list, or null for an empty one: `json_agg` of no rows is null.
fn or_empty<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}
