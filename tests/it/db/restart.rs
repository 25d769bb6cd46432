//! Servers and poolers that stop, restart, or freeze: nothing hangs, no answer is wrong, and the pool
//! recovers.

use std::time::{Duration, Instant};

use glowplug::config::{self, PoolMode};
use glowplug::db::{Database, Error, Scope};
use glowplug_local::{Cluster, ClusterOptions, Pooler, PoolerOptions};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::task::JoinSet;

use super::{answer, connect, read, settings, write};
use crate::harness;

/// The results of a load of reads.
#[derive(Debug, Default)]
struct Load {
    right: u32,
    unavailable: u32,
    slowest: Duration,
}

/// Reads from `clients` tasks until `end`; a wrong answer, or an error other than "unavailable", fails the test.
fn load(database: &Database, clients: u32, end: Instant) -> JoinSet<Load> {
    let mut set = JoinSet::new();
    for client in 0..clients {
        let database = database.clone();
        set.spawn(async move {
            let mut load = Load::default();
            while Instant::now() < end {
                let mark = format!("{client}-{}", load.right);
                let begin = Instant::now();
                match answer(&database, &read(), &format!("select '{mark}', pg_sleep(0.002)")).await {
                    Ok(got) => {
                        assert_eq!(got, Some(mark));
                        load.right += 1;
                    }
                    Err(failure) => {
                        assert!(matches!(failure.error, Error::Unavailable(_)), "{failure:?}");
                        load.unavailable += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
                load.slowest = load.slowest.max(begin.elapsed());
            }
            load
        });
    }
    set
}

async fn finish(set: JoinSet<Load>) -> Load {
    let mut total = Load::default();
    for load in set.join_all().await {
        total.right += load.right;
        total.unavailable += load.unavailable;
        total.slowest = total.slowest.max(load.slowest);
    }
    total
}

async fn assert_whole(database: &Database) {
    for _ in 0..32 {
        answer(database, &read(), "select 1").await.expect("the pool has healed");
    }
    let state = database.state();
    assert_eq!(state.connections, state.idle);
}

fn pool_of_eight(url: &str) -> Database {
    Database::new(&config::Database { pool_size: 8, ..settings(url) }).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_restarted_under_load() {
    let name = harness::database("").await;
    for pool_mode in [PoolMode::Session, PoolMode::Transaction, PoolMode::Statement] {
        let mut pooler = harness::pooler(pool_mode, 8);
        let database = pool_of_eight(&pooler.url(&name));
        let set = load(&database, 16, Instant::now() + Duration::from_millis(2500));
        let pooler = tokio::task::spawn_blocking(move || {
            for _ in 0..3 {
                std::thread::sleep(Duration::from_millis(500));
                pooler.restart().unwrap();
            }
            pooler
        });
        let pooler = pooler.await.unwrap();
        let total = finish(set).await;
        heal(&database).await;
        assert!(total.right > 100, "{pool_mode:?}: {total:?}");
        assert!(total.slowest < Duration::from_secs(6), "{pool_mode:?}: {total:?}");
        assert_whole(&database).await;
        drop(pooler);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_restarted_under_load() {
    let mut cluster = Cluster::start(ClusterOptions::throwaway()).unwrap();
    // By default, PgBouncer retries a server that refused it only after 15 seconds, while its clients wait.
    let extra = vec![("server_login_retry".to_owned(), "1".to_owned())];
    let options = PoolerOptions { pool_size: 8, extra, ..PoolerOptions::default() };
    let pooler = Pooler::start(&cluster, &options).unwrap();
    let ways = [pool_of_eight(&cluster.url("postgres")), pool_of_eight(&pooler.url("postgres"))];
    let end = Instant::now() + Duration::from_secs(3);
    let sets = ways.each_ref().map(|database| load(database, 8, end));
    let restarted = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(500));
        cluster.restart().unwrap();
        cluster
    });
    let cluster = restarted.await.unwrap();
    for (set, database) in sets.into_iter().zip(&ways) {
        let total = finish(set).await;
        assert!(total.right > 100, "{total:?}");
        assert!(total.slowest < Duration::from_secs(6), "{total:?}");
        heal(database).await;
        assert_whole(database).await;
    }
    drop((pooler, cluster));
}

/// PgBouncer retries a server that refused it only after some seconds (`server_login_retry`).
async fn heal(database: &Database) {
    let begin = Instant::now();
    while database.check().await.is_err() {
        assert!(begin.elapsed() < Duration::from_secs(20), "the pool does not heal");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_idle_pool_notices_a_restart() {
    let name = harness::database("").await;
    let mut pooler = harness::pooler(PoolMode::Transaction, 2);
    let database = connect(&pooler.url(&name));
    let insert = "with t as (select 1 as id) select id from t";
    for _ in 0..3 {
        answer(&database, &write(), insert).await.unwrap();
        pooler =
            tokio::task::spawn_blocking(move || pooler.restart().map(|()| pooler)).await.unwrap().unwrap();
    }
    // A write is sent again, too, because the connection was known to be closed before anything was sent on
    // it.
    answer(&database, &write(), insert).await.unwrap();
    assert_eq!(database.state().connections, 1);
}

#[tokio::test]
async fn a_lost_server_connection_costs_a_read_nothing_and_a_write_an_error() {
    let name = harness::database("").await;
    let pooler = harness::pooler(PoolMode::Transaction, 1);
    for database in [connect(&pooler.url(&name)), connect(&harness::cluster().url(&name))] {
        // The first time, the statement ends its own session; the second time there is nothing left to end.
        let suicide = "select case when nextval('times') = 1 then pg_terminate_backend(pg_backend_pid()) end,
            pg_sleep(0.1)";
        let server = harness::connect(&harness::cluster().url(&name)).await;
        server.batch_execute("drop sequence if exists times; create sequence times").await.unwrap();
        let failure = answer(&database, &write(), suicide).await.unwrap_err();
        assert!(failure.error.is_connection_lost() && !failure.error.safe_to_retry(), "{failure:?}");
        answer(&database, &write(), suicide).await.unwrap();
        // A sequence cannot be advanced in a read-only transaction; the age of the session serves the same
        // purpose.
        let young = "select case when clock_timestamp() - backend_start > '1 second'
            then pg_terminate_backend(pid)::text else 'young' end, pg_sleep(0.1)
            from pg_stat_activity where pid = pg_backend_pid()";
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert_eq!(answer(&database, &read(), young).await.unwrap().as_deref(), Some("young"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_pooler_blocks_no_client() {
    let name = harness::database("").await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let settings = config::Database {
        acquire_timeout: Duration::from_secs(1),
        connect_timeout: Duration::from_secs(1),
        ..settings(&pooler.url(&name))
    };
    let database = Database::new(&settings).unwrap();
    database.check().await.unwrap();
    let process = Pid::from_raw(i32::try_from(pooler.pid()).unwrap());
    kill(process, Signal::SIGSTOP).unwrap();
    let scope = Scope { statement_timeout: Duration::from_millis(500), ..read() };
    let begin = Instant::now();
    let mut set = JoinSet::new();
    for _ in 0..6 {
        let (database, scope) = (database.clone(), scope.clone());
        set.spawn(async move { answer(&database, &scope, "select 1").await.unwrap_err().error });
    }
    let errors = set.join_all().await;
    kill(process, Signal::SIGCONT).unwrap();
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
    assert!(errors.iter().any(|error| matches!(error, Error::DeadlineExceeded(_))), "{errors:?}");
    let expected = |error: &Error| {
        matches!(error, Error::DeadlineExceeded(_) | Error::PoolTimeout(_) | Error::Unavailable(_))
    };
    assert!(errors.iter().all(expected), "{errors:?}");
    heal(&database).await;
    assert_whole(&database).await;
}
