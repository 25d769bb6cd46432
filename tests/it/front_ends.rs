//! docs/front-ends.md with the real clients and tools: each file is taken from the page into a project, each command runs there, and
//! a script of tests/front drives the result against `serve --production --documents listed`, so that every document is sent by its id.

mod page;
mod project;

use std::path::Path;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::auth::{jwt, token};
use crate::cli::program::{Program, command};
use crate::harness;
use project::Project;

/// The titles of the tasks that the scripts show, by their numbers.
const TITLES: &str = "select json_agg(title order by number) from task
    where project_id = (select id from project where code = 'WEB') and number <= 6";

/// What makes `id` the global id, and what the page says for schemas without it.
const NODE_ID: &str = r#"comment on schema public is '@graphql({"inflect_names": true, "node_id": "id"})'"#;
const SETTINGS_FOR_NODE_ID: [(&str, &str); 2] = [
    (
        "relay.config.json",
        "  \"schemaConfig\": { \"nodeInterfaceIdField\": \"nodeId\", \"nodeInterfaceIdVariableName\": \"nodeId\" },\n",
    ),
    ("src/environment.ts", "    getDataID: (row) => row.nodeId as string,\n"),
];

/// The sample person who may change the tasks.
struct Person {
    url: String,
    token: String,
}

impl Person {
    /// With a starter database of its own, in which `setup` has run.
    async fn create(setup: &str) -> Self {
        let url = harness::cluster().url(&harness::starter_database().await);
        let client = harness::connect(&url).await;
        client.batch_execute(setup).await.unwrap();
        let claims = "select claims from glowplug.sample_token limit 1";
        let claims: Value = serde_json::from_str(&harness::ask(&client, claims).await.unwrap()).unwrap();
        Self { url, token: token(&claims) }
    }

    async fn titles(&self) -> Vec<String> {
        let client = harness::connect(&self.url).await;
        serde_json::from_str(&harness::ask(&client, TITLES).await.unwrap()).unwrap()
    }

    /// `glowplug serve` on the database.
    fn serve(&self, folder: &Path, arguments: &[&str]) -> Program {
        let mut command = command(folder);
        command.args(["serve", "--listen", "127.0.0.1:0", "--anon-role", "anon"]).args(arguments);
        command.env("DATABASE_URL", &self.url);
        let secret = jwt().secret.expect("the tests have one").expose().clone();
        command.env("GLOWPLUG_JWT_SECRET", String::from_utf8(secret).unwrap());
        Program::start(&mut command, "address=", "listening")
    }
}

/// What a script printed that sent the documents of a list to a server that runs nothing else.
async fn drive(person: &Person, project: &Project, script: &str, list: &str) -> Value {
    let arguments = ["--production", "--documents", "listed", "--persisted-operations", list];
    let server = person.serve(project.folder(), &arguments);
    let printed = project.run_script(script, &[&server.page("/graphql"), &person.token]).await;
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// Drives a client, and compares what it had with the database.
async fn drive_client(person: &Person, project: &Project, script: &str, list: &str) {
    let titles = person.titles().await;
    let seen = drive(person, project, script, list).await;
    let renamed = [&["Renamed".to_owned()], &titles[1..]].concat();
    let expected = json!({
        "first": titles[..3],
        "both": titles,
        "renamed": renamed,
        "violated": "task_title_check",
        "live": ["Renamed", "Seen live"],
    });
    assert_eq!(seen, expected);
    assert_eq!(person.titles().await[0], "Seen live", "the database has the change");
}

/// The project of the clients with documents of graphql-codegen, which they share.
async fn codegen_project() -> &'static Project {
    static PROJECT: OnceCell<Project> = OnceCell::const_new();
    let project = async || {
        let project = Project::create("front-ends-web", "web").await;
        for client in ["apollo", "urql", "tanstack"] {
            project.add(&format!("web/drive-{client}.ts"), &format!("src/drive-{client}.ts"));
        }
        project.add("steps.ts", "src/steps.ts");
        project.add("tsconfig.json", "tsconfig.json");
        project.run_commands_of_page(&[]).await;
        project.check_types().await;
        project
    };
    PROJECT.get_or_init(project).await
}

async fn drive_with_codegen(client: &str) {
    let (person, project) = (Person::create("").await, codegen_project().await);
    drive_client(&person, project, &format!("src/drive-{client}.ts"), "src/gql/persisted-documents.json")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apollo_client_does_what_the_page_says() {
    drive_with_codegen("apollo").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn urql_does_what_the_page_says() {
    drive_with_codegen("urql").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tanstack_query_does_what_the_page_says() {
    drive_with_codegen("tanstack").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_does_what_the_page_says() {
    let project = Project::create("front-ends-relay", "relay").await;
    let person = Person::create("").await;
    drive_relay(&person, &project).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_needs_no_settings_where_id_is_the_global_id() {
    let person = Person::create(NODE_ID).await;
    let project = Project::create_for(&person.url, "front-ends-relay-id", "relay");
    for (file, settings) in SETTINGS_FOR_NODE_ID {
        project.change(file, settings, "");
    }
    drive_relay(&person, &project).await;
}

async fn drive_relay(person: &Person, project: &Project) {
    project.add("relay/drive.tsx", "src/drive.tsx");
    project.add("steps.ts", "src/steps.ts");
    project.add("tsconfig.json", "tsconfig.json");
    if !project.read("schema.graphql").contains("nodeId: ID!") {
        project.change("src/drive.tsx", "nodeId", "id");
    }
    project.run_commands_of_page(&[]).await;
    project.check_types().await;
    drive_client(person, project, "src/drive.tsx", "persisted-queries.json").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gql_tada_does_what_the_page_says() {
    let project = Project::create("front-ends-tada", "tada").await;
    project.add("tada/drive.ts", "src/drive.ts");
    project.run_commands_of_page(&[]).await;
    project.check_types().await;
    let person = Person::create("").await;
    let titles = person.titles().await;
    let seen = drive(&person, &project, "src/drive.ts", "persisted.json").await;
    assert_eq!((&seen["first"], &seen["next"]), (&json!(titles[..3]), &json!(titles[3..])));
    assert_eq!(seen["renamed"][0]["title"], "Renamed");
    assert_eq!(person.titles().await[0], "Renamed");
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_find_the_same_schema_in_the_sdl_and_by_introspection() {
    let person = Person::create("").await;
    let project = Project::create_for(&person.url, "front-ends-tools", "tools");
    let server = person.serve(project.folder(), &["--explore", "on"]);
    project.add("tasks.graphql", "documents/tasks.graphql");
    let api = server.page("/graphql");
    let variables = [("API", api.as_str()), ("TOKEN", &person.token), ("DATABASE_URL", &person.url)];
    let printed = project.run_commands_of_page(&variables).await;
    for found in ["No changes detected", "All documents are valid"] {
        assert!(printed.contains(found), "{found}: {printed}");
    }
    // They do look: a field that is not there fails the same command.
    project.change("documents/tasks.graphql", "title", "titel");
    let failed = project.try_commands_of_page(&variables).await.expect_err("the document is not valid");
    assert!(failed.contains("Cannot query field titel on type Task"), "{failed}");
}

#[test]
fn every_file_of_the_page_belongs_to_a_project_that_is_tested() {
    let blocks = page::blocks();
    assert!(blocks.len() >= 18, "{}", blocks.len());
    for block in blocks {
        let project = block.project();
        assert!(["web", "relay", "tada", "tools"].contains(&project), "{project}");
        assert!(
            block.text.lines().all(|line| line.len() <= 120),
            "{project}/{}: a line is too long",
            block.path
        );
    }
}
