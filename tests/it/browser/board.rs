//! The example front end, `examples/web`: two people side by side, and what the database refuses.

use std::path::{Path, PathBuf};

use glowplug::config::{Auth, DevPages, DocumentPolicy, Documents};
use serde_json::{Value, json};

use super::browse;
use crate::auth::jwt;
use crate::harness;
use crate::server::Server;

/// A file of the front end that its build makes.
pub(crate) fn built(file: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/web");
    assert!(
        folder.join(file).exists(),
        "examples/web is not built: run `npm ci && npm run build` in that folder"
    );
    folder.join(file)
}

/// A server with the sample people and the front end, as `dev` has them.
pub(crate) async fn serve(documents: Documents) -> Server {
    serve_database(&harness::cluster().url(&harness::starter_database().await), documents).await
}

/// The same on a database with the starter's tables.
pub(crate) async fn serve_database(url: &str, documents: Documents) -> Server {
    let page = built("dist/index.html");
    Server::start(url, |config| {
        config.auth = Auth { jwt: Some(jwt()), anon_role: Some("anon".to_owned()), ..Auth::default() };
        config.documents = documents;
        let (schemas, board) = (config.api.schemas.clone(), page.parent().map(Path::to_owned));
        config.http.dev = Some(DevPages { jwt: Some(jwt()), schemas, board });
    })
    .await
}

#[tokio::test]
async fn two_people_see_each_others_changes_and_refusals_are_taken_back() {
    // Only the documents that the build has listed may run.
    let list = Some(built("src/gql/persisted-documents.json"));
    let server = serve(Documents { list, policy: DocumentPolicy::ListOnly }).await;
    let seen = browse("board", "board", &server.url("/board"), &[]).await;
    assert_eq!(seen["texts"], json!([]), "every document is sent by its id");
    let people = [
        "Bjorn Lindqvist, member of APP, DATA, OLD, OPS, PAY, WEB",
        "Keiko Tanaka, member of APP, DATA, WEB",
    ];
    assert_eq!(seen["people"], json!(people));
    assert_eq!(seen["isSame"], true, "the other window was not loaded again");
    let text = |part: &str| seen[part].as_str().unwrap_or_else(|| panic!("no {part}: {seen}")).to_owned();
    assert_eq!(text("focus"), format!("Status of {}", text("byMenu")), "the focus follows the card");
    let notice = format!("{} stays in To do: you may not change tasks of this project.", text("refused"));
    assert_eq!(text("notice"), notice);
    assert_eq!(
        seen["problems"],
        json!({"title": true, "number": true, "priority": true}),
        "each problem is beside its field, which has the focus"
    );
    let references = |numbers: std::ops::RangeInclusive<usize>| {
        json!(numbers.map(|number| format!("WEB-{number}")).collect::<Vec<_>>())
    };
    assert_eq!((&seen["first"], &seen["second"]), (&references(1..=12), &references(13..=24)));
    assert_eq!((&seen["again"], &seen["found"]), (&references(1..=12), &references(61..=61)));
    assert_eq!(text("added"), "Sell lamps, part 61");
    assert_eq!(text("address"), "?project=WEB&view=list&status=in_progress&order=Urgency");
    let colours = &seen["colours"];
    assert!(colours["light"] != colours["dark"] && colours["light"] == colours["chosen"], "{colours}");
    let narrow: Vec<_> = seen["narrow"].as_object().unwrap().values().collect();
    assert_eq!(narrow, [390, 390, 390], "no page is wider than a phone");
}

#[tokio::test]
async fn the_front_end_sends_texts_to_a_server_without_its_list() {
    let server = serve(Documents { list: None, policy: DocumentPolicy::Automatic }).await;
    let seen = browse("board", "board-texts", &server.url("/board"), &["short"]).await;
    let texts = seen["texts"].as_array().unwrap();
    for operation in ["Project", "Board", "BoardLive"] {
        assert!(texts.contains(&json!(operation)), "{operation}: {texts:?}");
    }
}

#[tokio::test]
async fn the_sample_people_are_for_pages_of_this_machine() {
    let server = serve(Documents { list: None, policy: DocumentPolicy::Automatic }).await;
    let people: Value = server.get("/dev/people").send().await.unwrap().json().await.unwrap();
    let people = people["people"].as_array().unwrap();
    assert_eq!(people.len(), 2);
    let me = server.query("{ me { name } }").bearer_auth(people[1]["token"].as_str().unwrap());
    let me: Value = me.send().await.unwrap().json().await.unwrap();
    assert_eq!(me, json!({"data": {"me": {"name": "Keiko Tanaka"}}}));
    // Another name may lead here from a stranger's page.
    let stranger = server.get("/dev/people").header("host", "evil.example").send().await.unwrap();
    assert_eq!(stranger.status(), 403);
    assert!(!stranger.text().await.unwrap().contains("eyJ"));
    for outside in ["/board/../Cargo.toml", "/board/%2e%2e/package.json", "/board/..%2fpackage.json"] {
        assert_eq!(server.get(outside).send().await.unwrap().status(), 404, "{outside}");
    }
}

#[tokio::test]
async fn people_are_those_that_the_database_names_now() {
    let url = harness::cluster().url(&harness::starter_database().await);
    let server = serve_database(&url, Documents { list: None, policy: DocumentPolicy::Automatic }).await;
    let names = async || {
        let people: Value = server.get("/dev/people").send().await.unwrap().json().await.unwrap();
        people["people"].as_array().unwrap().iter().map(|person| person["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names().await.len(), 2);
    let client = harness::connect(&url).await;
    let change = "create or replace view glowplug.sample_token as select 'Somebody new' as who, '{\"role\": \"anon\"}'::jsonb as claims";
    client.batch_execute(&format!("drop view glowplug.sample_token; {change}")).await.unwrap();
    assert_eq!(names().await, ["Somebody new"]);
    client.batch_execute("drop view glowplug.sample_token").await.unwrap();
    assert!(names().await.is_empty());
}

#[tokio::test]
async fn own_claims_are_signed_for_the_roles_of_sample_people() {
    let server = serve(Documents { list: None, policy: DocumentPolicy::Automatic }).await;
    let sign = async |host: &str, body: &Value| {
        let request = server.client.post(server.url("/dev/token")).header("host", host);
        let answer = request.header("content-type", "application/json").body(body.to_string());
        let answer = answer.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let own = json!({"claims": {"role": "authenticated", "sub": "36d4c57a-ec73-7ef8-d318-6d613e587f8e"}});
    let (status, answer) = sign("localhost", &own).await;
    assert_eq!(status, 200, "{answer}");
    let token: Value = serde_json::from_str(&answer).unwrap();
    let me = server.query("{ me { name } }").bearer_auth(token["token"].as_str().unwrap());
    let me: Value = me.send().await.unwrap().json().await.unwrap();
    assert_eq!(me, json!({"data": {"me": {"name": "Keiko Tanaka"}}}));
    for (host, body, status, text) in [
        ("evil.example", &own, 403, "by its IP address"),
        ("localhost", &json!({"claims": {"role": "postgres"}}), 400, "glowplug token --role postgres"),
        ("localhost", &json!({"claims": {"sub": "1"}}), 400, "role is missing"),
        ("localhost", &json!({"claims": 7}), 400, "claims"),
    ] {
        let (refused, answer) = sign(host, body).await;
        assert_eq!(refused, status, "{body}");
        assert!(answer.contains(text) && !answer.contains("eyJ"), "{body}: {answer}");
    }
}

#[tokio::test]
async fn only_a_development_server_has_people_and_a_board() {
    let name = harness::starter_database().await;
    let server = Server::start(&harness::cluster().url(&name), |_| {}).await;
    for path in ["/dev/people", "/dev/token", "/board"] {
        assert_eq!(server.get(path).send().await.unwrap().status(), 404, "{path}");
    }
}
