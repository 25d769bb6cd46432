//! A GraphQL server as a Rust program: the task board's database, with fields that the program answers itself.
//!
//! `cargo run --example board` serves the database of `DATABASE_URL`, which has to have the starter's tables; without it,
//! a private PostgreSQL in `.glowplug/board`, with the migrations of `migrations/` applied.

#![allow(clippy::print_stdout, reason = "a program of the command line")]

mod fields;
#[allow(unreachable_pub, clippy::wildcard_imports, reason = "Diesel writes it")]
mod schema;

use std::error::Error;
use std::path::Path;

use glowplug::config::{Profile, Raw, Settled};
use glowplug::{db, shutdown};
use glowplug_local::{Cluster, ClusterOptions};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What to type into GraphiQL first.
const QUERY: &str = r#"{
  overdueTasks(on: "2026-03-01")
  workload(first: 3) { name openTasks }
  projectCollection { edges { node { name } } }
}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The private server stops when it is dropped.
    let mut cluster = None;
    let url = if let Ok(url) = std::env::var("DATABASE_URL") {
        url
    } else {
        let started = cluster.insert(Cluster::start(ClusterOptions::kept_in(root.join(".glowplug/board")))?);
        db::migrate(&started.url("postgres"), &root.join("migrations")).await?;
        started.url("postgres")
    };
    // The defaults of `glowplug dev`, so that GraphiQL may ask for the types.
    let mut settled = Settled::gather(&Raw::default(), |name| std::env::var(name).ok(), None, Profile::Dev)?;
    settled.set_database_url(&url);
    let server = fields::board().config(settled.check()?).build()?;
    let listener = TcpListener::bind(server.config().http.listen).await?;
    let address = listener.local_addr()?;
    println!("GraphiQL: http://{address}/ with this, for example:\n\n{QUERY}");
    let stop = CancellationToken::new();
    let signal = stop.clone().drop_guard();
    let mut signals = shutdown::Signals::new()?;
    tokio::spawn(async move {
        let _signal = signal;
        signals.next().await;
    });
    server.run(listener, stop).await?;
    drop(cluster);
    Ok(())
}
