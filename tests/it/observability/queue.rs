//! The queue for operators: metrics of a server and of a worker, the worker's health, and the log while Redis
//! is unavailable.

use std::path::Path;
use std::time::Duration;

use glowplug_local::{Redis, RedisOptions};
use serde_json::json;

use super::Observed;
use crate::cli::program::{Program, client, command, open_folder};
use crate::harness;

const STREAM: &str = "glowplug:{main:0}:operations";

/// The fourth note is refused twice for a temporary reason.
const NOTES: &str = "create table note (id integer primary key, body text);
    create sequence tries;
    create function flaky() returns trigger language plpgsql as $$ begin
      if new.id = 4 and nextval('tries') < 3 then raise exception 'try again' using errcode = '40001'; end if;
      return new; end $$;
    create trigger flaky before insert on note for each row execute function flaky()";

/// A Redis, a server and, if it is started, a worker.
struct Plant {
    folder: tempfile::TempDir,
    url: String,
    redis: Redis,
    server: Observed,
}

impl Plant {
    /// With a server whose queue may take as many bytes.
    async fn new(memory: &str, arguments: &[&str]) -> Self {
        let folder = open_folder();
        let redis = Redis::start(&RedisOptions::default()).expect("a Redis");
        let url = harness::cluster().url(&harness::database(NOTES).await);
        let redis_url = format!("{}?memory={memory}", redis.url());
        let queued = [&["--redis-url", &redis_url, "--queue", "mutations"], arguments].concat();
        let server = Observed::with(folder.path(), &url, &queued, &[]);
        Self { folder, url, redis, server }
    }

    fn work(&self, arguments: &[&str]) -> Observed {
        let redis_url = self.redis.url();
        worker(self.folder.path(), &self.url, &[&["--redis-url", &redis_url], arguments].concat())
    }

    /// The status of a mutation that inserts a note, sent with a header.
    async fn insert(&self, id: u32, header: (&'static str, &str)) -> u16 {
        let query = format!(
            "mutation {{ insertIntonoteCollection(objects: [{{ id: {id}, body: \"a\" }}]) {{ affectedCount }} }}"
        );
        let post = client().post(self.server.program.page("/graphql")).header(header.0, header.1);
        let post = post.header("content-type", "application/json");
        let sent = post.header("accept", "application/graphql-response+json");
        sent.body(json!({ "query": query }).to_string()).send().await.unwrap().status().as_u16()
    }

    fn redis<T: redis::FromRedisValue>(&self, command: &str) -> T {
        harness::ask_redis(&self.redis, command)
    }
}

/// A worker with its metrics.
fn worker(folder: &Path, url: &str, arguments: &[&str]) -> Observed {
    let mut command = command(folder);
    command.args(["worker", "--metrics-listen", "127.0.0.1:0", "--watch", "off"]).args(arguments);
    let program = Program::start(command.env("DATABASE_URL", url), "metrics=", "working");
    let metrics = program.word_after("metrics=");
    Observed { program, metrics }
}

/// A worker of a queue that does not exist, which lists its metrics.
pub(super) fn idle_worker(folder: &Path, url: &str, redis_url: &str) -> Observed {
    worker(folder, url, &["--redis-url", redis_url])
}

const LATER: (&str, &str) = ("prefer", "respond-async");
const NOW: (&str, &str) = ("x-nothing", "");

#[tokio::test]
async fn a_server_tells_what_it_puts_in_and_how_much_waits() {
    let mut plant = Plant::new("8KiB", &["--statement-timeout", "1500ms"]).await;
    let empty = plant.server.scrape().await;
    assert_eq!(empty.count("glowplug_queue_reachable"), 1, "{}", empty.text);
    assert_eq!(empty.count(r#"glowplug_queue_operations{state="waiting"}"#), 0);
    assert_eq!(plant.insert(1, LATER).await, 202);
    assert_eq!(plant.insert(2, LATER).await, 202);
    assert_eq!(plant.insert(3, LATER).await, 503);
    let full = plant
        .server
        .until(|now| now.value(r#"glowplug_queue_oldest_age_seconds{state="waiting"}"#) > 0.05)
        .await;
    for (sample, count) in [
        (r#"glowplug_queue_operations{state="waiting"}"#, 2),
        (r#"glowplug_queue_operations{state="running"}"#, 0),
        ("glowplug_queue_operations_queued_total", 2),
        (r#"glowplug_queue_operations_refused_total{reason="length"}"#, 1),
        (r#"glowplug_queue_operations_refused_total{reason="age"}"#, 0),
        ("glowplug_queue_workers", 0),
    ] {
        assert_eq!(full.count(sample), count, "{sample}\n{}", full.text);
    }

    // The entry is removed, so it is added again; then there is no answer.
    let () = plant.redis("FLUSHALL");
    let asking = plant.insert(4, NOW);
    let losing = async {
        plant.server.until(|now| now.count(r#"glowplug_queue_operations{state="waiting"}"#) == 1).await;
        let () = plant.redis("FLUSHALL");
    };
    assert_eq!(tokio::join!(asking, losing).0, 504);
    let after = plant.server.scrape().await;
    assert_eq!(after.count("glowplug_queue_answers_lost_total"), 1, "{}", after.text);
    assert_eq!(after.count("glowplug_queue_answers_overdue_total"), 1, "{}", after.text);

    plant.redis.stop();
    assert_eq!(plant.insert(5, NOW).await, 503);
    let gone = plant.server.scrape().await;
    assert_eq!(
        gone.count(r#"glowplug_queue_operations_refused_total{reason="unreachable"}"#),
        1,
        "{}",
        gone.text
    );
    assert_eq!(gone.count("glowplug_queue_reachable"), 0);
    assert!(!gone.text.contains("glowplug_queue_oldest"), "what is not known is not told: {}", gone.text);
    plant.redis.restart().unwrap();
    plant.server.until(|now| now.count("glowplug_queue_reachable") == 1).await;
}

#[tokio::test]
async fn a_worker_tells_what_it_takes_and_what_that_comes_to() {
    let plant = Plant::new("64MiB", &["--background-time", "2s"]).await;
    assert_eq!(plant.insert(9, LATER).await, 202);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(plant.insert(1, LATER).await, 202);
    // A consumer takes both entries, and never answers.
    let () = plant.redis(&format!("XGROUP CREATE {STREAM} workers 0"));
    let _: redis::Value = plant.redis(&format!("XREADGROUP GROUP workers gone COUNT 1 STREAMS {STREAM} >"));
    let _: redis::Value = plant.redis(&format!("XAUTOCLAIM {STREAM} workers gone 0 0"));
    let worker = plant.work(&["--pool-size", "3", "--attempts", "2", "--takeover-after", "300ms"]);
    let settled = |state: &str| format!("glowplug_queue_operations_settled_total{{state=\"{state}\"}}");
    worker.until(|now| now.count(&settled("dead")) == 1 && now.count(&settled("succeeded")) == 1).await;
    // The second of these finds a key that exists already.
    for id in [4, 1] {
        assert_eq!(plant.insert(id, LATER).await, 202);
    }
    let done =
        worker.until(|now| now.count(&settled("succeeded")) == 2 && now.count(&settled("failed")) == 1).await;
    for (sample, count) in [
        (r#"glowplug_queue_retries_total{reason="40001"}"#, 2),
        ("glowplug_queue_attempts_count", 4),
        // 2 for the consumer that disappeared, 3 for the note that was refused twice, and 1 for each of the
        // others.
        ("glowplug_queue_attempts_sum", 7),
        ("glowplug_queue_wait_duration_seconds_count", 3),
        ("glowplug_queue_run_duration_seconds_count", 4),
        ("glowplug_queue_operations_taken_over_total", 1),
        (r#"glowplug_queue_operations{state="aside"}"#, 1),
        (r#"glowplug_queue_operations{state="waiting"}"#, 0),
        ("glowplug_worker_operations_max", 3),
        ("glowplug_worker_operations_running", 0),
        ("glowplug_pool_connections_max", 3),
    ] {
        assert_eq!(done.count(sample), count, "{sample}\n{}", done.text);
    }

    let lock = harness::connect(&plant.url).await;
    lock.batch_execute("begin; lock table note").await.unwrap();
    assert_eq!(plant.insert(5, LATER).await, 202);
    let busy = worker.until(|now| now.count("glowplug_worker_operations_running") == 1).await;
    assert_eq!(busy.count(r#"glowplug_queue_operations{state="running"}"#), 1, "{}", busy.text);
    assert!(busy.value(r#"glowplug_queue_oldest_age_seconds{state="running"}"#) > 0.0, "{}", busy.text);
    // An operation that has waited too long does not run: three occupy the worker, and the fourth expires.
    for id in 6..=8 {
        assert_eq!(plant.insert(id, LATER).await, 202);
    }
    tokio::time::sleep(Duration::from_millis(2100)).await;
    lock.batch_execute("commit").await.unwrap();
    worker.until(|now| now.count(&settled("expired")) == 1).await;
    // The consumer that disappeared has been silent for a while now.
    worker.until(|now| now.count("glowplug_queue_workers") == 1).await;
}

#[tokio::test]
async fn a_worker_is_ready_while_it_can_work_and_redis_going_and_coming_is_one_line_each() {
    let mut plant = Plant::new("64MiB", &[]).await;
    let mut worker = plant.work(&["--takeover-after", "300ms"]);
    assert_eq!(worker.metrics("/healthz").await, (200, "alive\n".to_owned()));
    assert_eq!(worker.metrics("/readyz").await, (200, "ready\n".to_owned()));
    let (status, text) = worker.metrics("/graphql").await;
    assert_eq!((status, text.contains("/readyz")), (404, true), "{text}");
    assert_eq!(plant.insert(1, NOW).await, 200);

    plant.redis.stop();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(plant.insert(2, NOW).await, 503);
    assert_eq!(worker.metrics("/readyz").await, (503, "not ready: the queue cannot be reached\n".to_owned()));
    assert_eq!(worker.metrics("/healthz").await.0, 200, "nobody restarts it for that");
    plant.redis.restart().unwrap();
    for program in [&mut plant.server.program, &mut worker.program] {
        program.wait_for("the queue can be used again");
    }
    assert_eq!(plant.insert(2, NOW).await, 200);
    for program in [&plant.server.program, &worker.program] {
        let printed = program.printed();
        let lines = |text: &str| printed.lines().filter(|line| line.contains(text)).count();
        assert_eq!(lines("the queue cannot be used"), 1, "{printed}");
        assert_eq!(lines("the queue can be used again"), 1, "{printed}");
        assert_eq!(lines("WARN"), 1, "{printed}");
    }
}
