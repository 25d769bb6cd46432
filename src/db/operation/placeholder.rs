//! A statement with placeholders -> the same statement with literals, for the simple protocol, which has no parameters.
//!
//! A small lexer finds the placeholders. A `$1` inside a string, a quoted identifier, a dollar-quoted string or a comment is
//! not one. The rules are those of section 4.1 of the PostgreSQL manual, with `standard_conforming_strings` on for plain
//! strings. Values are never read as SQL: substituted text is not scanned again.

use crate::db::error::Error;
use crate::db::operation::literal::append_parameter;

/// Appends `text` to `message` with each `$n` replaced by `parameters[n - 1]` as a literal.
///
/// Fails on a placeholder without a parameter, on a quote or comment that does not end (it would swallow the next
/// statement of the message), and on a semicolon between statements (answers are told apart by counting statements).
pub(super) fn append_statement(
    message: &mut String,
    text: &str,
    parameters: &[Option<String>],
) -> Result<(), Error> {
    let mut copied = 0;
    let mut position = 0;
    while let Some(token) = next_token(text.as_bytes(), position)? {
        let number: usize =
            text[token.start + 1..token.end].parse().map_err(|_| malformed("a placeholder's number"))?;
        let parameter = number
            .checked_sub(1)
            .and_then(|index| parameters.get(index))
            .ok_or_else(|| malformed("a placeholder without a parameter"))?;
        message.push_str(&text[copied..token.start]);
        append_parameter(message, parameter.as_deref())?;
        copied = token.end;
        position = token.end;
    }
    message.push_str(&text[copied..]);
    Ok(())
}

/// Where a placeholder stands: `text[start..end]` is `$` and digits.
struct Placeholder {
    start: usize,
    end: usize,
}

/// The bytes at which something other than plain SQL may begin.
const SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut index = 0;
    let bytes = b"'\"-/$;\0";
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
};

/// The next placeholder at or after `position`.
fn next_token(text: &[u8], mut position: usize) -> Result<Option<Placeholder>, Error> {
    while let Some(offset) = text[position..].iter().position(|&byte| SPECIAL[usize::from(byte)]) {
        let start = position + offset;
        position = match (text[start], text.get(start + 1)) {
            (b'\'', _) if is_escape_string(text, start) => end_of_escape_string(text, start)?,
            (b'\'', _) => end_of_quoted(text, start, b'\'')?,
            (b'"', _) => end_of_quoted(text, start, b'"')?,
            (b'-', Some(b'-')) => end_of_line(text, start),
            (b'/', Some(b'*')) => end_of_comment(text, start)?,
            (b'$', _) if start > 0 && is_identifier_byte(text[start - 1]) => start + 1,
            (b'$', Some(b'0'..=b'9')) => {
                let digits = text[start + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                return Ok(Some(Placeholder { start, end: start + 1 + digits }));
            }
            (b'$', _) => end_of_dollar_quoted(text, start)?,
            (b';', _) => return Err(malformed("a semicolon between statements")),
            (0, _) => return Err(Error::NulByte),
            _ => start + 1,
        };
    }
    Ok(None)
}

/// Whether the quote at `quote` follows the `E` of `E'…'`, and not an identifier that ends in e.
fn is_escape_string(text: &[u8], quote: usize) -> bool {
    quote > 0
        && matches!(text[quote - 1], b'e' | b'E')
        && (quote == 1 || !is_identifier_byte(text[quote - 2]))
}

/// The position behind `'…'` or `"…"`. A doubled quote ends one and begins the next, which has the same effect.
fn end_of_quoted(text: &[u8], start: usize, quote: u8) -> Result<usize, Error> {
    text[start + 1..]
        .iter()
        .position(|&byte| byte == quote)
        .map(|offset| start + 1 + offset + 1)
        .ok_or_else(|| malformed("a quote that does not end"))
}

/// The position behind `E'…'`, with backslash escapes, doubled quotes, and parts joined over a line break.
fn end_of_escape_string(text: &[u8], start: usize) -> Result<usize, Error> {
    let mut position = start + 1;
    loop {
        match text.get(position) {
            None => return Err(malformed("a quote that does not end")),
            Some(b'\\') => position += 2,
            Some(b'\'') if text.get(position + 1) == Some(&b'\'') => position += 2,
            Some(b'\'') => match continuation(text, position + 1) {
                Some(next) => position = next + 1,
                None => return Ok(position + 1),
            },
            Some(_) => position += 1,
        }
    }
}

/// The quote that continues a string which ended before `position`: white space with a line break stands between.
fn continuation(text: &[u8], mut position: usize) -> Option<usize> {
    let mut line_break = false;
    loop {
        match text.get(position)? {
            b'\n' | b'\r' => {
                line_break = true;
                position += 1;
            }
            b' ' | b'\t' | 0x0b | 0x0c => position += 1,
            b'-' if text.get(position + 1) == Some(&b'-') => position = end_of_line(text, position),
            b'\'' if line_break => return Some(position),
            _ => return None,
        }
    }
}

/// The position of the line break that ends the comment.
fn end_of_line(text: &[u8], start: usize) -> usize {
    text[start..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(text.len(), |offset| start + offset)
}

/// The position behind `/*…*/`; such comments nest.
fn end_of_comment(text: &[u8], start: usize) -> Result<usize, Error> {
    let mut depth = 1;
    let mut position = start + 2;
    while depth > 0 {
        match (text.get(position), text.get(position + 1)) {
            (Some(b'/'), Some(b'*')) => {
                depth += 1;
                position += 2;
            }
            (Some(b'*'), Some(b'/')) => {
                depth -= 1;
                position += 2;
            }
            (Some(_), _) => position += 1,
            (None, _) => return Err(malformed("a comment that does not end")),
        }
    }
    Ok(position)
}

/// The position behind `$tag$…$tag$`, or behind the dollar sign where no such string begins.
fn end_of_dollar_quoted(text: &[u8], start: usize) -> Result<usize, Error> {
    let tag = text[start + 1..].iter().take_while(|&&byte| is_identifier_byte(byte) && byte != b'$').count();
    let open = start + 1 + tag;
    if text.get(open) != Some(&b'$') {
        return Ok(start + 1);
    }
    let delimiter = &text[start..=open];
    text[open + 1..]
        .windows(delimiter.len())
        .position(|window| window == delimiter)
        .map(|offset| open + 1 + offset + delimiter.len())
        .ok_or_else(|| malformed("a dollar-quoted string that does not end"))
}

/// Whether the byte can stand inside an identifier or number, so that a dollar sign behind it belongs to it.
fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn malformed(what: &str) -> Error {
    Error::Protocol(format!("the statement has {what}"))
}

#[cfg(test)]
#[path = "placeholder_tests.rs"]
mod tests;
