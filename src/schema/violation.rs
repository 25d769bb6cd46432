//! How an answer of the database says that a value breaks the schema's promise.
//!
//! Answers are not parsed. So the SQL replaces such a value by a mark: a JSON string that begins with an
//! escaped slash. JSON allows that escape (RFC 8259, section 7), PostgreSQL never writes it, and in an
//! answer, JSON that clients have stored is a text with doubled backslashes. So no other string begins like
//! that, and a mark can replace any JSON value. To know that an answer keeps every promise, one search for
//! marks is enough.

/// The beginning of every mark, and of no other string in an answer.
const START: &str = "\"\\/";

/// Whether an answer contains marks.
pub fn is_marked(answer: &str) -> bool {
    answer.contains(START)
}

/// How a value violates its type in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Violation {
    /// A column that is declared NOT NULL is null.
    Null,
    /// A foreign key references a row that cannot be found.
    MissingRow,
    /// An array has more than one dimension.
    Dimensions,
    /// A floating-point number is NaN or infinite.
    NotFinite,
    /// An enum has a label that the API does not know.
    UnknownLabel,
    /// Of a representation in the request: its `__typename` is not a type of rows.
    UnknownEntity,
    /// Of a representation in the request: it has none of the keys of its type.
    NoEntityKey,
    /// Of a representation in the request: a value of its key is none of the key's type.
    WrongEntityKey,
}

impl Violation {
    const ALL: [Self; 8] = [
        Self::Null,
        Self::MissingRow,
        Self::Dimensions,
        Self::NotFinite,
        Self::UnknownLabel,
        Self::UnknownEntity,
        Self::NoEntityKey,
        Self::WrongEntityKey,
    ];

    /// The content of the JSON string that replaces the value.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Null => "\\/null",
            Self::MissingRow => "\\/row",
            Self::Dimensions => "\\/dimensions",
            Self::NotFinite => "\\/finite",
            Self::UnknownLabel => "\\/label",
            Self::UnknownEntity => "\\/entity",
            Self::NoEntityKey => "\\/key",
            Self::WrongEntityKey => "\\/value",
        }
    }

    /// The violation of a mark.
    pub fn of_mark(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|violation| violation.mark() == text)
    }
}
