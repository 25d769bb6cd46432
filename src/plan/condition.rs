//! Conditions on rows, and what columns are compared with.

use super::{JsonTest, Measure, Related, Similarity, Slot, TextSearch};
use crate::schema::{Operator, SpatialTest};

/// A condition on rows, with SQL's three-valued logic.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All of them are true; there are at least two.
    All(Vec<Condition>),
    /// At least one of them is true; there are at least two.
    Any(Vec<Condition>),
    /// It is not true.
    Not(Box<Condition>),
    /// A column compared with a value.
    Compare {
        /// The column.
        column: usize,
        /// The operator.
        operator: &'static Operator,
        /// The other side of the comparison.
        operand: Operand,
    },
    /// For tables with children: the row is in the table itself, or in the child with that oid.
    StandsIn(Option<Slot>),
    /// The column is null, or is not.
    IsNull {
        /// The column.
        column: usize,
        /// Whether it has to be.
        is_null: bool,
    },
    /// A condition on the rows at the other end of a relation.
    Related(Box<Related>),
    /// Something holds for a column that holds a JSON document.
    Json {
        /// The column.
        column: usize,
        /// What has to hold.
        test: Box<JsonTest>,
    },
    /// A comparison of the column's trigrams with those of a text.
    Similar {
        /// The column.
        column: usize,
        /// The text, and how similar it must be.
        similarity: Similarity,
    },
    /// A full text search in the column.
    Search {
        /// The column.
        column: usize,
        /// What to look for.
        search: TextSearch,
    },
    /// A distance is no greater than a number.
    WithinDistance(Box<Measure>, Slot),
    /// A condition on an attribute of a composite value.
    Attribute {
        /// The column.
        column: usize,
        /// The places of attributes, one below the other; none of the whole value.
        path: Vec<usize>,
        /// What has to hold.
        test: AttributeTest,
    },
    /// How a geometry in a column and another lie to each other.
    Spatial {
        /// The column.
        column: usize,
        /// What has to hold.
        test: SpatialTest,
        /// The other geometry.
        other: Slot,
    },
}

/// A condition on an attribute of a composite value.
#[derive(Debug, Clone, PartialEq)]
pub enum AttributeTest {
    /// It is null, or is not.
    IsNull(bool),
    /// It is compared with a value.
    Compare(&'static Operator, Operand),
}

/// A value that a column is compared with, or set to.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// One value of the column's type.
    Value(Slot),
    /// A value of the column's array type, or a list of values of its type.
    List(Slot),
    /// A text for a column of any type: a pattern.
    Text(Slot),
    /// A value of the type that the column's ranges are of.
    Element(Slot),
}
