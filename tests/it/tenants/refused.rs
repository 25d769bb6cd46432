//! Requests without a tenant, and tenants that cannot be used. The answer never says which tenants there are.

use glowplug::config::{PoolMode, RequestSettings, TenantSource};
use glowplug::engine::{Identity, Outcome};
use serde_json::{Value, json};

use super::{ask_as, config, database, identity, with_claims};
use crate::harness;
use crate::server::{self, Server};
use crate::ways::{Answering, Route, on_both_ways};

const READ: &str = "{ projectCollection { edges { node { name } } } }";
const WRITE: &str =
    "mutation { insertIntoProjectCollection(objects: [{id: 7, name: \"x\"}]) { affectedCount } }";
const REFUSED: &str = "the request's tenant cannot be used here";

on_both_ways!(
    a_request_without_a_tenant_is_refused,
    names_that_are_no_tenants_are_refused,
    a_schema_that_is_not_there_is_as_one_that_may_not_be_used,
);

async fn a_request_without_a_tenant_is_refused(route: Route) {
    let url = harness::cluster().url(&database(&["a"]).await);
    let answering = Answering::start(route, &config(&url, PoolMode::Direct)).await;
    let without = [
        Identity::default(),
        with_claims(&json!({ "org": {} })),
        with_claims(&json!({ "tenant": "a" })),
        with_claims(&json!({ "org": { "tenant": ["a"] } })),
        with_claims(&json!({ "org": { "tenant": null } })),
        with_claims(&json!({ "org": "a" })),
    ];
    for identity in &without {
        for document in [READ, WRITE] {
            let answer = ask_as(&answering, identity, document).await;
            let error = &answer["errors"][0];
            let expected = "the request names no tenant: send a token with the claim org.tenant";
            assert_eq!(error["message"], expected, "{identity:?}");
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT");
        }
        let about_the_api = "{ __typename __schema { queryType { name } } }";
        let answer = ask_as(&answering, identity, about_the_api).await;
        assert_eq!(answer["data"]["__typename"], "Query", "{answer}");
    }
}

async fn names_that_are_no_tenants_are_refused(route: Route) {
    let url = harness::cluster().url(&database(&["a"]).await);
    let answering = Answering::start(route, &config(&url, PoolMode::Direct)).await;
    for name in [
        json!(""),
        json!("base"),
        json!("public"),
        json!("pg_catalog"),
        json!("information_schema"),
        json!("pg_toast"),
        json!("glowplug"),
        json!("A"),
        json!(" a"),
        json!("\"a\""),
        json!("a\".project union select 1 --"),
        json!("a'; drop schema a cascade; --"),
        json!("a\u{0}"),
        json!("a".repeat(64)),
        json!("é".repeat(32)),
        json!(1.5),
    ] {
        for document in [READ, WRITE] {
            let answer = ask_as(&answering, &identity(&name), document).await;
            assert_eq!(answer["errors"][0]["message"], REFUSED, "{name}: {answer}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
            assert!(answer.get("data").is_none_or(Value::is_null), "{answer}");
        }
    }
    let answer = ask_as(&answering, &identity(&json!("a")), READ).await;
    assert_eq!(answer["data"]["projectCollection"]["edges"][0]["node"]["name"], "first of a", "{answer}");
}

async fn a_schema_that_is_not_there_is_as_one_that_may_not_be_used(route: Route) {
    let name = database(&["a", "b"]).await;
    let owner = harness::connect(&harness::cluster().url(&name)).await;
    // Roles belong to the whole server.
    let role = format!("tenant_{name}");
    let grants = format!(
        "create role {role}; grant usage on schema base, a to {role};
        grant select, insert on all tables in schema base, a, b to {role}; revoke insert on a.project from {role}"
    );
    owner.batch_execute(&grants).await.expect("a role");
    let config = config(&harness::cluster().url(&name), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let of_role = |tenant: &str| Identity { role: Some(role.as_str().into()), ..identity(&tenant.into()) };
    let answer = ask_as(&answering, &of_role("a"), READ).await;
    assert_eq!(answer["data"]["projectCollection"]["edges"][0]["node"]["name"], "first of a", "{answer}");
    let answer = ask_as(&answering, &of_role("a"), WRITE).await;
    assert_eq!(answer["errors"][0]["message"], "the role may not do that", "{answer}");
    for document in [READ, WRITE, "{ titled(pattern: \"%\") { edges { node { title } } } }"] {
        let mut bodies = Vec::new();
        for tenant in ["b", "c"] {
            let request = harness::request(document, &json!({}));
            let response = answering.respond(request, &of_role(tenant)).await;
            assert_eq!(response.outcome, Outcome::Forbidden, "{tenant} {document}");
            bodies.push(String::from_utf8(response.body.to_vec()).expect("UTF-8"));
        }
        assert!(bodies[0] == bodies[1] && bodies[0].contains(REFUSED), "{bodies:?}");
    }
    let rows = harness::ask(&owner, "select count(*) from b.project").await;
    assert_eq!(rows.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_header_names_the_tenant() {
    let url = harness::cluster().url(&database(&["a", "b"]).await);
    let server = Server::start(&url, |of_server| {
        of_server.api = config(&url, PoolMode::Direct).api;
        let tenants = of_server.api.schema_per_tenant.as_mut().expect("a setting");
        tenants.named_by = TenantSource::Header("x-tenant".to_owned());
        let headers = vec!["x-tenant".to_owned()];
        of_server.http.request_settings = RequestSettings { headers, ..RequestSettings::default() };
    })
    .await;
    for tenant in ["a", "b"] {
        let response = server.query(READ).header("x-tenant", tenant).send().await.expect("an answer");
        let answer = server::json(response).await;
        let name = &answer["data"]["projectCollection"]["edges"][0]["node"]["name"];
        assert_eq!(*name, format!("first of {tenant}"), "{answer}");
    }
    let twice = server.query(READ).header("x-tenant", "a").header("x-tenant", "b");
    let response = twice.send().await.expect("an answer");
    assert_eq!(response.status(), 403);
    let response = server.query(READ).send().await.expect("an answer");
    let answer = server::json(response).await;
    assert_eq!(answer["errors"][0]["message"], "the request names no tenant: send the header x-tenant");
}
