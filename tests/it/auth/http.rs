//! Tokens over HTTP: which role each request gets, and the errors of refused requests.

use glowplug::config::Introspection;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::{World, ask, body, token};
use crate::harness;
use crate::server::Server;

const WHO: &str = "{ who }";
const FAR: u64 = 99_999_999_999;

#[tokio::test]
async fn a_request_runs_as_the_role_of_its_token() {
    let world = World::new("").await;
    let server = world.serve().await;
    let anonymous = body(server.query(WHO).send().await.unwrap()).await;
    assert_eq!(anonymous, json!({"data": {"who": world.role("visitor")}}));
    let member = world.token("member", json!({"exp": FAR}));
    for header in [format!("Bearer {member}"), format!("bearer {member}"), format!("BEARER  {member}")] {
        let answer = server.query(WHO).header("authorization", header).send().await.unwrap();
        assert_eq!(body(answer).await, json!({"data": {"who": world.role("member")}}));
    }
    let batch = json!([{"query": WHO}, {"query": WHO}]).to_string();
    let answer = body(server.post(batch).bearer_auth(&member).send().await.unwrap()).await;
    assert_eq!(answer[1]["data"]["who"], world.role("member"));
    let answer = server.get("/graphql?query=%7Bwho%7D").bearer_auth(&member).send().await.unwrap();
    assert_eq!(body(answer).await["data"]["who"], world.role("member"));
    let without_role = ask(&server, &token(&json!({"sub": "ann"})), WHO, json!({})).await;
    assert_eq!(without_role["who"], world.role("visitor"));
}

#[tokio::test]
async fn a_bad_token_gets_status_header_and_code() {
    let world = World::new("").await;
    let server = world
        .serve_with(|config| {
            let jwt = config.auth.jwt.as_mut().unwrap();
            jwt.audiences = vec!["app".to_owned()];
        })
        .await;
    let role = world.role("member");
    let good = json!({"role": role, "aud": "app"});
    assert_eq!(ask(&server, &token(&good), WHO, json!({})).await["who"], role);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        token(&claims)
    };
    let stranger = EncodingKey::from_secret(b"another secret of more than thirty-two bytes");
    let forged = encode(&Header::new(Algorithm::HS256), &good, &stranger).unwrap();
    for (sent, told) in [
        (with("exp", json!(1)), "it has expired"),
        (with("nbf", json!(FAR)), "it is not valid yet"),
        (with("aud", json!("other")), "it is meant for another audience"),
        (with("exp", json!("never")), "its times are not numbers"),
        (forged, "its signature is wrong"),
        ("a.b.c".to_owned(), "it is not a signed JSON Web Token"),
        ("x".repeat(20_000), "it is too long"),
        ("eyJhbGciOiJub25lIn0.e30.".to_owned(), "its algorithm is not one that this server accepts"),
    ] {
        let message = format!("The token cannot be used: {told}.");
        let challenge =
            format!("Bearer realm=\"glowplug\", error=\"invalid_token\", error_description=\"{message}\"");
        for request in everywhere(&server) {
            let answer = request.bearer_auth(&sent).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{told}");
            assert_eq!(answer.headers()["www-authenticate"], challenge);
            let error = json!({"message": message, "extensions": {"code": "UNAUTHENTICATED"}});
            assert_eq!(body(answer).await, json!({"errors": [error]}));
        }
    }
}

/// One request for each route and method.
fn everywhere(server: &Server) -> Vec<RequestBuilder> {
    let too_large = json!({"query": WHO, "variables": {"a": "a".repeat(2 << 20)}}).to_string();
    vec![
        server.query(WHO),
        server.query(WHO).header("accept", "application/graphql-response+json"),
        server.post(json!([{"query": WHO}]).to_string()),
        server.get("/graphql?query=%7Bwho%7D"),
        server.get("/graphql/v1?query=%7Bwho%7D"),
        server.get("/schema.graphql"),
        // The body is not read before the caller is authenticated.
        server.post("not JSON"),
        server.post(too_large),
    ]
}

#[tokio::test]
async fn without_an_anonymous_role_a_token_is_needed() {
    let world = World::new("").await;
    let server = world.serve_with(|config| config.auth.anon_role = None).await;
    for request in everywhere(&server) {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(answer.headers()["www-authenticate"], "Bearer realm=\"glowplug\"");
        assert_eq!(body(answer).await["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
    for header in ["Basic YTpi", "Bearer", "Bearer ", "Bearer a b", ""] {
        let answer = server.query(WHO).header("authorization", header).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{header}");
        let told = &body(answer).await["errors"][0]["message"];
        assert_eq!(told, "The Authorization header is not `Bearer <token>`.", "{header}");
    }
    let answer = server.query(WHO).bearer_auth(token(&json!({"sub": "ann"}))).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(body(answer).await["errors"][0]["message"], "The token names no role.");
    for path in ["/healthz", "/readyz", "/"] {
        assert_eq!(server.get(path).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
    let page = server.get("/").send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("canary"), "the page shows nothing to whom the API is not open");
    let member = world.token("member", json!({}));
    let page = server.get("/").bearer_auth(&member).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("canaryCollection"), "{page}");
}

#[tokio::test]
async fn a_role_that_may_not_be_taken_is_forbidden() {
    let world = World::new("").await;
    let server = world.serve().await;
    let refused =
        [json!("none"), json!(""), json!("a\0b"), json!(7), json!(null), json!(["member"]), json!({})];
    let not_granted = [json!(world.role("stranger")), json!("nobody at all"), json!("pg_read_all_data")];
    let superuser = json!(harness::cluster().superuser());
    for role in refused.into_iter().chain(not_granted).chain([superuser]) {
        let sent = token(&json!({"role": role}));
        for accept in ["application/json", "application/graphql-response+json"] {
            let answer = server.query(WHO).header("accept", accept).bearer_auth(&sent).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{role}");
            let answer = body(answer).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
            assert!(answer.get("data").is_none(), "{answer}");
        }
        let answer = server.get("/schema.graphql").bearer_auth(&sent).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{role}");
    }
}

#[tokio::test]
async fn where_no_token_is_accepted_one_is_not_ignored() {
    let world = World::new("").await;
    let open = Server::start(&world.url(), |_| {}).await;
    let answer = body(open.query("{ __typename }").send().await.unwrap()).await;
    assert_eq!(answer, json!({"data": {"__typename": "Query"}}));
    let anon =
        Server::start(&world.url(), |config| config.auth.anon_role = Some(world.role("visitor"))).await;
    assert_eq!(body(anon.query(WHO).send().await.unwrap()).await["data"]["who"], world.role("visitor"));
    for server in [open, anon] {
        let answer = server.query(WHO).bearer_auth(world.token("member", json!({}))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let told = body(answer).await["errors"][0]["message"].to_string();
        assert!(told.contains("neither jwt-secret nor jwt-keys is set"), "{told}");
    }
}

/// A token is verified once, but its expiry is checked each time.
#[tokio::test]
async fn a_known_token_expires() {
    let world = World::new("").await;
    let server = world
        .serve_with(|config| {
            config.auth.jwt.as_mut().unwrap().clock_skew = std::time::Duration::ZERO;
        })
        .await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let sent = world.token("member", json!({"exp": now + 1.5}));
    assert_eq!(ask(&server, &sent, WHO, json!({})).await["who"], world.role("member"));
    tokio::time::sleep(std::time::Duration::from_millis(1600)).await;
    let answer = server.query(WHO).bearer_auth(&sent).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_sdl_is_that_of_the_role_and_is_kept_by_it() {
    let world =
        World::new("create table secret (id int primary key); grant select on secret to member%;").await;
    let server = world.serve_with(|config| config.api.introspection = Introspection::On).await;
    let anonymous = server.get("/schema.graphql").send().await.unwrap();
    assert_eq!(anonymous.headers()["vary"], "authorization");
    assert!(!anonymous.text().await.unwrap().contains("secretCollection"));
    let member = world.token("member", json!({}));
    let sdl = server.get("/schema.graphql").bearer_auth(&member).send().await.unwrap().text().await.unwrap();
    assert!(sdl.contains("secretCollection"));
}
