//! `glowplug serve`: signals, and a database that is not there yet.

use std::path::Path;
use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use glowplug_local::{Cluster, ClusterOptions};
use serde_json::json;

use super::program::{Program, client, command, open_folder};
use crate::harness::{self, connect};

/// A view whose row takes some time.
const SLOW: &str = "create view slow as select 1 as id, pg_sleep(1.5)::text as nap;
    comment on view slow is '@graphql({\"primary_key_columns\": [\"id\"]})'";

fn serve(folder: &Path, url: &str, arguments: &[&str]) -> Program {
    let mut command = command(folder);
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments).env("DATABASE_URL", url);
    Program::start(&mut command, "address=", "listening")
}

#[tokio::test]
async fn a_hangup_reads_the_structure_again() {
    let name = harness::database("create table note (id int primary key)").await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let folder = open_folder();
    let mut serve = serve(folder.path(), &pooler.url(&name), &["--watch", "off"]);
    let notes = "{ noteCollection { edges { node { id } } } }";
    assert_eq!(serve.query(notes).await, json!({ "data": { "noteCollection": { "edges": [] } } }));
    connect(&harness::cluster().url(&name))
        .await
        .batch_execute("alter table note add headline text")
        .await
        .unwrap();
    assert!(!serve.get("/schema.graphql").await.1.contains("headline"));
    serve.signal("HUP");
    serve.time_until_sdl_has("headline").await;
    assert_eq!(serve.stop("TERM").code(), Some(0));
}

#[tokio::test]
async fn a_stop_lets_running_requests_finish_and_a_second_one_does_not() {
    let name = harness::database(SLOW).await;
    let folder = open_folder();
    let mut first = serve(folder.path(), &harness::cluster().url(&name), &[]);
    first.get("/schema.graphql").await;
    let slow = "{ slowCollection { edges { node { nap } } } }";
    let (answer, status) = tokio::join!(first.query(slow), stop_soon(&first, "TERM"));
    assert_eq!(answer, json!({ "data": { "slowCollection": { "edges": [{ "node": { "nap": "" } }] } } }));
    status.unwrap();
    assert_eq!(first.wait().code(), Some(0));

    let mut second = serve(folder.path(), &harness::cluster().url(&name), &[]);
    second.get("/schema.graphql").await;
    let page = second.page("/graphql");
    let request = tokio::spawn(async move {
        let body = json!({ "query": slow }).to_string();
        client().post(page).header("content-type", "application/json").body(body).send().await
    });
    stop_soon(&second, "TERM").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begin = Instant::now();
    assert_eq!(second.stop("TERM").code(), Some(130));
    assert!(begin.elapsed() < Duration::from_secs(1), "it took {:?}", begin.elapsed());
    assert!(request.await.unwrap().is_err(), "the request was cut");
}

/// Sends the signal while a request is running.
async fn stop_soon(program: &Program, signal: &str) -> std::io::Result<()> {
    tokio::time::sleep(Duration::from_millis(400)).await;
    program.signal(signal);
    Ok(())
}

#[tokio::test]
async fn a_database_that_comes_later_is_served_then() {
    let place = open_folder();
    let mut cluster = Cluster::start(ClusterOptions::kept_in(place.path())).unwrap();
    let url = cluster.url("postgres");
    connect(&url).await.batch_execute("create table note (id int primary key)").await.unwrap();
    cluster.stop();

    let folder = open_folder();
    let serve = serve(folder.path(), &url, &["--acquire-timeout", "1s"]);
    assert_eq!(serve.get("/healthz").await.0, 200);
    assert_eq!(serve.get("/readyz").await.0, 503);
    let answer = serve.query("{ noteCollection { edges { node { id } } } }").await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");

    cluster.restart().unwrap();
    serve.time_until_sdl_has("noteCollection").await;
    assert_eq!(serve.get("/readyz").await.0, 200);
    let answer = serve.query("{ noteCollection { edges { node { id } } } }").await;
    assert_eq!(answer, json!({ "data": { "noteCollection": { "edges": [] } } }));
}

#[tokio::test]
async fn settings_that_name_nothing_are_told_at_the_start() {
    let name = harness::database(
        "create table note (id int primary key); create role told_granted; create role told_ungranted;
        create role told_user login; grant told_granted to told_user",
    )
    .await;
    let folder = open_folder();
    std::fs::write(
        folder.path().join("glowplug.toml"),
        "[roles.told_ungranted]\nmax-depth = 5\n[roles.told_granted]\nmax-depth = 5\n",
    )
    .unwrap();
    let url = harness::cluster().url(&name).replacen("://postgres@", "://told_user@", 1);
    let mut command = command(folder.path());
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--schemas",
        "public,nowhere",
        "--anon-role",
        "told_missing",
    ]);
    command.env("DATABASE_URL", url).env("GLOWPLUG_POOLSIZE", "3");
    let mut serve = Program::start(&mut command, "address=", "listening");
    serve.wait_for("as role \"told_ungranted\"; to allow that: grant told_ungranted to told_user;");
    let printed = serve.printed();
    for line in [
        "GLOWPLUG_POOLSIZE is no setting, and has no effect; did you mean GLOWPLUG_POOL_SIZE?",
        "there is no schema \"nowhere\" in the database",
        "there is no role \"told_missing\" in the database",
    ] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    assert!(!printed.contains("schema \"public\"") && !printed.contains("told_granted\":"), "{printed}");
    serve.stop("TERM");
}

#[tokio::test]
async fn the_start_says_as_whom_requests_without_a_token_run() {
    let guarded = "create table note (id int primary key); alter table note enable row level security";
    let url = harness::cluster().url(&harness::database(guarded).await);
    let folder = open_folder();
    let mut program = serve(folder.path(), &url, &[]);
    program.wait_for("no row-level security holds for requests without a token");
    let printed = program.printed();
    let line = printed.lines().find(|line| line.contains("requests without a token run as this role"));
    assert!(line.is_some_and(|line| line.contains(harness::cluster().superuser())), "{printed}");
    assert!(
        printed.contains("it is a superuser") && printed.contains("set anon-role to a role"),
        "{printed}"
    );

    let mut program = serve(folder.path(), &url, &["--jwt-secret", "0123456789abcdef0123456789abcdef"]);
    program.wait_for("requests without a token are refused");
    assert!(!program.printed().contains("no row-level security"), "{}", program.printed());
}

#[tokio::test]
async fn an_api_that_is_open_to_all_is_logged_where_others_can_reach_it() {
    let name = harness::database("create table note (id int primary key)").await;
    let url = harness::cluster().url(&name);
    let folder = open_folder();
    let start = |arguments: &[&str]| {
        let mut command = command(folder.path());
        command.arg("serve").args(arguments).env("DATABASE_URL", &url);
        let mut program = Program::start(&mut command, "address=", "listening");
        assert_eq!(program.stop("TERM").code(), Some(0));
        program.printed()
    };
    let warning =
        "everyone who can reach this address uses the API as the database user of the connection string";
    assert!(start(&["--listen", "0.0.0.0:0"]).contains(warning));
    assert!(!start(&["--listen", "127.0.0.1:0"]).contains(warning));
    assert!(!start(&["--listen", "0.0.0.0:0", "--anon-role", "anon"]).contains(warning));
}

#[tokio::test]
async fn a_key_file_that_cannot_be_used_stops_the_start() {
    let folder = open_folder();
    std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
    let mut command = command(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--jwt-keys", "key.pem"]);
    let output = command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("cannot use the keys in key.pem: it holds neither a public key"), "{told}");
}
