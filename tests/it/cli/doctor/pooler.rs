//! The pooler: its users, its logins to PostgreSQL, its limits, and its effect on settings and writes.

use glowplug::config::PoolMode;
use glowplug_local::{
    Authentication, Cluster, ClusterOptions, Clustering, Pooler, PoolerMode, PoolerOptions, PoolerProgram,
};
use serde_json::Value;

use super::{TABLE, advice, assert_found, doctor};
use crate::harness;

/// A pooler with a user that owns the tables, but may not use the console.
async fn without_console(options: PoolerOptions, setup: &str) -> (Pooler, String, String) {
    let name = harness::database(TABLE).await;
    let user = format!("app_{name}");
    let client = harness::connect(&harness::cluster().url(&name)).await;
    client
        .batch_execute(&format!("create role {user} login; alter table t owner to {user}; {setup}"))
        .await
        .unwrap();
    let users = vec![(user.clone(), String::new())];
    let pooler = harness::pooler_with(PoolerOptions { users, ..options });
    let url = pooler.url(&name).replacen("postgres@", &format!("{user}@"), 1);
    (pooler, url, user)
}

fn extra(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Appended to a connection string: a shorter wait than the default for a pooler that never answers.
const SOON: &str = "?connect_timeout=2";

#[tokio::test]
async fn poolers_that_are_too_small() {
    let name = harness::database(TABLE).await;
    // Its first client is the one that checked whether it listens; that client has disconnected when its turn
    // comes.
    let full = harness::pooler_with(PoolerOptions { max_client_conn: 1, ..PoolerOptions::default() });
    let session = harness::pooler(PoolMode::Session, 2);
    let transaction = harness::pooler(PoolMode::Transaction, 2);
    let narrow = PoolerOptions { max_client_conn: 3, ..PoolerOptions::default() };
    let narrow = harness::pooler_with(narrow);
    for (pooler, size, code) in [
        (&session, "4", "too-few-slots"),
        (&session, "2", "session-mode"),
        (&transaction, "4", "pool-size-above-poolers"),
        (&narrow, "4", "max-client-conn-below-pool-size"),
    ] {
        let more = ["--pool-size", size, "--console", &pooler.admin_url()];
        assert_found(&pooler.url(&name), &more, code).await;
    }
    let _client = harness::connect(&full.url(&name)).await;
    assert_found(&full.url(&name), &[], "max-client-conn").await;
}

#[tokio::test]
async fn without_the_console_the_room_is_tried_out() {
    let narrow = PoolerOptions { max_client_conn: 3, ..PoolerOptions::default() };
    let (_pooler, url, _) = without_console(narrow, "").await;
    let check = assert_found(&url, &["--pool-size", "8"], "pool-not-filled").await;
    assert!(advice(&check).contains("pool-size to 3 or less"), "{check:#}");
    let session = PoolerOptions { pool_mode: PoolerMode::Session, pool_size: 3, ..PoolerOptions::default() };
    let (_pooler, url, _) = without_console(session, "").await;
    let check = assert_found(&url, &["--pool-size", "5"], "too-few-slots").await;
    assert!(check["found"].as_str().unwrap().starts_with("3 of 5 connections"), "{check:#}");
    let (report, exit) = doctor(&url, &["--pool-size", "3"]).await;
    assert_eq!((&report["pooler"], exit), (&Value::Null, 0), "{report:#}");
    let closed = assert_found(&url, &["--pool-size", "3", "--console", &url], "console-refused").await;
    assert!(advice(&closed).contains("stats_users"), "{closed:#}");
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
async fn a_pool_that_is_paused_or_disabled() {
    let name = harness::database(TABLE).await;
    let pooler = harness::pooler(PoolMode::Transaction, 20);
    let client = harness::connect(&pooler.url(&name)).await;
    harness::ask(&client, "select 1").await;
    let console = harness::connect(&pooler.admin_url()).await;
    console.simple_query(&format!("pause {name}")).await.unwrap();
    let admin_url = pooler.admin_url();
    let asking = ["--console", &*admin_url];
    let check = assert_found(&(pooler.url(&name) + SOON), &[], "no-server-connection").await;
    assert!(advice(&check).contains("--console") && advice(&check).contains("RESUME"), "{check:#}");
    assert_found(&pooler.url(&name), &asking, "paused").await;
    console.simple_query(&format!("resume {name}")).await.unwrap();
    assert_eq!(doctor(&pooler.url(&name), &[]).await.1, 0);
    console.simple_query(&format!("disable {name}")).await.unwrap();
    assert_found(&pooler.url(&name), &asking, "database-disabled").await;
}

/// PgBouncer's issue 568: with `auth_user = pgbouncer` for all databases, version 1.18 ends at the login of a user of `auth_query` to its
/// console.
#[tokio::test]
async fn a_pooler_that_the_console_ends_is_not_queried_and_else_reported_as_gone() {
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let cluster = Cluster::start(options).unwrap();
    let client = harness::connect(&cluster.url("postgres")).await;
    let setup =
        "create role pgbouncer superuser login password 'look'; create role app login password 'secret';
        create table t (id int primary key); grant all on t to app";
    client.batch_execute(setup).await.unwrap();
    let query = "select usename, passwd from pg_shadow where usename = $1";
    let options = PoolerOptions {
        users: vec![("pgbouncer".to_owned(), "look".to_owned())],
        extra: extra(&[("auth_user", "pgbouncer"), ("auth_query", query)]),
        ..PoolerOptions::default()
    };
    let mut pooler = Pooler::start(&cluster, &options).unwrap();
    let url = format!("postgres://app:secret@127.0.0.1:{}/postgres", pooler.port());
    let (report, exit) = doctor(&url, &[]).await;
    assert_eq!((exit, report["probe"]["lending"].as_str()), (0, Some("transaction")), "{report:#}");
    let (report, exit) = doctor(&url, &["--console", &pooler.admin_url()]).await;
    assert_eq!((exit, report["pooler"]["pool_size"].as_u64()), (0, Some(20)), "{report:#}");
    harness::ask(&harness::connect(&url).await, "select 1").await;
    let (report, exit) = doctor(&url, &["--console", &url]).await;
    let last = report["checks"].as_array().unwrap().last().unwrap();
    assert_eq!((exit, last["code"].as_str()), (1, Some("pooler-gone")), "{report:#}");
    assert!(advice(last).contains("auth_file") && !report.to_string().contains("pool-size"), "{report:#}");
    pooler.restart().unwrap();
    harness::ask(&harness::connect(&url).await, "select 1").await;
}

#[tokio::test]
async fn a_pooler_without_its_server() {
    for program in [PoolerProgram::Installed, PoolerProgram::TracksStatements] {
        let mut cluster = Cluster::start(ClusterOptions::throwaway()).unwrap();
        let extra = extra(&[("server_login_retry", "1")]);
        let options = PoolerOptions { program, extra, ..PoolerOptions::default() };
        let pooler = Pooler::start(&cluster, &options).unwrap();
        cluster.stop();
        let url = pooler.url("postgres");
        let asking = ["--console", &pooler.admin_url()];
        let check = assert_found(&format!("{url}{SOON}"), &asking, "login-held").await;
        assert!(advice(&check).contains(&format!("at 127.0.0.1:{}", cluster.port())), "{check:#}");
        // A client that logs in from PgBouncer's cache gets the error at its first query.
        cluster.restart().unwrap();
        let client = loop {
            if let Ok((client, connection)) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await {
                break (client, tokio::spawn(connection));
            }
        };
        harness::ask(&client.0, "select 1").await;
        cluster.stop();
        let (report, exit) = doctor(&format!("{url}{SOON}"), &[]).await;
        let code = report["checks"].as_array().unwrap().last().unwrap()["code"].as_str().unwrap();
        let codes = ["no-server-connection", "pooler-without-server", "login-held"];
        assert!(codes.contains(&code) && exit == 1, "{report:#}");
    }
}

/// Poolers that look up users in the server, each in a different way.
#[tokio::test]
async fn users_that_are_looked_up_in_vain() {
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let cluster = Cluster::start(options).unwrap();
    let client = harness::connect(&cluster.url("postgres")).await;
    let setup = "create role app login password 'secret'; create role looker login password 'look';
        create role closed password 'closed'";
    client.batch_execute(setup).await.unwrap();
    let shadow = "select usename, passwd from pg_shadow where usename = $1";
    let nobody = "select usename, passwd from pg_shadow where false and usename = $1";
    let missing = "select * from no_such_function($1)";
    for (number, (auth_user, query, code)) in [
        ("looker", shadow, "auth-query-failed"),
        ("postgres", missing, "auth-query-failed"),
        ("postgres", nobody, "no-such-user-at-pooler"),
        ("closed", shadow, "login-held"),
        ("postgres", shadow, "wrong-password"),
    ]
    .into_iter()
    .enumerate()
    {
        let pooler = Pooler::start(
            &cluster,
            &PoolerOptions {
                name: format!("pgbouncer-{number}"),
                users: [("looker", "look"), ("closed", "closed")]
                    .map(|(name, word)| (name.to_owned(), word.to_owned()))
                    .to_vec(),
                extra: extra(&[("auth_user", auth_user), ("auth_query", query)]),
                ..PoolerOptions::default()
            },
        )
        .unwrap();
        let password = if code == "wrong-password" { "wrong" } else { "secret" };
        let url = format!("postgres://app:{password}@127.0.0.1:{}/postgres", pooler.port());
        assert_found(&format!("{url}{SOON}"), &[], code).await;
    }
}

#[tokio::test]
async fn a_pooler_that_the_server_does_not_let_in() {
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let cluster = Cluster::start(options).unwrap();
    let pooler = Pooler::start(&cluster, &PoolerOptions::default()).unwrap();
    let client = harness::connect(&cluster.url("postgres")).await;
    client.batch_execute("alter role postgres password 'changed'").await.unwrap();
    // The pooler and its client still have the old password.
    let url = pooler.url("postgres");
    let check = assert_found(&format!("{url}{SOON}"), &[], "wrong-password").await;
    assert!(advice(&check).contains("older password"), "{check:#}");
}

#[tokio::test]
async fn options_of_the_connection_string() {
    let name = harness::database(TABLE).await;
    let options = "options=-c%20lock_timeout%3D1s";
    let refusing = harness::pooler(PoolMode::Transaction, 20);
    let check =
        assert_found(&format!("{}?{options}", refusing.url(&name)), &[], "startup-parameter-refused").await;
    assert!(advice(&check).contains("alter role"), "{check:#}");
    let extra = extra(&[("ignore_startup_parameters", "options")]);
    let ignoring = harness::pooler_with(PoolerOptions { extra, ..PoolerOptions::default() });
    assert_found(&format!("{}?{options}", ignoring.url(&name)), &[], "options-ignored").await;
    let direct = format!("{}?{options}", harness::cluster().url(&name));
    let (report, exit) = doctor(&direct, &[]).await;
    assert_eq!(exit, 0, "{report:#}");
}

#[tokio::test]
async fn doctor_tells_the_effect_of_settings() {
    let name = harness::database(TABLE).await;
    let leaking = harness::pooler(PoolMode::Transaction, 5);
    let extra = extra(&[("server_reset_query_always", "1")]);
    let resetting = harness::pooler_with(PoolerOptions { pool_size: 2, extra, ..PoolerOptions::default() });
    let session = harness::pooler(PoolMode::Session, 16);
    for (url, settings, options) in [
        (leaking.url(&name), "leaks", "refused"),
        (resetting.url(&name), "reset", "refused"),
        (session.url(&name), "reset", "refused"),
        (harness::cluster().url(&name), "unknown", "holds"),
    ] {
        let (report, _) = doctor(&url, &[]).await;
        let sessions = &report["sessions"];
        assert_eq!(sessions["settings"], settings, "{url}: {sessions:#}");
        let fate = |name: &str| {
            let parameters = sessions["startup"].as_array().unwrap();
            let found = parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
            found["fate"]
                .as_object()
                .map_or(found["fate"].clone(), |fate| fate.keys().next().unwrap().as_str().into())
        };
        assert_eq!(
            (fate("options"), fate("TimeZone")),
            (options.into(), "holds".into()),
            "{url}: {sessions:#}"
        );
    }
    let client = harness::connect(&leaking.url(&name)).await;
    client.simple_query("set search_path = elsewhere").await.unwrap();
    let check = assert_found(&leaking.url(&name), &[], "settings-left-behind").await;
    assert!(check["found"].as_str().unwrap().contains("search_path = elsewhere"), "{check:#}");
}

#[tokio::test]
async fn pgpool_in_raw_mode_is_recognised_by_its_behaviour() {
    let name = harness::database(TABLE).await;
    let raw = harness::pgpool_with(Clustering::Raw, 24);
    let check = assert_found(&raw.url(&name), &[], "typed-writes-held").await;
    assert!(advice(&check).contains("streaming_replication"), "{check:#}");
    let usual = harness::pgpool(24);
    let (report, exit) = doctor(&usual.url(&name), &[]).await;
    assert_eq!((&report["probe"]["typed_writes"], exit), (&Value::from("passes"), 0), "{report:#}");
}
