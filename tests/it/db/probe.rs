//! The probe's findings for each pooler, in each of its modes; and it leaves nothing behind.

use std::time::Duration;

use glowplug::config::{ContextForm, PoolMode};
use glowplug::db::{
    Connector, FoundPoolMode, NamedStatements, ProbeReport, ProbeResult, Protocol, Protocols,
};
use glowplug_local::{OdysseyStatements, Pooler, PoolerMode, PoolerOptions, PoolerProgram};
use tokio::task::JoinSet;

use super::traces::{SERVER_CONNECTIONS, traces};
use super::{answer, connect, read};
use crate::harness;

async fn probe(url: &str) -> ProbeReport {
    Connector::new(url).unwrap().probe(Duration::from_secs(10)).await.unwrap()
}

fn pooler(program: PoolerProgram, pool_mode: PoolMode, extra: &[(&str, &str)]) -> Pooler {
    let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    harness::pooler_with(PoolerOptions {
        program,
        pool_mode: harness::pooler_mode(pool_mode),
        pool_size: SERVER_CONNECTIONS,
        extra,
        ..PoolerOptions::default()
    })
}

/// A `PgBouncer` without support for prepared statements, and one that tracks them.
fn in_transaction_mode() -> [(PoolerProgram, Pooler); 2] {
    let tracking = [("max_prepared_statements", "100")];
    [(PoolerProgram::Installed, &[][..]), (PoolerProgram::TracksStatements, &tracking)]
        .map(|(program, extra)| (program, pooler(program, PoolMode::Transaction, extra)))
}

#[tokio::test]
async fn each_pooler_is_recognised_by_what_it_does() {
    use NamedStatements::{AsGiven, Tracked};
    use PoolerProgram::{Installed, TracksStatements};
    let tracking = [("max_prepared_statements", "100")];
    let name = harness::database("").await;
    for (program, pool_mode, extra, lending, names, protocol) in [
        (Installed, PoolMode::Session, &[][..], FoundPoolMode::Session, AsGiven, Protocol::Prepared),
        (Installed, PoolMode::Transaction, &[], FoundPoolMode::Transaction, AsGiven, Protocol::Unnamed),
        (
            Installed,
            PoolMode::Transaction,
            &[("server_round_robin", "1")],
            FoundPoolMode::Transaction,
            AsGiven,
            Protocol::Unnamed,
        ),
        (Installed, PoolMode::Statement, &[], FoundPoolMode::Statement, AsGiven, Protocol::Unnamed),
        (TracksStatements, PoolMode::Session, &tracking, FoundPoolMode::Session, AsGiven, Protocol::Prepared),
        (
            TracksStatements,
            PoolMode::Transaction,
            &tracking,
            FoundPoolMode::Transaction,
            Tracked,
            Protocol::Prepared,
        ),
        (
            TracksStatements,
            PoolMode::Transaction,
            &[("max_prepared_statements", "0")],
            FoundPoolMode::Transaction,
            AsGiven,
            Protocol::Unnamed,
        ),
    ] {
        let pooler = pooler(program, pool_mode, extra);
        let findings = probe(&pooler.url(&name)).await;
        let case = format!("{program:?} {pool_mode:?} {extra:?}: {findings:#?}");
        assert_eq!(findings.lending, lending, "{case}");
        assert_eq!(findings.named_statements, names, "{case}");
        assert_eq!(findings.protocol(), protocol, "{case}");
        assert_eq!(findings.context(), ContextForm::Mixed, "{case}");
        assert_eq!(
            [&findings.several_statements, &findings.set_local, &findings.unnamed_statement],
            [&ProbeResult::Passes; 3],
            "{case}"
        );
        assert!(findings.server_version >= Some(140_000) && findings.is_standby == Some(false), "{case}");
    }
}

#[tokio::test]
async fn without_a_pooler_there_is_none() {
    let findings = probe(&harness::cluster().url(&harness::database("").await)).await;
    assert_eq!(findings.lending, FoundPoolMode::Direct, "{findings:#?}");
    assert_eq!(findings.named_statements, NamedStatements::AsGiven);
    assert_eq!(findings.protocols(), Protocols::of(PoolMode::Direct));
}

#[tokio::test]
async fn pgpool_keeps_a_session_for_each_client() {
    let pgpool = harness::pgpool(4);
    let findings = probe(&pgpool.url(&harness::database("").await)).await;
    assert!(matches!(findings.lending, FoundPoolMode::Session | FoundPoolMode::Direct), "{findings:#?}");
    // It routes each statement, so operations still go as messages.
    assert_eq!(findings.protocols(), Protocols::of(PoolMode::Session), "{findings:#?}");
    assert_eq!(findings.set_local, ProbeResult::Passes, "{findings:#?}");
}

#[tokio::test]
async fn odyssey_tracks_statements_unless_that_is_turned_off() {
    use OdysseyStatements::{AsGiven, Tracked};
    let name = harness::database("").await;
    for (statements, names) in [(Tracked, NamedStatements::Tracked), (AsGiven, NamedStatements::AsGiven)] {
        let odyssey = harness::odyssey(statements, SERVER_CONNECTIONS);
        let findings = probe(&odyssey.url(&name)).await;
        assert_eq!(findings.lending, FoundPoolMode::Transaction, "{statements:?}: {findings:#?}");
        assert_eq!(findings.named_statements, names, "{statements:?}: {findings:#?}");
    }
}

#[tokio::test]
async fn one_server_connection_is_enough_to_tell() {
    let name = harness::database("").await;
    for (pool_mode, lending, protocol) in [
        (PoolMode::Transaction, FoundPoolMode::Transaction, Protocol::Unnamed),
        (PoolMode::Session, FoundPoolMode::Session, Protocol::Prepared),
        (PoolMode::Statement, FoundPoolMode::Statement, Protocol::Unnamed),
    ] {
        let pooler = harness::pooler(pool_mode, 1);
        let findings = probe(&pooler.url(&name)).await;
        assert_eq!(
            (findings.lending, findings.protocol()),
            (lending, protocol),
            "{pool_mode:?}: {findings:#?}"
        );
    }
}

#[tokio::test]
async fn where_only_one_client_may_connect_nothing_is_taken_for_granted() {
    let pooler = harness::pooler_with(PoolerOptions {
        pool_mode: PoolerMode::Session,
        max_client_conn: 1,
        ..PoolerOptions::default()
    });
    let connector = Connector::new(&pooler.url(&harness::database("").await)).unwrap();
    match connector.probe(Duration::from_secs(1)).await {
        Ok(findings) => {
            assert_eq!((findings.lending, findings.protocol()), (FoundPoolMode::Unknown, Protocol::Unnamed));
            assert!(findings.evidence.contains("no more connections"), "{findings:#?}");
        }
        Err(failure) => assert!(failure.to_string().contains("no more connections"), "{failure}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_at_work_do_not_deceive_it() {
    let name = harness::database("").await;
    for (pool_mode, pool_size) in [(PoolMode::Transaction, SERVER_CONNECTIONS), (PoolMode::Session, 40)] {
        let pooler = harness::pooler(pool_mode, pool_size);
        let url = pooler.url(&name);
        let mut set = JoinSet::new();
        for _ in 0..4 {
            let database = connect(&url);
            set.spawn(async move {
                loop {
                    answer(&database, &read(), "select pg_sleep(0.001)").await.unwrap();
                }
            });
        }
        for _ in 0..20 {
            let findings = probe(&url).await;
            let expected = if pool_mode == PoolMode::Session {
                FoundPoolMode::Session
            } else {
                FoundPoolMode::Transaction
            };
            assert_eq!(findings.lending, expected, "{findings:#?}");
        }
        set.abort_all();
    }
}

/// Several servers may start at once: they share few server connections, and run at the same pace.
#[tokio::test]
async fn probes_at_the_same_time_do_not_mislead_each_other() {
    let name = harness::database("").await;
    for pool_size in [2, 4] {
        let pooler = harness::pooler(PoolMode::Transaction, pool_size);
        let url = pooler.url(&name);
        for _ in 0..20 {
            let at_once = (0..3).map(|_| probe(&url));
            for findings in futures_util::future::join_all(at_once).await {
                assert_ne!(findings.lending, FoundPoolMode::Session, "{findings:#?}");
                assert_ne!(findings.protocol(), Protocol::Prepared, "{findings:#?}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_left_on_any_server_connection() {
    let name = harness::database("").await;
    for (program, pooler) in in_transaction_mode() {
        let before = traces(&pooler, &name).await;
        for _ in 0..10 {
            probe(&pooler.url(&name)).await;
        }
        assert_eq!(traces(&pooler, &name).await, before, "{program:?}");
    }
}

#[tokio::test]
async fn a_probe_given_up_at_any_moment_leaves_nothing() {
    let name = harness::database("").await;
    for (program, pooler) in in_transaction_mode() {
        let before = traces(&pooler, &name).await;
        let connector = Connector::new(&pooler.url(&name)).unwrap();
        for step in 0..60 {
            let limit = Duration::from_micros(step * 500);
            let _ = connector.probe(limit).await;
            let _ = tokio::time::timeout(limit, connector.probe(Duration::from_secs(1))).await;
        }
        assert_eq!(traces(&pooler, &name).await, before, "{program:?}");
    }
}
