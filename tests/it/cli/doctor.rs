//! `glowplug doctor`: troubles that are made to happen, each told apart from the others.

use std::io::{Read as _, Write as _};
use std::process::Output;

use glowplug::config::PoolMode;
use glowplug::local::{Authentication, Cluster, ClusterOptions, PoolerOptions};
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

/// Asserts that the doctor finds this one, and that the exit code goes with it.
async fn assert_found(url: &str, more: &[&str], code: &str) {
    let (report, exit) = doctor(url, more).await;
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["code"] == code);
    let check = check.unwrap_or_else(|| panic!("no {code} in {report:#}"));
    assert!(!check["advice"].as_array().unwrap().is_empty(), "{check:#}");
    let has_trouble = checks.iter().any(|check| check["state"] == "trouble");
    assert_eq!(exit, i32::from(has_trouble), "{report:#}");
}

#[tokio::test]
async fn what_works_is_called_so() {
    let name = harness::database(TABLE).await;
    let pooler = harness::pooler(PoolMode::Transaction, 20);
    for (url, lending) in [(harness::cluster().url(&name), "direct"), (pooler.url(&name), "transaction")] {
        let (report, exit) = doctor(&url, &[]).await;
        assert_eq!((&report["probe"]["lending"], exit), (&Value::from(lending), 0), "{report:#}");
        let states: Vec<&Value> =
            report["checks"].as_array().unwrap().iter().map(|check| &check["state"]).collect();
        assert!(states.iter().all(|state| *state == "ok"), "{report:#}");
    }
    let url = pooler.url(&name);
    let output = tokio::task::spawn_blocking(move || run(&["doctor", &url])).await.unwrap();
    let printed = text(&output.stdout);
    assert!(printed.contains("in transaction mode") && printed.contains("Glowplug works here"), "{printed}");
}

#[tokio::test]
async fn nobody_there_and_nobody_of_that_name() {
    assert_found("postgres://u@127.0.0.1:1/d", &[], "refused").await;
    assert_found("postgres://u@no-such-host.invalid/d", &[], "host-not-found").await;
    let output = run(&["doctor", "mysql://u@h/d"]);
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn users_passwords_and_databases() {
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let cluster = Cluster::start(options).unwrap();
    let url = cluster.url("postgres");
    let wrong = url.replace(cluster.password().unwrap(), "hush");
    assert_found(&wrong, &[], "wrong-password").await;
    assert!(!doctor(&wrong, &[]).await.0.to_string().contains("hush"));
    let without = url.replace(&format!(":{}", cluster.password().unwrap()), "");
    let (report, exit) = doctor(&without, &[]).await;
    assert_eq!((&report["checks"][0]["code"], exit), (&Value::from("password-missing"), 1));
    assert_found(&cluster.url("no_such_database"), &[], "database-missing").await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    assert_found(&pooler.url("no_such_database"), &[], "database-missing").await;
    let stranger = pooler.url("postgres").replacen("postgres@", "stranger@", 1);
    assert_found(&stranger, &[], "no-such-user-at-pooler").await;
}

#[tokio::test]
async fn tls_that_is_not_there_and_certificates_not_trusted() {
    let url = harness::cluster().url("postgres");
    assert_found(&format!("{url}?sslmode=require"), &[], "tls-not-offered").await;
}

#[tokio::test]
async fn poolers_that_are_too_small() {
    let name = harness::database(TABLE).await;
    // Its first client is who looked whether it listens; that one has left when it is its turn.
    let full = harness::pooler_with(PoolerOptions { max_client_conn: 1, ..PoolerOptions::default() });
    let session = harness::pooler(PoolMode::Session, 2);
    assert_found(&session.url(&name), &["--pool-size", "4"], "too-few-slots").await;
    assert_found(&session.url(&name), &["--pool-size", "2"], "session-mode").await;
    let transaction = harness::pooler(PoolMode::Transaction, 2);
    assert_found(&transaction.url(&name), &["--pool-size", "4"], "pool-size-above-poolers").await;
    let narrow = PoolerOptions { max_client_conn: 3, ..PoolerOptions::default() };
    let narrow = harness::pooler_with(narrow);
    assert_found(&narrow.url(&name), &["--pool-size", "4"], "max-client-conn-below-pool-size").await;
    let _client = harness::connect(&full.url(&name)).await;
    assert_found(&full.url(&name), &[], "max-client-conn").await;
}

#[tokio::test]
async fn a_pool_mode_that_asks_for_too_much_and_statement_mode() {
    let name = harness::database(TABLE).await;
    let transaction = harness::pooler(PoolMode::Transaction, 20);
    assert_found(&transaction.url(&name), &["--pool-mode", "session"], "pool-mode-wrong").await;
    let statement = harness::pooler(PoolMode::Statement, 20);
    assert_found(&statement.url(&name), &[], "statement-mode").await;
}

#[tokio::test]
async fn a_paused_pooler() {
    let name = harness::database(TABLE).await;
    let pooler = harness::pooler(PoolMode::Transaction, 20);
    let client = harness::connect(&pooler.url(&name)).await;
    harness::ask(&client, "select 1").await;
    let console = harness::connect(&pooler.admin_url()).await;
    console.simple_query(&format!("pause {name}")).await.unwrap();
    assert_found(&pooler.url(&name), &[], "paused").await;
    console.simple_query(&format!("resume {name}")).await.unwrap();
    assert_eq!(doctor(&pooler.url(&name), &[]).await.1, 0);
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
async fn a_web_server_is_no_database() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    assert_found(&url, &[], "not-postgresql").await;
    assert_found(&format!("{url}?sslmode=disable"), &[], "not-postgresql").await;
}

#[tokio::test]
async fn a_standby_is_called_one() {
    let mut cluster = Cluster::start(ClusterOptions::throwaway()).unwrap();
    let client = harness::connect(&cluster.url("postgres")).await;
    client.batch_execute(TABLE).await.unwrap();
    drop(client);
    cluster.stop();
    let sign = cluster.folder().join("data/standby.signal");
    std::fs::write(&sign, "").unwrap();
    cluster.restart().unwrap();
    assert_found(&cluster.url("postgres"), &[], "read-only-standby").await;
}
