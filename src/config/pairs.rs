//! The `keyword=value` pairs of a connection string, as far as needed to tell one value from the next (PostgreSQL's manual,
//! section 34.1.1.1). What is wrong with them is reported where they are used.

use std::ops::Range;

/// One of the pairs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair<'t> {
    pub(super) name: &'t str,
    /// The value as it is written, with its quotes.
    pub(super) value: &'t str,
    /// Where it is in the text, with the blanks behind it.
    pub(super) place: Range<usize>,
}

/// The pairs of a text. A value may be in quotes, and `\` escapes the next character.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = Pair<'_>> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let start = text.len() - rest.len();
        let (name, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let (value, behind) = behind.split_at(value_length(behind));
        rest = behind.trim_start();
        Some(Pair { name: name.trim(), value, place: start..text.len() - rest.len() })
    })
}

/// The length of the value that the text begins with, with its quotes.
fn value_length(text: &str) -> usize {
    let is_quoted = text.starts_with('\'');
    let mut letters = text.char_indices().skip(usize::from(is_quoted));
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\'' if is_quoted => return place + 1,
            '\\' => {
                letters.next();
            }
            letter if !is_quoted && letter.is_whitespace() => return place,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn a_value_ends_with_its_quote_or_at_a_blank() {
        for (text, expected) in [
            ("host=db user = a", vec![("host", "db"), ("user", "a")]),
            (r"a='b\' c=d' e=f\ g h=", vec![("a", r"'b\' c=d'"), ("e", r"f\ g"), ("h", "")]),
            ("a='b c=d", vec![("a", "'b c=d")]),
            ("a b=c =d", vec![("a b", "c"), ("", "d")]),
            ("a", vec![]),
        ] {
            assert_eq!(
                pairs(text).map(|pair| (pair.name, pair.value)).collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
    }
}
