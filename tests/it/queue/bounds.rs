//! The bounds of the queue, and the answers beyond them.

use std::time::Duration;

use serde_json::Value;

use super::{NOTES, World, insert};

const ASYNC: [(&str, &str); 1] = [("prefer", "respond-async")];

#[tokio::test]
async fn a_full_queue_refuses_before_anything_is_put_in_and_takes_more_when_there_is_place() {
    let world = World::with(NOTES, |config| config.queue.length = 3).await;
    for id in 1..=3 {
        assert_eq!(world.send(&insert(id, "a"), &ASYNC).await.status(), 202);
    }
    let refused = world.send(&insert(4, "a"), &ASYNC).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(world.redis::<u64>("XLEN glowplug:{test:0}:operations").await, 3);

    let _worker = world.work();
    let answer = loop {
        let answer = world.send(&insert(5, "a"), &[]).await;
        if answer.status() == 200 {
            break answer.text().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(answer.contains("affectedCount"), "{answer}");
    // The last one may be answered before those in front of it are done.
    while world.redis::<u64>("XLEN glowplug:{test:0}:operations").await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.ask("select string_agg(id::text, ',' order by id) from note").await, "1,2,3,5");
    assert_eq!(world.redis::<u64>("HLEN glowplug:{test:0}:roles").await, 0);
}

#[tokio::test]
async fn entries_that_wait_too_long_keep_others_out() {
    let world = World::with(NOTES, |config| config.queue.age = Duration::from_millis(200)).await;
    assert_eq!(world.send(&insert(1, "a"), &ASYNC).await.status(), 202);
    assert_eq!(world.send(&insert(2, "a"), &ASYNC).await.status(), 202);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let refused = world.send(&insert(3, "a"), &ASYNC).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.unwrap().contains("waiting for too long"));
}

#[tokio::test]
async fn a_role_has_its_share() {
    let world = World::with(NOTES, |config| {
        (config.queue.length, config.queue.share_percent) = (4, 50);
    })
    .await;
    for id in 1..=2 {
        assert_eq!(world.send(&insert(id, "a"), &ASYNC).await.status(), 202);
    }
    let refused = world.send(&insert(3, "a"), &ASYNC).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.unwrap().contains("of your role"));
}

#[tokio::test]
async fn the_bytes_that_wait_are_bounded() {
    let world = World::with(NOTES, |config| config.queue.bytes = 100_000).await;
    let large = "a".repeat(40_000);
    // An empty queue accepts an operation that is larger than the bound.
    let larger = "b".repeat(150_000);
    assert_eq!(world.send(&insert(1, &larger), &ASYNC).await.status(), 202);
    let refused = world.send(&insert(2, "a"), &ASYNC).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.unwrap().contains("too large together"));
    let worker = world.work();
    while world.redis::<u64>("XLEN glowplug:{test:0}:operations").await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    worker.stop().await;
    assert_eq!(world.redis::<u64>("HLEN glowplug:{test:0}:bytes").await, 0);

    for id in 3..=4 {
        assert_eq!(world.send(&insert(id, &large), &ASYNC).await.status(), 202);
    }
    let refused = world.send(&insert(5, &large), &ASYNC).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(world.send(&insert(6, "small"), &ASYNC).await.status(), 202);
    let held: u64 = world.redis("HGET glowplug:{test:0}:bytes all").await;
    assert!((80_000..=100_000).contains(&held), "{held}");

    let _worker = world.work();
    while world.redis::<u64>("XLEN glowplug:{test:0}:operations").await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.redis::<u64>("HLEN glowplug:{test:0}:bytes").await, 0);
    assert_eq!(world.ask("select string_agg(id::text, ',' order by id) from note").await, "1,3,4,6");
}

/// If entries disappear without being subtracted, as after a program that does not count bytes, the queue
/// does not stay full.
#[tokio::test]
async fn bytes_that_were_lost_are_forgotten_when_the_queue_is_empty() {
    let world = World::with(NOTES, |config| config.queue.bytes = 1_000_000).await;
    world.redis::<u64>("HSET glowplug:{test:0}:bytes all 999999999 role: 999999999").await;
    assert_eq!(world.send(&insert(1, "a"), &ASYNC).await.status(), 202);
    assert_eq!(world.send(&insert(2, "a"), &ASYNC).await.status(), 202);
    let held: u64 = world.redis("HGET glowplug:{test:0}:bytes all").await;
    assert!(held < 10_000, "{held}");
}

#[tokio::test]
async fn a_role_has_its_share_of_the_bytes() {
    let world = World::with(NOTES, |config| {
        (config.queue.bytes, config.queue.share_percent) = (100_000, 50);
    })
    .await;
    assert_eq!(world.send(&insert(1, &"a".repeat(40_000)), &ASYNC).await.status(), 202);
    let refused = world.send(&insert(2, &"a".repeat(40_000)), &ASYNC).await;
    assert_eq!(refused.status(), 503);
    assert!(refused.text().await.unwrap().contains("of your role"));
}

#[tokio::test]
async fn an_operation_whose_time_is_over_is_not_run() {
    let world =
        World::with(NOTES, |config| config.queue.operation_timeout = Duration::from_millis(300)).await;
    let answer = world.send(&insert(1, "a"), &[]).await;
    assert_eq!(answer.status(), 504);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "TIMEOUT");
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("Idempotency-Key"), "{body}");
    let worker = world.work();
    while world.redis::<u64>("XLEN glowplug:{test:0}:operations").await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    worker.stop().await;
    assert_eq!(world.ask("select count(*) from note").await, "0");
}
