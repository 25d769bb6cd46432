//! The example front end, `examples/web`: two people side by side, and what the database refuses.

use std::path::{Path, PathBuf};

use glowplug::config::{Auth, DevPages, DocumentPolicy, Documents, SamplePerson, Secret};
use serde_json::{Map, Value, json};

use super::browse;
use crate::auth::{jwt, token};
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
    let name = harness::starter_database().await;
    let url = harness::cluster().url(&name);
    let client = harness::connect(&url).await;
    let rows = "select json_agg(json_build_array(who, claims)) from glowplug.sample_token";
    let rows: Vec<(String, Map<String, Value>)> =
        serde_json::from_str(&harness::ask(&client, rows).await.unwrap()).unwrap();
    let person = |(name, claims): (String, Map<String, Value>)| {
        let token = Secret::new(token(&Value::Object(claims.clone())));
        SamplePerson { name, claims, token }
    };
    let people = rows.into_iter().map(person).collect();
    let page = built("dist/index.html");
    Server::start(&url, |config| {
        config.auth = Auth { jwt: Some(jwt()), anon_role: Some("anon".to_owned()), ..Auth::default() };
        config.documents = documents;
        config.http.dev = Some(DevPages { people, board: page.parent().map(Path::to_owned) });
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
async fn only_a_development_server_has_people_and_a_board() {
    let name = harness::starter_database().await;
    let server = Server::start(&harness::cluster().url(&name), |_| {}).await;
    for path in ["/dev/people", "/board"] {
        assert_eq!(server.get(path).send().await.unwrap().status(), 404, "{path}");
    }
}
