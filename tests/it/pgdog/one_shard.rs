//! One shard: PgDog as a pooler, and in front of a primary with a standby.

use std::time::Duration;

use glowplug::config::{ContextForm, PoolMode, StoredOperations};
use glowplug::db::{Connector, FoundPoolMode, NamedStatements, Protocol, RoutingHint};
use glowplug::engine::{Engine, Identity};
use glowplug::live::{Live, Update, Wishes};
use glowplug_local::{Authentication, Cluster, ClusterOptions, PgDog, PgDogOptions, PoolerMode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::of_one_shard;
use crate::ways::{Answering, Route};
use crate::{golden, harness, isolation};

/// How long something may take that happens in the background.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn the_probe_finds_how_it_lends_server_connections_and_that_it_tracks_statements() {
    let name = harness::database("").await;
    for (pool_mode, lending) in
        [(PoolerMode::Transaction, FoundPoolMode::Transaction), (PoolerMode::Session, FoundPoolMode::Session)]
    {
        let pgdog = of_one_shard(&[&name], |options| options.pool_mode = pool_mode);
        let connector = Connector::new(&pgdog.url(&name)).expect("a connection string");
        let report = connector.probe(PATIENCE).await.expect("a connection");
        assert_eq!(report.lending, lending, "{report:#?}");
        assert_eq!(report.protocols().typed, Protocol::Prepared, "{report:#?}");
        assert_eq!(report.protocols().operations, Protocol::Prepared, "{report:#?}");
        if lending == FoundPoolMode::Transaction {
            assert_eq!(report.named_statements, NamedStatements::Tracked, "{report:#?}");
            // A message with `SET LOCAL` and other statements is refused.
            assert_eq!(report.context(), ContextForm::SetConfig, "{report:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn golden_requests_get_the_same_answers() {
    let cases = golden::cases();
    let mut names = Vec::new();
    for case in &cases {
        names.push([
            harness::database(&case.read("schema.sql")).await,
            harness::database(&case.read("schema.sql")).await,
        ]);
    }
    let all: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
    let pgdog = of_one_shard(&all, |_| {});
    let mut wrong = Vec::new();
    for (case, names) in cases.iter().zip(&names) {
        for (name, pool_mode) in names.iter().zip([PoolMode::Auto, PoolMode::Transaction]) {
            let config = case.config(&pgdog.url(name), pool_mode);
            let answering = Answering::start(Route::Direct, &config).await;
            let response = answering.respond(case.request(), &case.identity()).await;
            let body = String::from_utf8(response.body.to_vec()).expect("UTF-8") + "\n";
            if body != case.read("response.json") {
                wrong.push(format!("{} {pool_mode:?}: {body}", case.folder.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn users_are_kept_apart() {
    let often = StoredOperations { uses: 3, ..StoredOperations::default() };
    for (pool_mode, context, stored) in [
        (PoolMode::Auto, ContextForm::SetConfig, None),
        (PoolMode::Transaction, ContextForm::SetConfig, None),
        (PoolMode::Transaction, ContextForm::Function, Some(often)),
    ] {
        let database = harness::database(isolation::SETUP).await;
        let pgdog = of_one_shard(&[&database], |_| {});
        let [direct, through] = [harness::cluster().url(&database), pgdog.url(&database)];
        isolation::hold_apart_at(&direct, &through, pool_mode, context, stored).await;
    }
}

const NOTES: &str = "
    create table note (id int primary key, owner text not null, title text not null);
    insert into note values (1, 'ann', 'one'), (2, 'bob', 'two');
    create function slow() returns int volatile language sql as 'select 1 from pg_sleep(60)';";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn live_queries_of_many_users_are_answered_together() {
    let name = harness::database(NOTES).await;
    let pgdog = of_one_shard(&[&name], |_| {});
    let config = harness::config(&pgdog.url(&name), PoolMode::Auto);
    let live = Live::new(Engine::new(&config).expect("an engine"), &config.live);
    let stop = CancellationToken::new();
    let (polled, stopped) = (live.clone(), stop.clone());
    tokio::spawn(async move { polled.run(stopped).await });
    let mut subscriptions = Vec::new();
    for id in [1, 2] {
        let document = format!("subscription {{ noteByPk(id: {id}) {{ title }} }}");
        let request = harness::request(&document, &json!({}));
        let subscribed = live.subscribe(request, Identity::default(), Wishes::default()).await;
        subscriptions.push(subscribed.unwrap_or_else(|refused| panic!("{refused:?}")));
    }
    let owner = harness::connect(&harness::cluster().url(&name)).await;
    for titles in [["one", "two"], ["new 1", "new 2"]] {
        for (subscription, title) in subscriptions.iter_mut().zip(titles) {
            let next = tokio::time::timeout(PATIENCE, subscription.next()).await.expect("in time");
            let Some(Update::Answer(response)) = next else { panic!("it has ended: {next:?}") };
            let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
            assert_eq!(answer["data"]["noteByPk"]["title"], title, "{answer}");
        }
        owner.batch_execute("update note set title = 'new ' || id").await.expect("a change");
    }
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn a_mutation_is_cancelled_and_errors_keep_their_codes() {
    let name = harness::database(NOTES).await;
    let pgdog = of_one_shard(&[&name], |_| {});
    let mut config = harness::config(&pgdog.url(&name), PoolMode::Auto);
    config.database.statement_timeout = Duration::from_millis(300);
    let engine = Engine::new(&config).expect("an engine");
    let answer = harness::graphql(&engine, "mutation { slow }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TIMEOUT", "{answer}");
    let insert = "mutation { insertIntonoteCollection(objects: [{id: 1, owner: \"x\", title: \"x\"}]) { affectedCount } }";
    let answer = harness::graphql(&engine, insert, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT", "{answer}");
    config.database.statement_timeout = PATIENCE;
    let engine = Engine::new(&config).expect("an engine");
    let asked = harness::graphql(&engine, "mutation { slow }", json!({}));
    assert!(tokio::time::timeout(Duration::from_millis(500), asked).await.is_err(), "it runs for a minute");
    let owner = harness::connect(&harness::cluster().url(&name)).await;
    let running = format!(
        "select count(*) from pg_stat_activity where datname = '{name}' and query like '%slow%' and state = 'active' and pid <> pg_backend_pid()"
    );
    let gone = async {
        while harness::ask(&owner, &running).await.as_deref() != Some("0") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the statement is cancelled");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn clients_log_in_by_each_kind_of_password() {
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let cluster = Cluster::start(options).expect("a server with passwords");
    for kind in ["scram", "md5", "plain", "trust"] {
        let options = PgDogOptions {
            general: format!("auth_type = \"{kind}\""),
            ..PgDogOptions::of_databases(vec![("postgres".into(), vec!["postgres".into()])])
        };
        let pgdog = PgDog::start(&cluster, kind, &options).expect("a PgDog");
        let mut connection =
            Connector::new(&pgdog.url("postgres")).expect("an address").connect().await.expect(kind);
        connection.ask().await.expect(kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgDog: PGDOG_BIN=… cargo test --test it pgdog -- --ignored"]
async fn writes_go_to_the_primary_and_reads_may_go_to_a_standby() {
    let primary = Cluster::start(ClusterOptions::throwaway()).expect("a primary");
    let owner = harness::connect(&primary.url("postgres")).await;
    let setup = "create function done() returns text volatile language plpgsql as \
        $$ begin insert into note values (default, pg_is_in_recovery()::text); return pg_is_in_recovery()::text; end $$; \
        create table note (id int generated always as identity primary key, title text);
        create function place() returns text stable language sql as 'select pg_is_in_recovery()::text'";
    owner.batch_execute(setup).await.expect("the setup");
    let standby = primary.standby().expect("a standby");
    let options = PgDogOptions {
        replicas: vec![standby.port()],
        ..PgDogOptions::of_databases(vec![("postgres".into(), vec!["postgres".into()])])
    };
    let pgdog = PgDog::start(&primary, "pgdog", &options).expect("a PgDog");
    let url = pgdog.url("postgres");
    let report = Connector::new(&url).expect("an address").probe(PATIENCE).await.expect("a connection");
    assert_eq!((report.pgdog_shards, report.is_standby), (Some(1), Some(false)), "{report:#?}");
    let protocols = report.protocols();
    assert_eq!((protocols.operations, protocols.hint), (Protocol::Simple, RoutingHint::Role), "{report:#?}");
    for pool_mode in [PoolMode::Auto, PoolMode::Transaction] {
        let engine = Engine::new(&harness::config(&url, pool_mode)).expect("an engine");
        let _ = engine.ready().await;
        let found = async {
            while engine.database().protocols().hint == RoutingHint::None {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the probe's results");
        let mut places = Vec::new();
        for _ in 0..20 {
            let answer = harness::graphql(&engine, "mutation { done }", json!({})).await;
            assert_eq!(answer["data"]["done"], "false", "{answer}");
            let answer = harness::graphql(&engine, "{ place }", json!({})).await;
            places.push(answer["data"]["place"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned());
        }
        assert!(places.contains(&"true".to_owned()), "no read has reached the standby: {places:?}");
    }
}
