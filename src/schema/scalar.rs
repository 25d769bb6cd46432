//! Scalars, and the PostgreSQL types that they stand for.

use crate::catalog::{Catalog, Oid, QualifiedName, SqlType, Type, TypeKind, base_type};

/// A scalar of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// 16 and 32 bit integers.
    Int,
    /// Floating-point numbers.
    Float,
    /// Text of all kinds.
    String,
    /// Booleans.
    Boolean,
    /// Global identifiers.
    Id,
    /// 64 bit integers, as strings.
    BigInt,
    /// `numeric`, as strings.
    BigFloat,
    /// `uuid`.
    Uuid,
    /// `date`.
    Date,
    /// `time` without a time zone.
    Time,
    /// `timestamp`, with or without time zone.
    Datetime,
    /// `json` and `jsonb`, as strings that contain the document.
    Json,
    /// Positions in a collection.
    Cursor,
    /// Everything else, in PostgreSQL's text form.
    Opaque,
    /// pgvector's `vector` and `halfvec`: no scalar of GraphQL, but a list of numbers.
    Vector,
    /// `PostGIS`'s `geometry` and `geography`, as strings that hold the text of `GeoJSON`.
    GeoJson,
}

/// A scalar or an enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// A scalar.
    Scalar(Scalar),
    /// The exposed enum for the type of that oid.
    Enum(Oid),
}

impl Scalar {
    /// All of them.
    pub(super) const ALL: [Self; 14] = [
        Self::Int,
        Self::Float,
        Self::String,
        Self::Boolean,
        Self::Id,
        Self::BigInt,
        Self::BigFloat,
        Self::Uuid,
        Self::Date,
        Self::Time,
        Self::Datetime,
        Self::Json,
        Self::Cursor,
        Self::Opaque,
    ];

    /// Those that are there only where an extension is, and whose names give way to others.
    pub(super) const OPTIONAL: [Self; 2] = [Self::Vector, Self::GeoJson];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "Int",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::Id => "ID",
            Self::BigInt => "BigInt",
            Self::BigFloat => "BigFloat",
            Self::Uuid => "UUID",
            Self::Date => "Date",
            Self::Time => "Time",
            Self::Datetime => "Datetime",
            Self::Json => "JSON",
            Self::Cursor => "Cursor",
            Self::Opaque => "Opaque",
            Self::Vector => "Vector",
            Self::GeoJson => "GeoJSON",
        }
    }

    /// Its description; `None` if GraphQL defines it.
    pub fn description(self) -> Option<&'static str> {
        Some(match self {
            Self::Int | Self::Float | Self::String | Self::Boolean | Self::Id | Self::Vector => return None,
            Self::BigInt => {
                "A 64-bit integer, written as a string so that no client rounds it; in aggregates, a JSON number"
            }
            Self::BigFloat => {
                "A decimal number of any precision, written as a string so that no client rounds it; in aggregates, a JSON number \
                 (NaN and infinities are strings)"
            }
            Self::Uuid => "A universally unique identifier",
            Self::Date => "A date, as in 2024-02-29",
            Self::Time => "A time of day without time zone, as in 13:37:00.5",
            Self::Datetime => "A point in time in ISO 8601, as in 2024-02-29T13:37:00+00:00",
            Self::Json => "JSON, written as a string that holds its text",
            Self::Cursor => "A position in a collection; opaque to clients",
            Self::GeoJson => {
                "A geometry as GeoJSON (RFC 7946), written as a string that holds its text; an object is taken, too. Coordinates are those of \
                 the column's reference system, which `crs` names if it is not EPSG:4326"
            }
            Self::Opaque => {
                "A value in PostgreSQL's own text form; for a domain over numbers or booleans, a number or boolean"
            }
        })
    }

    /// Whether it supports sums and averages.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::BigInt | Self::BigFloat)
    }

    /// Whether it supports `min` and `max`.
    pub fn has_extremes(self) -> bool {
        self.is_number() || matches!(self, Self::String | Self::Date | Self::Time | Self::Datetime)
    }

    fn of_base(name: &str) -> Self {
        match name {
            "bool" => Self::Boolean,
            "int2" | "int4" => Self::Int,
            "int8" => Self::BigInt,
            "float4" | "float8" => Self::Float,
            "numeric" => Self::BigFloat,
            "text" | "varchar" | "bpchar" | "name" => Self::String,
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "time" => Self::Time,
            "timestamp" | "timestamptz" => Self::Datetime,
            "json" | "jsonb" => Self::Json,
            _ => Self::Opaque,
        }
    }

    /// The scalar of a type that is not a domain.
    pub(super) fn of_base_type(found: &Type) -> Self {
        match found.kind {
            TypeKind::Base if is_vector(found) => Self::Vector,
            TypeKind::Base if is_geometry(found) => Self::GeoJson,
            TypeKind::Base if found.schema == "pg_catalog" => Self::of_base(&found.name),
            // The extension may be installed in any schema.
            TypeKind::Base if found.name == "citext" => Self::String,
            _ => Self::Opaque,
        }
    }
}

/// Whether it is one of pgvector's types whose values are lists of numbers, and the role may name it.
fn is_vector(found: &Type) -> bool {
    found.extension.as_deref() == Some("vector")
        && matches!(found.name.as_str(), "vector" | "halfvec")
        && found.may_be_named
}

/// Whether it is one of PostGIS's types whose values are geometries, and the role may name it.
fn is_geometry(found: &Type) -> bool {
    found.extension.as_deref() == Some("postgis")
        && matches!(found.name.as_str(), "geometry" | "geography")
        && found.may_be_named
}

/// Whether rows can be ordered by its values. Its own default order counts, unless it is a composite type, or
/// an array or domain over one.
pub(super) fn is_sortable(catalog: &Catalog, found: &Type) -> bool {
    match found.element.or(found.base).and_then(|oid| catalog.types.get(&oid)) {
        Some(inner) => is_sortable(catalog, inner),
        None => found.order.is_some(),
    }
}

/// Whether a type is of that kind, or an array or domain of one that is.
pub(super) fn is_made_of(catalog: &Catalog, found: &Type, kind: TypeKind) -> bool {
    let inner = found.element.or(found.base).and_then(|oid| catalog.types.get(&oid));
    found.kind == kind || inner.is_some_and(|inner| is_made_of(catalog, inner, kind))
}

/// The type that a value is compared as; for a domain, its base type.
pub fn comparison_type(catalog: &Catalog, oid: Oid) -> Option<SqlType> {
    let found = catalog.types.get(&oid)?;
    match found.element.and_then(|element| catalog.types.get(&element)) {
        Some(element) => nameable(element).map(SqlType::array),
        None => nameable(base_type(&catalog.types, found)),
    }
}

/// The type that reads a value back from its text; text itself if the role may not name the type.
pub fn kept_type(catalog: &Catalog, oid: Oid) -> SqlType {
    let may_be_named = |found: &Type| {
        let element = found.element.and_then(|element| catalog.types.get(&element));
        element.unwrap_or_else(|| base_type(&catalog.types, found)).may_be_named
    };
    match catalog.types.get(&oid) {
        Some(found) if may_be_named(found) => comparison_type(catalog, oid).unwrap_or(SqlType::TEXT),
        Some(Type { element: Some(_), .. }) => SqlType::TEXT_ARRAY,
        Some(_) | None => SqlType::TEXT,
    }
}

/// Whether `to_json` turns a value of the type into a number, a boolean or a string that its input function
/// reads back as the same value. It turns arrays, documents and others into JSON of their parts.
pub fn is_json_scalar(catalog: &Catalog, oid: Oid) -> bool {
    let Some(found) = catalog.types.get(&oid) else { return false };
    let base = base_type(&catalog.types, found);
    base.kind == TypeKind::Enum
        || (found.element.is_none()
            && !matches!(
                Scalar::of_base_type(base),
                Scalar::Json | Scalar::Opaque | Scalar::Vector | Scalar::GeoJson
            ))
}

/// The type itself, not its base type.
pub(super) fn exact_sql_type(catalog: &Catalog, oid: Oid) -> Option<SqlType> {
    match catalog.types.get(&oid) {
        Some(Type { element: Some(element), .. }) => Some(exact_sql_type(catalog, *element)?.array()),
        Some(found) => nameable(found),
        None => None,
    }
}

/// The type, if the role may name it.
pub(super) fn nameable(found: &Type) -> Option<SqlType> {
    found.may_be_named.then(|| sql_name(found))
}

pub(super) fn sql_name(found: &Type) -> SqlType {
    SqlType { name: QualifiedName::new(&found.schema, &found.name), is_array: false }
}
