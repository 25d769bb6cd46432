//! `glowplug doctor`: real faults, each of which it has to identify.

mod listeners;
mod others;
mod pooler;
mod report;
mod server;
mod tls;

use std::process::Output;

use glowplug::config::PoolMode;
use serde_json::Value;

use super::{run, text};
use crate::harness;

const TABLE: &str = "create table t (id int primary key)";

/// The report as JSON, and the exit code.
async fn doctor(url: &str, more: &[&str]) -> (Value, i32) {
    let mut arguments = vec!["doctor".to_owned(), url.to_owned(), "--json".to_owned()];
    arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
    let examined =
        tokio::task::spawn_blocking(move || run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
    let Output { status, stdout, stderr } = examined.await.unwrap();
    let report = serde_json::from_slice(&stdout).unwrap_or_else(|_| panic!("{}", text(&stderr)));
    (report, status.code().unwrap())
}

/// Asserts that the doctor finds this fault, and that the exit code matches. Returns the check.
async fn assert_found(url: &str, more: &[&str], code: &str) -> Value {
    let (report, exit) = doctor(url, more).await;
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["code"] == code);
    let check = check.unwrap_or_else(|| panic!("no {code} in {report:#}"));
    assert!(!check["advice"].as_array().unwrap().is_empty(), "{check:#}");
    let has_trouble = checks.iter().any(|check| check["state"] == "trouble");
    assert_eq!(exit, i32::from(has_trouble), "{report:#}");
    check.clone()
}

/// The advice of a check as one text.
fn advice(check: &Value) -> String {
    let advice = check["advice"].as_array().unwrap().iter();
    advice.map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_working_connection_has_no_findings() {
    let name = harness::database(TABLE).await;
    let pooler = harness::pooler(PoolMode::Transaction, 20);
    for (url, lending) in [(harness::cluster().url(&name), "direct"), (pooler.url(&name), "transaction")] {
        let (report, exit) = doctor(&url, &[]).await;
        assert_eq!((&report["probe"]["lending"], exit), (&Value::from(lending), 0), "{report:#}");
        let checks = report["checks"].as_array().unwrap().iter();
        let codes: Vec<&Value> = checks.map(|check| &check["code"]).filter(|code| *code != "ok").collect();
        // A possible improvement behind a pooler without named statements.
        let noted: &[&str] = if lending == "direct" { &[] } else { &["not-stored"] };
        assert_eq!(codes, noted, "{report:#}");
    }
    let setup = [pooler.url(&name)];
    let setup = tokio::task::spawn_blocking(move || {
        run(&["setup", "--stored-operations", "--database-url", &setup[0]])
    });
    assert!(setup.await.unwrap().status.success());
    let (report, _) = doctor(&pooler.url(&name), &[]).await;
    assert!(report.to_string().contains("used: 0 functions are there"), "{report:#}");
    let url = pooler.url(&name);
    let output = tokio::task::spawn_blocking(move || run(&["doctor", &url])).await.unwrap();
    let printed = text(&output.stdout);
    assert!(printed.contains("in transaction mode") && printed.contains("Glowplug works here"), "{printed}");
}

#[tokio::test]
async fn no_listener_and_no_host_of_that_name() {
    assert_found("postgres://u@127.0.0.1:1/d", &[], "refused").await;
    assert_found("postgres://u@no-such-host.invalid/d", &[], "host-not-found").await;
    let output = run(&["doctor", "mysql://u@h/d"]);
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn no_tables_and_why() {
    let role = format!("outsider_{}", std::process::id());
    let setup = format!(
        "{TABLE}; create role {role} login; create schema closed; create table closed.u (id int primary key);"
    );
    let url = harness::cluster().url(&harness::database(&setup).await);
    let outsider = url.replacen("postgres@", &format!("{role}@"), 1);
    assert_found(&outsider, &[], "tables-not-granted").await;
    assert_found(&outsider, &["--schemas", "closed"], "schema-not-granted").await;
    assert_found(&url, &["--schemas", "api"], "schema-missing").await;
    let empty = harness::cluster().url(&harness::database("create table keyless (name text)").await);
    assert_found(&empty, &[], "all-left-out").await;
    let nothing = harness::cluster().url(&harness::database("").await);
    assert_found(&nothing, &[], "schema-empty").await;
}

#[tokio::test]
async fn the_role_of_requests_without_a_token_is_told_with_what_is_wrong_with_it() {
    let setup = format!("{TABLE}; alter table t enable row level security");
    let url = harness::cluster().url(&harness::database(&setup).await);
    let check = assert_found(&url, &[], "policies-ignored").await;
    assert!(check["found"].as_str().unwrap().contains("it is a superuser"), "{check:#}");
    assert_found(&url, &["--anon-role", "no such role"], "anon-role-missing").await;

    let (app, anon) = (format!("app_{}", std::process::id()), format!("anon {}", std::process::id()));
    let client = harness::connect(&url).await;
    let roles = format!("create role {app} login; create role \"{anon}\" nologin");
    client.batch_execute(&roles).await.unwrap();
    let as_app = url.replacen("postgres@", &format!("{app}@"), 1);
    let check = assert_found(&as_app, &["--anon-role", &anon], "anon-role-not-granted").await;
    let grant = format!("grant \"{anon}\" to {app};");
    assert_eq!(advice(&check), grant);
    client.batch_execute(&grant).await.unwrap();
    assert_found(&as_app, &["--anon-role", &anon], "tables-not-granted").await;
}

#[tokio::test]
async fn what_every_project_leaves_out_is_not_counted() {
    let setup = "create table __diesel_schema_migrations (version text primary key);
        create table t (id int primary key);
        create function touch() returns trigger language plpgsql as 'begin return new; end';";
    let url = harness::cluster().url(&harness::database(setup).await);
    let found = async || {
        let (report, _) = doctor(&url, &[]).await;
        let checks = report["checks"].as_array().unwrap();
        let tables = checks.iter().find(|check| check["subject"] == "Tables").unwrap();
        (tables["code"].clone(), tables["found"].clone())
    };
    assert_eq!(found().await, ("ok".into(), "1 table in the API of the connection's user".into()));
    harness::connect(&url).await.batch_execute("create table keyless (name text)").await.unwrap();
    assert_eq!(
        found().await,
        ("left-out".into(), "1 table in the API of the connection's user; 1 left out".into())
    );
}

#[tokio::test]
async fn schemas_of_tenants_that_lack_something() {
    let setup = "create schema base; create table base.t (id int primary key, name text); create table base.u (id int primary key);
        create schema a; create table a.t (id int primary key, name text, more int); create table a.u (id int primary key);
        create schema b; create table b.t (id int primary key); create table b.u (id int primary key);
        create schema other; create table other.x (id int primary key)";
    let url = harness::cluster().url(&harness::database(setup).await);
    let of = |template: &str| {
        [
            "--schemas".to_owned(),
            template.to_owned(),
            "--tenant".to_owned(),
            format!("schema:{template}=claims.tenant"),
        ]
    };
    let arguments = of("base");
    let check = assert_found(&url, &arguments.each_ref().map(String::as_str), "tenants-behind").await;
    let found = "1 of 2 schemas lack tables or columns of base, such as b.t";
    assert_eq!(check["found"], found, "{check:#}");
    let arguments = of("nowhere");
    assert_found(&url, &arguments.each_ref().map(String::as_str), "template-missing").await;
    harness::connect(&url).await.batch_execute("alter table b.t add name text").await.unwrap();
    let arguments = of("base");
    let (report, exit) = doctor(&url, &arguments.each_ref().map(String::as_str)).await;
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["found"] == "2 schemas have what base has"), "{report:#}");
    assert_eq!(exit, 0, "{report:#}");
}
