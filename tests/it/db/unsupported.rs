//! Servers that speak PostgreSQL's protocol and are none: refused by `doctor` and by the server, with the reason. There is none of
//! them here: a PostgreSQL answers `version()` as they do.

use std::time::Duration;

use glowplug::config::PoolMode;
use glowplug::db::{Connector, UnsupportedServer};
use glowplug::engine::Engine;

use crate::cli::run;
use crate::harness;

/// The connection string of a database whose server says that it is this version.
async fn claiming(version: &str) -> String {
    let setup = format!(
        "create or replace function pg_catalog.version() returns text stable language sql as $$ select '{version}' $$"
    );
    harness::cluster().url(&harness::database(&setup).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn other_servers_are_refused_with_the_reason() {
    for (version, server) in [
        (
            "CockroachDB CCL v25.3.2 (x86_64-pc-linux-gnu, built 2025/10/01, go1.24)",
            UnsupportedServer::CockroachDb,
        ),
        (
            "PostgreSQL 15.12-YB-2025.1.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang",
            UnsupportedServer::YugabyteDb,
        ),
    ] {
        let url = claiming(version).await;
        let report = Connector::new(&url).unwrap().probe(Duration::from_secs(10)).await.unwrap();
        assert_eq!(report.unsupported, Some(server));
        let engine = Engine::new(&harness::config(&url, PoolMode::Auto)).unwrap();
        // The first connection begins the probe.
        let _ = engine.ready().await;
        while engine.database().check().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let refused = engine.ready().await.unwrap_err().to_string();
        assert!(refused.contains(server.reason()), "{refused}");
        let output = tokio::task::spawn_blocking(move || run(&["doctor", &url, "--json"])).await.unwrap();
        let report = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{report}");
        assert!(report.contains("server-not-supported"), "{report}");
    }
}

#[tokio::test]
async fn relatives_of_postgresql_are_not_taken_for_them() {
    for version in
        ["PostgreSQL 15.4 (EnterpriseDB Advanced Server 15.4.0)", "PostgreSQL 16.1 on Neon YB", "EDB 17"]
    {
        let url = claiming(version).await;
        let report = Connector::new(&url).unwrap().probe(Duration::from_secs(10)).await.unwrap();
        assert_eq!((report.unsupported, report.refusal(false)), (None, None), "{version}");
    }
}
