//! Many clients that write the same rows at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::World;
use crate::harness;
use crate::random::Random;
use crate::ways::Route;

const CLIENTS: u64 = 16;
const LASTING: Duration = Duration::from_secs(10);
const KEYS: usize = 8;

/// The results of a client.
#[derive(Default)]
struct Done {
    upserts: u64,
    increments: u64,
    sum: u64,
}

/// Upserts several keys at once, or increments one of them, for some seconds. All clients use the same order
/// of keys in an upsert, so there are no deadlocks, and nothing may fail.
async fn write(world: Arc<World>, mut random: Random) -> Done {
    let mut done = Done::default();
    let start = Instant::now();
    while start.elapsed() < LASTING {
        let first = random.below(KEYS);
        let mut keys = [first, (first + 1 + random.below(KEYS - 1)) % KEYS];
        keys.sort_unstable();
        let objects: Vec<_> = keys.iter().map(|key| json!({"key": key, "writes": 0})).collect();
        let by = random.below(5);
        let (query, variables) = if random.once_in(2) {
            let query =
                "mutation ($objects: [counterInsertInput!]!) { insertIntocounterCollection(objects: $objects,
                onConflict: {constraint: counter_pkey, updateColumns: [note]}) { affectedCount } }";
            (query, json!({ "objects": objects }))
        } else {
            let query = "mutation ($key: Int!, $by: Int!) {
                insertIntocounterCollection(objects: [{key: $key, writes: 0}], onConflict: {constraint: counter_pkey}) { affectedCount }
                updatecounterCollection(increment: {writes: $by}, filter: {key: {eq: $key}}) { affectedCount } }";
            (query, json!({ "key": first, "by": by }))
        };
        let answer = world.answer("", query, &variables).await;
        assert!(answer["errors"].is_null(), "{answer}");
        let updated = &answer["data"]["updatecounterCollection"];
        if *updated == Value::Null {
            assert_eq!(answer["data"]["insertIntocounterCollection"]["affectedCount"], 2, "{answer}");
            done.upserts += 1;
        } else {
            assert_eq!(updated["affectedCount"], 1, "{answer}");
            done.increments += 1;
            done.sum += by as u64;
        }
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_clients_that_write_the_same_keys_lose_nothing() {
    let setup = "create table counter (key integer primary key, writes integer not null, note text)";
    let world = Arc::new(World::start(Route::Direct, setup).await);
    let clients = (1..=CLIENTS).map(|seed| tokio::spawn(write(Arc::clone(&world), Random(seed))));
    let mut all = Done::default();
    for client in clients.collect::<Vec<_>>() {
        let done = client.await.expect("no client fails");
        all.upserts += done.upserts;
        all.increments += done.increments;
        all.sum += done.sum;
    }
    let client = harness::connect(&world.url).await;
    let sum = harness::ask(&client, "select sum(writes)::text from counter").await;
    assert_eq!(sum, Some(all.sum.to_string()), "the sum of all increments");
    assert!(
        all.upserts > 20 && all.increments > 20,
        "{} upserts, {} increments",
        all.upserts,
        all.increments
    );
}
