//! The engine as async-graphql's `Executor`: the rights of a request without an identity.

use async_graphql::{Data, Executor, Request, Response};
use futures_util::StreamExt as _;
use glowplug::config::{Auth, PoolMode};
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::{World, jwt};
use crate::harness;

const WHO: &str = "{ who setting(name: \"request.jwt.claims\") }";

fn engine(world: &World, auth: Auth) -> Engine {
    let mut config = harness::config(&world.url(), PoolMode::Direct);
    config.auth = auth;
    Engine::new(&config).expect("an engine")
}

fn data(response: &Response) -> Value {
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    serde_json::to_value(&response.data).expect("JSON")
}

/// The answer by each of the interface's methods.
async fn both(engine: &Engine, request: impl Fn() -> Request) -> [Response; 2] {
    let mut stream = engine.execute_stream(request(), None);
    [engine.execute(request()).await, stream.next().await.expect("an answer")]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_identity_runs_as_the_anonymous_role() {
    let world = World::new("").await;
    let visitor = world.role("visitor");
    let expected = json!({ "who": visitor, "setting": json!({ "role": visitor }).to_string() });
    for jwt in [None, Some(jwt())] {
        let engine = engine(&world, Auth { jwt, anon_role: Some(visitor.clone()), ..Auth::default() });
        for answer in both(&engine, || Request::new(WHO)).await {
            assert_eq!(data(&answer), expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_an_identity_is_refused_where_tokens_are_needed() {
    let world = World::new("").await;
    let engine = engine(&world, Auth { jwt: Some(jwt()), anon_role: None, ..Auth::default() });
    for answer in both(&engine, || Request::new(WHO)).await {
        let answer = serde_json::to_value(&answer).expect("JSON");
        assert_eq!(answer["data"], Value::Null);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    }
    let member = || Identity { role: Some(world.role("member").into()), ..Identity::default() };
    let query = "{ who }";
    for answer in both(&engine, || Request::new(query).data(member())).await {
        assert_eq!(data(&answer), json!({ "who": world.role("member") }));
    }
    let mut session = Data::default();
    session.insert(member());
    let mut stream = engine.execute_stream(Request::new(query), Some(session.into()));
    assert_eq!(data(&stream.next().await.expect("an answer")), json!({ "who": world.role("member") }));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_roles_and_keys_a_request_without_an_identity_runs_as_the_connections_user() {
    let world = World::new("").await;
    harness::connect(&harness::cluster().url(&world.database))
        .await
        .batch_execute(&format!("grant select on canary to {}", world.role("gateway")))
        .await
        .expect("a grant");
    let engine = engine(&world, Auth::default());
    for answer in both(&engine, || Request::new("{ who }")).await {
        assert_eq!(data(&answer), json!({ "who": world.role("gateway") }));
    }
}
