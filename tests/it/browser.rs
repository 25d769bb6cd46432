//! GraphiQL and the example front end in a real browser, on the starter project's database.

mod board;

use std::path::Path;

use glowplug::config::{Auth, DocumentPolicy, Documents, Introspection};
use serde_json::{Value, json};

use crate::auth::{jwt, token};
use crate::cli::diagram::diagram;
use crate::embedded::Program;
use crate::server::Server;
use crate::{harness, node};

/// Where distributions put the browser.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

#[tokio::test]
async fn the_default_query_runs_in_graphiql() {
    let name = harness::starter_database().await;
    let server = Server::start(&harness::cluster().url(&name), |_| {}).await;
    let seen = visit("browser", &server.url("/"), &[]).await;
    everything_is_seen(&seen);
}

#[tokio::test]
async fn graphiql_reads_the_sdl_where_introspection_is_off() {
    let name = harness::starter_database().await;
    // As `serve` has it by default: no comment of the starter's schema allows introspection.
    let server = Server::start(&harness::cluster().url(&name), |config| {
        config.api.introspection = Introspection::Directive;
    })
    .await;
    let refused = server.query("{ __schema { queryType { name } } }").send().await.unwrap();
    assert!(refused.text().await.unwrap().contains("introspection is off"));
    let seen = browse("browser", "browser-sdl", &server.url("/"), &[]).await;
    everything_is_seen(&seen);
}

/// The parts of GraphiQL that the script has looked at.
fn everything_is_seen(seen: &Value) {
    let answer = &seen["answer"];
    let fields = answer["data"].as_object().unwrap_or_else(|| panic!("{answer}"));
    let rows =
        fields.values().find_map(|field| field["edges"].as_array()).unwrap_or_else(|| panic!("{answer}"));
    assert!(rows.len() >= 3 && rows.iter().all(|row| row["node"].is_object()), "{answer}");
    assert!(seen["rows"].as_u64().unwrap() >= 3, "the rows are shown: {}", seen["rows"]);
    let text = |part: &str| seen[part].as_str().unwrap().to_owned();
    assert!(text("docs").contains("taskCollection"), "the docs explorer: {}", text("docs"));
    let types = seen["types"].as_array().unwrap();
    let place =
        |name: &str| types.iter().position(|listed| listed == name).unwrap_or_else(|| panic!("{types:?}"));
    let in_order = [
        "Account",
        "TaskLabel",
        "AccountConnection",
        "AccountGroup",
        "TaskEdge",
        "Node",
        "TaskFilter",
        "TaskOrderBy",
    ];
    let places: Vec<_> = in_order.map(place).to_vec();
    assert!(places.is_sorted(), "rows come first, then the rest by kind and name: {types:?}");
    // The operation is named after the collection, with a capital.
    assert!(text("history").contains("TaskCollection"), "the history: {}", text("history"));
    assert_eq!(text("headers"), "Headers");
    assert!(text("settings").contains("Persist headers"), "{}", text("settings"));
    assert_eq!(seen["phone"], json!({"width": 390, "isBelow": true, "isWide": true}));
}

#[tokio::test]
async fn a_token_in_the_headers_editor_shows_other_rows_and_is_kept() {
    let name = harness::starter_database().await;
    let server = Server::start(&harness::cluster().url(&name), |config| {
        config.auth = Auth { jwt: Some(jwt()), anon_role: Some("anon".to_owned()), ..Auth::default() };
    })
    .await;
    let client = harness::connect(&harness::cluster().url(&name)).await;
    let claims = "select claims from glowplug.sample_token limit 1";
    let claims: Value = serde_json::from_str(&harness::ask(&client, claims).await.unwrap()).unwrap();
    let headers = json!({"Authorization": format!("Bearer {}", token(&claims))}).to_string();
    let address = server.url("/?query={projectCollection(first:100){edges{node{name}}}}");
    let seen = visit("headers", &address, &[&headers]).await;

    let count = async |scope: &str| {
        let count = format!("{scope} select count(*) from project");
        harness::ask(&client, &count).await.unwrap().parse::<usize>().unwrap()
    };
    let rows = |part: &str| {
        let edges = &seen[part]["data"]["projectCollection"]["edges"];
        edges.as_array().unwrap_or_else(|| panic!("{seen}")).len()
    };
    let anonymous = count("set local role anon;").await;
    let member =
        count(&format!("set local request.jwt.claims = '{claims}'; set local role authenticated;")).await;
    assert!(anonymous > 0 && anonymous < member, "{anonymous} of {member}");
    assert_eq!((rows("without"), rows("with"), rows("reloaded")), (anonymous, member, member));
}

#[tokio::test]
async fn a_subscription_in_graphiql_shows_a_change_without_a_reload() {
    let name = harness::starter_database().await;
    let server = Server::start(&harness::cluster().url(&name), |_| {}).await;
    subscribe(&name, &server.url("/"), "live", "/graphql").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_works_where_a_program_has_nested_it() {
    let name = harness::starter_database().await;
    let nested = |server: &glowplug::Server| axum::Router::new().nest("/deep/api", server.router());
    let program = Program::start(&name, |_| {}, nested).await;
    subscribe(&name, &program.url("/deep/api"), "nested", "/deep/api/graphql").await;
}

/// Subscribes in GraphiQL at `page`, and changes a row.
async fn subscribe(database: &str, page: &str, folder: &str, api: &str) {
    let client = harness::connect(&harness::cluster().url(database)).await;
    let id = harness::ask(&client, "select id from task order by id limit 1").await.unwrap();
    let address = format!(
        "{page}?query=subscription{{taskCollection(filter:{{id:{{eq:\"{id}\"}}}}){{edges{{node{{title}}}}}}}}"
    );
    let mutation = format!(
        "mutation {{ updateTaskCollection(filter: {{id: {{eq: \"{id}\"}}}}, set: {{title: \"Seen at once\"}}) {{ affectedCount }} }}"
    );
    check_embedded();
    let seen = browse("live", folder, &address, &[&mutation, "Seen at once", api]).await;
    let shown = |part: &str| seen[part].as_str().unwrap().contains("Seen at once");
    assert!(!shown("before") && shown("after") && seen["stopped"] == true, "{seen}");
}

/// The page of a program that was built without npm. Its files are those that npm has installed here, as a CDN would serve
/// them; `changed` is one that is not what it should be.
async fn open_cdn_page(changed: &str) -> Value {
    let name = harness::starter_database().await;
    let page = |server: &glowplug::Server| {
        let (page, policy) = glowplug::http::graphiql::cdn_page("/graphql");
        let headers = [("content-security-policy", policy)];
        server.router().route("/cdn", axum::routing::get(async || (headers, axum::response::Html(page))))
    };
    let program = Program::start(&name, |_| {}, page).await;
    let query = "?query={taskCollection(first:3){edges{node{title}}}}";
    browse_with_foreign("cdn", &format!("cdn-{changed}"), &program.url(&format!("/cdn{query}")), &[changed])
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_from_a_cdn_runs_a_query_and_a_changed_file_of_it_does_not_run() {
    let seen = open_cdn_page("nothing").await;
    assert_eq!(seen["complaints"], json!([]), "{seen}");
    assert_eq!(seen["answer"]["data"]["taskCollection"]["edges"].as_array().unwrap().len(), 3, "{seen}");
    assert!(seen["shown"].as_str().unwrap().contains("taskCollection"), "{seen}");
    let asked = seen["foreign"].as_array().unwrap();
    let is_of_cdn = |url: &Value| url.as_str().unwrap().starts_with("https://cdn.jsdelivr.net/npm/");
    assert!(asked.len() == 5 && asked.iter().all(is_of_cdn), "{asked:?}");

    let seen = open_cdn_page("graphiql.min.js").await;
    assert!(seen["complaints"].to_string().contains("integrity"), "{seen}");
    assert!(seen["shown"].as_str().unwrap().contains("GraphiQL could not be loaded"), "{seen}");
    assert_eq!(seen["answer"], Value::Null);
}

#[tokio::test]
async fn the_role_menu_shows_other_rows_and_another_schema() {
    let server = board::serve(Documents { list: None, policy: DocumentPolicy::Automatic }).await;
    let address = server.url("/?query={projectCollection(first:100){edges{node{name}}}}");
    let person = "Bjorn Lindqvist, member of APP, DATA, OLD, OPS, PAY, WEB";
    // Keiko Tanaka's, who sees one project beside those that are public.
    let claims = json!({"role": "authenticated", "sub": "36d4c57a-ec73-7ef8-d318-6d613e587f8e"});
    let seen = visit("roles", &address, &[person, &claims.to_string()]).await;
    let rows = |part: &str| {
        let edges = &seen[part]["data"]["projectCollection"]["edges"];
        edges.as_array().unwrap_or_else(|| panic!("{seen}")).len()
    };
    assert_eq!(
        seen["people"],
        json!(["Without a token", person, "Keiko Tanaka, member of APP, DATA, WEB", "Own claims…"])
    );
    assert_eq!((rows("anyone"), rows("person"), rows("reloaded")), (3, 6, 6));
    assert_eq!((&seen["anyoneWrites"], &seen["personWrites"]), (&json!(false), &json!(true)));
    assert_eq!(seen["kept"], person);
    assert!(
        seen["refused"].as_str().unwrap().contains("glowplug token --role postgres"),
        "{}",
        seen["refused"]
    );
    assert_eq!(seen["written"], r#"{"role": "postgres"}"#, "it can be mended");
    assert_eq!(seen["refusals"].as_array().unwrap().len(), 1, "{}", seen["refusals"]);
    assert_eq!((rows("own"), rows("ownReloaded"), &seen["ownWrites"]), (4, 4, &json!(true)));
}

#[tokio::test]
async fn the_sql_panel_shows_what_the_operation_becomes() {
    let server = board::serve(Documents { list: None, policy: DocumentPolicy::Automatic }).await;
    let address = server.url("/?query={projectCollection(first:1){edges{node{name}}}}");
    let seen = visit("sql", &address, &[]).await;
    let text = |part: &str| seen[part].as_str().unwrap_or_else(|| panic!("no {part}: {seen}"));
    assert!(seen["closed"].get("extensions").is_none(), "nobody wanted it: {}", seen["closed"]);
    let sql = seen["open"]["extensions"]["glowplug"]["explain"][0]["sql"].as_str().unwrap();
    assert_eq!((text("field"), text("sql")), ("projectCollection", sql));
    assert!(text("plan").contains("on project") && text("plan").contains("is_public"), "{}", text("plan"));
    assert!(!text("shown").contains("extensions"), "{}", text("shown"));
    assert_eq!(seen["width"], 390);
}

#[tokio::test]
async fn the_diagram_opens_without_a_server_and_nothing_overlaps() {
    let page = tempfile::NamedTempFile::with_suffix(".html").unwrap();
    let path = page.path().to_str().unwrap();
    let database = harness::starter_database().await;
    let output = diagram(&database, &["--format", "html", "--output", path]);
    assert!(output.status.success(), "{output:?}");
    let seen = browse("diagram", "diagram", &format!("file://{path}"), &[]).await;
    assert_eq!(seen["tables"], 8, "{seen}");
    assert_eq!((&seen["isInside"], &seen["isApart"]), (&json!(true), &json!(true)), "{seen}");
    assert_eq!((&seen["roles"], &seen["cells"]), (&json!(["anon", "authenticated"]), &json!(64)), "{seen}");
}

#[tokio::test]
async fn a_development_server_shows_the_diagram_as_the_tables_are_now() {
    let url = harness::cluster().url(&harness::starter_database().await);
    let server =
        board::serve_database(&url, Documents { list: None, policy: DocumentPolicy::Automatic }).await;
    let seen = visit("diagram", &server.url("/dev/diagram"), &[]).await;
    assert_eq!((&seen["tables"], &seen["isInside"]), (&json!(8), &json!(true)), "{seen}");
    let client = harness::connect(&url).await;
    client.batch_execute("create table note (id int primary key)").await.unwrap();
    let page = server.get("/dev/diagram").send().await.unwrap();
    assert_eq!(page.headers()["cache-control"], "no-store");
    assert!(page.text().await.unwrap().contains(">note</text>"));
    // A page of a stranger whose name leads to this machine does not read it.
    let strange = server.get("/dev/diagram").header("host", "evil.example").send().await.unwrap();
    assert_eq!(strange.status(), 403);
    let serve = Server::start(&url, |_| {}).await;
    assert_eq!(serve.get("/dev/diagram").send().await.unwrap().status(), 404, "only `dev` has it");
}

/// The findings of a script of tests/npm in GraphiQL.
async fn visit(script: &str, url: &str, arguments: &[&str]) -> Value {
    check_embedded();
    browse(script, script, url, arguments).await
}

fn check_embedded() {
    assert!(
        glowplug::http::graphiql::is_embedded(),
        "GraphiQL is not in this binary: run `npm ci && npm run build` in web/, then build again"
    );
}

/// The findings of a script of tests/npm in a page. What no page may do is asserted here. Each test has a folder of its own
/// below `target/`, where the pictures are.
async fn browse(script: &str, folder: &str, url: &str, arguments: &[&str]) -> Value {
    let seen = browse_with_foreign(script, folder, url, arguments).await;
    let nothing = json!([]);
    assert_eq!(seen["foreign"], nothing, "nothing is asked of other servers");
    assert_eq!(seen["complaints"], nothing, "the browser complains of nothing, least of all of the policy");
    seen
}

/// The same of a page that may ask other servers; the test looks at what the page asked, and at what the browser complains of.
async fn browse_with_foreign(script: &str, folder: &str, url: &str, arguments: &[&str]) -> Value {
    let browser = BROWSERS.into_iter().find(|path| Path::new(path).exists());
    let browser = browser.expect("no Chromium here: install it (Debian: `apt install chromium`)");
    let folder = node::output(folder);
    let arguments = [&[url, browser, folder.to_str().unwrap()], arguments].concat();
    let printed = node::run(&node::folder().join(format!("{script}.mjs")), &arguments, &node::folder()).await;
    serde_json::from_str(&printed).unwrap()
}
