//! `glowplug dev`: what it starts, which changes it follows, and that nothing remains afterwards.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::program::{Program, assert_gone, command, open_folder, processes_with, starter_migrations};
use crate::harness::{ask, connect};

/// The documented time until a change shows.
const PROMISE: Duration = Duration::from_secs(2);

const FIRST: &str = "2026-02-01-000000_first";

fn write_migration(folder: &Path, name: &str, up: &str, down: &str) {
    let migration = folder.join("migrations").join(name);
    std::fs::create_dir_all(&migration).unwrap();
    std::fs::write(migration.join("up.sql"), up).unwrap();
    std::fs::write(migration.join("down.sql"), down).unwrap();
}

#[tokio::test]
async fn serves_the_starter_project_and_leaves_nothing_behind() {
    let folder = open_folder();
    let page = folder.path().join("examples/web/dist/index.html");
    std::fs::create_dir_all(page.parent().unwrap()).unwrap();
    std::fs::write(&page, "the front end").unwrap();
    let migrations = starter_migrations();
    let mut dev = Program::dev(folder.path(), &["--migrations", migrations.to_str().unwrap()]);
    let printed = dev.printed();
    for expected in
        ["GraphiQL   http://127.0.0.1:", "/graphql\n", "/schema.graphql\n", "database   postgres://"]
    {
        assert!(printed.contains(expected), "no `{expected}` in:\n{printed}");
    }
    let count = "{ taskCollection { totalCount } }";
    assert_eq!(
        dev.query(count).await,
        json!({ "data": { "taskCollection": { "totalCount": 180 } } }),
        "as anon"
    );
    let token = printed_token(&dev, "Keiko Tanaka, member of APP, DATA, WEB");
    assert_eq!(
        dev.query_as(&token, count).await,
        json!({ "data": { "taskCollection": { "totalCount": 240 } } })
    );
    assert_eq!(
        dev.query_as(&token, "{ me { name email } }").await,
        json!({ "data": { "me": { "name": "Keiko Tanaka", "email": "keiko@example.com" } } })
    );
    assert_eq!(dev.get("/").await.0, 200);
    assert!(printed.contains("\n  board      http://127.0.0.1:"), "{printed}");
    assert_eq!(dev.get("/board").await, (200, "the front end".to_owned()));
    let people: Value = serde_json::from_str(&dev.get("/dev/people").await.1).unwrap();
    let me = dev.query_as(people["people"][1]["token"].as_str().unwrap(), "{ me { name } }").await;
    assert_eq!(me, json!({ "data": { "me": { "name": "Keiko Tanaka" } } }));
    let client = connect(&dev.word_after("database   ")).await;
    assert_eq!(ask(&client, "select count(*) from task").await.unwrap(), "360");

    let second = command(folder.path()).arg("dev").output().unwrap();
    let refusal = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(refusal.contains(&format!("already running in this folder: process {}", dev.pid())), "{refusal}");
    assert!(refusal.contains(&dev.page("/")), "{refusal}");

    assert_eq!(dev.stop("INT").code(), Some(0), "{}", dev.printed());
    assert_gone(folder.path().to_str().unwrap());
}

/// The token that is printed after its owner, as a header for GraphiQL.
fn printed_token(dev: &Program, who: &str) -> String {
    let printed = dev.printed();
    let (_, rest) = printed.split_once(who).unwrap_or_else(|| panic!("no {who} in:\n{printed}"));
    let header: serde_json::Value = serde_json::from_str(rest.lines().nth(1).unwrap()).unwrap();
    header["authorization"].as_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned()
}

#[tokio::test]
async fn the_anonymous_role_is_used_where_there_is_one_and_tokens_outlive_a_restart() {
    let folder = open_folder();
    let up = "create role anon; create role member; create table note (id int primary key); grant select on note to member";
    let who = "create function who() returns text stable language sql as 'select current_user::text'";
    write_migration(folder.path(), FIRST, &format!("{up}; {who}"), "");
    let mut dev = Program::dev(folder.path(), &[]);
    assert!(dev.printed().contains("Requests without a token run as the role anon."), "{}", dev.printed());
    assert_eq!(dev.query("{ who }").await, json!({ "data": { "who": "anon" } }));

    let sign = |arguments: &[&str]| command(folder.path()).arg("token").args(arguments).output().unwrap();
    let token = |output: std::process::Output| String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let member = token(sign(&["--role", "member", "--claim", "sub=me", "--claim", "level:=3"]));
    assert_eq!(dev.query_as(&member, "{ who }").await, json!({ "data": { "who": "member" } }));
    dev.stop("INT");
    let dev = Program::dev(folder.path(), &[]);
    let answer = dev.query_as(&member, "{ who noteCollection { edges { cursor } } }").await;
    assert_eq!(answer, json!({ "data": { "who": "member", "noteCollection": { "edges": [] } } }));

    for (arguments, expected) in [
        (["--role", "member", "--claim", "sub"], "--claim sub: there is no = in it"),
        (["--role", "member", "--claim", "a:=b"], "what follows := is no JSON"),
        (["--role", "member", "--expires", "soon"], "--expires: `soon` is no duration"),
    ] {
        let output = sign(&arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), told.contains(expected)), (Some(2), true), "{told}");
    }
    let elsewhere = open_folder();
    let output = command(elsewhere.path()).args(["token", "--role", "member"]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("there is no secret to sign with: set GLOWPLUG_JWT_SECRET"), "{told}");
}

#[tokio::test]
async fn the_next_start_recovers_after_a_kill() {
    let folder = open_folder();
    let mut first = Program::dev(folder.path(), &["--pooler"]);
    let url = first.word_after("database   ");
    connect(&url)
        .await
        .batch_execute("create table kept (id int primary key); insert into kept values (1)")
        .await
        .unwrap();
    first.signal("KILL");
    first.wait();
    // The started servers stop by themselves, even now.
    assert_gone(folder.path().to_str().unwrap());

    let mut second = Program::dev(folder.path(), &["--pooler"]);
    assert_eq!(second.word_after("database   "), url);
    // Now the guards are killed as well, so the servers keep running.
    let place = folder.path().to_str().unwrap().to_owned();
    let mut guards = processes_with(&place);
    guards.retain(|(_, command)| command.contains("glowplug-guard"));
    assert_eq!(guards.len(), 2);
    for (pid, _) in guards {
        assert!(
            std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success()
        );
    }
    second.signal("KILL");
    second.wait();
    assert!(!processes_with(&place).is_empty());

    let mut third = Program::dev(folder.path(), &["--pooler"]);
    let answer = third.query("{ keptCollection { edges { node { id } } } }").await;
    assert_eq!(answer, json!({ "data": { "keptCollection": { "edges": [{ "node": { "id": 1 } }] } } }));
    assert_eq!(third.stop("TERM").code(), Some(0));
    assert_gone(&place);
}

#[tokio::test]
async fn migrations_and_ddl_show_within_two_seconds() {
    let folder = open_folder();
    let mut dev = Program::dev(folder.path(), &[]);
    assert!(dev.printed().contains("There are no migrations in migrations/ yet"), "{}", dev.printed());
    let client = connect(&dev.word_after("database   ")).await;

    client.batch_execute("create table typed_by_hand (id int primary key)").await.unwrap();
    let time = dev.time_until_sdl_has("typed_by_handCollection").await;
    assert!(time < PROMISE, "DDL took {time:?}");

    write_migration(folder.path(), FIRST, "create table note (id int primary key)", "drop table note");
    let time = dev.time_until_sdl_has("noteCollection").await;
    assert!(time < PROMISE, "a new migration took {time:?}");

    write_migration(
        folder.path(),
        "2026-02-02-000000_second",
        "create table page (id int primary key)",
        "drop table page",
    );
    dev.time_until_sdl_has("pageCollection").await;
    let changed = "create table note (id int primary key, headline text)";
    write_migration(folder.path(), FIRST, changed, "drop table note");
    let time = dev.time_until_sdl_has("headline").await;
    assert!(time < PROMISE, "a changed migration took {time:?}");
    dev.wait_for(&format!("reverted 2026-02-02-000000_second\nreverted {FIRST}\napplied {FIRST}\n"));
    dev.time_until_sdl_has("pageCollection").await;

    std::fs::remove_dir_all(folder.path().join("migrations/2026-02-02-000000_second")).unwrap();
    let time = dev.time_until_sdl(|sdl| !sdl.contains("pageCollection")).await;
    assert!(time < PROMISE, "a deleted migration took {time:?}");

    write_migration(
        folder.path(),
        "2026-02-03-000000_third",
        "create table nokey (id int)",
        "drop table nokey",
    );
    dev.wait_for("public.nokey: no primary key");
}

#[tokio::test]
async fn a_start_that_applies_migrations_tells_what_no_role_can_see() {
    let folder = open_folder();
    let tables = "create table nokey (id int); create table note (id int primary key);
        create function touch() returns trigger language plpgsql as 'begin return new; end';";
    write_migration(folder.path(), FIRST, tables, "drop table nokey, note");
    let mut dev = Program::dev(folder.path(), &[]);
    let printed = dev.printed();
    assert!(printed.contains("public.nokey: no primary key"), "{printed}");
    assert!(!printed.contains("public.note:") && !printed.contains("touch"), "{printed}");
    dev.stop("TERM");
    let dev = Program::dev(folder.path(), &[]);
    assert!(!dev.printed().contains("public.nokey"), "nothing was applied: {}", dev.printed());
}

#[test]
fn a_taken_port_is_told_before_a_database_is_made() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = open_folder();
    let output = command(folder.path()).args(["dev", "--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("cannot listen on {address}")), "{told}");
    assert!(!folder.path().join(".glowplug/database").exists());
}

#[tokio::test]
async fn a_failed_migration_is_reported_and_tried_again_when_it_is_saved() {
    let folder = open_folder();
    write_migration(folder.path(), FIRST, "create tabel note (id int primary key)", "drop table note");
    let mut dev = Program::dev(folder.path(), &[]);
    assert!(dev.printed().contains("syntax error at or near \"tabel\""), "{}", dev.printed());
    write_migration(folder.path(), FIRST, "create table note (id int primary key)", "drop table nota");
    dev.time_until_sdl_has("noteCollection").await;

    // The `down.sql` is wrong as well, which shows when it is needed; then it may be corrected.
    write_migration(
        folder.path(),
        FIRST,
        "create table note (id int primary key, headline text)",
        "drop table nota",
    );
    dev.wait_for("cannot be undone");
    write_migration(
        folder.path(),
        FIRST,
        "create table note (id int primary key, headline text)",
        "drop table note",
    );
    dev.time_until_sdl_has("headline").await;
}

#[tokio::test]
async fn a_change_while_it_was_not_running_is_found_at_the_start_and_reset_begins_anew() {
    let folder = open_folder();
    write_migration(folder.path(), FIRST, "create table note (id int primary key)", "drop table note");
    let mut dev = Program::dev(folder.path(), &[]);
    let client = connect(&dev.word_after("database   ")).await;
    client.batch_execute("create table scratch (id int primary key)").await.unwrap();
    dev.stop("INT");

    write_migration(folder.path(), FIRST, "create table memo (id int primary key)", "drop table memo");
    let mut dev = Program::dev(folder.path(), &[]);
    let sdl = dev.get("/schema.graphql").await.1;
    assert!(
        sdl.contains("memoCollection")
            && sdl.contains("scratchCollection")
            && !sdl.contains("noteCollection")
    );
    dev.stop("INT");

    let dev = Program::dev(folder.path(), &["--reset"]);
    let sdl = dev.get("/schema.graphql").await.1;
    assert!(sdl.contains("memoCollection") && !sdl.contains("scratchCollection"));
}

#[tokio::test]
async fn a_pooler_is_put_between_and_used() {
    let folder = open_folder();
    write_migration(folder.path(), FIRST, "create table note (id int primary key)", "drop table note");
    let dev = Program::dev(folder.path(), &["--pooler"]);
    assert_eq!(
        dev.query("{ noteCollection { edges { node { id } } } }").await,
        json!({ "data": { "noteCollection": { "edges": [] } } })
    );
    let pooler = dev.word_after("pooler     ");
    let console = format!("{}/pgbouncer", pooler.strip_suffix("/postgres").unwrap());
    let messages = connect(&console).await.simple_query("show pools").await.unwrap();
    let pools: Vec<_> = messages
        .iter()
        .filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some((
                row.get("database")?,
                row.get("pool_mode")?,
                row.get("cl_active")?.parse::<u32>().ok()?,
            )),
            _ => None,
        })
        .collect();
    let used = pools.iter().find(|(database, _, _)| *database == "postgres").expect("a pool of the database");
    assert_eq!(used.1, "transaction");
    assert!(used.2 >= 1, "{pools:?}");
}

/// The account that PostgreSQL runs as cannot enter root's home; the project's data is elsewhere then.
#[tokio::test]
async fn commands_in_its_folder_know_its_database_while_it_runs() {
    let folder = open_folder();
    write_migration(
        folder.path(),
        "2026-01-01-000000_note",
        "create table note (id int primary key);",
        "drop table note;",
    );
    let mut dev = Program::dev(folder.path(), &["--pooler"]);
    let run = |arguments: &[&str]| command(folder.path()).args(arguments).output().unwrap();
    let printed = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let schema = run(&["schema"]);
    assert!(printed(&schema).contains("noteCollection"), "{schema:?}");
    let pending = run(&["migrate", "--dry-run"]);
    assert_eq!(printed(&pending), "nothing to apply\n", "{pending:?}");
    let report = run(&["doctor", "--json"]);
    assert!(printed(&report).contains("a pooler in transaction mode"), "{report:?}");
    // The connection strings have a password.
    let kept = std::fs::metadata(folder.path().join(".glowplug/database-urls")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&kept.permissions()) & 0o777, 0o600);
    assert!(dev.stop("INT").success());
    let schema = run(&["schema"]);
    assert_eq!(schema.status.code(), Some(2), "{schema:?}");
}

#[tokio::test]
async fn a_folder_that_others_cannot_enter_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let dev = Program::dev(folder.path(), &[]);
    assert_eq!(dev.query("{ __typename }").await, json!({ "data": { "__typename": "Query" } }));
    let elsewhere = std::fs::read_link(folder.path().join(".glowplug/database/elsewhere"));
    drop(dev);
    if let Ok(elsewhere) = elsewhere {
        std::fs::remove_dir_all(elsewhere).unwrap();
    }
}
