//! The private PostgreSQL and PgBouncer: started, restarted, stopped, and recovered after a kill.

use std::process::Command;
use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use glowplug_local::{Cluster, ClusterOptions, Durability, Pooler, PoolerOptions, PoolerProgram};

use crate::harness::{self, ask, connect};

#[tokio::test]
async fn databases_have_the_promised_locale_and_zone() {
    let name = harness::database("create table t (id int primary key)").await;
    let client = connect(&harness::cluster().url(&name)).await;
    let settings =
        "select concat_ws(' ', current_setting('TimeZone'), current_setting('server_encoding'), datcollate)
        from pg_database where datname = current_database()";
    assert_eq!(ask(&client, settings).await.unwrap(), "UTC UTF8 C");
    assert_eq!(ask(&client, "select count(*) from t").await.unwrap(), "0");
}

#[tokio::test]
async fn a_pooler_lends_server_connections_per_transaction() {
    let name = harness::database("").await;
    let pooler = harness::pooler(PoolMode::Transaction, 1);
    let (first, second) = (connect(&pooler.url(&name)).await, connect(&pooler.url(&name)).await);
    let statement = "select pg_backend_pid()";
    assert_eq!(ask(&first, statement).await, ask(&second, statement).await);
    let console = connect(&pooler.admin_url()).await;
    assert!(ask(&console, "show version").await.unwrap().starts_with("PgBouncer"));
}

#[tokio::test]
async fn a_newer_pooler_tracks_prepared_statements() {
    let name = harness::database("").await;
    let program = PoolerProgram::TracksStatements;
    let pooler = harness::pooler_with(PoolerOptions { program, pool_size: 1, ..PoolerOptions::default() });
    let (first, second) = (connect(&pooler.url(&name)).await, connect(&pooler.url(&name)).await);
    // Both use the same statement names, on the one server connection that they share.
    let (one, two) = (first.prepare("select 1").await.unwrap(), second.prepare("select 2").await.unwrap());
    for _ in 0..2 {
        assert_eq!(first.query_one(&one, &[]).await.unwrap().get::<_, i32>(0), 1);
        assert_eq!(second.query_one(&two, &[]).await.unwrap().get::<_, i32>(0), 2);
    }
}

#[tokio::test]
async fn a_pgpool_keeps_a_client_on_its_server_connection() {
    let name = harness::database("").await;
    let pgpool = harness::pgpool(2);
    let (first, second) = (connect(&pgpool.url(&name)).await, connect(&pgpool.url(&name)).await);
    let statement = "select pg_backend_pid()";
    let (one, two) = (ask(&first, statement).await, ask(&second, statement).await);
    assert_ne!(one, two);
    assert_eq!((ask(&first, statement).await, ask(&second, statement).await), (one, two));
}

#[tokio::test]
async fn a_cluster_keeps_its_data_port_and_password() {
    let folder = open_folder();
    let options = ClusterOptions::kept_in(folder.path().join("pg"));
    let mut cluster = Cluster::start(options.clone()).unwrap();
    let url = cluster.url("postgres");
    connect(&url).await.batch_execute("create table kept (id int)").await.unwrap();
    cluster.restart().unwrap();
    connect(&url).await.batch_execute("insert into kept values (1)").await.unwrap();
    let pid = cluster.pid();
    drop(cluster);
    assert!(!is_alive(pid));
    let cluster = Cluster::start(options).unwrap();
    assert_eq!(cluster.url("postgres"), url);
    assert_eq!(ask(&connect(&url).await, "select count(*) from kept").await.unwrap(), "1");
    let without = url.replace(cluster.password().unwrap(), "wrong");
    let refused = tokio_postgres::connect(&without, tokio_postgres::NoTls).await.err().unwrap();
    assert_eq!(refused.code().unwrap().code(), "28P01");
}

#[tokio::test]
async fn a_throwaway_cluster_leaves_nothing() {
    let cluster = Cluster::start(ClusterOptions::throwaway()).unwrap();
    let pooler = Pooler::start(&cluster, &PoolerOptions::default()).unwrap();
    let (folder, pids) = (cluster.folder().to_path_buf(), [cluster.pid(), pooler.pid()]);
    connect(&pooler.url("postgres")).await.batch_execute("select 1").await.unwrap();
    drop(pooler);
    drop(cluster);
    assert!(!folder.exists());
    assert!(!pids.into_iter().any(is_alive));
}

#[tokio::test]
async fn servers_left_behind_are_stopped_by_the_next_start() {
    let folder = open_folder();
    let options = ClusterOptions { durability: Durability::Kept, ..ClusterOptions::kept_in(folder.path()) };
    let first = Cluster::start(options.clone()).unwrap();
    let first_pooler = Pooler::start(&first, &PoolerOptions::default()).unwrap();
    let pids = [first.pid(), first_pooler.pid()];
    // A second start in the folder while the first server runs, as after a crash that also killed the guard.
    let second = Cluster::start(options).unwrap();
    let second_pooler = Pooler::start(&second, &PoolerOptions::default()).unwrap();
    assert!(!pids.contains(&second.pid()) && !pids.contains(&second_pooler.pid()));
    connect(&second_pooler.url("postgres")).await.batch_execute("select 1").await.unwrap();
    drop((first_pooler, first));
    connect(&second.url("postgres")).await.batch_execute("select 1").await.unwrap();
}

#[test]
fn a_pid_file_that_names_a_stranger_hinders_nothing() {
    let folder = open_folder();
    let options = ClusterOptions::kept_in(folder.path());
    drop(Cluster::start(options.clone()).unwrap());
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    let data = folder.path().join("data");
    std::fs::write(data.join("postmaster.pid"), format!("{}\n{}\n", stranger.id(), data.display())).unwrap();
    let cluster = Cluster::start(options).unwrap();
    assert!(stranger.try_wait().unwrap().is_none(), "the stranger still runs");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    drop(cluster);
}

#[test]
fn a_server_that_cannot_start_shows_its_log() {
    let settings = vec![("shared_buffers".to_owned(), "no number".to_owned())];
    let error = Cluster::start(ClusterOptions { settings, ..ClusterOptions::throwaway() }).unwrap_err();
    assert!(error.to_string().contains("shared_buffers"), "{error}");
}

/// A temporary folder that other accounts can enter.
fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o755)).tempdir().unwrap()
}

/// Whether a process runs that is not our child; waits a moment until it is reaped.
fn is_alive(pid: u32) -> bool {
    let deadline = Instant::now() + Duration::from_secs(5);
    let runs = || Command::new("kill").args(["-0", &pid.to_string()]).output().unwrap().status.success();
    while runs() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    runs()
}
