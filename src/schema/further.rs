//! Operators of filters that `pg_graphql` does not have: for types that share their scalar, and so their filter's type, with others.
//! A filter has those that some column of the API takes; `plan` refuses them for the other columns.

use super::operator::{Collations, FilterOperator, OperandKind, Operator, Symbol};
use super::scalar::{Scalar, ValueType};
use crate::catalog::{SqlType, Type, TypeKind};

/// Types that filters can ask more of than what all values of their scalar are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeFamily {
    /// Ranges and multiranges.
    Range {
        /// The type of their elements, if the role may name it.
        element: Option<SqlType>,
    },
    /// All others.
    Other,
}

impl TypeFamily {
    /// The family of a type that is no domain.
    pub(super) fn of_base_type(found: &Type) -> Self {
        match found.kind {
            TypeKind::Range | TypeKind::Multirange => {
                let element = found.subtype.clone().map(|name| SqlType { name, is_array: false });
                Self::Range { element }
            }
            TypeKind::Base | TypeKind::Composite | TypeKind::Domain | TypeKind::Enum | TypeKind::Pseudo => {
                Self::Other
            }
        }
    }
}

/// An operator of some types among those that have the same filter.
#[derive(Debug)]
pub(super) struct FurtherOperator {
    /// Its name.
    pub(super) name: &'static str,
    /// What a person reads about it.
    pub(super) description: &'static str,
    /// What it asks.
    pub(super) operator: FilterOperator,
    needs: Needs,
}

/// What a type must be for an operator to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Range,
}

impl FurtherOperator {
    /// Whether it can be asked of the types of a family.
    pub(super) fn applies_to(&self, family: &TypeFamily) -> bool {
        match self.needs {
            Needs::Range => matches!(family, TypeFamily::Range { .. }),
        }
    }
}

const OF_OPAQUE: &[FurtherOperator] = &[
    of_ranges("contains", "A range: it holds all of the given range", &ranges("@>", OperandKind::Value)),
    of_ranges("containsElement", "A range: it holds the given element", &ranges("@>", OperandKind::Element)),
    of_ranges("containedBy", "A range: the given range holds all of it", &ranges("<@", OperandKind::Value)),
    of_ranges(
        "overlaps",
        "A range: it has an element in common with the given range",
        &ranges("&&", OperandKind::Value),
    ),
    of_ranges("before", "A range: all of it lies before the given range", &ranges("<<", OperandKind::Value)),
    of_ranges("after", "A range: all of it lies behind the given range", &ranges(">>", OperandKind::Value)),
    of_ranges(
        "adjacent",
        "A range: it ends where the given range begins, or begins where that ends",
        &ranges("-|-", OperandKind::Value),
    ),
];

const fn of_ranges(
    name: &'static str,
    description: &'static str,
    operator: &'static Operator,
) -> FurtherOperator {
    FurtherOperator { name, description, operator: FilterOperator::Compare(operator), needs: Needs::Range }
}

const fn ranges(symbol: &'static str, operand: OperandKind) -> Operator {
    Operator { symbol: Symbol::OfRanges(symbol), operand, collations: Collations::All }
}

/// The further operators of a value's filter, or of that of arrays of it.
pub(super) fn further_operators(value: ValueType, is_list: bool) -> &'static [FurtherOperator] {
    match value {
        ValueType::Scalar(Scalar::Opaque) if !is_list => OF_OPAQUE,
        ValueType::Scalar(_) | ValueType::Enum(_) => &[],
    }
}
