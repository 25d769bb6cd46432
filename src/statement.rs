//! Statements: a text with placeholders, which is made once, the values, and the session settings that the answer depends on.
//!
//! `sql` makes them, and `db` sends them. Imports nothing else of the crate.

mod array;
mod settings;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

pub use array::{COMMA, array_literal, delimited_array, push_element};
pub use settings::SessionSettings;

/// One SQL statement with its values.
///
/// A statement of an operation returns one row with one column: the JSON text of a root field, or the result
/// of a statement that keeps rows for a later one. It may return no row; [`Statement::if_no_row`] is the text
/// for that case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The SQL text.
    pub text: Text,
    /// The values in PostgreSQL's text format, in the order of the placeholders; `None` is NULL.
    pub parameters: Vec<Option<String>>,
    /// The session settings that the answer depends on.
    pub session: SessionSettings,
}

/// The SQL text of a statement, without a semicolon at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// The text of a compiled statement.
    Compiled(Arc<Template>),
    /// A text written by hand, with placeholders `$1`, `$2`, …; each may occur more than once.
    Written(Cow<'static, str>),
}

impl Statement {
    /// A statement written by hand, whose answer depends on no setting.
    pub fn new(text: impl Into<Cow<'static, str>>, parameters: Vec<Option<String>>) -> Self {
        Self { text: Text::Written(text.into()), parameters, session: SessionSettings::NONE }
    }

    /// A compiled statement.
    pub fn compiled(template: Arc<Template>, parameters: Vec<Option<String>>) -> Self {
        let session = template.session;
        Self { text: Text::Compiled(template), parameters, session }
    }

    /// The text with placeholders `$1`, `$2`, … for `parameters[0]`, `parameters[1]`, ….
    pub fn numbered(&self) -> Cow<'_, str> {
        match &self.text {
            Text::Compiled(template) => Cow::Owned(template.numbered()),
            Text::Written(text) => Cow::Borrowed(text),
        }
    }

    /// The JSON text if there is no row; `None` is null.
    pub fn if_no_row(&self) -> Option<&str> {
        match &self.text {
            Text::Compiled(template) => template.if_no_row.as_deref(),
            Text::Written(_) => None,
        }
    }

    /// The text as it was printed or written; in a compiled one, the placeholders are empty.
    pub fn without_values(&self) -> &str {
        match &self.text {
            Text::Compiled(template) => &template.text,
            Text::Written(text) => text,
        }
    }
}

/// The text of a compiled statement with placeholders.
///
/// Each placeholder has an explicit cast (`…::pg_catalog.int4`), so PostgreSQL never has to guess the type.
/// Only if the role may not name the type, there is none, and the other operand has the type.
#[derive(Debug, PartialEq, Eq)]
pub struct Template {
    text: Box<str>,
    /// The placeholders, in order, as offsets in the text.
    places: Box<[usize]>,
    session: SessionSettings,
    /// The types of its values, separated by commas.
    signature: Option<Box<str>>,
    /// The JSON text if there is no row.
    if_no_row: Option<Box<str>>,
    id: TemplateId,
}

/// Identifies a text with its placeholders; it is the same in every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TemplateId(u128);

impl fmt::LowerHex for TemplateId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, formatter)
    }
}

impl Template {
    /// `types` are the types of the values as a function's parameters; `None` for a type that cannot be
    /// named.
    pub fn new(
        text: String,
        places: Vec<usize>,
        types: Option<Vec<String>>,
        session: SessionSettings,
    ) -> Self {
        let mut template = Self {
            text: text.into_boxed_str(),
            places: places.into_boxed_slice(),
            session,
            signature: types.map(|types| types.join(", ").into_boxed_str()),
            if_no_row: None,
            id: TemplateId(0),
        };
        let digest = Sha256::digest(template.numbered());
        template.id = TemplateId(digest.iter().take(16).fold(0, |id, byte| id << 8 | u128::from(*byte)));
        template
    }

    /// The template of a statement that may return no row, with the text for that case.
    #[must_use]
    pub fn answering(self, if_no_row: Option<String>) -> Self {
        Self { if_no_row: if_no_row.map(String::into_boxed_str), ..self }
    }

    /// The id of the text.
    pub fn id(&self) -> TemplateId {
        self.id
    }

    /// The types of its values, separated by commas, for a function that takes them; `None` if one of them
    /// cannot be named.
    ///
    /// PostgreSQL's own types are named. For any other type it is `text`, which the statement casts like a
    /// literal: a function that named the type would prevent it from being dropped.
    pub fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }

    /// The number of its values.
    pub fn values(&self) -> usize {
        self.places.len()
    }

    /// Bytes of memory, about.
    pub fn size(&self) -> usize {
        let signature = self.signature.as_ref().map_or(0, |signature| signature.len());
        size_of::<Self>() + self.text.len() + signature + self.places.len() * size_of::<usize>()
    }

    /// The parts of the text before each placeholder, and the part after the last one.
    pub fn parts(&self) -> (impl Iterator<Item = &str>, &str) {
        let starts = std::iter::once(0).chain(self.places.iter().copied());
        let before = starts.zip(self.places.iter()).map(|(start, end)| &self.text[start..*end]);
        (before, &self.text[self.places.last().copied().unwrap_or(0)..])
    }

    /// The text with placeholders `$1`, `$2`, ….
    pub fn numbered(&self) -> String {
        let mut numbered = String::with_capacity(self.text.len() + self.places.len() * 3);
        let (before, rest) = self.parts();
        for (index, part) in before.enumerate() {
            // Writing to a String cannot fail.
            let _ = write!(numbered, "{part}${}", index + 1);
        }
        numbered.push_str(rest);
        numbered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str, places: &[usize]) -> Template {
        Template::new(text.to_owned(), places.to_vec(), None, SessionSettings::NONE)
    }

    #[test]
    fn places_are_numbered_in_their_order() {
        assert_eq!(template("select ::int, ::text", &[7, 14]).numbered(), "select $1::int, $2::text");
        assert_eq!(template("select 1", &[]).numbered(), "select 1");
        assert_eq!(template("", &[0, 0]).numbered(), "$1$2");
    }

    #[test]
    fn the_id_depends_on_text_and_places_alone() {
        assert_eq!(template("a b", &[1]).id(), template("a b", &[1]).id());
        assert_ne!(template("a b", &[1]).id(), template("a b", &[2]).id());
        assert_ne!(template("a b", &[]).id(), template("a c", &[]).id());
    }
}
