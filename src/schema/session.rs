//! The session settings that affect how a table is read. Behind a pooler, another client may have left any
//! values in them.
//!
//! Pure: `db` sets them in front of the statements that depend on them.

use std::borrow::Cow;
use std::ops::BitOr;

use super::SimilarityKind;
use crate::catalog::{Catalog, Table, TableKind, Type, TypeKind, base_type};

/// The session settings on which a statement's answer depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SessionSettings {
    /// Those of [`SETTINGS`], a bit for each.
    named: u8,
    /// The threshold of `pg_trgm`'s `%`, in hundredths.
    similarity: Option<u8>,
    /// That of its `%>`.
    word_similarity: Option<u8>,
    /// That of its `%>>`.
    strict_word_similarity: Option<u8>,
}

/// Each setting with the value that statements run with; `None` is the database's or the connecting role's own.
const SETTINGS: [(SessionSettings, &str, Option<&str>); 8] = [
    // If it is off, rows that a policy would hide become an error.
    (SessionSettings::ROW_SECURITY, "row_security", Some("on")),
    (SessionSettings::SEARCH_PATH, "search_path", None),
    (SessionSettings::TIME_ZONE, "TimeZone", None),
    (SessionSettings::INTERVAL_STYLE, "IntervalStyle", None),
    // Other styles write time zones with ambiguous names.
    (SessionSettings::DATE_STYLE, "DateStyle", Some("ISO")),
    // Below 1, the text of a number is not exact, and a cursor would miss its row.
    (SessionSettings::FLOAT_DIGITS, "extra_float_digits", Some("1")),
    (SessionSettings::BYTEA_OUTPUT, "bytea_output", Some("hex")),
    // If it is off, NULL in an array's text is a string.
    (SessionSettings::ARRAY_NULLS, "array_nulls", Some("on")),
];

impl SessionSettings {
    /// No settings.
    pub const NONE: Self = Self::named(0);
    /// All settings: code of the application runs, which may depend on any of them.
    pub const ALL: Self = Self::named(u8::MAX);

    const ROW_SECURITY: Self = Self::named(1);
    const SEARCH_PATH: Self = Self::named(1 << 1);
    const TIME_ZONE: Self = Self::named(1 << 2);
    const INTERVAL_STYLE: Self = Self::named(1 << 3);
    const DATE_STYLE: Self = Self::named(1 << 4);
    /// What the texts of floating-point numbers depend on.
    pub const FLOAT_DIGITS: Self = Self::named(1 << 5);
    const BYTEA_OUTPUT: Self = Self::named(1 << 6);
    const ARRAY_NULLS: Self = Self::named(1 << 7);

    const fn named(named: u8) -> Self {
        Self { named, similarity: None, word_similarity: None, strict_word_similarity: None }
    }

    /// The threshold of an operator of `pg_trgm`, in hundredths. Of several thresholds the least one is set.
    pub const fn of_similarity(kind: SimilarityKind, hundredths: u8) -> Self {
        match kind {
            SimilarityKind::Whole => Self { similarity: Some(hundredths), ..Self::NONE },
            SimilarityKind::Words => Self { word_similarity: Some(hundredths), ..Self::NONE },
            SimilarityKind::WholeWords => Self { strict_word_similarity: Some(hundredths), ..Self::NONE },
        }
    }

    /// Names and values; `None` is the database's or the connecting role's own (`SET … TO DEFAULT`).
    pub fn assignments(self) -> impl Iterator<Item = (&'static str, Option<Cow<'static, str>>)> {
        let concerned = SETTINGS.iter().filter(move |(setting, ..)| self.named & setting.named != 0);
        let named = concerned.map(|(_, name, value)| (*name, value.map(Cow::Borrowed)));
        let thresholds = [
            ("pg_trgm.similarity_threshold", self.similarity),
            ("pg_trgm.word_similarity_threshold", self.word_similarity),
            ("pg_trgm.strict_word_similarity_threshold", self.strict_word_similarity),
        ];
        let threshold = |(name, hundredths): (_, Option<u8>)| {
            Some((name, Some(Cow::Owned(format!("0.{:02}", hundredths?.min(99))))))
        };
        named.chain(thresholds.into_iter().filter_map(threshold))
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

impl BitOr for SessionSettings {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        let least = |one: Option<u8>, other: Option<u8>| one.into_iter().chain(other).min();
        Self {
            named: self.named | other.named,
            similarity: least(self.similarity, other.similarity),
            word_similarity: least(self.word_similarity, other.word_similarity),
            strict_word_similarity: least(self.strict_word_similarity, other.strict_word_similarity),
        }
    }
}
