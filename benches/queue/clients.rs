//! The clients: each sends one mutation after the other until its time is over, and waits for every answer, so that what was
//! acknowledged can be held against what is there.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Client, StatusCode};

use crate::stand::Site;

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Those that were acknowledged, sorted.
    pub(crate) latencies: Vec<Duration>,
    /// From the first request to the last answer.
    pub(crate) time: Duration,
    /// Answered with 503: nothing was done.
    pub(crate) refused: u64,
    /// Answered with 504: it is not known whether it was done.
    pub(crate) overdue: u64,
    /// Anything else.
    pub(crate) failed: u64,
}

impl Run {
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.time.as_secs_f64()
    }

    /// The latency that so many of a hundred did not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(rank).copied().unwrap_or_default()
    }

    fn add(mut self, other: Self) -> Self {
        self.latencies.extend(other.latencies);
        self.refused += other.refused;
        self.overdue += other.overdue;
        self.failed += other.failed;
        self
    }
}

/// Lets so many clients write for a time.
pub(crate) async fn run(site: &Site, clients: usize, time: Duration) -> Run {
    let client = Client::builder().pool_max_idle_per_host(clients).build().expect("a client");
    let begin = Instant::now();
    let runs = join_all((0..clients).map(|_| write(&client, &site.endpoint, begin + time))).await;
    let mut run = runs.into_iter().fold(Run::default(), Run::add);
    run.time = begin.elapsed();
    run.latencies.sort_unstable();
    run
}

async fn write(client: &Client, endpoint: &str, end: Instant) -> Run {
    let mut run = Run::default();
    while Instant::now() < end {
        let begin = Instant::now();
        let mark = uuid::Uuid::new_v4();
        let body = format!(
            r#"{{"query":"mutation ($mark: UUID!) {{ insertIntoentryCollection(objects: [{{ mark: $mark }}]) {{ affectedCount }} }}","variables":{{"mark":"{mark}"}}}}"#
        );
        let request = client
            .post(endpoint)
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json")
            .body(body);
        let answer = match request.send().await {
            Ok(response) => (response.status(), response.text().await.unwrap_or_default()),
            Err(_) => (StatusCode::BAD_GATEWAY, String::new()),
        };
        match answer {
            (StatusCode::OK, text) if text.contains(r#""affectedCount":1"#) => {
                run.latencies.push(begin.elapsed());
            }
            (StatusCode::SERVICE_UNAVAILABLE, _) => run.refused += 1,
            (StatusCode::GATEWAY_TIMEOUT, _) => run.overdue += 1,
            _ => run.failed += 1,
        }
    }
    run
}
