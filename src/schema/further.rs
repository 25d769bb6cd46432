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
    description: "Full text search: it has the words that are asked for",
    operator: FilterOperator::Search,
    needs: Needs::Words,
};

const SIMILAR: FurtherOperator = FurtherOperator {
    name: "similar",
    description: "It is similar to a text, as pg_trgm counts: by the groups of three letters that both have",
    operator: FilterOperator::Similar(SimilarityKind::Whole),
    needs: Needs::Trigrams,
};

const WORD_SIMILAR: FurtherOperator = FurtherOperator {
    name: "wordSimilar",
    description: "Some words in a row of it are similar to a text, as pg_trgm counts",
    operator: FilterOperator::Similar(SimilarityKind::Words),
    needs: Needs::Trigrams,
};

const STRICT_WORD_SIMILAR: FurtherOperator = FurtherOperator {
    name: "strictWordSimilar",
    description: "Some whole words in a row of it are similar to a text, as pg_trgm counts",
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
        ValueType::Scalar(Scalar::String) if !is_list => OF_STRINGS,
        ValueType::Scalar(_) | ValueType::Enum(_) => &[],
    }
}
