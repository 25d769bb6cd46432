//! Operators of filters that `pg_graphql` does not have: for types that share their scalar, and so their
//! filter's type, with others. A filter has the operators that at least one column of the API supports;
//! `plan` refuses them for the other columns.

use super::operator::{Collations, FilterOperator, OperandKind, Operator, Symbol};
use super::scalar::{Scalar, ValueType};
use crate::catalog::{SqlType, Type, TypeKind};

/// Types that support more operators than all values of their scalar do.
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
    /// The family of a type that is not a domain.
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
    /// Its description.
    pub(super) description: &'static str,
    /// Its meaning.
    pub(super) operator: FilterOperator,
    needs: Needs,
}

/// The condition on a type for an operator to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Range,
}

impl FurtherOperator {
    /// Whether the types of a family support it.
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

/// The further operators of the filter of a value, or of arrays of it.
pub(super) fn further_operators(value: ValueType, is_list: bool) -> &'static [FurtherOperator] {
    match value {
        ValueType::Scalar(Scalar::Opaque) if !is_list => OF_OPAQUE,
        ValueType::Scalar(_) | ValueType::Enum(_) => &[],
    }
}
