//! Requests as the database sees them: claims, headers and cookies, as policies read them, with any content.

use glowplug::config::RequestSettings;
use glowplug_local::{PoolerMode, PoolerOptions};
use serde_json::{Value, json};

use super::{World, as_user, ask};
use crate::harness;
use crate::injection::VALUES;
use crate::server::Server;

const SETTING: &str = "query ($name: String!) { setting(name: $name) }";

/// The functions of Supabase, and a policy that uses them.
const SUPABASE: &str = "
    create schema auth; grant usage on schema auth to visitor%, member%;
    create function auth.jwt() returns jsonb language sql stable as $$
        select coalesce(nullif(current_setting('request.jwt.claim', true), ''),
            nullif(current_setting('request.jwt.claims', true), ''))::jsonb $$;
    create function auth.uid() returns uuid language sql stable as $$
        select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
            (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
    create function auth.role() returns text language sql stable as $$
        select coalesce(nullif(current_setting('request.jwt.claim.role', true), ''),
            (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'))::text $$;
    create table note (id int primary key, owner_id uuid not null default auth.uid(), body text);
    alter table note enable row level security;
    create policy own on note to member% using (owner_id = auth.uid()) with check (owner_id = auth.uid());
    create policy premium on note for select to member%
        using (owner_id is not null and auth.jwt() -> 'app_metadata' ->> 'plan' = 'premium');
    grant select, insert on note to member%; grant select on note to visitor%;
    create function my_role() returns text language sql stable as 'select auth.role()';
    grant execute on all functions in schema auth to visitor%, member%;";

/// The setting's value in the database.
async fn setting(server: &Server, token: &str, name: &str) -> Value {
    ask(server, token, SETTING, json!({"name": name})).await["setting"].clone()
}

/// The setting's value as JSON.
async fn json_setting(server: &Server, token: &str, name: &str) -> Value {
    let text = setting(server, token, name).await;
    serde_json::from_str(text.as_str().expect("it is set")).expect("JSON")
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Credentials, and all parts of a request that no setting names, stay out of SQL text, and so out of
/// PostgreSQL's logs.
#[tokio::test]
async fn nothing_of_the_request_but_claims_reaches_sql_unless_it_is_named() {
    let world = World::new("").await;
    let query = "create function seen() returns text language sql stable as $$ select concat_ws('|',
        current_setting('request.headers', true), current_setting('request.cookies', true),
        current_setting('request.method', true), current_setting('request.path', true), current_query()) $$";
    harness::connect(&harness::cluster().url(&world.database)).await.batch_execute(query).await.unwrap();
    let some = RequestSettings { headers: names(&["x-tenant"]), ..RequestSettings::default() };
    for (named, expected) in [(RequestSettings::default(), ""), (some, "tenant-7")] {
        let server = world.serve_with(|config| config.http.request_settings = named).await;
        let token = world.token("member", json!({"sub": "ann"}));
        let request = server
            .post(json!({"query": "{ seen }"}).to_string())
            .bearer_auth(&token)
            .header("apikey", "hush")
            .header("x-tenant", "tenant-7")
            .header("x-forwarded-for", "hush")
            .header("proxy-authorization", "Basic hush")
            .header("cookie", "session=hush");
        let answer = super::body(request.send().await.unwrap()).await;
        let seen = answer["data"]["seen"].as_str().unwrap();
        assert!(!seen.contains("hush") && !seen.contains(&token), "{seen}");
        assert!(seen.contains(expected) && seen.contains("tenant-7") != expected.is_empty(), "{seen}");
    }
}

#[tokio::test]
async fn named_parts_of_the_request_can_be_read() {
    let world = World::new("").await;
    let named = RequestSettings {
        method: true,
        path: true,
        headers: names(&["content-type", "x-tenant"]),
        cookies: names(&["theme"]),
    };
    let server = world.serve_with(|config| config.http.request_settings = named).await;
    let claims = json!({"sub": "ann", "exp": 99_999_999_999_u64, "n": 12_345_678_901_234_567_u64, "f": 0.1});
    let token = world.token("member", claims.clone());
    let mut expected = claims;
    expected["role"] = json!(world.role("member"));
    assert_eq!(json_setting(&server, &token, "request.jwt.claims").await, expected);
    assert_eq!(setting(&server, &token, "request.method").await, "POST");
    assert_eq!(setting(&server, &token, "request.path").await, "/graphql");
    let headers = json_setting(&server, &token, "request.headers").await;
    assert_eq!(headers["content-type"], "application/json");
    assert!(headers.get("authorization").is_none(), "{headers}");

    let ask = |name: &str| {
        let request = json!({"query": SETTING, "variables": {"name": name}}).to_string();
        server.post(request).header("cookie", "session=hush; theme=dark").header("x-tenant", "it's")
    };
    let text = async |name: &str| {
        let answer = super::body(ask(name).send().await.unwrap()).await;
        serde_json::from_str::<Value>(answer["data"]["setting"].as_str().unwrap()).unwrap()
    };
    assert_eq!(text("request.jwt.claims").await, json!({"role": world.role("visitor")}));
    assert_eq!(text("request.cookies").await, json!({"theme": "dark"}));
    let headers = text("request.headers").await;
    assert_eq!(headers, json!({"content-type": "application/json", "x-tenant": "it's"}));
}

#[tokio::test]
async fn policies_and_functions_written_for_supabase_hold() {
    let world = World::new(SUPABASE).await;
    let server = world.serve().await;
    let user = |n: u8| format!("0000000{n}-0000-4000-8000-000000000000");
    let insert = "mutation ($id: Int!) { insertIntonoteCollection(objects: [{ id: $id, body: \"b\" }]) \
        { records { id ownerId: owner_id } } }";
    for n in 1..=3_u8 {
        let token = world.token("member", json!({"sub": user(n)}));
        let answer = ask(&server, &token, insert, json!({"id": n})).await;
        assert_eq!(answer["insertIntonoteCollection"]["records"][0]["ownerId"], user(n));
    }
    let notes = "{ noteCollection { edges { node { id } } } }";
    let ids = async |token: &str| -> Vec<i64> {
        let answer = ask(&server, token, notes, json!({})).await;
        let edges = answer["noteCollection"]["edges"].as_array().unwrap();
        edges.iter().map(|edge| edge["node"]["id"].as_i64().unwrap()).collect()
    };
    for n in 1..=3_u8 {
        assert_eq!(ids(&world.token("member", json!({"sub": user(n)}))).await, [i64::from(n)]);
    }
    let premium = json!({"sub": user(9), "app_metadata": {"plan": "premium"}});
    assert_eq!(ids(&world.token("member", premium)).await, [1, 2, 3]);
    assert_eq!(ids(&world.token("visitor", json!({"sub": user(1)}))).await, [0; 0], "there is no policy");
    let role = ask(&server, &world.token("member", json!({})), "{ myRole: my_role }", json!({})).await;
    assert_eq!(role["myRole"], world.role("member"));

    let other = json!({"query": "mutation { insertIntonoteCollection(objects: [{ id: 9, owner_id: \
        \"00000001-0000-4000-8000-000000000000\" }]) { affectedCount } }"});
    let token = world.token("member", json!({"sub": user(2)}));
    let answer = super::body(server.post(other.to_string()).bearer_auth(&token).send().await.unwrap()).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
}

/// Directly and through a pooler, with both meanings of a backslash in a literal.
#[tokio::test]
async fn no_claim_and_no_header_leaves_its_literal() {
    for conforming in ["on", "off"] {
        let world = World::new("").await;
        let admin = harness::connect(&harness::cluster().url(&world.database)).await;
        let setting = format!("set standard_conforming_strings = {conforming}");
        let change = format!(
            "alter database {0} {setting}; alter role gateway{1} {setting};",
            world.database, world.number
        );
        admin.batch_execute(&change).await.expect("a setting of the database");
        let users = vec![(world.role("gateway"), String::new())];
        let options = PoolerOptions {
            pool_mode: PoolerMode::Transaction,
            pool_size: 2,
            users,
            ..PoolerOptions::default()
        };
        let pooler = harness::pooler_with(options);
        let through = as_user(&pooler.url(&world.database), &world.role("gateway"));
        for url in [world.url(), through] {
            let server = Server::start(&url, |config| {
                config.auth = world.auth();
                config.http.request_settings.headers = names(&["x-value"]);
            })
            .await;
            inject(&world, &server).await;
        }
        assert_eq!(harness::ask(&admin, "select count(*) from canary").await.as_deref(), Some("1"));
    }
}

async fn inject(world: &World, server: &Server) {
    let long = "'\\".repeat(600);
    let more = [
        "a\0b",
        "\u{1}\u{7f}\u{2028}",
        "\u{1F600}",
        &long,
        "request.jwt.claims",
        "\\u0027; drop table canary; --",
    ];
    for value in VALUES.into_iter().chain(more) {
        let token = world.token("member", json!({"sub": value, "list": [value], (value): {"in": value}}));
        let claims = json_setting(server, &token, "request.jwt.claims").await;
        assert_eq!(
            (&claims["sub"], &claims["list"][0], &claims[value]["in"]),
            (&json!(value), &json!(value), &json!(value))
        );
        if reqwest::header::HeaderValue::from_str(value).is_err() || !value.is_ascii() {
            continue;
        }
        let request = json!({"query": SETTING, "variables": {"name": "request.headers"}}).to_string();
        let answer = server.post(request).bearer_auth(&token).header("x-value", value).send().await.unwrap();
        let answer = super::body(answer).await;
        let headers: Value = serde_json::from_str(answer["data"]["setting"].as_str().unwrap()).unwrap();
        assert_eq!(headers["x-value"].as_str().unwrap(), value.trim());
    }
}

#[tokio::test]
async fn a_role_may_have_any_name_that_postgresql_lets_it_have() {
    for name in ["it's %", "back\\slash %", "\"; drop table canary; -- %", "Bj\u{f6}rn %", "$1 %"] {
        let quoted = name.replace('"', "\"\"");
        let setup = format!("create role \"{quoted}\"; grant \"{quoted}\" to gateway%;");
        let world = World::new(&setup).await;
        let role = name.replace('%', &world.number.to_string());
        let server = world.serve().await;
        let token = super::token(&json!({"role": role}));
        assert_eq!(ask(&server, &token, "{ who }", json!({})).await["who"], role);
        assert_eq!(json_setting(&server, &token, "request.jwt.claims").await["role"], role);
    }
}
