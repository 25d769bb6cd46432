//! Operators of filters that `pg_graphql` does not have: for types that share their scalar, and so their
//! filter's type, with others. A filter has the operators that at least one column of the API supports;
//! `plan` refuses them for the other columns.

use super::SimilarityKind;
use super::operator::{Collations, FilterOperator, OperandKind, Operator, Symbol};
use super::scalar::{Scalar, ValueType};
use crate::catalog::{Catalog, SqlType, Type, TypeKind};

/// Types that support more operators than all values of their scalar do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeFamily {
    /// Ranges and multiranges.
    Range {
        /// The type of their elements, if the role may name it.
        element: Option<SqlType>,
    },
    /// Texts of all sorts.
    Text {
        /// Whether `pg_trgm` is there to compare them.
        has_trigrams: bool,
    },
    /// Texts that are prepared for search: `tsvector`.
    TextVector,
    /// pgvector's vectors of which most numbers are zero: `sparsevec`.
    SparseVector,
    /// Bit strings of one length, where pgvector is there to compare them.
    Bits,
    /// All others.
    Other,
}

impl TypeFamily {
    /// The family of a type that is not a domain.
    pub(super) fn of_base_type(catalog: &Catalog, found: &Type) -> Self {
        match found.kind {
            TypeKind::Range | TypeKind::Multirange => {
                let element = found.subtype.clone().map(|name| SqlType { name, is_array: false });
                Self::Range { element }
            }
            TypeKind::Base if found.schema == "pg_catalog" && found.name == "tsvector" => Self::TextVector,
            TypeKind::Base if found.schema == "pg_catalog" && found.name == "bit" => {
                if catalog.bit_distances.is_some() { Self::Bits } else { Self::Other }
            }
            TypeKind::Base if found.name == "sparsevec" && found.extension.as_deref() == Some("vector") => {
                Self::SparseVector
            }
            TypeKind::Base if Scalar::of_base_type(found) == Scalar::String => {
                Self::Text { has_trigrams: catalog.text_search.trigrams.is_some() }
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
    Words,
    Trigrams,
}

impl FurtherOperator {
    /// Whether the types of a family support it.
    pub(super) fn applies_to(&self, family: &TypeFamily) -> bool {
        match self.needs {
            Needs::Range => matches!(family, TypeFamily::Range { .. }),
            Needs::Trigrams => matches!(family, TypeFamily::Text { has_trigrams: true }),
            Needs::Words => matches!(family, TypeFamily::Text { .. } | TypeFamily::TextVector),
        }
    }
}

const SEARCH: FurtherOperator = FurtherOperator {
    name: "search",
    description: "Matches if a full text search finds these words",
    operator: FilterOperator::Search,
    needs: Needs::Words,
};

const SIMILAR: FurtherOperator = FurtherOperator {
    name: "similar",
    description: "Matches if the text is similar to another, by the groups of three letters that both have (pg_trgm)",
    operator: FilterOperator::Similar(SimilarityKind::Whole),
    needs: Needs::Trigrams,
};

const WORD_SIMILAR: FurtherOperator = FurtherOperator {
    name: "wordSimilar",
    description: "Matches if a part of the text is similar to another text (word similarity of pg_trgm)",
    operator: FilterOperator::Similar(SimilarityKind::Words),
    needs: Needs::Trigrams,
};

const STRICT_WORD_SIMILAR: FurtherOperator = FurtherOperator {
    name: "strictWordSimilar",
    description: "Matches if a part of the text, of whole words, is similar to another text (strict word similarity of pg_trgm)",
    operator: FilterOperator::Similar(SimilarityKind::WholeWords),
    needs: Needs::Trigrams,
};

const OF_STRINGS: &[FurtherOperator] = &[SEARCH, SIMILAR, WORD_SIMILAR, STRICT_WORD_SIMILAR];

// A domain over text is `Opaque`, too.
const OF_OPAQUE: &[FurtherOperator] = &[
    SEARCH,
    SIMILAR,
    WORD_SIMILAR,
    STRICT_WORD_SIMILAR,
    of_ranges(
        "contains",
        "For ranges: matches if the range contains all of this range",
        &ranges("@>", OperandKind::Value),
    ),
    of_ranges(
        "containsElement",
        "For ranges: matches if the range contains this element",
        &ranges("@>", OperandKind::Element),
    ),
    of_ranges(
        "containedBy",
        "For ranges: matches if this range contains all of the range",
        &ranges("<@", OperandKind::Value),
    ),
    of_ranges(
        "overlaps",
        "For ranges: matches if the range has an element in common with this range",
        &ranges("&&", OperandKind::Value),
    ),
    of_ranges(
        "before",
        "For ranges: matches if all of the range is before this range",
        &ranges("<<", OperandKind::Value),
    ),
    of_ranges(
        "after",
        "For ranges: matches if all of the range is after this range",
        &ranges(">>", OperandKind::Value),
    ),
    of_ranges(
        "adjacent",
        "For ranges: matches if the range ends where this range begins, or begins where this range ends",
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
        ValueType::Scalar(Scalar::String) if !is_list => OF_STRINGS,
        ValueType::Scalar(_) | ValueType::Enum(_) => &[],
    }
}
