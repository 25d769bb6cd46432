//! Repeated faults while clients write: workers are killed, PgBouncer and Redis restart, answers are
//! discarded. Each acknowledged mutation must have run once, and none twice.
//!
//! It takes half a minute; `scripts/chaos` runs it for longer.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use glowplug::config::{PoolMode, Queued};
use glowplug_local::{Persistence, Pooler, Redis, RedisOptions};
use serde_json::Value;
use uuid::Uuid;

use super::queue;
use crate::harness;
use crate::random::Random;
use crate::server::Server;

const CLIENTS: u64 = 12;
const WORKERS: usize = 3;

/// The table has no constraint that could hide a second effect.
const SETUP: &str =
    "create table entry (id bigint generated always as identity primary key, mark uuid not null)";

/// The parts that fail.
struct Parts {
    pooler: Pooler,
    redis: Redis,
    workers: Vec<Child>,
    database_url: String,
}

/// The number of faults of each kind.
#[derive(Debug, Default)]
struct Faults {
    workers_killed: usize,
    poolers_restarted: usize,
    redis_restarted: usize,
    answers_dropped: usize,
}

impl Parts {
    fn worker(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_glowplug"))
            .args(["worker", "--pool-size", "4", "--takeover-after", "1s"])
            .args(["--attempts", "1000", "--log", "off"])
            .env("GLOWPLUG_REDIS_URL", format!("{}?queue=test&keep=1h", self.redis.url()))
            .env("DATABASE_URL", &self.database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a worker")
    }

    fn fail(&mut self, random: &mut Random, faults: &mut Faults) {
        match random.below(8) {
            0 => {
                self.pooler.restart().expect("PgBouncer starts again");
                faults.poolers_restarted += 1;
            }
            1 => {
                self.redis.kill();
                self.redis.restart().expect("Redis starts again");
                faults.redis_restarted += 1;
            }
            2 | 3 => faults.answers_dropped += self.drop_answers(),
            _ => {
                let index = random.below(self.workers.len());
                // SIGKILL.
                self.workers[index].kill().expect("a worker of ours");
                self.workers[index].wait().expect("its end");
                self.workers[index] = self.worker();
                faults.workers_killed += 1;
            }
        }
    }

    /// Discards the answers that are in transit.
    fn drop_answers(&self) -> usize {
        let client = redis::Client::open(self.redis.url()).expect("its address");
        let Ok(mut link) = client.get_connection() else { return 0 };
        let keys: Vec<String> =
            redis::cmd("KEYS").arg("glowplug:*:replies").query(&mut link).unwrap_or_default();
        let begin = Instant::now();
        let mut dropped = 0;
        while begin.elapsed() < Duration::from_millis(100) {
            for key in &keys {
                let trimmed: Result<usize, _> =
                    redis::cmd("XTRIM").arg(key).arg("MAXLEN").arg(0).query(&mut link);
                dropped += trimmed.unwrap_or(0);
            }
        }
        dropped
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            // It may have ended.
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_mutations_take_effect_exactly_once() {
    let seconds = std::env::var("GLOWPLUG_CHAOS_SECONDS").ok().and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(30));
    let database = harness::database(SETUP).await;
    let pooler = harness::pooler(PoolMode::Transaction, 8);
    let options = RedisOptions { persistence: Persistence::Always, ..RedisOptions::default() };
    let redis = Redis::start(&options).expect("a Redis");
    let (direct, through) = (harness::cluster().url(&database), pooler.url(&database));
    let server = Server::start(&direct, |config| {
        config.queue = queue(&redis.url());
        (config.queue.queued, config.queue.operation_timeout) = (Queued::Mutations, Duration::from_secs(10));
    })
    .await;
    let mut parts = Parts { pooler, redis, workers: Vec::new(), database_url: through };
    parts.workers = (0..WORKERS).map(|_| parts.worker()).collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let failing = std::thread::spawn(move || {
        let (mut random, mut faults) = (Random(20_260_101), Faults::default());
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(250));
            parts.fail(&mut random, &mut faults);
        }
        over.store(true, Ordering::Relaxed);
        (parts, faults)
    });
    let repeated = Arc::new(AtomicUsize::new(0));
    let clients = (0..CLIENTS).map(|_| {
        let (url, client) = (server.url("/graphql"), server.client.clone());
        tokio::spawn(write(url, client, Arc::clone(&is_over), Arc::clone(&repeated)))
    });
    let (mut acknowledged, mut unknown) = (Vec::new(), Vec::new());
    for client in clients.collect::<Vec<_>>() {
        let (done, left) = client.await.expect("a client");
        acknowledged.extend(done);
        unknown.extend(left);
    }
    let (parts, faults) = failing.join().expect("the faults");
    drained(&parts).await;
    let admin = harness::connect(&direct).await;
    let counted = "select coalesce(json_object_agg(mark, count), '{}')::text from (select mark, count(*) from entry group by mark) marks";
    let counts: Value = serde_json::from_str(&harness::ask(&admin, counted).await.unwrap()).unwrap();
    let times = |id: &Uuid| counts[id.to_string()].as_u64().unwrap_or(0);
    let lost = acknowledged.iter().filter(|id| times(id) != 1).count();
    let twice = unknown.iter().filter(|id| times(id) > 1).count();
    report(&format!(
        "{} acknowledged, {lost} of them not once; {} unknown, {twice} of them twice; {} sent again; {faults:?}",
        acknowledged.len(),
        unknown.len(),
        repeated.load(Ordering::Relaxed)
    ));
    assert_eq!((lost, twice), (0, 0));
    assert!(acknowledged.len() > 50, "the faults let something through");
    let kinds =
        [faults.workers_killed, faults.poolers_restarted, faults.redis_restarted, faults.answers_dropped];
    assert!(kinds.iter().all(|count| *count > 0), "{faults:?}");
}

/// Writes until the end; returns the marks of acknowledged mutations, and those with an unknown outcome.
async fn write(
    url: String,
    client: reqwest::Client,
    is_over: Arc<AtomicBool>,
    repeated: Arc<AtomicUsize>,
) -> (Vec<Uuid>, Vec<Uuid>) {
    let (mut acknowledged, mut unknown) = (Vec::new(), Vec::new());
    while !is_over.load(Ordering::Relaxed) {
        let id = Uuid::new_v4();
        let query = format!(
            "mutation {{ insertIntoentryCollection(objects: [{{ mark: \"{id}\" }}]) {{ affectedCount }} }}"
        );
        let mut is_known = false;
        for attempt in 0..4 {
            repeated.fetch_add(usize::from(attempt > 0), Ordering::Relaxed);
            let request = client
                .post(&url)
                .header("content-type", "application/json")
                .header("idempotency-key", id.to_string())
                .body(serde_json::json!({ "query": query }).to_string());
            let Ok(response) = request.send().await else { continue };
            let answer: Value = response.json().await.unwrap_or_default();
            if answer["data"]["insertIntoentryCollection"]["affectedCount"] == 1 {
                is_known = true;
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        if is_known { acknowledged.push(id) } else { unknown.push(id) }
    }
    (acknowledged, unknown)
}

/// Waits until the queue is empty, so that nothing takes effect while rows are counted.
async fn drained(parts: &Parts) {
    let client = redis::Client::open(parts.redis.url()).expect("its address");
    let mut link = client.get_multiplexed_async_connection().await.expect("a connection");
    let begin = Instant::now();
    loop {
        let key = "glowplug:{test:0}:operations";
        let length: u64 = redis::cmd("XLEN").arg(key).query_async(&mut link).await.expect("a length");
        if length == 0 {
            return;
        }
        assert!(begin.elapsed() < Duration::from_mins(1), "{length} operations are never done");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[allow(clippy::print_stderr, reason = "the counts are what this test is run for")]
fn report(text: &str) {
    eprintln!("{text}");
}
