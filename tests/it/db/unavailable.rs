//! A database that does not exist or refuses us: which reason is given, and how soon.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use glowplug::config;
use glowplug::db::{Database, Error, Reason};
use glowplug_local::{Authentication, Cluster, ClusterOptions, PoolerOptions};

use super::cancel::assert_cancels;
use super::{answer, connect, read, reason, settings};
use crate::harness;

async fn refusal(url: &str) -> Error {
    answer(&connect(url), &read(), "select 1").await.unwrap_err().error
}

#[tokio::test]
async fn the_reason_is_given_at_once() {
    let begin = Instant::now();
    assert_eq!(reason(&refusal("postgres://u@127.0.0.1:1/d").await), Reason::Refused);
    assert_eq!(reason(&refusal("host=/no/such/folder user=u").await), Reason::Refused);
    let missing = refusal(&harness::cluster().url("no_such_database")).await;
    assert_eq!(reason(&missing), Reason::DatabaseMissing);
    assert_eq!(missing.sqlstate(), Some("3D000"));
    let unknown = harness::cluster().url("postgres").replacen("postgres@", "nobody_of_that_name@", 1);
    assert_eq!(reason(&refusal(&unknown).await), Reason::Authentication);
    let required = format!("{}?sslmode=require", harness::cluster().url("postgres"));
    assert_eq!(reason(&refusal(&required).await), Reason::Tls);
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn an_unknown_host_is_named_as_such() {
    assert_eq!(reason(&refusal("postgres://u@no-such-host.invalid/d").await), Reason::HostNotFound);
}

#[tokio::test]
async fn a_pooler_is_quoted() {
    let pooler = harness::pooler_with(PoolerOptions { max_client_conn: 1, ..PoolerOptions::default() });
    let missing = refusal(&pooler.url("no_such_database")).await;
    assert_eq!(reason(&missing), Reason::DatabaseMissing, "{missing}");
    let _client = harness::connect(&pooler.url("postgres")).await;
    let full = refusal(&pooler.url("postgres")).await;
    assert_eq!(reason(&full), Reason::TooManyConnections, "{full}");
}

#[tokio::test]
async fn a_pooler_that_lends_nothing_is_quoted_and_not_tried_again() {
    let query_wait_timeout = Duration::from_secs(1);
    let options = PoolerOptions { pool_size: 1, query_wait_timeout, ..PoolerOptions::default() };
    let pooler = harness::pooler_with(options);
    let database = connect(&pooler.url("postgres"));
    database.check().await.unwrap();
    let holder = harness::connect(&pooler.url("postgres")).await;
    holder.batch_execute("begin").await.unwrap();
    let begin = Instant::now();
    let error = database.check().await.unwrap_err();
    assert_eq!(reason(&error), Reason::Pooler, "{error}");
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    drop(holder);
    database.check().await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_named_as_such() {
    let options = ClusterOptions { authentication: Authentication::Password, ..ClusterOptions::throwaway() };
    let cluster = Cluster::start(options).unwrap();
    let url = cluster.url("postgres");
    connect(&url).check().await.unwrap();
    let wrong = url.replace(cluster.password().unwrap(), "wrong");
    assert_eq!(reason(&refusal(&wrong).await), Reason::Authentication);
    let without = url.replace(&format!(":{}", cluster.password().unwrap()), "");
    assert_eq!(reason(&refusal(&without).await), Reason::Authentication);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d", listener.local_addr().unwrap());
    let settings = config::Database { connect_timeout: Duration::from_millis(200), ..settings(&url) };
    let begin = Instant::now();
    let error = Database::new(&settings).unwrap().check().await.unwrap_err();
    assert_eq!(reason(&error), Reason::Timeout);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_database_that_is_down_is_not_hammered() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d", listener.local_addr().unwrap());
    let attempts = std::thread::spawn(move || {
        listener.set_nonblocking(true).unwrap();
        let (begin, mut count) = (Instant::now(), 0);
        while begin.elapsed() < Duration::from_millis(1500) {
            match listener.accept() {
                // The attempt is cut off at once.
                Ok(_) => count += 1,
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        count
    });
    let database = connect(&url);
    let (begin, mut requests) = (Instant::now(), 0);
    while begin.elapsed() < Duration::from_secs(1) {
        assert_eq!(reason(&database.check().await.unwrap_err()), Reason::NotReady);
        requests += 1;
    }
    let attempts: u32 = attempts.join().unwrap();
    assert!((5..=15).contains(&attempts) && requests > 100, "{requests} requests, {attempts} attempts");
}

/// Poolers and firewalls block an address after some refused logins.
#[tokio::test]
async fn a_refused_login_is_not_tried_again_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://u@{}/d?sslmode=disable", listener.local_addr().unwrap());
    let attempts = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&attempts);
    // It ends with the process.
    std::thread::spawn(move || {
        for client in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
            let fields = b"SFATAL\0VFATAL\0C28P01\0Mno such password\0\0";
            let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
            let refused = client.and_then(|mut client| {
                assert!(client.read(&mut [0; 1024])? > 0, "a startup message");
                client.write_all(&[b"E", &length[..], fields].concat())
            });
            refused.unwrap();
        }
    });
    let (database, begin) = (connect(&url), Instant::now());
    for _ in 0..20 {
        let answers = join_all((0..20).map(|_| database.check())).await;
        assert!(answers.into_iter().all(|answer| reason(&answer.unwrap_err()) == Reason::Authentication));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (attempts, seconds) = (attempts.load(Ordering::Relaxed), begin.elapsed().as_secs());
    assert!((1..=seconds + 1).contains(&attempts), "{attempts} attempts in {seconds} seconds");
}

#[tokio::test]
async fn a_wrong_connection_string_is_refused_before_it_is_used() {
    for url in ["", "postgres://", "mysql://u@h/d", "postgres://u@h/d?sslmode=verify-full", "user=u"] {
        let error = Database::new(&settings(url)).err();
        assert!(matches!(error, Some(Error::Configuration(_))), "{url:?}: {error:?}");
    }
}

#[tokio::test]
async fn tls_is_used_if_sslmode_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| folder.path().join(name));
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=nobody",
            "-keyout",
        ])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl is needed to make a certificate: install it (Debian: `apt install openssl`)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    open_to_all(folder.path());
    let extra = [
        ("client_tls_sslmode", "require".to_owned()),
        ("client_tls_key_file", key.display().to_string()),
        ("client_tls_cert_file", certificate.display().to_string()),
    ];
    let extra = extra.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let pooler = harness::pooler_with(PoolerOptions { extra, ..PoolerOptions::default() });
    for mode in ["prefer", "require"] {
        let url = format!("{}?sslmode={mode}", pooler.url("postgres"));
        assert_cancels(&connect(&url), &format!("cancel by TLS, {mode}")).await;
    }
    let plain = refusal(&format!("{}?sslmode=disable", pooler.url("postgres"))).await;
    assert!(plain.to_string().contains("SSL required"), "{plain}");
}

/// Lets the account that the pooler runs as read the folder and its files.
fn open_to_all(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}
