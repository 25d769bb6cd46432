//! Any claims, well signed: what reaches PostgreSQL is one literal for the claims and one for the role, by both readings
//! of a backslash, and nothing else.
#![no_main]

mod signed;

use std::time::Duration;

use glowplug::db::{self, Access, Scope};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(caller) = signed::authenticate(&signed::signed(br#"{"alg":"HS256"}"#, data)) else { return };
    let (name, value) = caller.setting();
    let role = caller.role.clone().expect("whoever has a token has a role");
    let scope = Scope {
        access: Access::ReadWrite,
        role: Some(role.clone()),
        settings: vec![(name, value.clone())],
        statement_timeout: Duration::from_secs(1),
        answer_limit: usize::MAX,
    };
    let message = db::message(&scope, &[]).expect("neither holds a NUL");
    for conforming in [true, false] {
        let rest = after(
            &message,
            "select set_config('statement_timeout','1000',true),set_config('request.jwt.claims',",
        );
        let (claims, rest) = literal(rest, conforming);
        assert_eq!(claims, value);
        let (set, rest) = literal(after(rest, ",true),set_config('role',"), conforming);
        assert_eq!((set.as_str(), rest), (role.as_str(), ",true)"));
    }
});

fn after<'t>(text: &'t str, start: &str) -> &'t str {
    text.strip_prefix(start).unwrap_or_else(|| panic!("not `{start}` but {text}"))
}

/// Reads a string constant as PostgreSQL does (manual, section 4.1.2): its value, and what follows it.
fn literal(text: &str, conforming: bool) -> (String, &str) {
    let text = text.trim_start_matches(' ');
    let (escapes, text) = match text.strip_prefix('E') {
        Some(text) => (true, text),
        None => (!conforming, text),
    };
    let mut value = String::new();
    let mut letters = after(text, "'").char_indices();
    while let Some((index, letter)) = letters.next() {
        match letter {
            '\\' if escapes => match letters.next() {
                Some((_, escaped @ ('\\' | '\''))) => value.push(escaped),
                other => panic!("an escape that nobody wrote: {other:?}"),
            },
            '\'' if text[index + 2..].starts_with('\'') => {
                letters.next();
                value.push('\'');
            }
            '\'' => return (value, &text[index + 2..]),
            letter => value.push(letter),
        }
    }
    panic!("the literal does not end: {text}")
}
