//! The session settings that an answer or its plan may depend on. Behind a pooler, another client may have left any values in
//! them.
//!
//! `db` sets them in front of the statements that depend on them.

use std::borrow::Cow;
use std::ops::BitOr;

/// The session settings on which a statement's answer or its plan depends.
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
    /// Whether most pages that the statement reads are in memory.
    cached_pages: bool,
}

/// What reading a page costs, in `seq_page_cost`, if it is most likely in memory.
const CACHED_PAGE_COST: &str = "1.1";

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

    pub(crate) const ROW_SECURITY: Self = Self::named(1);
    pub(crate) const SEARCH_PATH: Self = Self::named(1 << 1);
    pub(crate) const TIME_ZONE: Self = Self::named(1 << 2);
    pub(crate) const INTERVAL_STYLE: Self = Self::named(1 << 3);
    pub(crate) const DATE_STYLE: Self = Self::named(1 << 4);
    /// What the texts of floating-point numbers depend on.
    pub const FLOAT_DIGITS: Self = Self::named(1 << 5);
    pub(crate) const BYTEA_OUTPUT: Self = Self::named(1 << 6);
    pub(crate) const ARRAY_NULLS: Self = Self::named(1 << 7);

    const fn named(named: u8) -> Self {
        Self {
            named,
            similarity: None,
            word_similarity: None,
            strict_word_similarity: None,
            cached_pages: false,
        }
    }

    /// A part of the statement runs for each of several rows, and reads the same pages again. PostgreSQL's planner expects that of
    /// joins, but takes each page of a subselect for one on a disk.
    pub const CACHED_PAGES: Self = Self { cached_pages: true, ..Self::NONE };

    /// The threshold of `pg_trgm`'s `%`, in hundredths. Of several thresholds the least one is set.
    pub const fn similarity(hundredths: u8) -> Self {
        Self { similarity: Some(hundredths), ..Self::NONE }
    }

    /// The same for its `%>`.
    pub const fn word_similarity(hundredths: u8) -> Self {
        Self { word_similarity: Some(hundredths), ..Self::NONE }
    }

    /// The same for its `%>>`.
    pub const fn strict_word_similarity(hundredths: u8) -> Self {
        Self { strict_word_similarity: Some(hundredths), ..Self::NONE }
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
        let page_cost =
            self.cached_pages.then_some(("random_page_cost", Some(Cow::Borrowed(CACHED_PAGE_COST))));
        named.chain(thresholds.into_iter().filter_map(threshold)).chain(page_cost)
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
            cached_pages: self.cached_pages || other.cached_pages,
        }
    }
}
