//! Statements: a text with placeholders, which is made once, the values, and the session settings that the answer depends on.
//!
//! `sql` makes them, and `db` sends them. Imports nothing else of the crate.

mod array;
mod settings;
mod sharding_key;
mod tenant;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

pub use array::{COMMA, array_literal, delimited_array, push_element};
pub use settings::SessionSettings;
pub use sharding_key::{KeyType, ShardingKey};
pub use tenant::{SchemaForm, TenantSchema};

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
    /// The schema that its text has places for.
    pub tenant: Option<TenantSchema>,
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
        let text = Text::Written(text.into());
        Self { text, parameters, session: SessionSettings::NONE, tenant: None }
    }

    /// A compiled statement.
    pub fn compiled(template: Arc<Template>, parameters: Vec<Option<String>>) -> Self {
        let session = template.session;
        Self { text: Text::Compiled(template), parameters, session, tenant: None }
    }

    /// The same statement in a tenant's schema.
    #[must_use]
    pub fn within(self, tenant: Option<&TenantSchema>) -> Self {
        Self { tenant: tenant.cloned(), ..self }
    }

    /// The name of the tenant's schema, as a part of the text. Without a tenant it is nothing that PostgreSQL reads.
    pub fn schema(&self, form: SchemaForm) -> &str {
        self.tenant.as_ref().map_or(tenant::UNKNOWN, |tenant| tenant.text(form))
    }

    /// The text with placeholders `$1`, `$2`, … for `parameters[0]`, `parameters[1]`, ….
    pub fn numbered(&self) -> Cow<'_, str> {
        match &self.text {
            Text::Compiled(template) => Cow::Owned(template.numbered_with(|form| self.schema(form))),
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

    /// The text as it was printed or written; in a compiled one, the places are empty.
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
    /// What is not in the text, in order.
    places: Box<[Place]>,
    session: SessionSettings,
    /// The types of its values, separated by commas.
    signature: Option<Box<str>>,
    /// The JSON text if there is no row.
    if_no_row: Option<Box<str>>,
    id: TemplateId,
}

/// A place in a text for something that each request has of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The offset in the text.
    pub offset: usize,
    /// What comes there.
    pub filling: Filling,
}

/// What comes into a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// The next value: a placeholder or a literal.
    Value,
    /// The name of the tenant's schema.
    Schema(SchemaForm),
}

impl Place {
    /// The place of a value.
    pub fn of_value(offset: usize) -> Self {
        Self { offset, filling: Filling::Value }
    }
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
        places: Vec<Place>,
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
        self.places.iter().filter(|place| place.filling == Filling::Value).count()
    }

    /// Whether it has places for the name of a tenant's schema.
    pub fn has_schemas(&self) -> bool {
        self.places.iter().any(|place| place.filling != Filling::Value)
    }

    /// Bytes of memory, about.
    pub fn size(&self) -> usize {
        let signature = self.signature.as_ref().map_or(0, |signature| signature.len());
        size_of::<Self>() + self.text.len() + signature + self.places.len() * size_of::<Place>()
    }

    /// The parts of the text before each place, with what comes there, and the part after the last one.
    pub fn parts(&self) -> (impl Iterator<Item = (&str, Filling)>, &str) {
        let starts = std::iter::once(0).chain(self.places.iter().map(|place| place.offset));
        let before =
            starts.zip(&self.places).map(|(start, place)| (&self.text[start..place.offset], place.filling));
        (before, &self.text[self.places.last().map_or(0, |place| place.offset)..])
    }

    /// The text with placeholders `$1`, `$2`, …, of no tenant.
    pub fn numbered(&self) -> String {
        self.numbered_with(|_| tenant::UNKNOWN)
    }

    /// The text with placeholders, and this name of the tenant's schema.
    fn numbered_with<'n>(&self, schema: impl Fn(SchemaForm) -> &'n str) -> String {
        let mut numbered = String::with_capacity(self.text.len() + self.places.len() * 3);
        let (before, rest) = self.parts();
        let mut values = 0;
        for (part, filling) in before {
            numbered.push_str(part);
            match filling {
                Filling::Value => {
                    values += 1;
                    // Writing to a String cannot fail.
                    let _ = write!(numbered, "${values}");
                }
                Filling::Schema(form) => numbered.push_str(schema(form)),
            }
        }
        numbered.push_str(rest);
        numbered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str, places: &[usize]) -> Template {
        let places = places.iter().copied().map(Place::of_value).collect();
        Template::new(text.to_owned(), places, None, SessionSettings::NONE)
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
