//! How an answer of the database says that a value breaks what the schema promises.
//!
//! Answers are not parsed. So SQL puts a mark in the place of such a value: a JSON string with a control character, which no
//! other string of an answer can have, for PostgreSQL escapes all of them (RFC 8259, section 7). Finding none of these
//! bytes is all that it costs to know that an answer keeps every promise.

/// The byte that every mark has, and nothing else in an answer.
pub const MARK: char = '\u{1}';

/// What a value does that its type in the API excludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Violation {
    /// A column that is declared NOT NULL is null.
    Null,
    /// A foreign key refers to a row that cannot be found.
    MissingRow,
    /// An array has more than one dimension.
    Dimensions,
    /// A floating-point number is NaN or infinite.
    NotFinite,
    /// An enum has a label that the API does not know.
    UnknownLabel,
}

impl Violation {
    const ALL: [Self; 5] =
        [Self::Null, Self::MissingRow, Self::Dimensions, Self::NotFinite, Self::UnknownLabel];

    /// What stands between the quotation marks of the JSON string in the value's place.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Null => "\u{1}null",
            Self::MissingRow => "\u{1}row",
            Self::Dimensions => "\u{1}dimensions",
            Self::NotFinite => "\u{1}finite",
            Self::UnknownLabel => "\u{1}label",
        }
    }

    /// The violation that a mark stands for.
    pub fn of_mark(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|violation| violation.mark() == text)
    }
}
