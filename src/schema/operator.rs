//! The operators of filters: one table for each sort of value, which inputs, plan and SQL go by.

use super::scalar::{Scalar, ValueType};
use crate::catalog::{Collation, ComparisonOperator};

/// What an operator of a filter asks of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterOperator {
    /// Whether it is null.
    Null,
    /// How it compares with something.
    Compare(&'static Operator),
}

/// A comparison of a column with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// What compares in the database.
    pub symbol: Symbol,
    /// What it is compared with.
    pub operand: OperandKind,
    /// Which collations it can be used with.
    pub collations: Collations,
}

/// An operator of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    /// One that goes with the order of the column's type.
    OfOrder(ComparisonOperator),
    /// One that text has, and types that behave like text have of their own.
    OfText(&'static str),
    /// One that text alone has, and that heeds case.
    OfTextOnly(&'static str),
    /// One that all arrays have.
    OfArrays(&'static str),
}

/// What a column is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperandKind {
    /// A value of its type.
    Value,
    /// A list of such values: it has to hold of one of them.
    AnyOf,
    /// A text, whatever its type.
    Text,
}

/// Collations that an operator can be used with. Patterns want those in which equal texts have equal bytes (PostgreSQL
/// manual, 24.2.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collations {
    /// All of them.
    All,
    /// Deterministic ones.
    Deterministic,
    /// Those that `like` takes: since PostgreSQL 18 all of them.
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

/// The operators of the filter of an array.
const OF_ARRAYS: &[Line] = &[CONTAINED_BY, CONTAINS, EQ, OVERLAPS, IS];

/// The operators of a value's filter, or of that of arrays of it, by name.
pub(super) fn operators(value: ValueType, is_list: bool) -> &'static [Line] {
    if is_list {
        return OF_ARRAYS;
    }
    match value {
        ValueType::Enum(_) | ValueType::Scalar(Scalar::Uuid) => &[EQ, IN, IS, NEQ],
        ValueType::Scalar(Scalar::Boolean | Scalar::Opaque) => &[EQ, IS],
        ValueType::Scalar(Scalar::Id | Scalar::Cursor) => &[EQ],
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

/// The operator of that name on the number of rows at the other end of a relation.
pub fn count_operator(name: &str) -> Option<FilterOperator> {
    let all = operators(ValueType::Scalar(Scalar::Int), false);
    all.iter().find(|(found, _)| *found == name).map(|(_, operator)| *operator)
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
    /// Whether a column is equal to a value of its type.
    pub const EQUAL: &'static Self = &ordered(ComparisonOperator::Equal);
}

impl FilterOperator {
    /// Whether PostgreSQL has it for texts of a collation.
    pub fn takes(self, collation: &Collation) -> bool {
        match self {
            Self::Null => true,
            Self::Compare(operator) => match operator.collations {
                Collations::All => true,
                Collations::Deterministic => collation.is_deterministic,
                Collations::OfLike => collation.takes_like,
            },
        }
    }
}
