//! Random tokens and claims: no unsigned token is accepted, and all claims of signed tokens arrive unchanged.

use glowplug::auth::Authenticator;
use glowplug::config::Auth;
use serde_json::{Map, Value, json};

use super::{World, ask, jwt, token};
use crate::random::Random;

const SEED: u64 = 4;

/// Bytes with a meaning in a token, in JSON or in SQL, and characters of several bytes.
const PIECES: [&str; 24] = [
    "'",
    "\"",
    "\\",
    "$$",
    "$1",
    ";",
    "--",
    "/*",
    "*/",
    ".",
    "=",
    "-",
    "_",
    "{",
    "}",
    "\u{0}",
    "\n",
    "\r",
    "\u{e9}",
    "\u{1F600}",
    "\u{202e}",
    "eyJhbGciOiJub25lIn0",
    "E'",
    "a",
];

/// A text of some pieces.
fn text(random: &mut Random) -> String {
    (0..random.below(12)).map(|_| *random.choose(&PIECES)).collect()
}

/// A value of any sort, not too deep.
fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(random.once_in(2)),
        2 => json!(random.next() >> random.below(64)),
        3 => json!(f64::from_bits(random.next())),
        4 => json!(text(random)),
        5 => (0..random.below(4)).map(|_| value(random, depth - 1)).collect(),
        _ => Value::Object(object(random, depth - 1)),
    }
}

fn object(random: &mut Random, depth: usize) -> Map<String, Value> {
    (0..random.below(4)).map(|_| (text(random), value(random, depth))).collect()
}

#[tokio::test]
async fn no_changed_token_is_accepted() {
    let authenticator =
        Authenticator::new(&Auth { jwt: Some(jwt()), anon_role: Some("anon".to_owned()), ..Auth::default() })
            .expect("a secret");
    let mut random = Random(SEED);
    for round in 0..5_000 {
        let good = token(&Value::Object(object(&mut random, 2)));
        let accepted = authenticator.authenticate(Some(&format!("Bearer {good}"))).await;
        // Claims such as `exp` are not among the pieces, so only the role can be a reason to refuse the
        // token.
        assert!(accepted.is_ok(), "seed {SEED}, round {round}: {good}");
        let bad = change(&mut random, &good);
        if bad != good {
            let refused = authenticator.authenticate(Some(&format!("Bearer {bad}"))).await;
            assert!(refused.is_err(), "seed {SEED}, round {round}: {bad}");
        }
    }
}

/// A token with a part inserted, removed, reversed, or doubled.
fn change(random: &mut Random, token: &str) -> String {
    let mut letters: Vec<char> = token.chars().collect();
    for _ in 0..=random.below(3) {
        let (at, other) = (random.below(letters.len()), random.below(letters.len()));
        match random.below(5) {
            0 => letters.swap(at, other),
            1 => letters[at] = *random.choose(&['A', 'B', '.', '=', '-', 'e', '\u{e9}']),
            2 => letters.truncate(at.max(1)),
            3 => letters.insert(at, *random.choose(&['A', '.', '=', '~', '\u{0}'])),
            _ => letters = letters.iter().chain(&letters[at..]).copied().collect(),
        }
    }
    letters.into_iter().collect()
}

#[tokio::test]
async fn random_claims_arrive_as_they_were_signed() {
    let world = World::new("").await;
    let server = world.serve().await;
    let mut random = Random(SEED);
    for round in 0..300 {
        let mut claims = Value::Object(object(&mut random, 3));
        claims["role"] = json!(world.role("member"));
        let answer =
            ask(&server, &token(&claims), "{ setting(name: \"request.jwt.claims\") who }", json!({})).await;
        let arrived: Value =
            serde_json::from_str(answer["setting"].as_str().expect("it is set")).expect("JSON");
        assert_eq!(arrived, claims, "seed {SEED}, round {round}");
        assert_eq!(answer["who"], world.role("member"));
    }
}
