//! Persisted operations with real clients: the file that `graphql-codegen` writes, and Apollo Client's link.

use std::path::Path;

use glowplug::config::DocumentPolicy;
use serde_json::{Value, json};

use super::{GRAPHQL_RESPONSE, NOTES, code, send};
use crate::server::{Server, json};
use crate::{harness, node};

#[tokio::test]
async fn the_file_of_graphql_codegen_is_a_list() {
    let folder = generated();
    let generator = node::folder().join("node_modules/@graphql-codegen/cli/esm/bin.js");
    node::run(&generator, &["--config", "codegen.json"], &folder).await;
    let file = folder.join("generated/persisted-documents.json");
    let documents: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let source = std::fs::read_to_string(folder.join("generated/graphql.ts")).unwrap();

    let name = harness::starter_database().await;
    let server = Server::start(&harness::cluster().url(&name), |config| {
        config.documents.list = Some(file);
        config.documents.policy = DocumentPolicy::ListOnly;
    })
    .await;
    assert!(documents.as_object().is_some_and(|documents| documents.len() > 2), "{documents}");
    for (id, text) in documents.as_object().unwrap() {
        assert!(source.contains(id.as_str()), "the generated documents carry their ids");
        for request in [json!({ "documentId": id }), json!({ "query": text })] {
            // Variables are missing, which is checked after the document was found and accepted.
            let (_, answer) = send(&server, &request).await;
            let message = answer["errors"][0]["message"].as_str().unwrap_or("variable");
            assert!(message.contains("variable"), "{request}: {answer}");
        }
    }
    let (id, _) = documents
        .as_object()
        .unwrap()
        .iter()
        .find(|(_, text)| text.to_string().contains("OpenTasks"))
        .unwrap();
    let (_, answer) =
        send(&server, &json!({"documentId": id, "variables": {"status": "todo", "first": 1}})).await;
    assert_eq!(answer["data"]["taskCollection"]["edges"].as_array().map(Vec::len), Some(1), "{answer}");
    let other = server.query("{ __typename }").header("accept", GRAPHQL_RESPONSE).send().await.unwrap();
    assert_eq!(code(&json(other).await), "FORBIDDEN");
}

/// A folder with the generator's input.
fn generated() -> std::path::PathBuf {
    let folder = node::output("persisted-codegen");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    std::fs::copy(schema, folder.join("schema.graphql")).expect("the starter's schema.graphql");
    let source = node::folder().join("codegen");
    std::fs::copy(source.join("operations.ts"), folder.join("operations.ts")).unwrap();
    let mut config: Value =
        serde_json::from_str(&std::fs::read_to_string(source.join("codegen.json")).unwrap()).unwrap();
    config["generates"]["generated/"]["presetConfig"] = json!({ "persistedDocuments": true });
    std::fs::write(folder.join("codegen.json"), config.to_string()).unwrap();
    std::os::unix::fs::symlink(node::folder().join("node_modules"), folder.join("node_modules")).unwrap();
    folder
}

#[tokio::test]
async fn apollo_client_sends_a_text_once_and_then_its_hash() {
    for method in ["POST", "GET"] {
        let printed = apollo(DocumentPolicy::Automatic, method).await;
        let asked =
            |method: &str, text: bool| json!({"method": method, "text": text, "hash": true, "status": 200});
        assert_eq!(printed["sent"], json!([asked(method, false), asked("POST", true), asked(method, false)]));
    }
}

#[tokio::test]
async fn apollo_client_goes_on_with_texts_where_hashes_are_off() {
    let printed = apollo(DocumentPolicy::Any, "POST").await;
    let refused = json!({"method": "POST", "text": false, "hash": true, "status": 200});
    let text = json!({"method": "POST", "text": true, "hash": false, "status": 200});
    assert_eq!(printed["sent"], json!([refused, text, text]));
}

/// What Apollo Client sends to a separate server in two requests; the answers are correct.
async fn apollo(policy: DocumentPolicy, method: &str) -> Value {
    let name = harness::database(NOTES).await;
    let server =
        Server::start(&harness::cluster().url(&name), |config| config.documents.policy = policy).await;
    let document = "query Note { noteByPk(id: 2) { title } }";
    let script = node::folder().join("apollo.mjs");
    let printed = node::run(&script, &[&server.url("/graphql"), method, document], &node::folder()).await;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    for answer in printed["answers"].as_array().unwrap() {
        assert_eq!(answer["noteByPk"]["title"], "two", "{printed}");
    }
    printed
}
