//! The operators of filters: one table for each kind of value, which inputs, plan and SQL use. Those that `pg_graphql`
//! does not have are in [`further`](super::further).

use super::SimilarityKind;
use super::scalar::{Scalar, ValueType};
use crate::catalog::{Collation, ComparisonOperator};

/// The meaning of an operator in a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterOperator {
    /// Whether the column is null.
    Null,
    /// A comparison of the column.
    Compare(&'static Operator),
    /// A full text search in the column.
    Search,
    /// A comparison of the column's trigrams with those of a text.
    Similar(SimilarityKind),
    /// Whether it is near to something.
    WithinDistance,
    /// How it and a geometry lie to each other.
    Spatial(SpatialTest),
}

/// How two geometries lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpatialTest {
    /// They have a point in common.
    Intersects,
    /// The column's contains the other.
    Contains,
    /// The column's lies in the other.
    Within,
    /// The rectangles around them have a point in common.
    BoundingBox,
}

/// A comparison of a column with an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// The operator in the database.
    pub symbol: Symbol,
    /// The kind of operand.
    pub operand: OperandKind,
    /// The collations that support it.
    pub collations: Collations,
}

/// An operator of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    /// An operator of the column type's order.
    OfOrder(ComparisonOperator),
    /// An operator on text; text-like types have their own.
    OfText(&'static str),
    /// A case-sensitive operator that only text has.
    OfTextOnly(&'static str),
    /// An operator on arrays.
    OfArrays(&'static str),
    /// One that all ranges and multiranges have.
    OfRanges(&'static str),
}

/// What a column is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperandKind {
    /// A value of its type.
    Value,
    /// A list of such values: the comparison must be true for one of them.
    AnyOf,
    /// A text, for columns of any type.
    Text,
    /// A value of the type that the column's ranges are of.
    Element,
}

/// The collations that support an operator. Patterns need collations in which equal texts have equal bytes
/// (PostgreSQL manual, 24.2.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collations {
    /// All of them.
    All,
    /// Deterministic ones.
    Deterministic,
    /// Those that support `like`: all of them since PostgreSQL 18.
    OfLike,
}

type Line = (&'static str, FilterOperator);

const EQ: Line = ("eq", FilterOperator::Compare(Operator::EQUAL));
const NEQ: Line = ("neq", FilterOperator::Compare(&ordered(ComparisonOperator::NotEqual)));
const LT: Line = ("lt", FilterOperator::Compare(&ordered(ComparisonOperator::Less)));
const LTE: Line = ("lte", FilterOperator::Compare(&ordered(ComparisonOperator::LessOrEqual)));
const GT: Line = ("gt", FilterOperator::Compare(&ordered(ComparisonOperator::Greater)));
const GTE: Line = ("gte", FilterOperator::Compare(&ordered(ComparisonOperator::GreaterOrEqual)));
const IN: Line =
    ("in", FilterOperator::Compare(&Operator { operand: OperandKind::AnyOf, ..*Operator::EQUAL }));
const IS: Line = ("is", FilterOperator::Null);
const STARTS_WITH: Line =
    ("startsWith", FilterOperator::Compare(&pattern(Symbol::OfTextOnly("^@"), Collations::Deterministic)));
const LIKE: Line = ("like", FilterOperator::Compare(&pattern(Symbol::OfText("~~"), Collations::OfLike)));
const ILIKE: Line =
    ("ilike", FilterOperator::Compare(&pattern(Symbol::OfText("~~*"), Collations::Deterministic)));
const REGEX: Line =
    ("regex", FilterOperator::Compare(&pattern(Symbol::OfText("~"), Collations::Deterministic)));
const IREGEX: Line =
    ("iregex", FilterOperator::Compare(&pattern(Symbol::OfText("~*"), Collations::Deterministic)));
const CONTAINED_BY: Line = ("containedBy", FilterOperator::Compare(&of_arrays("<@")));
const CONTAINS: Line = ("contains", FilterOperator::Compare(&of_arrays("@>")));
const OVERLAPS: Line = ("overlaps", FilterOperator::Compare(&of_arrays("&&")));

const WITHIN_DISTANCE: Line = ("withinDistance", FilterOperator::WithinDistance);
const INTERSECTS: Line = ("intersects", FilterOperator::Spatial(SpatialTest::Intersects));
const CONTAINS_GEOMETRY: Line = ("contains", FilterOperator::Spatial(SpatialTest::Contains));
const WITHIN: Line = ("within", FilterOperator::Spatial(SpatialTest::Within));
const BOUNDING_BOX: Line = ("bbox", FilterOperator::Spatial(SpatialTest::BoundingBox));

/// The operators of the filter of an array.
const OF_ARRAYS: &[Line] = &[CONTAINED_BY, CONTAINS, EQ, OVERLAPS, IS];

/// The operators in the filter of a value, or of an array of it, by name.
pub(super) fn operators(value: ValueType, is_list: bool) -> &'static [Line] {
    if is_list {
        return OF_ARRAYS;
    }
    match value {
        ValueType::Enum(_) | ValueType::Scalar(Scalar::Uuid) => &[EQ, IN, IS, NEQ],
        ValueType::Scalar(Scalar::Boolean | Scalar::Opaque) => &[EQ, IS],
        ValueType::Scalar(Scalar::Vector) => &[EQ, IS, WITHIN_DISTANCE],
        ValueType::Scalar(Scalar::GeoJson) => {
            &[EQ, IS, WITHIN_DISTANCE, INTERSECTS, CONTAINS_GEOMETRY, WITHIN, BOUNDING_BOX]
        }
        ValueType::Scalar(Scalar::Id | Scalar::Cursor) => &[EQ],
        // The operators of documents are not comparisons: `json_filter` has them.
        ValueType::Scalar(Scalar::Json) => &[],
        ValueType::Scalar(Scalar::String) => {
            &[EQ, GT, GTE, IN, IS, LT, LTE, NEQ, STARTS_WITH, LIKE, ILIKE, REGEX, IREGEX]
        }
        ValueType::Scalar(
            Scalar::Int
            | Scalar::Float
            | Scalar::BigInt
            | Scalar::BigFloat
            | Scalar::Date
            | Scalar::Time
            | Scalar::Datetime,
        ) => &[EQ, GT, GTE, IN, IS, LT, LTE, NEQ],
    }
}

/// The operator with that name on an aggregate with that scalar.
pub fn figure_operator(scalar: Scalar, name: &str) -> Option<FilterOperator> {
    FilterOperator::of(scalar, name)
}

const fn ordered(operator: ComparisonOperator) -> Operator {
    Operator { symbol: Symbol::OfOrder(operator), operand: OperandKind::Value, collations: Collations::All }
}

const fn pattern(symbol: Symbol, collations: Collations) -> Operator {
    Operator { symbol, operand: OperandKind::Text, collations }
}

const fn of_arrays(symbol: &'static str) -> Operator {
    Operator { symbol: Symbol::OfArrays(symbol), operand: OperandKind::Value, collations: Collations::All }
}

impl Operator {
    /// Equality of a column with a value of its type.
    pub const EQUAL: &'static Self = &ordered(ComparisonOperator::Equal);

    /// Whether every version of PostgreSQL supports it for texts whose collation is deterministic, or is not.
    pub fn applies_to_texts(&self, is_deterministic: bool) -> bool {
        is_deterministic || self.collations == Collations::All
    }
}

impl FilterOperator {
    /// What a person reads about it, if its name does not say it.
    pub(super) fn description(self) -> Option<&'static str> {
        match self {
            Self::Null | Self::Compare(_) | Self::Search | Self::Similar(_) => None,
            Self::WithinDistance => Some("Matches if the value is within this distance"),
            Self::Spatial(SpatialTest::Intersects) => {
                Some("Matches if the value has a point in common with this geometry")
            }
            Self::Spatial(SpatialTest::Contains) => Some("Matches if the value contains this geometry"),
            Self::Spatial(SpatialTest::Within) => Some("Matches if the value lies within this geometry"),
            Self::Spatial(SpatialTest::BoundingBox) => Some(
                "Matches if the bounding box of the value has a point in common with `[west, south, east, north]`",
            ),
        }
    }

    /// Whether PostgreSQL supports it for texts with a collation.
    pub fn takes(self, collation: &Collation) -> bool {
        match self {
            Self::Null | Self::Search | Self::Similar(_) | Self::WithinDistance | Self::Spatial(_) => true,
            Self::Compare(operator) => match operator.collations {
                Collations::All => true,
                Collations::Deterministic => collation.is_deterministic,
                Collations::OfLike => collation.takes_like,
            },
        }
    }
}
