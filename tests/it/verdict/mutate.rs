//! Damages the text of a document: tokens are removed, doubled, swapped or replaced.

use crate::random::Random;

const FOREIGN: [&str; 40] = [
    "null",
    "true",
    "on",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "$v1",
    "$x",
    "fragment",
    "query",
    "mutation",
    "subscription",
    "...",
    "=",
    "!",
    ":",
    "@skip(if: true)",
    "1.",
    "01",
    "-",
    "\"",
    "\"\"\"",
    "&",
    "|",
    "{}",
    "()",
    "[]",
    "type T { a: Int }",
    "#",
    "\u{0}",
    "\u{e9}",
    "__typename",
    "\u{feff}",
    "..",
    "$",
    "@",
    "\u{a0}",
];

/// A document with one to three changes.
pub(crate) fn mutate(random: &mut Random, document: &str) -> String {
    let mut tokens = tokens(document);
    for _ in 0..=random.below(3) {
        if tokens.is_empty() {
            break;
        }
        let place = random.below(tokens.len());
        let other = random.below(tokens.len());
        match random.below(5) {
            0 => drop(tokens.remove(place)),
            1 => tokens.insert(place, tokens[place].clone()),
            2 => tokens.swap(place, other),
            3 => {
                let copy = tokens[other].clone();
                tokens[place] = copy;
            }
            _ => (*random.choose(&FOREIGN)).clone_into(&mut tokens[place]),
        }
    }
    tokens.concat()
}

/// Words, numbers, blanks, and single other characters; together they are the document.
fn tokens(document: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut last = None;
    for character in document.chars() {
        let kind = match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => Some('a'),
            '.' => Some('.'),
            ' ' => Some(' '),
            _ => None,
        };
        match tokens.last_mut() {
            Some(token) if kind.is_some() && kind == last => token.push(character),
            _ => tokens.push(character.into()),
        }
        last = kind;
    }
    tokens
}
