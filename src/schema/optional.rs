//! Types of the API that `pg_graphql` does not have, most of them only where a database has something that they are for, such as an
//! extension. Their names give way to those of all tables and enums, so that none of these is renamed when an extension is created.

use std::collections::HashSet;
use std::sync::Arc;

use super::{MeasureKind, Scalar, TypeId, ValueType};

/// A type that no table has, and that few databases need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OptionalType {
    /// What to order by a measure of that kind, and in which direction.
    MeasureOrderBy(MeasureKind),
    /// What has to be near, and how near.
    WithinDistance(MeasureKind),
    /// How the distance of vectors is computed.
    VectorMetric,
    /// How the distance of bit strings is computed.
    BitMetric,
    /// What a full text search looks for.
    TextSearch,
    /// What texts are to be similar to.
    Similarity,
    /// A unit that dates and times are truncated to.
    TruncationUnit,
}

impl OptionalType {
    /// All of them.
    pub(super) const ALL: [Self; 13] = [
        Self::MeasureOrderBy(MeasureKind::VectorDistance),
        Self::MeasureOrderBy(MeasureKind::SparseDistance),
        Self::MeasureOrderBy(MeasureKind::BitDistance),
        Self::MeasureOrderBy(MeasureKind::TextRank),
        Self::MeasureOrderBy(MeasureKind::TextSimilarity),
        Self::VectorMetric,
        Self::BitMetric,
        Self::TextSearch,
        Self::Similarity,
        Self::TruncationUnit,
        Self::MeasureOrderBy(MeasureKind::GeometryDistance),
        Self::WithinDistance(MeasureKind::VectorDistance),
        Self::WithinDistance(MeasureKind::GeometryDistance),
    ];

    /// Its name, if that is free.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MeasureOrderBy(MeasureKind::VectorDistance) => "VectorDistanceOrderBy",
            Self::MeasureOrderBy(MeasureKind::SparseDistance) => "SparseVectorDistanceOrderBy",
            Self::MeasureOrderBy(MeasureKind::BitDistance) => "BitDistanceOrderBy",
            Self::MeasureOrderBy(MeasureKind::TextRank) => "TextRankOrderBy",
            Self::MeasureOrderBy(MeasureKind::TextSimilarity) => "TextSimilarityOrderBy",
            Self::MeasureOrderBy(MeasureKind::GeometryDistance) => "GeoJSONDistanceOrderBy",
            Self::WithinDistance(MeasureKind::VectorDistance) => "VectorWithinDistance",
            Self::WithinDistance(
                MeasureKind::GeometryDistance
                | MeasureKind::SparseDistance
                | MeasureKind::BitDistance
                | MeasureKind::TextRank
                | MeasureKind::TextSimilarity,
            ) => "GeoJSONWithinDistance",
            Self::VectorMetric => "VectorMetric",
            Self::BitMetric => "BitMetric",
            Self::TextSearch => "TextSearchInput",
            Self::Similarity => "SimilarityInput",
            Self::TruncationUnit => "TruncationUnit",
        }
    }
}

/// What the names of optional types have behind them: as many underscores as it takes for all of them to be free.
pub(super) fn underscores(claimed: &mut HashSet<String>) -> Arc<str> {
    let own = OptionalType::ALL.map(OptionalType::name);
    let of_values =
        Scalar::OPTIONAL.into_iter().flat_map(|scalar| super::type_id::value_family(scalar.name()));
    let names: Vec<_> = own.into_iter().map(str::to_owned).chain(of_values).collect();
    let mut underscores = String::new();
    while names.iter().any(|name| claimed.contains(&format!("{name}{underscores}"))) {
        underscores.push('_');
    }
    claimed.extend(names.iter().map(|name| format!("{name}{underscores}")));
    underscores.into()
}

impl TypeId {
    /// Whether its name gives way to those of tables and enums by underscores.
    pub(super) fn is_optional(self) -> bool {
        match self {
            Self::Optional(_) => true,
            Self::Value(ValueType::Scalar(scalar))
            | Self::ValueFilter(ValueType::Scalar(scalar))
            | Self::ListFilter(ValueType::Scalar(scalar)) => Scalar::OPTIONAL.contains(&scalar),
            _ => false,
        }
    }
}
