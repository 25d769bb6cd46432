//! Any claims, correctly signed: PostgreSQL gets one literal for the claims and one for the role, by both readings of a
//! backslash, and nothing else.

use std::time::Duration;

use glowplug::db::{self, Access, Reach, Scope};

use super::signed::{authenticate, signed};

/// Takes the bytes as the claims of a token.
pub fn claims(data: &[u8]) {
    let Ok(caller) = authenticate(&signed(br#"{"alg":"HS256"}"#, data)) else { return };
    let role = caller.role.clone().expect("a caller with a token has a role");
    let (name, value) = caller.settings()[0].clone();
    let scope = Scope {
        access: Access::ReadWrite,
        role: Some(role.clone()),
        settings: caller.settings().clone(),
        statement_timeout: Duration::from_secs(1),
        answer_limit: usize::MAX,
        reach: Reach::Server,
    };
    let message = db::message(&scope, &[]).expect("neither holds a NUL");
    for conforming in [true, false] {
        let set = settings(&message, conforming);
        let of = |name: &str| -> Vec<&str> {
            set.iter().filter(|(set, _)| set == name).map(|(_, value)| value.as_str()).collect()
        };
        assert_eq!(of(&name), [&*value], "{message}");
        assert_eq!(of("role"), [&*role], "{message}");
    }
}

/// The settings that a message consists of: calls of `set_config` and nothing else.
fn settings(message: &str, conforming: bool) -> Vec<(String, String)> {
    let mut rest = after(message, "select ");
    let mut settings = Vec::new();
    loop {
        let (name, behind) = literal(after(rest, "pg_catalog.set_config("), conforming);
        let (value, behind) = literal(after(behind, ","), conforming);
        settings.push((name, value));
        match after(behind, ",true)") {
            "" => return settings,
            behind => rest = after(behind, ","),
        }
    }
}

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
    let (text, mut value) = (after(text, "'"), String::new());
    let mut letters = text.char_indices();
    while let Some((index, letter)) = letters.next() {
        match letter {
            '\\' if escapes => match letters.next() {
                Some((_, letter @ ('\\' | '\''))) => value.push(letter),
                other => panic!("an escape that is never written: {other:?}"),
            },
            '\'' if text[index + 1..].starts_with('\'') => {
                letters.next();
                value.push('\'');
            }
            '\'' => return (value, &text[index + 1..]),
            letter => value.push(letter),
        }
    }
    panic!("the literal does not end: {text}")
}
