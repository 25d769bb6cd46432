//! The thirteen checks of the auditing tool graphql-cop, rewritten, against the program with its defaults,
//! with and without `--production`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::program::{Program, client, command, open_folder};
use crate::harness;

/// The paths that the tool checks.
const PATHS: [&str; 5] = ["/", "/graphiql", "/playground", "/console", "/graphql"];

/// The address under test.
struct Target(String);

impl Target {
    /// The answer to a request with a JSON body; null if there is none.
    async fn post(&self, body: &Value) -> Value {
        let request =
            client().post(&self.0).header("content-type", "application/json").body(body.to_string());
        read(request).await
    }

    /// The answer to a document with one operation, with the tool's operation name.
    async fn query(&self, document: &str) -> Value {
        self.post(&json!({"query": document, "operationName": "cop"})).await
    }

    /// The answer to a document in the query string.
    async fn get(&self, document: &str) -> Value {
        read(client().get(&self.0).query(&[("query", document)])).await
    }
}

async fn read(request: reqwest::RequestBuilder) -> Value {
    let text = request.send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_default()
}

/// A check of the tool, and whether it finds something.
type Check = (&'static str, bool);

/// The checks for requests that cause too much work.
async fn checks_of_work(target: &Target) -> [Check; 5] {
    let aliases: Vec<_> = (0..101).map(|number| format!("alias{number}:__typename")).collect();
    let aliases = target.query(&format!("query cop {{ {} }}", aliases.join("\n"))).await;
    let batch = target.post(&json!(vec![json!({"query": "query cop { __typename }"}); 10])).await;
    let directives = target.query(&format!("query cop {{ __typename {} }}", "@aa".repeat(10))).await;
    let circle = "fields { type { fields { type { fields { type { fields { type { name } } } } } } } }";
    let circle = target.query(&format!("query cop {{ __schema {{ types {{ {circle} }} }} }}")).await;
    let repeated = target.query(&format!("query cop {{ {} }}", "__typename \n".repeat(500))).await;
    let length = |list: &Value| list.as_array().map_or(0, Vec::len);
    [
        ("alias overloading", aliases["data"]["alias100"].is_string()),
        ("array-based query batching", length(&batch) >= 10),
        ("directive overloading", length(&directives["errors"]) == 10),
        ("introspection-based circular query", length(&circle["data"]["__schema"]["types"]) > 25),
        ("field duplication", repeated["data"]["__typename"].is_string()),
    ]
}

/// The checks for answers that reveal too much, and for requests that a page of another origin could send.
async fn checks_of_openness(target: &Target) -> [Check; 8] {
    let suggestion = target.query("query cop { __schema { directive } }").await.to_string();
    let introspection = target.query("query cop { __schema { types { name fields { name } } } }").await;
    let page =
        client().get(&target.0).header("accept", "text/html").send().await.unwrap().text().await.unwrap();
    let editors = ["graphiql.min.css", "GraphQL Playground", "GraphiQL", "graphql-playground"];
    let mutation = target.get("mutation cop {__typename}").await;
    let query = target.get("query cop {__typename}").await;
    let form = client().post(&target.0).header("content-type", "application/x-www-form-urlencoded");
    let form = read(form.body("query=query+cop+%7B+__typename+%7D")).await;
    let traced = target.query("query cop { __typename }").await.to_string();
    let unhandled = target.query("qwerty cop { abc }").await.to_string();
    [
        ("field suggestions", suggestion.contains("Did you mean")),
        ("introspection", introspection["data"]["__schema"]["types"].is_array()),
        ("GraphQL IDE", editors.iter().any(|word| page.contains(word))),
        ("GET-based mutation", mutation["data"]["__typename"].is_string()),
        ("GET-based query", query["data"]["__typename"].is_string()),
        ("url-encoded POST", form["data"]["__typename"].is_string()),
        ("trace mode", traced.to_lowercase().contains("\"tracing\"")),
        ("unhandled errors", unhandled.to_lowercase().contains("\"exception\"")),
    ]
}

/// The findings at all paths of a `serve` of the starter: path and title.
async fn findings(arguments: &[&str]) -> Vec<(&'static str, &'static str)> {
    let name = harness::starter_database().await;
    let folder = open_folder();
    let mut command = command(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
    command.env("DATABASE_URL", harness::cluster().url(&name));
    let mut program = Program::start(&mut command, "address=", "listening");
    assert_eq!(program.query("query cop { __typename }").await, json!({"data": {"__typename": "Query"}}));
    let mut found = Vec::new();
    for path in PATHS {
        let target = Target(program.page(path));
        let (work, openness) = (checks_of_work(&target).await, checks_of_openness(&target).await);
        let finds = work.into_iter().chain(openness).filter(|(_, finds)| *finds);
        found.extend(finds.map(|(title, _)| (path, title)));
    }
    assert_eq!(program.stop("TERM").code(), Some(0));
    found
}

#[tokio::test]
async fn graphql_cop_finds_nothing_in_production() {
    assert_eq!(findings(&["--production"]).await, []);
}

/// The documented findings of a `serve` without the switch.
#[tokio::test]
async fn graphql_cop_finds_three_things_without_production() {
    let found: BTreeSet<_> = findings(&[]).await.into_iter().map(|(_, title)| title).collect();
    assert_eq!(found, BTreeSet::from(["GraphQL IDE", "GET-based query", "array-based query batching"]));
}

/// Shows that the checks can find something at all.
#[tokio::test]
async fn the_checks_find_what_is_there() {
    let open = ["--explore", "on", "--max-tokens", "400000"];
    let found = findings(&open).await;
    for title in [
        "alias overloading",
        "directive overloading",
        "field duplication",
        "field suggestions",
        "introspection",
    ] {
        assert!(found.contains(&("/graphql", title)), "{title}: {found:?}");
    }
}

/// Every test that the documentation names as a proof exists.
#[test]
fn the_tests_that_the_documentation_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut with_tests = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let proofs = proofs(&std::fs::read_to_string(&path).unwrap());
            if !proofs.is_empty() {
                with_tests.insert(path.file_name().unwrap().to_str().unwrap().to_owned());
            }
            page.push_str(&proofs);
        }
    }
    let expected = ["doctor.md", "faults.md", "replicas.md"];
    assert!(expected.iter().all(|page| with_tests.contains(*page)), "{with_tests:?}");
    let is_test = |name: &&str| {
        // Metrics look like test names, except for their prefix.
        let is_metric = name.starts_with("glowplug_");
        name.contains('_') && !is_metric && name.chars().all(|c| c == '_' || c.is_ascii_lowercase())
    };
    let named: BTreeSet<&str> = page.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 30, "{named:?}");
    let sources = ["tests", "src"].map(|folder| rust_below(&root.join(folder))).concat();
    let on_both_ways: String = sources
        .split("on_every_way!(")
        .flat_map(|rest| rest.split("on_both_ways!("))
        .skip(1)
        .filter_map(|rest| rest.split(");").next())
        .collect();
    for name in named {
        let mark = format!("fn {name}(");
        let (before, _) = sources.split_once(&mark).unwrap_or_else(|| panic!("there is no test {name}"));
        let attribute = before.rsplit("\n\n").next().unwrap_or_default();
        assert!(attribute.contains("test") || on_both_ways.contains(name), "{name} is no test");
    }
}

/// The last column of each table whose last column is called `test`; other tables contain settings and
/// metrics.
fn proofs(page: &str) -> String {
    let (mut text, mut is_proof) = (String::new(), false);
    for line in page.lines() {
        let last = line.strip_suffix('|').and_then(|row| row.rsplit('|').next()).map(str::trim);
        is_proof = last.is_some_and(|last| is_proof || last == "test");
        text.push_str(last.filter(|_| is_proof).unwrap_or_default());
    }
    text
}

/// The text of all Rust files below a folder.
fn rust_below(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            text.push_str(&rust_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
    text
}
