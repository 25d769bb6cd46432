//! The retention of ledger rows and of workers that have disappeared; and several databases with one queue.

use std::time::Duration;

use glowplug::config::{PoolMode, Queued};
use glowplug_local::{Redis, RedisOptions};

use super::{NOTES, Working, World, insert, queue};
use crate::harness;
use crate::server::Server;

#[tokio::test]
async fn results_are_removed_when_their_time_is_over_and_not_before() {
    let world = World::new(NOTES).await;
    let first = world.work();
    let key = [("idempotency-key", "00000000-0000-4000-8000-000000000001")];
    let answer = world.text(&insert(1, "a"), &key).await;
    first.stop().await;
    // More rows than are removed at once, two of which are not old enough.
    world
        .ask(
            "insert into glowplug.operation select gen_random_uuid(), '', '', 'SUCCEEDED', 'executed', '{}', 1, old, old, old \
             from (select now() - case when n <= 2 then interval '50 minutes' else interval '61 minutes' end as old \
             from generate_series(1, 2500) as n) as rows",
        )
        .await;
    let _second = world.work();
    while world.ask("select count(*) from glowplug.operation").await != "3" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(world.text(&insert(1, "a"), &key).await, answer, "what is kept is answered from");
    world.ask("update glowplug.operation set finished_at = now() - interval '61 minutes'").await;
    let _third = world.work();
    while world.ask("select count(*) from glowplug.operation").await != "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let anew = world.text(&insert(1, "a"), &key).await;
    assert!(anew.contains("CONFLICT"), "it runs anew, and the note is there: {anew}");
}

/// Workers are removed after ten minutes; here the script gets a time of zero.
#[tokio::test]
async fn only_silent_workers_without_entries_are_forgotten() {
    let world = World::new(NOTES).await;
    let stream = "glowplug:{test:0}:operations";
    let () = world.redis(&format!("XGROUP CREATE {stream} workers 0 MKSTREAM")).await;
    let _: String = world.redis(&format!("XADD {stream} * version 1 message x role x")).await;
    let _: redis::Value = world.redis(&format!("XREADGROUP GROUP workers busy STREAMS {stream} >")).await;
    let _: u64 = world.redis(&format!("XGROUP CREATECONSUMER {stream} workers idle")).await;
    let sweep = async |silent: u64| -> u64 {
        let script = redis::Script::new(include_str!("../../../src/queue/store/sweep.lua"));
        script.key(stream).arg("workers").arg(silent).invoke_async(&mut world.link().await).await.unwrap()
    };
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(sweep(600_000).await, 0, "both have just been heard of");
    assert_eq!(sweep(10).await, 1, "the other one still has an entry");
    let left: Vec<std::collections::HashMap<String, redis::Value>> =
        world.redis(&format!("XINFO CONSUMERS {stream} workers")).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["name"], redis::Value::BulkString(b"busy".to_vec()));
}

#[tokio::test]
async fn databases_have_a_queue_each_in_one_redis() {
    let redis = Redis::start(&RedisOptions::default()).expect("a Redis");
    let mut places = Vec::new();
    for name in ["orders", "people"] {
        let url = harness::cluster().url(&harness::database(NOTES).await);
        let mut settings = queue(&redis.url());
        name.clone_into(&mut settings.name);
        let mut config = harness::config(&url, PoolMode::Direct);
        config.queue = settings.clone();
        settings.queued = Queued::Mutations;
        let server = Server::start(&url, |config| config.queue = settings).await;
        places.push((name, url, server, Working::start(&config)));
    }
    for (name, _, server, _) in &places {
        let answer = server.query(&insert(1, name)).send().await.unwrap().text().await.unwrap();
        assert!(answer.contains(name), "{answer}");
    }
    for (name, url, ..) in &places {
        let admin = harness::connect(url).await;
        let found = harness::ask(&admin, "select string_agg(body, ',') from note").await;
        assert_eq!(found.as_deref(), Some(*name), "each in its own database");
    }
}
