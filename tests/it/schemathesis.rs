//! Operations that schemathesis makes of the schema: of each root field some, with arguments of the right types and of wrong ones. No answer
//! is a defect of the server.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use glowplug::config::{Auth, Introspection};
use serde_json::Value;

use crate::auth::{jwt, token};
use crate::harness;
use crate::server::Server;

/// The lockfile of the packages.
const REQUIREMENTS: &str = "tests/schemathesis/requirements.txt";

/// Operations of each root field, at the most.
const EXAMPLES: &str = "5";

/// The Python that has schemathesis.
fn python() -> String {
    let mut script = Command::new("scripts/python-environment");
    script.args(["--installed", "schemathesis", REQUIREMENTS]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = script.output().expect("scripts/python-environment runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The requests and answers of a run, as schemathesis records them (HTTP Archive 1.2).
async fn run(url: String, authorization: String, folder: &Path) -> Value {
    let record = folder.join("record.har");
    let mut command = Command::new(python());
    command.args(["-m", "schemathesis.cli", "--no-color", "run", &url, "--header", &authorization]);
    command.args(["--checks", "not_a_server_error", "--phases", "fuzzing", "--max-examples", EXAMPLES]);
    command.args(["--generation-deterministic", "--no-shrink", "--continue-on-failure"]);
    command.args(["--suppress-health-check", "all", "--request-timeout", "60"]);
    command.args(["--output-sanitize", "false", "--report-har-path"]).arg(&record).current_dir(folder);
    // It fails because of answers with errors, which are looked at here.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (printed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let record = std::fs::read_to_string(record).unwrap_or_else(|error| panic!("{error}: {printed}{told}"));
    serde_json::from_str(&record).unwrap()
}

/// The codes of the errors in an answer.
fn codes(text: &str) -> BTreeSet<String> {
    let answer: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let errors = answer["errors"].as_array().into_iter().flatten();
    errors.map(|error| error["extensions"]["code"].as_str().unwrap_or("none").to_owned()).collect()
}

/// The root field of an operation that schemathesis has made.
fn root_field(request: &str) -> Option<String> {
    let request: Value = serde_json::from_str(request).ok()?;
    let mut words = request["query"].as_str()?.split(|letter: char| !letter.is_alphanumeric());
    words.find(|word| !["", "query", "mutation"].contains(word)).map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_of_schemathesis_find_no_defect() {
    let url = harness::cluster().url(&harness::starter_database().await);
    let client = harness::connect(&url).await;
    let claims = harness::ask(&client, "select claims from glowplug.sample_token limit 1").await.unwrap();
    let authorization = format!("authorization: Bearer {}", token(&serde_json::from_str(&claims).unwrap()));
    let server = Server::start(&url, |config| {
        config.auth = Auth { jwt: Some(jwt()), anon_role: Some("anon".to_owned()), ..Auth::default() };
        config.api.introspection = Introspection::On;
        // A busy machine is no defect.
        config.database.statement_timeout = Duration::from_mins(1);
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let record = run(server.url("/graphql"), authorization, folder.path()).await;

    let (mut fields, mut without_errors) = (BTreeSet::new(), 0);
    for entry in record["log"]["entries"].as_array().unwrap() {
        let (asked, response) = (&entry["request"]["postData"]["text"], &entry["response"]);
        let body = response["content"]["text"].as_str().unwrap_or_default();
        let codes = codes(body);
        let is_of_client = |code: &String| ["BAD_USER_INPUT", "FORBIDDEN", "CONFLICT"].contains(&&**code);
        assert!(response["status"] == 200 && codes.iter().all(is_of_client), "{asked}\n{response}");
        without_errors += usize::from(codes.is_empty());
        fields.extend(root_field(asked.as_str().unwrap_or_default()));
    }
    assert!(fields.len() >= 36 && without_errors >= 20, "{without_errors} of {fields:?}");
}
