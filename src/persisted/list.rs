//! The allow-list of persisted documents, in the tools' formats: JSON -> [`AllowList`].
//!
//! `graphql-codegen` and Relay write an object of texts by their ids, Apollo writes a manifest. The content decides the
//! format, never the file's name.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::sha256_hex;

/// The header of Apollo's manifest.
const MANIFEST_FORMAT: &str = "apollo-persisted-query-manifest";

/// Documents by their ids, and by the hashes of their texts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct AllowList {
    /// In the order of the file.
    documents: Vec<(String, Arc<str>)>,
    /// By the file's ids, and by `HASH` and `sha256:HASH` of the text, so that every kind of client finds it.
    by_id: HashMap<String, Arc<str>>,
}

/// Why a file is not a list of persisted documents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The file is not JSON.
    #[error("it is not valid JSON: {0}")]
    NotJson(String),
    /// The file is JSON, but has no known form.
    #[error(
        "it is {0}; a list of persisted operations is an object of GraphQL documents by their ids, as graphql-codegen and Relay \
         write it, or Apollo's manifest"
    )]
    NotAnObject(&'static str),
    /// The manifest has an unknown format or version.
    #[error("its `{key}` is {found}; only {expected} can be read")]
    UnknownManifest {
        /// The member of the manifest.
        key: &'static str,
        /// Its value.
        found: Value,
        /// The expected value.
        expected: &'static str,
    },
    /// A place in the file has something else than a string.
    #[error("{place} is {found}; it must be a text")]
    NotAText {
        /// The path to the place: `operations[3].body`.
        place: String,
        /// The type of the value there.
        found: &'static str,
    },
    /// Two documents have the same id.
    #[error("{place} has the id \"{id}\", which another document has already")]
    SameId {
        /// The path to the second one.
        place: String,
        /// The id.
        id: String,
    },
}

impl AllowList {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, ListError> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| ListError::NotJson(error.to_string()))?;
        match value {
            Value::Object(manifest) if manifest.contains_key("operations") => of_manifest(&manifest),
            Value::Object(documents) => of_texts(&documents),
            other => Err(ListError::NotAnObject(kind(&other))),
        }
    }

    /// The document with that id.
    pub fn get(&self, id: &str) -> Option<Arc<str>> {
        self.by_id.get(id).map(Arc::clone)
    }

    /// Whether a document has exactly this text.
    pub fn has_text(&self, text: &str) -> bool {
        !self.is_empty() && self.by_id.get(&sha256_hex(text)).is_some_and(|found| **found == *text)
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// The documents' ids and texts, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.documents.iter().map(|(id, text)| (id.as_str(), &**text))
    }

    fn add(&mut self, place: &str, id: &str, text: &str) -> Result<(), ListError> {
        let text: Arc<str> = Arc::from(text);
        if self.by_id.insert(id.to_owned(), Arc::clone(&text)).is_some_and(|other| other != text) {
            return Err(ListError::SameId { place: place.to_owned(), id: id.to_owned() });
        }
        self.documents.push((id.to_owned(), text));
        Ok(())
    }

    /// Adds the hash of each text as a further id of its document. An id of the file has precedence.
    fn add_hashes(mut self) -> Self {
        for (_, text) in &self.documents {
            let hash = sha256_hex(text);
            self.by_id.entry(format!("sha256:{hash}")).or_insert_with(|| Arc::clone(text));
            self.by_id.entry(hash).or_insert_with(|| Arc::clone(text));
        }
        self
    }
}

/// An object of texts by ids.
fn of_texts(documents: &Map<String, Value>) -> Result<AllowList, ListError> {
    let mut list = AllowList::default();
    for (id, value) in documents {
        let place = format!("the document with the id \"{id}\"");
        list.add(&place, id, as_text(&place, Some(value))?)?;
    }
    Ok(list.add_hashes())
}

/// Apollo's manifest: `{"format": …, "version": 1, "operations": [{"id": …, "name": …, "type": …, "body": …}]}`.
fn of_manifest(manifest: &Map<String, Value>) -> Result<AllowList, ListError> {
    let member = |key: &str| manifest.get(key).cloned().unwrap_or_default();
    let unknown = |key, expected| Err(ListError::UnknownManifest { key, found: member(key), expected });
    if member("format") != MANIFEST_FORMAT {
        return unknown("format", "\"apollo-persisted-query-manifest\"");
    }
    if member("version") != 1 {
        return unknown("version", "1");
    }
    let operations = member("operations");
    let Value::Array(operations) = &operations else {
        return unknown("operations", "a list");
    };
    let mut list = AllowList::default();
    for (index, operation) in operations.iter().enumerate() {
        let text = |key: &str| as_text(&format!("operations[{index}].{key}"), operation.get(key));
        list.add(&format!("operations[{index}]"), text("id")?, text("body")?)?;
    }
    Ok(list.add_hashes())
}

fn as_text<'v>(place: &str, value: Option<&'v Value>) -> Result<&'v str, ListError> {
    let found = match value {
        Some(Value::String(text)) => return Ok(text),
        Some(other) => kind(other),
        None => "missing",
    };
    Err(ListError::NotAText { place: place.to_owned(), found })
}

/// The type of a JSON value.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
