//! Checks on tokens. The grammar of apollo-parser differs from the specification in two points: it does not
//! recognise a field's alias if there are commas before the colon, and it silently ignores arguments and
//! input fields without a value.

use std::borrow::Cow;

use apollo_parser::{Lexer, TokenKind};

/// The maximum length of a name. PostgreSQL's names have 63 bytes, and those of the API consist of at most
/// two of them. An alias is in the answer once for each row.
pub(super) const LONGEST_NAME: usize = 256;

/// The length, line and column of the first name that is too long.
pub(super) fn overlong_name(text: &str) -> Option<(usize, usize, usize)> {
    let mut names = Lexer::new(text).flatten().filter(|token| token.kind() == TokenKind::Name);
    let name = names.find(|name| name.data().len() > LONGEST_NAME)?;
    let (line, column) = position(text, name.index());
    Some((name.data().len(), line, column))
}

/// The symbols of tokens that apollo-parser's messages call by their names in its code.
const SYMBOLS: [(&str, &str); 13] = [
    ("BANG", "!"),
    ("DOLLAR", "$"),
    ("AMP", "&"),
    ("SPREAD", "..."),
    ("COMMA", ","),
    ("COLON", ":"),
    ("EQ", "="),
    ("AT", "@"),
    ("L_PAREN", "("),
    ("R_PAREN", ")"),
    ("L_BRACK", "["),
    ("R_BRACK", "]"),
    ("PIPE", "|"),
];

/// A message of the parser as a person reads it: `expected "}", but the document ends`.
pub(super) fn with_symbols(message: &str) -> Cow<'_, str> {
    const EXPECTED: &str = "expected ";
    let Some((before, rest)) = message.split_once(EXPECTED) else { return Cow::Borrowed(message) };
    let Some((token, found)) = rest.split_once(", got ") else { return Cow::Borrowed(message) };
    let symbol = SYMBOLS.iter().find(|(name, _)| *name == token).map(|(_, symbol)| *symbol);
    let symbol = symbol.or(match token {
        "L_CURLY" => Some("{"),
        "R_CURLY" => Some("}"),
        _ => token.strip_suffix("_KW"),
    });
    let Some(symbol) = symbol else { return Cow::Borrowed(message) };
    let symbol = format!("\"{symbol}\"");
    Cow::Owned(match found {
        "EOF" => format!("{before}{EXPECTED}{symbol}, but the document ends"),
        found => format!("{before}{EXPECTED}{symbol}, got {found}"),
    })
}

/// The line and column of a byte, from 1.
fn position(text: &str, index: usize) -> (usize, usize) {
    let before = &text[..index];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The document with blanks for commas, which have no meaning (GraphQL specification, 2.1.8). Everything
/// keeps its place.
pub(super) fn without_commas(text: &str) -> Cow<'_, str> {
    if !text.contains(',') {
        return Cow::Borrowed(text);
    }
    let mut blanked = String::with_capacity(text.len());
    let commas = Lexer::new(text).flatten().filter(|token| token.kind() == TokenKind::Comma);
    for comma in commas {
        blanked.push_str(&text[blanked.len()..comma.index()]);
        blanked.push(' ');
    }
    blanked.push_str(&text[blanked.len()..]);
    Cow::Owned(blanked)
}

/// The number of directives in a document. They are counted before they are looked up.
pub(super) fn directives(text: &str) -> usize {
    if !text.contains('@') {
        return 0;
    }
    Lexer::new(text).flatten().filter(|token| token.kind() == TokenKind::At).count()
}

/// The enclosing construct of a token.
enum Open {
    /// A selection set.
    Selections,
    /// Variable definitions.
    Definitions,
    /// A list value, or the type of a list.
    List,
    /// Arguments or an input object, and what is expected next.
    Values(Next),
}

#[derive(Clone, Copy)]
enum Next {
    Name,
    Colon,
    Value,
}

/// The name, line and column of an argument or an input field without a value (GraphQL specification, 2.6 and
/// 2.9.8), in a document that apollo-parser accepts.
pub(super) fn name_without_value(text: &str) -> Option<(&str, usize, usize)> {
    let mut open: Vec<Open> = Vec::new();
    let mut name = None;
    for token in Lexer::new(text).flatten() {
        let kind = token.kind();
        if matches!(kind, TokenKind::Whitespace | TokenKind::Comment | TokenKind::Comma) {
            continue;
        }
        if let Some(Open::Values(next)) = open.last_mut() {
            match (*next, kind) {
                (Next::Name, TokenKind::Name) => {
                    name = Some((token.data(), token.index()));
                    *next = Next::Colon;
                }
                (Next::Name, TokenKind::Dollar) => *open.last_mut()? = Open::Definitions,
                (Next::Colon, TokenKind::Colon) => *next = Next::Value,
                (Next::Colon, _) => break,
                (Next::Value, TokenKind::Dollar) => {}
                _ => *next = Next::Name,
            }
        }
        match kind {
            TokenKind::LParen => open.push(Open::Values(Next::Name)),
            TokenKind::LBracket => open.push(Open::List),
            TokenKind::LCurly => open.push(match open.last() {
                None | Some(Open::Selections) => Open::Selections,
                Some(_) => Open::Values(Next::Name),
            }),
            TokenKind::RParen | TokenKind::RBracket | TokenKind::RCurly => drop(open.pop()),
            _ => {}
        }
    }
    let Some(Open::Values(Next::Colon)) = open.last() else { return None };
    let (name, index) = name?;
    let (line, column) = position(text, index);
    Some((name, line, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_become_blanks_but_not_in_strings_and_comments() {
        let text = "{ a ,: b(c: \",\", d: \"\"\",\"\"\") # ,\n }";
        assert_eq!(without_commas(text), "{ a  : b(c: \",\"  d: \"\"\",\"\"\") # ,\n }");
    }

    #[test]
    fn a_name_without_a_value_is_found() {
        for text in [
            "{ a(b: {c}) }",
            "{ a(b: [{d: {e: 1} c f: 2}]) }",
            "query ($v: X = {d: $w, c}) { a }",
            "{ a(c) }",
            "{ b(a: $v c null) }",
            "{ b @d(c) }",
        ] {
            assert_eq!(name_without_value(text).map(|found| found.0), Some("c"), "{text}");
        }
        assert_eq!(name_without_value("{\n a(b: {c}) }"), Some(("c", 2, 8)));
    }

    #[test]
    fn names_with_values_are_left_alone() {
        let text = "query ($v: [X!] = {a: RED}) @d(a: {b: []}) { a(b: {c: $v, d: [{e: {}}, $v] f: \"}\", g: -1.5}) { h { i } } }";
        assert_eq!(name_without_value(text), None);
    }
}
