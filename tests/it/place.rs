//! Where tests make databases: on a server of their own, or behind a connection string from the environment.

use std::sync::atomic::{AtomicU32, Ordering};

use glowplug::config::PoolMode;
use glowplug_local::Cluster;
use reqwest::Url;

use crate::harness;

/// Numbers for unique names.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// Where databases are made.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// On a private server, without a pooler.
    Private(&'static Cluster),
    /// Behind a connection string of a superuser, which leads to a pooler in this mode.
    Elsewhere(Url, PoolMode),
}

impl Place {
    /// The place that an environment variable names. Says so if there is none.
    pub(crate) fn of_environment(variable: &str, pool_mode: PoolMode) -> Option<Self> {
        let Ok(dsn) = std::env::var(variable) else {
            say(&format!("not run: {variable} leads nowhere"));
            return None;
        };
        Some(Self::Elsewhere(dsn.parse().expect("a connection string"), pool_mode))
    }

    /// The pool mode that is right for it.
    pub(crate) fn pool_mode(&self) -> PoolMode {
        match self {
            Self::Private(_) => PoolMode::Direct,
            Self::Elsewhere(_, pool_mode) => *pool_mode,
        }
    }

    /// The connection string of a fresh database with `setup` run in it.
    pub(crate) async fn database(&self, setup: &str) -> String {
        let dsn = match self {
            Self::Private(cluster) => return cluster.url(&harness::database_of(cluster, setup).await),
            Self::Elsewhere(dsn, _) => dsn,
        };
        let name = format!("glowplug_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let admin = harness::connect(dsn.as_str()).await;
        // Template 0, because a pooler may keep connections to the other one.
        let create = format!("create database {name} template template0");
        admin.batch_execute(&create).await.expect("a fresh database");
        let mut url = dsn.clone();
        url.set_path(&name);
        if !setup.is_empty() {
            harness::connect(url.as_str())
                .await
                .batch_execute(setup)
                .await
                .expect("the database's setup runs");
        }
        url.into()
    }

    /// Drops a database that is elsewhere. A private server goes with all of its databases.
    pub(crate) async fn drop_database(&self, url: &str) {
        let Self::Elsewhere(dsn, _) = self else { return };
        let url: Url = url.parse().expect("a connection string");
        let drop = format!("drop database {} with (force)", url.path().trim_start_matches('/'));
        harness::connect(dsn.as_str()).await.batch_execute(&drop).await.expect("the database is dropped");
    }
}

/// Prints what a test that is run by hand has to say.
#[expect(clippy::print_stdout, reason = "the test is run by hand")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
