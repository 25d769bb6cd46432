//! API keys over HTTP: the headers in which they count, and their roles.

use glowplug::config::{ApiKey, Secret};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{World, body};
use crate::server::Server;

const SECRET_KEY: &str = "sb_secret_of_these_tests_0123456789";
const OPAQUE_KEY: &str = "0123456789abcdefghijklmnopq";
const PUBLISHABLE: &str = "sb_publishable_of_these_tests";

async fn serve(world: &World, anon_role: Option<String>) -> Server {
    let keys =
        [SECRET_KEY, OPAQUE_KEY].map(|key| ApiKey { role: world.role("member"), key: Secret::new(key) });
    Server::start(&world.url(), |config| {
        config.auth = world.auth();
        config.auth.anon_role = anon_role;
        config.auth.api_keys = keys.to_vec();
    })
    .await
}

/// The answer to a request with these two headers.
async fn asked(server: &Server, authorization: Option<&str>, api_key: Option<&str>) -> (StatusCode, Value) {
    let mut request = server.query("{ who }");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    if let Some(api_key) = api_key {
        request = request.header("apikey", api_key);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status(), body(answer).await)
}

#[tokio::test]
async fn each_header_gives_the_role_that_the_documentation_says() {
    let world = World::new("").await;
    let server = serve(&world, Some(world.role("visitor"))).await;
    let token = format!("Bearer {}", world.token("member", json!({})));
    let bearer = |key: &str| format!("Bearer {key}");
    let (publishable, secret) = (bearer(PUBLISHABLE), bearer(SECRET_KEY));
    for (authorization, api_key, role) in [
        (None, None, "visitor"),
        (None, Some(PUBLISHABLE), "visitor"),
        (Some(&publishable), None, "visitor"),
        (Some(&publishable), Some(PUBLISHABLE), "visitor"),
        (None, Some(SECRET_KEY), "member"),
        (None, Some(OPAQUE_KEY), "member"),
        (Some(&secret), None, "member"),
        (Some(&secret), Some(SECRET_KEY), "member"),
        (Some(&bearer(OPAQUE_KEY)), None, "member"),
        // A user's token takes precedence over any key.
        (Some(&token), Some(PUBLISHABLE), "member"),
        (Some(&publishable), Some(SECRET_KEY), "visitor"),
        // A value that is not a key of this server is for another program.
        (None, Some("the key of a gateway in front of it"), "visitor"),
        (None, Some(&token[7..]), "visitor"),
    ] {
        let expected = (StatusCode::OK, json!({"data": {"who": world.role(role)}}));
        assert_eq!(
            asked(&server, authorization.map(String::as_str), api_key).await,
            expected,
            "{authorization:?} {api_key:?}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_secret_key_is_refused() {
    let world = World::new("").await;
    let server = serve(&world, Some(world.role("visitor"))).await;
    let unknown = "sb_secret_that_was_withdrawn_01";
    for (authorization, api_key) in [(Some(format!("Bearer {unknown}")), None), (None, Some(unknown))] {
        let (status, answer) = asked(&server, authorization.as_deref(), api_key).await;
        assert_eq!(
            (status, &answer["errors"][0]["extensions"]["code"]),
            (StatusCode::UNAUTHORIZED, &json!("UNAUTHENTICATED"))
        );
        assert!(!answer.to_string().contains("withdrawn"), "{answer}");
    }
    let shorter = &SECRET_KEY[..SECRET_KEY.len() - 1];
    assert_eq!(asked(&server, None, Some(shorter)).await.0, StatusCode::UNAUTHORIZED);
    server.stop().await;
}

#[tokio::test]
async fn without_an_anonymous_role_a_publishable_key_is_no_way_in() {
    let world = World::new("").await;
    let server = serve(&world, None).await;
    assert_eq!(asked(&server, None, Some(PUBLISHABLE)).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(asked(&server, None, None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(asked(&server, None, Some(SECRET_KEY)).await.1["data"]["who"], world.role("member"));
    server.stop().await;
    // The same for a server that accepts only keys.
    let server = Server::start(&world.url(), |config| {
        config.auth.api_keys = vec![ApiKey { role: world.role("member"), key: Secret::new(OPAQUE_KEY) }];
    })
    .await;
    assert_eq!(asked(&server, None, None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(asked(&server, None, Some(OPAQUE_KEY)).await.1["data"]["who"], world.role("member"));
    server.stop().await;
}
