//! "did you mean": for an unknown name, the most similar one that is possible in its place.

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;

use super::{MESSAGE, RequestError, shortened};
use crate::schema::rendered::Rendered;

impl RequestError {
    /// Adds names of the API to messages about unknown ones. Only for clients that may use introspection.
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

/// A longer name is not a typing error.
const LONGEST: usize = 100;

/// The values of the enum that a variable should have, by the text of `coerce`'s message.
fn values(schema: &Schema, message: &str) -> Option<String> {
    let (_, after) = message.split_once(" must be of type \"")?;
    let (of, _) = after.split_once('"')?;
    let found = schema.get_enum(of.trim_matches(['[', ']', '!']))?;
    let values = found.values.keys().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    Some(shortened(&values, MESSAGE).into_owned())
}

/// The name that may be meant by an unknown one in a message. apollo-compiler has no other public form of the
/// error than the message. Its texts are those of graphql-js; if they ever change, a test of the suggestions
/// fails.
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
    most_like(wrong, candidates.into_iter())
}

/// The candidate that differs least from a wrong name, if at most a third of the letters are wrong, or two of
/// a short name. Each extra or missing letter is a wrong one, so most candidates are skipped by their length.
fn most_like<'c>(wrong: &str, candidates: impl Iterator<Item = &'c str>) -> Option<String> {
    if wrong.len() > LONGEST {
        return None;
    }
    let may_differ = (wrong.len() / 3).max(2);
    let alike = candidates.filter(|name| name.len().abs_diff(wrong.len()) <= may_differ);
    let (distance, name) = alike.map(|name| (strsim::damerau_levenshtein(wrong, name), name)).min()?;
    (distance <= may_differ && distance < name.len()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::most_like;

    #[test]
    fn the_nearest_name_is_suggested_if_it_is_near() {
        let names = || ["taskCollection", "taskByPk", "a"].into_iter();
        assert_eq!(most_like("taskColection", names()).as_deref(), Some("taskCollection"));
        assert_eq!(most_like("taskbypk", names()).as_deref(), Some("taskByPk"));
        for other in ["projectCollection", "b", ""] {
            assert_eq!(most_like(other, names()), None, "{other}");
        }
    }

    #[test]
    fn names_that_are_too_long_for_a_slip_are_not_compared() {
        let long = "a".repeat(101);
        assert_eq!(most_like(&long, [&*long].into_iter()), None);
    }
}
