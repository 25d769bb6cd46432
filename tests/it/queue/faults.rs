//! Faults, and the recovery from them.

use std::time::{Duration, Instant};

use glowplug::queue::DeadLetters;
use serde_json::Value;

use super::{NOTES, World, insert, queue};

const STREAM: &str = "glowplug:{test:0}:operations";

#[tokio::test]
async fn without_redis_requests_fail_at_once_and_it_heals() {
    let mut world = World::new(NOTES).await;
    let _worker = world.work();
    assert_eq!(world.send(&insert(1, "a"), &[]).await.status(), 200);
    assert_eq!(world.server.get("/readyz").send().await.unwrap().status(), 200);
    world.redis.stop();
    for _ in 0..3 {
        let begin = Instant::now();
        let answer = world.send(&insert(2, "b"), &[]).await;
        assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
        assert_eq!(answer.status(), 503);
    }
    let ready = world.server.get("/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(ready.text().await.unwrap(), "not ready: the queue cannot be reached\n");
    let read = world.json("{ noteCollection { edges { node { id } } } }", &[]).await;
    assert_eq!(read["data"]["noteCollection"]["edges"][0]["node"]["id"], 1, "reading goes on: {read}");

    world.redis.restart().unwrap();
    let answer = loop {
        let answer = world.send(&insert(3, "c"), &[]).await;
        if answer.status() == 200 {
            break answer.text().await.unwrap();
        }
    };
    assert!(answer.contains("affectedCount"), "{answer}");
}

/// The answer is removed before it is read, as if Redis had lost it.
#[tokio::test]
async fn a_lost_answer_is_requested_again_and_the_operation_runs_once() {
    let world = World::new(NOTES).await;
    let query = insert(1, "a");
    let asking = world.text(&query, &[]);
    let losing = async {
        // The test runs the operation in place of the worker, and sends no answer.
        let mut link = world.link().await;
        loop {
            let length: u64 = redis::cmd("XLEN").arg(STREAM).query_async(&mut link).await.unwrap();
            if length == 1 {
                break;
            }
        }
        let () = redis::cmd("XTRIM").arg(STREAM).arg("MAXLEN").arg(0).query_async(&mut link).await.unwrap();
        world.work()
    };
    let (answer, _worker) = tokio::join!(asking, losing);
    assert!(answer.contains("affectedCount"), "{answer}");
    assert_eq!(world.ask("select count(*) from note").await, "1");
}

#[tokio::test]
async fn an_operation_of_a_worker_that_crashed_is_taken_over() {
    let world = World::new("create table note (id integer primary key, body text not null); \
        create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.8); return new; end $$; \
        create trigger slow before insert on note for each row execute function slow()")
    .await;
    let first = world.work();
    let query = insert(1, "a");
    let asking = world.text(&query, &[]);
    let crashing = async {
        world.until_running("insert into").await;
        first.crash();
        world.work()
    };
    let (answer, _second) = tokio::join!(asking, crashing);
    assert!(answer.contains("affectedCount"), "{answer}");
    assert_eq!(world.ask("select count(*) from note").await, "1");
}

/// A consumer takes the entry and disappears, so often that the entry becomes a dead letter; an operator
/// inspects it.
#[tokio::test]
async fn an_operation_that_kills_its_workers_is_put_aside_and_can_be_tried_again() {
    let world = World::new(NOTES).await;
    let accepted = world.send(&insert(1, "a"), &[("prefer", "respond-async")]).await;
    let body: Value = accepted.json().await.unwrap();
    let id = body["operation"]["id"].as_str().unwrap().to_owned();
    let () = world.redis(&format!("XGROUP CREATE {STREAM} workers 0")).await;
    let _: redis::Value = world.redis(&format!("XREADGROUP GROUP workers killed STREAMS {STREAM} >")).await;
    for _ in 0..2 {
        let _: redis::Value = world.redis(&format!("XAUTOCLAIM {STREAM} workers killed 0 0")).await;
    }
    let _worker = world.work();
    let operation = world.until(&id, "DEAD").await;
    assert_eq!(operation["attempts"], 3);
    assert_eq!(world.ask("select count(*) from note").await, "0");

    let config = queue(&world.redis.url());
    let dead = DeadLetters::new(config.redis.as_ref().unwrap(), &config).unwrap();
    let listed = dead.list().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].reason, "3 workers disappeared while they ran it");
    assert!(listed[0].document.contains("insertIntonote"));
    assert!(dead.retry(&listed[0]).await.unwrap());
    world.until(&id, "SUCCEEDED").await;
    assert_eq!(dead.list().await.unwrap(), []);
    assert_eq!(world.ask("select count(*) from note").await, "1");
}

#[tokio::test]
async fn a_message_of_another_version_is_left_for_others() {
    let world = World::new(NOTES).await;
    let _: String = world.redis(&format!("XADD {STREAM} * version 1000 message something role x")).await;
    let _worker = world.work();
    assert_eq!(world.send(&insert(1, "a"), &[]).await.status(), 200);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(world.redis::<u64>(&format!("XLEN {STREAM}")).await, 1, "it is still there");
    assert_eq!(world.redis::<u64>("XLEN glowplug:{test:0}:dead").await, 0);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_put_aside() {
    let world = World::new(NOTES).await;
    let _: String = world.redis(&format!("XADD {STREAM} * version 1 message nonsense role x")).await;
    let _worker = world.work();
    assert_eq!(world.send(&insert(1, "a"), &[]).await.status(), 200);
    while world.redis::<u64>(&format!("XLEN {STREAM}")).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.redis::<u64>("XLEN glowplug:{test:0}:dead").await, 1);
}

/// Two mutations lock their rows in opposite order: PostgreSQL aborts one of them, and it runs again.
#[tokio::test]
async fn a_deadlock_is_no_answer() {
    let world = World::new("create table note (id integer primary key, body text); insert into note values (1), (2); \
        create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.3); return new; end $$; \
        create trigger slow after update on note for each row execute function slow()")
    .await;
    let _worker = world.work();
    let update = |first: i32, second: i32| {
        let one = |id: i32| {
            format!(
                "u{id}: updatenoteCollection(set: {{ body: \"x\" }}, filter: {{ id: {{ eq: {id} }} }}) {{ affectedCount }}"
            )
        };
        format!("mutation {{ {} {} }}", one(first), one(second))
    };
    let (forth, back) = (update(1, 2), update(2, 1));
    let (forth, back) = tokio::join!(world.json(&forth, &[]), world.json(&back, &[]));
    for answer in [&forth, &back] {
        assert_eq!(answer.get("errors"), None, "{answer}");
    }
    let attempts = world.ask("select sum(attempts) from glowplug.operation").await;
    assert!(attempts.parse::<i32>().unwrap() > 2, "one was tried again: {attempts}");
}

#[tokio::test]
async fn a_stopping_worker_finishes_its_operations_and_takes_no_more() {
    let world = World::new("create table note (id integer primary key, body text not null); \
        create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(1.5); return new; end $$; \
        create trigger slow before insert on note for each row execute function slow()")
    .await;
    let worker = world.work_with(|config| config.queue.concurrency = 1);
    let query = insert(1, "a");
    let asking = world.text(&query, &[]);
    let stopping = async {
        world.until_running("insert into").await;
        assert_eq!(world.send(&insert(2, "b"), &[("prefer", "respond-async")]).await.status(), 202);
        worker.stop().await;
    };
    let (answer, ()) = tokio::join!(asking, stopping);
    assert!(answer.contains("affectedCount"), "{answer}");
    assert_eq!(world.redis::<u64>(&format!("XLEN {STREAM}")).await, 1, "the second one is left for others");
    let _worker = world.work();
    while world.ask("select count(*) from note").await != "2" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
