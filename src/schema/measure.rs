//! Measures: numbers that are computed of a column and of arguments, such as the distance to a place. Each is a field of the row,
//! under the column's name with a word behind it, and under the same name in `orderBy`. Those of texts are in `orderBy` alone, for most
//! tables have many texts.

use std::collections::HashSet;
use std::sync::Arc;

use super::field::FixedFields;
use super::{
    ExposedColumn, ExposedTable, OptionalType, Scalar, Schema, TextSearchField, TypeFamily, TypeId,
    ValueType, claims,
};
use crate::catalog::Problem;

/// A number that is computed of a column and of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MeasureKind {
    /// The distance of a vector to another.
    VectorDistance,
    /// The same of vectors of which most numbers are zero.
    SparseDistance,
    /// The distance of a bit string to another.
    BitDistance,
    /// How well a text matches a full text search.
    TextRank,
    /// How similar a text is to another.
    TextSimilarity,
    /// The distance of a geometry to another.
    GeometryDistance,
}

/// A measure of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnMeasure {
    /// What is computed.
    pub kind: MeasureKind,
    /// The column, as an index into the table's.
    pub column: usize,
}

/// An argument of a measure. In `orderBy` it is a field beside `direction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureArgument {
    /// `to`.
    To,
    /// `metric`.
    Metric,
    /// `query`.
    Query,
    /// `config`.
    Config,
}

/// The fields of `withinDistance`, besides the metric of vectors: what has to be near, and how near.
pub const OF: &str = "of";
/// How near.
pub const DISTANCE: &str = "distance";

/// The direction of an order by a measure.
pub const DIRECTION: &str = "direction";

/// How the distance of two vectors is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorMetric {
    /// `COSINE`.
    Cosine,
    /// `L2`.
    Euclidean,
    /// `INNER_PRODUCT`.
    InnerProduct,
    /// `L1`.
    Taxicab,
}

/// How the distance of two bit strings is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BitMetric {
    /// `HAMMING`.
    Hamming,
    /// `JACCARD`.
    Jaccard,
}

impl FixedFields for BitMetric {
    const ALL: &'static [Self] = &[Self::Hamming, Self::Jaccard];

    fn name(self) -> &'static str {
        match self {
            Self::Hamming => "HAMMING",
            Self::Jaccard => "JACCARD",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Hamming => "The number of bits that differ",
            Self::Jaccard => "1 minus the number of ones in both, divided by the number of ones in either",
        }
    }
}

impl BitMetric {
    /// pgvector's operator.
    pub fn operator(self) -> &'static str {
        match self {
            Self::Hamming => "<~>",
            Self::Jaccard => "<%>",
        }
    }
}

impl FixedFields for MeasureArgument {
    const ALL: &'static [Self] = &[Self::To, Self::Metric, Self::Query, Self::Config];

    fn name(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::Metric => "metric",
            Self::Query => TextSearchField::Query.name(),
            Self::Config => TextSearchField::Config.name(),
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::To => "The value to compare the column with",
            Self::Metric => "How the distance is computed; an index serves the metric that it was made for",
            Self::Query => TextSearchField::Query.description(),
            Self::Config => TextSearchField::Config.description(),
        }
    }
}

impl MeasureArgument {
    /// Whether it must be given.
    pub(super) fn is_required(self) -> bool {
        self != Self::Config
    }
}

impl FixedFields for VectorMetric {
    const ALL: &'static [Self] = &[Self::Cosine, Self::Euclidean, Self::InnerProduct, Self::Taxicab];

    fn name(self) -> &'static str {
        match self {
            Self::Cosine => "COSINE",
            Self::Euclidean => "L2",
            Self::InnerProduct => "INNER_PRODUCT",
            Self::Taxicab => "L1",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Cosine => {
                "1 minus the cosine of the angle between the vectors; null if one of them is all zeros"
            }
            Self::Euclidean => "The length of the straight line between them",
            Self::InnerProduct => {
                "The negative inner product, so that the largest product is the smallest distance"
            }
            Self::Taxicab => "The sum of the distances in all dimensions",
        }
    }
}

impl VectorMetric {
    /// pgvector's operator.
    pub fn operator(self) -> &'static str {
        match self {
            Self::Cosine => "<=>",
            Self::Euclidean => "<->",
            Self::InnerProduct => "<#>",
            Self::Taxicab => "<+>",
        }
    }
}

impl MeasureKind {
    /// All of them.
    pub(super) const ALL: [Self; 6] = [
        Self::VectorDistance,
        Self::SparseDistance,
        Self::BitDistance,
        Self::GeometryDistance,
        Self::TextRank,
        Self::TextSimilarity,
    ];

    /// What the field's name has behind the column's.
    fn suffix(self) -> &'static str {
        match self {
            Self::VectorDistance | Self::SparseDistance | Self::BitDistance | Self::GeometryDistance => {
                "Distance"
            }
            Self::TextRank => "Rank",
            Self::TextSimilarity => "Similarity",
        }
    }

    /// What a person reads about the field of the row.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::VectorDistance | Self::SparseDistance => "The distance to another vector",
            Self::BitDistance => "The distance to another bit string",
            Self::TextRank => "How well the value matches a full text search",
            Self::TextSimilarity => "How similar the text is to another one",
            Self::GeometryDistance => {
                "The distance to another geometry: for a geography in metres, on a sphere; else in units of the reference system"
            }
        }
    }

    /// The arguments, with their types: those of the column's own values are `None`. Whether it has to be given is a fact of the argument.
    pub(super) fn arguments(self) -> &'static [(MeasureArgument, Option<TypeId>)] {
        const STRING: Option<TypeId> = Some(TypeId::Value(ValueType::Scalar(Scalar::String)));
        match self {
            Self::TextRank => &[(MeasureArgument::Query, STRING), (MeasureArgument::Config, STRING)],
            Self::TextSimilarity => &[(MeasureArgument::To, STRING)],
            Self::GeometryDistance => &[(MeasureArgument::To, None)],
            Self::VectorDistance | Self::SparseDistance => &[
                (MeasureArgument::To, None),
                (MeasureArgument::Metric, Some(TypeId::Optional(OptionalType::VectorMetric))),
            ],
            Self::BitDistance => &[
                (MeasureArgument::To, None),
                (MeasureArgument::Metric, Some(TypeId::Optional(OptionalType::BitMetric))),
            ],
        }
    }

    /// The name of the direction that holds where none is given.
    pub fn usual_direction(self) -> &'static str {
        match self {
            Self::VectorDistance | Self::SparseDistance | Self::BitDistance | Self::GeometryDistance => {
                "AscNullsLast"
            }
            Self::TextRank | Self::TextSimilarity => "DescNullsLast",
        }
    }

    /// Whether it is a field of the row, too.
    pub fn is_row_field(self) -> bool {
        match self {
            Self::VectorDistance | Self::SparseDistance | Self::BitDistance | Self::GeometryDistance => true,
            Self::TextRank | Self::TextSimilarity => false,
        }
    }

    /// Whether filters have `withinDistance` for it: those of types of their own, and not that of `Opaque`.
    pub(super) fn is_in_filters(self) -> bool {
        matches!(self, Self::VectorDistance | Self::GeometryDistance)
    }

    /// A column of a table that it can be computed of.
    pub(super) fn found_in(self, exposed: &ExposedTable) -> Option<(&ExposedTable, ColumnMeasure)> {
        let (column, _) = exposed.columns_that(|column| self.applies_to(column)).next()?;
        Some((exposed, ColumnMeasure { kind: self, column }))
    }

    /// Whether it can be computed of a column.
    fn applies_to(self, column: &ExposedColumn) -> bool {
        let of = &column.column_type;
        // The operator is in the schema of the type.
        let is_possible = !of.is_list && of.sql_type.is_some() && column.is_readable;
        is_possible
            && match self {
                Self::VectorDistance => of.value == ValueType::Scalar(Scalar::Vector),
                Self::SparseDistance => of.family == TypeFamily::SparseVector,
                Self::BitDistance => of.family == TypeFamily::Bits,
                Self::TextRank => matches!(of.family, TypeFamily::Text { .. } | TypeFamily::TextVector),
                Self::TextSimilarity => matches!(of.family, TypeFamily::Text { has_trigrams: true }),
                Self::GeometryDistance => of.value == ValueType::Scalar(Scalar::GeoJson),
            }
    }
}

/// Finds the measures of all columns. A name that is taken stays with what has it.
pub(super) fn add(schema: &mut Schema) {
    for (index, exposed) in schema.tables.iter_mut().enumerate() {
        let Some(exposed) = exposed else { continue };
        let columns = exposed.columns.iter().enumerate();
        let columns = columns.filter_map(|(column, found)| Some((column, found.as_ref()?)));
        let wanted = columns.flat_map(|(column, found)| {
            let kinds = MeasureKind::ALL.into_iter().filter(|kind| kind.applies_to(found));
            kinds.map(move |kind| {
                (format!("{}{}", found.field, kind.suffix()), ColumnMeasure { kind, column })
            })
        });
        let wanted: Vec<_> = wanted.collect();
        if wanted.is_empty() {
            continue;
        }
        let own = [schema.node_id.to_owned()];
        let others = exposed.places.keys().chain(exposed.relations.keys()).chain(exposed.computed.keys());
        let mut taken: HashSet<String> = others.map(ToString::to_string).chain(own).collect();
        for (name, measure) in wanted {
            if let Err(reason) = claims::take_field(&mut taken, &name) {
                let table = &schema.catalog.tables[index];
                let object = format!("{}.{}", table.qualified_name(), table.columns[measure.column].name);
                let reason = format!(
                    "nothing can be ordered by its {}: {reason}",
                    measure.kind.suffix().to_lowercase()
                );
                schema.problems.push(Problem { object, reason });
            } else {
                exposed.measures.insert(Arc::from(name), measure);
            }
        }
    }
}
