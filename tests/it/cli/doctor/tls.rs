//! TLS that is required, missing, or not trusted.

use std::path::Path;

use glowplug::config::PoolMode;
use glowplug_local::{Cluster, ClusterOptions, PoolerOptions};

use super::{advice, assert_found};
use crate::db::hosts::{Validity, certificates, turn_on_tls};
use crate::harness;

#[tokio::test]
async fn tls_that_is_not_there() {
    let url = harness::cluster().url("postgres");
    assert_found(&format!("{url}?sslmode=require"), &[], "tls-not-offered").await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    assert_found(&format!("{}?sslmode=require", pooler.url("postgres")), &[], "tls-not-offered").await;
}

/// A server with TLS, and a folder with the authority that signed its certificate.
async fn cluster(validity: Validity) -> (Cluster, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path(), validity);
    let mut cluster = Cluster::start(ClusterOptions::throwaway()).unwrap();
    turn_on_tls(&cluster, folder.path()).await;
    cluster.restart().unwrap();
    (cluster, folder)
}

/// Inserts lines at the beginning of `pg_hba.conf`.
async fn admit(cluster: &Cluster, lines: &str) {
    let file = cluster.folder().join("data/pg_hba.conf");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{lines}\n{text}")).unwrap();
    harness::connect(&cluster.url("postgres")).await.batch_execute("select pg_reload_conf()").await.unwrap();
}

#[tokio::test]
async fn a_server_that_requires_tls_is_distinguished_from_one_that_refuses_the_user() {
    let (cluster, _folder) = cluster(Validity::Now).await;
    let client = harness::connect(&cluster.url("postgres")).await;
    client.batch_execute("create role hidden login; create role unwanted login").await.unwrap();
    drop(client);
    let lines = "hostssl all hidden 127.0.0.1/32 trust\nhostnossl all hidden 127.0.0.1/32 reject\n\
                 host all unwanted 127.0.0.1/32 reject\nhostssl all postgres 127.0.0.1/32 cert";
    admit(&cluster, lines).await;
    let url = |user: &str| cluster.url("postgres").replacen("postgres@", &format!("{user}@"), 1);
    let check = assert_found(&format!("{}?sslmode=disable", url("hidden")), &[], "tls-required").await;
    assert!(advice(&check).contains("sslmode=require"), "{check:#}");
    for mode in ["disable", "prefer"] {
        assert_found(&format!("{}?sslmode={mode}", url("unwanted")), &[], "forbidden").await;
    }
    let check =
        assert_found(&format!("{}?sslmode=require", url("postgres")), &[], "client-certificate").await;
    assert!(advice(&check).contains("sslcert"), "{check:#}");
}

#[tokio::test]
async fn certificates_that_are_not_trusted_for_another_name_or_expired() {
    let (cluster, folder) = cluster(Validity::Now).await;
    let file = |folder: &Path, name: &str| folder.join(name).display().to_string();
    let (root, other) = (file(folder.path(), "root.crt"), file(folder.path(), "other.crt"));
    let url = cluster.url("postgres");
    let named = url.replace("127.0.0.1", "localhost");
    assert_found(&format!("{url}?sslmode=verify-ca&sslrootcert={other}"), &[], "certificate-not-trusted")
        .await;
    assert_found(&format!("{named}?sslmode=verify-full&sslrootcert={root}"), &[], "certificate-name").await;
    let (cluster, folder) = self::cluster(Validity::Over).await;
    let root = file(folder.path(), "root.crt");
    let url = format!("{}?sslmode=verify-full&sslrootcert={root}", cluster.url("postgres"));
    assert_found(&url, &[], "certificate-expired").await;
}

#[tokio::test]
async fn a_pooler_that_wants_tls() {
    let folder = super::super::open_folder();
    certificates(folder.path(), Validity::Now);
    crate::db::hosts::set_mode(&folder.path().join("server.key"), 0o644);
    let file = |name: &str| folder.path().join(name).display().to_string();
    let extra = [
        ("client_tls_sslmode", "require".to_owned()),
        ("client_tls_key_file", file("server.key")),
        ("client_tls_cert_file", file("server.crt")),
    ];
    let extra = extra.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let pooler = harness::pooler_with(PoolerOptions { extra, ..PoolerOptions::default() });
    let url = format!("{}?sslmode=disable", pooler.url("postgres"));
    assert_found(&url, &[], "tls-required").await;
}
