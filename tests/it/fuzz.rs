//! The fuzz targets with random input, the same in each run: they compile, and they hold.

use crate::random::Random;
use crate::verdict::{Generator, mutate, rendered};

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a crate of its own, too")]
mod targets;

/// Calls a target with inputs that are put together from these pieces, and from any bytes.
fn run(target: fn(&[u8]), seed: u64, times: usize, pieces: &[&str]) {
    let mut random = Random(seed);
    for _ in 0..times {
        let parts = (0..random.below(12)).flat_map(|_| {
            let any = random.next().to_le_bytes();
            let piece = random.choose(pieces).as_bytes();
            if random.once_in(8) { any[..random.below(8)].to_vec() } else { piece.to_vec() }
        });
        let input: Vec<u8> = parts.collect();
        target(&input);
    }
}

#[test]
fn no_random_header_is_a_token_and_random_claims_have_a_role() {
    let pieces = [
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"none"}"#,
        "\n",
        "{",
        "}",
        r#""role":"#,
        r#""none""#,
        r#""ann""#,
        "null",
        ",",
        ".",
        "Bearer ",
        "sb_publishable_",
        r#"{"alg":"HS256"}
{"role":"ann"}"#,
        r#""exp":"#,
        "1e400",
        "\\u0000",
        "\"",
        "[",
        "]",
        "eyJhbGciOiJub25lIn0",
    ];
    run(targets::token, 1, 5_000, &pieces);
}

#[test]
fn random_claims_are_one_literal_of_a_message() {
    let pieces = [
        r#"{"role":"ann","#,
        r#""a":""#,
        r#"""#,
        "}",
        r#","b":["#,
        "]",
        "'",
        "\\\\",
        "\\\"",
        "\\u0027",
        "$$",
        ";",
        "--",
        "1.5",
        "null",
        "\u{e9}",
        r#"{"role":"a'\\b","c":"'\\"}"#,
    ];
    run(targets::claims, 2, 5_000, &pieces);
}

#[test]
fn no_random_address_shows_its_password() {
    let pieces = [
        "db",
        ":6543",
        "/app",
        "?",
        "&",
        "=",
        "@",
        ",",
        " ",
        "'",
        "\\",
        "%",
        "://",
        "postgres://",
        ",postgres://x:y@z/",
        "host=",
        "user=",
        "password=",
        "pass=",
        "sslmode=require",
        "max_lag=1s",
        "queue=a",
        "memory=1MiB",
        "keep=1h",
        "ca=/x",
        "protocol=resp3",
        "connect_timeout=5",
        "[::1]",
        "#",
        "redis://",
        "+cluster",
    ];
    run(targets::connection, 3, 600, &pieces);
}

#[test]
fn random_operations_become_messages_or_are_refused() {
    let rendered = rendered("relation_filters");
    let mut random = Random(4);
    let variables = ["", "\0{}", "\0{\"a\": [1, null, {\"b\": \"'\\\\\"}]}", "\0[", "\0null"];
    for seed in 0..1_500 {
        let slips = [0, 0, 25, 60][random.below(4)];
        let mut document = Generator::new(seed, &rendered.compiled, slips).document();
        for _ in 0..random.below(3) {
            document = mutate(&mut random, &document);
        }
        document += variables[random.below(variables.len())];
        targets::operation(document.as_bytes());
    }
}
