//! A running server for its operators: metrics, readiness, traces and logs.
//!
//! Metrics and traces belong to the whole process, so these tests run the real binary.

mod logs;
mod metrics;
mod queue;
mod readiness;
mod scrape;
mod traces;

use std::path::Path;

use serde_json::json;

use crate::cli::program::{Program, client, command};
use crate::harness;
use scrape::Scrape;

/// A table with two rows.
const NOTES: &str = "create table note (id int primary key, body text not null);
    insert into note values (1, 'one'), (2, 'two');
    create function conflict() returns int language plpgsql as $$ begin
        raise exception 'in the way' using errcode = '40P01'; end $$;";

const READ: &str = "{ noteCollection { edges { node { id } } } }";

/// `glowplug serve` with its metrics.
struct Observed {
    program: Program,
    metrics: String,
}

impl Observed {
    /// Serves a database of the shared server.
    fn start(folder: &Path, database: &str, arguments: &[&str]) -> Self {
        Self::with(folder, &harness::cluster().url(database), arguments, &[])
    }

    fn with(folder: &Path, url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(folder);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--watch", "off"])
            .args(arguments)
            .env("DATABASE_URL", url)
            .envs(environment.iter().copied());
        let markers = if arguments.iter().any(|argument| argument.ends_with("json")) {
            ["\"address\":\"", "\"metrics\":\""]
        } else {
            ["address=", "metrics="]
        };
        let program = Program::start(&mut command, markers[0], "listening");
        let metrics = program.word_after(markers[1]);
        Self { program, metrics }
    }

    /// The current metrics.
    async fn scrape(&self) -> Scrape {
        Scrape::of(self.metrics("/metrics").await.1)
    }

    /// A page of the metrics' listener: status and text.
    async fn metrics(&self, path: &str) -> (u16, String) {
        let response = client().get(format!("http://{}{path}", self.metrics)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Starts an operation without waiting for its answer.
    fn begin(&self, document: &str) -> tokio::task::JoinHandle<()> {
        let request = client()
            .post(self.program.page("/graphql"))
            .header("content-type", "application/json")
            .body(json!({ "query": document }).to_string());
        tokio::spawn(async move {
            // The metrics show the result.
            let _ = request.send().await;
        })
    }

    /// Waits until the metrics satisfy a condition.
    async fn until(&self, is_wanted: impl Fn(&Scrape) -> bool) -> Scrape {
        let begin = std::time::Instant::now();
        loop {
            let scrape = self.scrape().await;
            if is_wanted(&scrape) {
                return scrape;
            }
            assert!(begin.elapsed().as_secs() < 60, "the metrics never are as wanted:\n{}", scrape.text);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
}
