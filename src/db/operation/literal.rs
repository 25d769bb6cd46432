//! A parameter -> an SQL literal, correct for both values of `standard_conforming_strings`.
//!
//! Never decides a type: each placeholder is cast where it stands, so that every literal begins as text.

use memchr::{memchr, memchr3};
use postgres_protocol::escape::escape_literal;

use crate::db::error::Error;

/// Appends `value` as a literal in parentheses, or `(null)`.
///
/// The parentheses keep the surrounding text from becoming part of the literal: an `E` or `U&` in front of it, a second
/// string behind a line break (SQL would join the two), or a minus sign (two of them would begin a comment).
pub(super) fn append_parameter(message: &mut String, value: Option<&str>) -> Result<(), Error> {
    let Some(value) = value else {
        message.push_str("(null)");
        return Ok(());
    };
    message.push('(');
    append_literal(message, value)?;
    message.push(')');
    Ok(())
}

/// Text as a literal that reads the same for both values of `standard_conforming_strings`. Fails on a NUL byte.
pub fn literal(text: &str) -> Result<String, Error> {
    let mut literal = String::with_capacity(text.len() + 2);
    append_literal(&mut literal, text)?;
    Ok(literal)
}

/// A name as a quoted identifier (PostgreSQL manual, 4.1.1).
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Appends `value` as a literal.
///
/// A text with a backslash is written as ` E'…'`, which reads the same with `standard_conforming_strings` on and off.
/// See section 4.1.2 of the PostgreSQL manual. A NUL byte is refused, because PostgreSQL would end the message at it.
pub(in crate::db) fn append_literal(message: &mut String, value: &str) -> Result<(), Error> {
    let Some(special) = memchr3(0, b'\'', b'\\', value.as_bytes()) else {
        message.push('\'');
        message.push_str(value);
        message.push('\'');
        return Ok(());
    };
    if memchr(0, &value.as_bytes()[special..]).is_some() {
        return Err(Error::NulByte);
    }
    message.push_str(&escape_literal(value));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(value: Option<&str>) -> String {
        let mut message = String::new();
        append_parameter(&mut message, value).unwrap();
        message
    }

    #[test]
    fn values_become_literals() {
        assert_eq!(parameter(None), "(null)");
        assert_eq!(parameter(Some("")), "('')");
        assert_eq!(parameter(Some("plain ü")), "('plain ü')");
        assert_eq!(parameter(Some("O'Brien")), "('O''Brien')");
        assert_eq!(parameter(Some(r"a\b")), r"( E'a\\b')");
        assert_eq!(parameter(Some(r"\'; drop table t --")), r"( E'\\''; drop table t --')");
        assert_eq!(parameter(Some("-1")), "('-1')");
    }

    #[test]
    fn a_nul_byte_is_refused() {
        let error = append_literal(&mut String::new(), "a\0b").unwrap_err();
        assert!(matches!(error, Error::NulByte));
    }
}
