//! The sharding key of a message: `PgDog` reads it in a comment in front, and sends the message to the key's shard.
//!
//! A comment has no escapes. Only [`ShardingKey::new`] makes one, so that a key in a text is always one that a comment can hold.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

/// The number of bytes that a key may have.
const LONGEST: usize = 255;

/// What ends the key or the comment, or begins another comment within.
const NEVER: [char; 4] = ['"', '*', '/', '\\'];

/// The words of further instructions to `PgDog`, which it also finds within the key.
const INSTRUCTION: &str = "pgdog_";

/// A value whose shard a message goes to.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ShardingKey(Arc<str>);

/// The values of a column that is a sharding key. Values that PostgreSQL takes for the same one have one form, and so one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// Numbers of up to 64 bits.
    Integer,
    /// UUIDs.
    Uuid,
    /// Texts.
    Text,
}

impl ShardingKey {
    /// `None` if it is no value of the type, or a comment cannot hold it.
    pub fn new(value: &str, of: KeyType) -> Option<Self> {
        match of {
            KeyType::Integer => value.parse::<i64>().ok().map(|number| Self(number.to_string().into())),
            KeyType::Uuid => Uuid::parse_str(value).ok().map(|uuid| Self(uuid.to_string().into())),
            KeyType::Text => Self::of_text(value),
        }
    }

    fn of_text(value: &str) -> Option<Self> {
        let is_refused = |character: char| character.is_control() || NEVER.contains(&character);
        let is_key = !value.is_empty()
            && value.len() <= LONGEST
            && !value.contains(is_refused)
            && !value.to_ascii_lowercase().contains(INSTRUCTION);
        is_key.then(|| Self(value.into()))
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.0
    }
}

impl KeyType {
    /// By the name of a column's type.
    pub fn of(type_name: &str) -> Self {
        match type_name {
            "int2" | "int4" | "int8" => Self::Integer,
            "uuid" => Self::Uuid,
            _ => Self::Text,
        }
    }

    /// What its values are, for people.
    pub fn values(self) -> &'static str {
        match self {
            Self::Integer => "an integer",
            Self::Uuid => "a UUID",
            Self::Text => {
                "a text of 1 to 255 bytes without control characters and without any of \" * / \\ and pgdog_"
            }
        }
    }
}

impl fmt::Debug for ShardingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_comment_or_instructs_pgdog_is_no_key() {
        for value in [
            "",
            "a\"b",
            "*/ select 1 /*",
            "a*b",
            "a/b",
            "a\\b",
            "a\nb",
            "a\0b",
            "a\u{85}b",
            "x pgdog_role: replica",
            "PGDOG_SHARD: 1",
            &"x".repeat(256),
        ] {
            for of in [KeyType::Text, KeyType::Integer, KeyType::Uuid] {
                assert_eq!(ShardingKey::new(value, of), None, "{value:?}");
            }
        }
        for value in ["7", "-7", "acme", "o'brien", "a b", "urn:tenant:7", "Käse", "a@b.c", &"x".repeat(255)]
        {
            assert_eq!(ShardingKey::new(value, KeyType::Text).as_ref().map(ShardingKey::value), Some(value));
        }
    }

    #[test]
    fn values_that_are_equal_have_one_form() {
        let key = |value, of| ShardingKey::new(value, of).map(|key| key.value().to_owned());
        for value in ["7", "+7", "007"] {
            assert_eq!(key(value, KeyType::Integer).as_deref(), Some("7"), "{value}");
        }
        for value in ["x", "1.5", "7 ", "99999999999999999999"] {
            assert_eq!(key(value, KeyType::Integer), None, "{value}");
        }
        let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8";
        for value in [uuid, &uuid.to_uppercase(), &uuid.replace('-', "")] {
            assert_eq!(key(value, KeyType::Uuid).as_deref(), Some(uuid), "{value}");
        }
    }
}
