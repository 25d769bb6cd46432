//! The server: who may connect, whether connections are left, and whether it is ready.

use glowplug::config::PoolMode;
use glowplug_local::{Authentication, Cluster, ClusterOptions};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{TABLE, advice, assert_found, doctor};
use crate::harness;

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

/// A separate server for the test, as one of its users.
async fn cluster_with(setup: &[&str]) -> (Cluster, impl Fn(&str, &str) -> String) {
    let cluster =
        Cluster::start(ClusterOptions { max_connections: 12, ..ClusterOptions::throwaway() }).unwrap();
    let client = harness::connect(&cluster.url("postgres")).await;
    for statement in setup {
        client.batch_execute(statement).await.unwrap();
    }
    let port = cluster.port();
    (cluster, move |user: &str, database: &str| format!("postgres://{user}@127.0.0.1:{port}/{database}"))
}

#[tokio::test]
async fn roles_that_are_not_there_or_may_not_come_in() {
    let (cluster, url) = cluster_with(&[
        "create role nologin",
        "create role guest login",
        "create database closed",
        "revoke connect on database closed from public",
    ])
    .await;
    assert_found(&url("nobody", "postgres"), &[], "no-such-user").await;
    let check = assert_found(&url("nologin", "postgres"), &[], "login-forbidden").await;
    assert!(advice(&check).contains("alter role nologin login"), "{check:#}");
    let check = assert_found(&url("guest", "closed"), &[], "connect-not-granted").await;
    assert!(advice(&check).contains("grant connect on database closed to guest"), "{check:#}");
    let file = cluster.folder().join("data/pg_hba.conf");
    std::fs::write(
        &file,
        "local all all trust\nhost all guest 127.0.0.1/32 ident\nhost all postgres all trust\n",
    )
    .unwrap();
    harness::connect(&cluster.url("postgres")).await.batch_execute("select pg_reload_conf()").await.unwrap();
    assert_found(&url("guest", "postgres"), &[], "no-password-asked").await;
    assert_found(&url("nologin", "postgres"), &[], "forbidden").await;
}

/// Waits until the server has noticed that all but this number of connections have ended.
async fn others_have_left(admin: &tokio_postgres::Client, count: u32) {
    let question = "select count(*) from pg_stat_activity where backend_type = 'client backend'";
    while harness::ask(admin, question).await != Some(count.to_string()) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn connections_that_are_used_up() {
    let (cluster, url) = cluster_with(&[
        TABLE,
        "create role single login connection limit 1",
        "create role guest login",
        "create database narrow connection limit 1",
    ])
    .await;
    let _single = harness::connect(&url("single", "postgres")).await;
    assert_found(&url("single", "postgres"), &[], "role-connection-limit").await;
    let _narrow = harness::connect(&url("guest", "narrow")).await;
    assert_found(&url("guest", "narrow"), &[], "database-connection-limit").await;
    let admin = harness::connect(&cluster.url("postgres")).await;
    others_have_left(&admin, 3).await;
    // Three are in use, and three are reserved for superusers.
    let mut held = Vec::new();
    for _ in 0..6 {
        held.push(harness::connect(&url("guest", "postgres")).await);
    }
    assert_found(&url("guest", "postgres"), &[], "too-many-connections").await;
    drop(held);
    others_have_left(&admin, 3).await;
    let check = assert_found(&cluster.url("postgres"), &["--pool-size", "16"], "pool-not-filled").await;
    assert!(check["found"].as_str().unwrap().contains("of 16 connections could be made"), "{check:#}");
}

#[tokio::test]
async fn a_server_that_stops() {
    let (cluster, url) = cluster_with(&[TABLE]).await;
    let client = harness::connect(&cluster.url("postgres")).await;
    // It waits for its clients, and accepts no new ones.
    kill(Pid::from_raw(i32::try_from(cluster.pid()).unwrap()), Signal::SIGTERM).unwrap();
    while doctor(&url("postgres", "postgres"), &[]).await.1 == 0 {}
    assert_found(&url("postgres", "postgres"), &[], "shutting-down").await;
    drop(client);
}

#[tokio::test]
async fn a_standby_and_what_is_read_only_are_called_so() {
    let (mut cluster, url) = cluster_with(&[
        TABLE,
        "create role reader login",
        "alter role reader set default_transaction_read_only = on",
        "grant select on t to reader",
    ])
    .await;
    assert_found(&url("reader", "postgres"), &[], "read-only").await;
    cluster.stop();
    std::fs::write(cluster.folder().join("data/standby.signal"), "").unwrap();
    cluster.restart().unwrap();
    assert_found(&cluster.url("postgres"), &[], "read-only-standby").await;
}

#[tokio::test]
async fn a_standby_that_takes_no_queries_yet() {
    let (mut cluster, url) = cluster_with(&[TABLE]).await;
    cluster.stop();
    let data = cluster.folder().join("data");
    std::fs::write(data.join("standby.signal"), "").unwrap();
    let settings = data.join("postgresql.conf");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\nhot_standby = off\n")).unwrap();
    let pid_file = data.join("postmaster.pid");
    // It never says that it is ready, so another thread waits for the start until the server is stopped.
    let starting = tokio::task::spawn_blocking(move || cluster.restart().map(|()| cluster));
    let url = url("postgres", "postgres");
    while doctor(&url, &[]).await.0["checks"][0]["code"] == "refused" {}
    assert_found(&url, &[], "starting-up").await;
    let pid = std::fs::read_to_string(&pid_file).unwrap().lines().next().unwrap().parse().unwrap();
    kill(Pid::from_raw(pid), Signal::SIGQUIT).unwrap();
    assert!(starting.await.unwrap().is_err());
}
