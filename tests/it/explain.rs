//! The SQL of an operation and its plan, which a development server sends with the answer on request.

use glowplug::config::{Auth, DevPages};
use serde_json::{Value, json};

use crate::auth::{jwt, token};
use crate::harness;
use crate::server::Server;

const TASKS: &str = "query ($code: String!, $first: Int) {
    taskCollection(filter: {project: {code: {eq: $code}}}, orderBy: [{number: AscNullsLast}], first: $first) {
        edges { node { title } } }
    labelCollection(first: 1) { edges { node { name } } }
}";

/// A starter's database, and a development server for it.
async fn develop() -> (String, Server) {
    let url = harness::cluster().url(&harness::starter_database().await);
    let server = Server::start(&url, |config| {
        config.auth = Auth { jwt: Some(jwt()), anon_role: Some("anon".to_owned()), ..Auth::default() };
        config.http.dev = Some(DevPages::default());
    })
    .await;
    (url, server)
}

/// A request that wants to know its SQL.
fn explained(query: &str, variables: &Value) -> String {
    let extensions = json!({"glowplug": {"explain": true}});
    json!({"query": query, "variables": variables, "extensions": extensions}).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sql_of_a_query_returns_its_answer() {
    let (url, server) = develop().await;
    let body = explained(TASKS, &json!({"code": "WEB", "first": 2}));
    let answer: Value = server.post(body).send().await.unwrap().json().await.unwrap();
    let statements =
        answer["extensions"]["glowplug"]["explain"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let fields: Vec<_> = statements.iter().map(|statement| &statement["field"]).collect();
    assert_eq!(fields, ["taskCollection", "labelCollection"]);
    assert!(statements[0]["values"].as_array().unwrap().contains(&json!("WEB")), "{}", statements[0]);
    let client = harness::connect(&url).await;
    for statement in statements {
        let sql = format!("set role anon; {}; reset role", with_values(statement));
        let alone = harness::ask(&client, &sql).await.expect("the statement returns a JSON text");
        let alone: Value = serde_json::from_str(&alone).unwrap();
        assert_eq!(alone, answer["data"][statement["field"].as_str().unwrap()]);
        assert!(statement["plan"][0]["Plan"]["Node Type"].is_string(), "{statement}");
    }
    // The plan is the role's: it has the condition of the policy.
    assert!(statements[0]["plan"].to_string().contains("is_public"), "{}", statements[0]["plan"]);
}

/// The statement with its values as literals, for the simple protocol.
fn with_values(statement: &Value) -> String {
    let values = statement["values"].as_array().unwrap().iter().enumerate().rev();
    let sql = statement["sql"].as_str().unwrap().to_owned();
    values.fold(sql, |sql, (index, value)| {
        let literal =
            value.as_str().map_or("null".to_owned(), |text| format!("'{}'", text.replace('\'', "''")));
        sql.replace(&format!("${}", index + 1), &literal)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_is_explained_and_takes_effect_once() {
    let (url, server) = develop().await;
    let client = harness::connect(&url).await;
    let claims = harness::ask(&client, "select claims from glowplug.sample_token limit 1").await.unwrap();
    let token = token(&serde_json::from_str(&claims).unwrap());
    let mutation =
        "mutation { updateTaskCollection(filter: {number: {eq: 1}, project: {code: {eq: \"WEB\"}}},
        increment: {priority: 1}) { affectedCount records { priority } } }";
    let number = "select priority from task where number = 1 and project_id = (select id from project where code = 'WEB')";
    let before: i64 = harness::ask(&client, number).await.unwrap().parse().unwrap();
    let request = server.post(explained(mutation, &json!({}))).bearer_auth(token);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let after: i64 = harness::ask(&client, number).await.unwrap().parse().unwrap();
    assert_eq!(after, before + 1, "{answer}");
    assert_eq!(answer["data"]["updateTaskCollection"]["records"], json!([{"priority": after}]));
    let statement = &answer["extensions"]["glowplug"]["explain"][0];
    assert!(statement["plan"].to_string().contains("ModifyTable"), "{statement}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_wish_or_a_database_there_is_nothing_to_explain() {
    let (_, server) = develop().await;
    let plain: Value = server.query("{ __typename }").send().await.unwrap().json().await.unwrap();
    assert_eq!(plain, json!({"data": {"__typename": "Query"}}));
    let wished = server.post(explained("{ __typename }", &json!({})));
    let wished: Value = wished.send().await.unwrap().json().await.unwrap();
    let nothing = json!({"glowplug": {"explain": []}});
    assert_eq!(wished, json!({"data": {"__typename": "Query"}, "extensions": nothing}));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_development_server_explains() {
    let url = harness::cluster().url(&harness::starter_database().await);
    let server = Server::start(&url, |_| {}).await;
    let body = explained(TASKS, &json!({"code": "WEB", "first": 1}));
    let answer: Value = server.post(body).send().await.unwrap().json().await.unwrap();
    assert!(answer["data"]["taskCollection"].is_object() && answer.get("extensions").is_none(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_in_postgresqls_own_words_in_development_only() {
    let (url, development) = develop().await;
    let serving = Server::start(&url, |config| {
        config.auth = Auth { jwt: Some(jwt()), anon_role: Some("anon".to_owned()), ..Auth::default() };
    })
    .await;
    let ana = token(&json!({"role": "authenticated", "sub": "00000000-0000-4000-8000-000000000001"}));
    let body = json!({"query": "mutation { insertIntoTaskCollection(objects: [{title: \"x\"}]) { affectedCount } }"});
    let own = "new row violates row-level security policy for table \"task\"";
    for (server, message) in [
        (&development, format!("the role may not do that (PostgreSQL: {own})")),
        (&serving, "the role may not do that".to_owned()),
    ] {
        let request = server.post(body.to_string()).bearer_auth(&ana);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["errors"][0]["message"], json!(message), "{answer}");
    }
}
