//! The session settings that affect how a table is read and changed.

use super::SimilarityKind;
use crate::catalog::{Catalog, Table, TableKind, Type, TypeKind, base_type};
use crate::statement::SessionSettings;

impl SessionSettings {
    /// The threshold of an operator of `pg_trgm`, in hundredths.
    pub const fn of_similarity(kind: SimilarityKind, hundredths: u8) -> Self {
        match kind {
            SimilarityKind::Whole => Self::similarity(hundredths),
            SimilarityKind::Words => Self::word_similarity(hundredths),
            SimilarityKind::WholeWords => Self::strict_word_similarity(hundredths),
        }
    }

    /// The settings that reading a table depends on.
    pub(super) fn of_table(catalog: &Catalog, table: &Table) -> Self {
        let of_rows = match table.kind {
            // What a view computes is unknown here.
            TableKind::View => Self::ALL,
            TableKind::Table | TableKind::Partitioned | TableKind::MaterializedView | TableKind::Foreign => {
                // Policies may compare with the current date, and call functions.
                let of_policies = Self::ROW_SECURITY | Self::SEARCH_PATH | Self::TIME_ZONE;
                if table.has_row_security { of_policies } else { Self::NONE }
            }
        };
        let types = table.columns.iter().filter_map(|column| catalog.type_of(column));
        types.fold(of_rows, |settings, found| settings | Self::of_type(catalog, found))
    }

    /// The settings that a change of a table depends on, which reads and writes the texts of these columns.
    pub fn of_change(catalog: &Catalog, table: &Table, columns: impl IntoIterator<Item = usize>) -> Self {
        if !table.is_plain {
            // Triggers, checks and defaults are code of the application.
            return Self::ALL;
        }
        let of_column =
            |column| catalog.type_of(column).map_or(Self::ALL, |found| Self::of_input(catalog, found));
        columns.into_iter().fold(Self::NONE, |settings, column| settings | of_column(&table.columns[column]))
    }

    /// The settings that parsing a value's text depends on: the date style says whether the day or the month
    /// comes first.
    fn of_input(catalog: &Catalog, found: &Type) -> Self {
        let element = found.element.and_then(|oid| catalog.types.get(&oid)).unwrap_or(found);
        let is_date =
            matches!(element.name.as_str(), "date" | "timestamp" | "timestamptz" | "time" | "timetz");
        Self::of_type(catalog, found) | if is_date { Self::DATE_STYLE } else { Self::NONE }
    }

    /// The settings that the text of a value depends on.
    fn of_type(catalog: &Catalog, found: &Type) -> Self {
        let base = base_type(&catalog.types, found);
        if let Some(element) = base.element.and_then(|oid| catalog.types.get(&oid)) {
            return Self::ARRAY_NULLS | Self::of_type(catalog, element);
        }
        match (base.kind, base.schema.as_str(), base.name.as_str()) {
            (TypeKind::Enum, ..) | (TypeKind::Base, _, "citext") => Self::NONE,
            (TypeKind::Base, "pg_catalog", name) => Self::of_base(name),
            (TypeKind::Base, _, "vector" | "halfvec") if base.extension.as_deref() == Some("vector") => {
                Self::FLOAT_DIGITS
            }
            // Ranges and composite values contain texts of other types.
            _ => Self::ALL,
        }
    }

    fn of_base(name: &str) -> Self {
        match name {
            // Dates and times are in ISO 8601 in JSON, whatever the style.
            "bool" | "date" | "time" | "timestamp" | "int2" | "int4" | "int8" | "numeric" | "text"
            | "varchar" | "bpchar" | "name" | "char" | "uuid" | "json" | "jsonb" | "inet" | "cidr"
            | "macaddr" | "macaddr8" | "oid" | "bit" | "varbit" => Self::NONE,
            "timestamptz" | "timetz" => Self::TIME_ZONE,
            "float4" | "float8" => Self::FLOAT_DIGITS,
            "interval" => Self::INTERVAL_STYLE,
            "bytea" => Self::BYTEA_OUTPUT,
            _ => Self::ALL,
        }
    }
}
