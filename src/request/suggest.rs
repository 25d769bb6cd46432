//! "did you mean": for a name that the API does not have, the one that is nearest to it where it stands.

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;

use super::RequestError;
use crate::schema::rendered::Rendered;

impl RequestError {
    /// Adds names of the API to messages about unknown ones. Only for clients who may know the API by introspection.
    #[must_use]
    pub fn with_suggestions(self, visible: &Rendered) -> Self {
        match self {
            Self::Invalid(mut messages) => {
                for message in &mut messages {
                    if let Some(name) = nearest(&visible.compiled, &message.text) {
                        message.text = format!("{} Did you mean \"{name}\"?", message.text);
                    }
                }
                Self::Invalid(messages)
            }
            Self::Variables(mut message) => {
                if let Some(values) = values(&visible.compiled, &message.text) {
                    message.text = format!("{}; its values are {values}", message.text);
                }
                Self::Variables(message)
            }
            other => other,
        }
    }
}

/// The values of the enum that a variable should have been of, by the text that `coerce` gives its message.
fn values(schema: &Schema, message: &str) -> Option<String> {
    let (_, after) = message.split_once(" must be of type \"")?;
    let (of, _) = after.split_once('"')?;
    let found = schema.get_enum(of.trim_matches(['[', ']', '!']))?;
    Some(found.values.keys().map(AsRef::as_ref).collect::<Vec<&str>>().join(", "))
}

/// The name that a message about an unknown one may mean. apollo-compiler has no other public form of what is wrong than
/// the message, and its texts are those of graphql-js; if they ever change, a test of the suggestions fails.
fn nearest(schema: &Schema, message: &str) -> Option<String> {
    let mut parts = message.split('"');
    let (before, wrong, between) = (parts.next()?, parts.next()?, parts.next()?);
    let owner = parts.next().unwrap_or_default();
    let candidates: Vec<&str> = match (before, between) {
        ("Unknown type ", _) => schema.types.keys().map(AsRef::as_ref).collect(),
        ("Cannot query field ", _) => match schema.types.get(owner)? {
            ExtendedType::Object(found) => found.fields.keys().map(AsRef::as_ref).collect(),
            ExtendedType::Interface(found) => found.fields.keys().map(AsRef::as_ref).collect(),
            _ => return None,
        },
        ("Unknown argument ", _) => {
            let (parent, field) = owner.split_once('.')?;
            let field = schema.type_field(parent, field).ok()?;
            field.arguments.iter().map(|argument| argument.name.as_str()).collect()
        }
        ("Field ", " is not defined by type ") => {
            schema.get_input_object(owner)?.fields.keys().map(AsRef::as_ref).collect()
        }
        ("Value ", " does not exist in ") => {
            schema.get_enum(owner)?.values.keys().map(AsRef::as_ref).collect()
        }
        _ => return None,
    };
    let distances = candidates.into_iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name));
    // A third of the letters may be wrong, and two of a short name.
    let (distance, name) = distances.min()?;
    (distance <= (wrong.len() / 3).max(2) && distance < name.len()).then(|| name.to_owned())
}
