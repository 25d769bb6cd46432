//! Changes through other processes, which Redis announces.

use std::sync::Arc;
use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use glowplug::queue::Commits;
use glowplug_local::{Redis, RedisOptions};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::TITLES;
use super::stand::{Stand, identity};
use crate::harness;

#[tokio::test]
async fn a_mutation_of_another_server_is_seen_at_once() {
    let redis = Redis::start(&RedisOptions::default()).expect("a Redis");
    let here =
        Stand::with(PoolMode::Transaction, |config| config.live.interval = Duration::from_mins(1)).await;
    here.execute("grant insert on note to live_user").await;
    here.engine.reload().await.expect("the catalogue is read");
    let there = here.another_engine();
    let stop = CancellationToken::new();
    for (engine, live) in [(&here.engine, Some(here.live.clone())), (&there, None)] {
        let commits = Arc::new(commits(&redis));
        let (told, teller, end) = (engine.commits(), Arc::clone(&commits), stop.clone());
        tokio::spawn(async move { teller.tell(told, &end).await });
        let end = stop.clone();
        if let Some(live) = live {
            tokio::spawn(async move { commits.hear(|| live.wake(), &end).await });
        }
    }
    let mut ann = here.subscribe("ann", TITLES).await;
    assert_eq!(ann.titles().await, ["of ann 1"]);
    for id in 50..55 {
        let insert = format!(
            "mutation {{ insertIntonoteCollection(objects: [{{id: {id}, owner: \"ann\", title: \"t{id}\"}}]) {{ affectedCount }} }}"
        );
        let began = Instant::now();
        let written = harness::graphql_as(&there, &identity("ann"), &insert, json!({})).await;
        assert_eq!(written["data"]["insertIntonoteCollection"]["affectedCount"], 1, "{written}");
        assert!(ann.titles().await.contains(&format!("t{id}")));
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
    stop.cancel();
}

fn commits(redis: &Redis) -> Commits {
    let place = glowplug::config::Redis {
        urls: vec![glowplug::config::Secret::new(redis.url())],
        is_cluster: false,
        authority: None,
    };
    let queue = glowplug::config::Queue { redis: Some(place), ..harness::queue() };
    Commits::new(&queue).expect("the settings").expect("there is a Redis")
}
