//! How an answer of the database says that a value breaks what the schema promises.
//!
//! Answers are not parsed. So SQL puts a mark in the place of such a value: a JSON string that begins with an escaped slash.
//! JSON allows that escape (RFC 8259, section 7), PostgreSQL never writes it, and JSON that clients have stored is a text in an
//! answer, whose backslashes are doubled. So no other string begins like that, and a mark can stand wherever SQL wants JSON.
//! Finding none of them is all that it costs to know that an answer keeps every promise.

/// How every mark begins, and no other string of an answer.
const START: &str = "\"\\/";

/// Whether values of an answer are marked.
pub fn is_marked(answer: &str) -> bool {
    answer.contains(START)
}

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
            Self::Null => "\\/null",
            Self::MissingRow => "\\/row",
            Self::Dimensions => "\\/dimensions",
            Self::NotFinite => "\\/finite",
            Self::UnknownLabel => "\\/label",
        }
    }

    /// The violation that a mark stands for.
    pub fn of_mark(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|violation| violation.mark() == text)
    }
}
