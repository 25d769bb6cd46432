//! Many operations in one message: each has the same result as alone, whatever the others do.

use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use glowplug::db::{BatchMember, Error, Scope, Watch};
use glowplug::sql::Statement;
use serde_json::{Value, json};

use super::stand::{Stand, identity};
use crate::random::Random;

/// A function that keeps the user in its own setting, and trusts the value there: a value that another
/// operation has left would give that user's rights. A function that fails for some users, and a slow one.
const SETUP: &str = "
    create function who() returns text stable language plpgsql as $$
    declare kept text := nullif(current_setting('live.who', true), '');
    begin
        if kept is null then
            kept := current_setting('request.jwt.claims', true)::json ->> 'sub';
            perform set_config('live.who', kept, true);
        end if;
        return kept;
    end $$;
    create function fragile() returns text stable language plpgsql as $$
    begin
        if current_setting('request.jwt.claims', true)::json ->> 'sub' like '%bad%' then raise exception 'no answer'; end if;
        return who();
    end $$;
    drop policy own on note;
    create policy own on note using (owner = who());
    insert into note select n, 'user ' || n % 7, 'note ' || n from generate_series(100, 140) n;";

const DOCUMENTS: [&str; 5] = [
    "subscription { who }",
    "subscription { fragile }",
    "subscription { noteCollection(first: 50) { edges { node { id owner title } } totalCount } }",
    "subscription($id: Int!) { noteByPk(id: $id) { owner title } }",
    "subscription { nothing: noteCollection(filter: {id: {lt: 0}}) { edges { node { id } } } }",
];

async fn stand(pool_mode: PoolMode) -> Stand {
    let stand = Stand::with(pool_mode, |config| config.api.total_count = true).await;
    stand.execute(SETUP).await;
    stand.engine.reload().await.expect("the catalogue is read");
    stand
}

/// Subscribes all at once, so that their first runs are in few messages, and compares each answer with that
/// of the query.
async fn hold(stand: &Stand, random: &mut Random, count: usize) {
    let mut subscribers = Vec::new();
    for _ in 0..count {
        let user = if random.below(6) == 0 { "bad".to_owned() } else { format!("user {}", random.below(7)) };
        let document = DOCUMENTS[random.below(DOCUMENTS.len())];
        let variables = json!({ "id": random.below(45) + 98 });
        let subscriber = stand.subscribe_with(&user, document, variables.clone()).await;
        subscribers.push((user, document, variables, subscriber));
    }
    for (user, document, variables, subscriber) in &mut subscribers {
        // The keyword is replaced by one of the same length, so that errors have the same places.
        let query = document.replacen("subscription", "query       ", 1);
        let expected =
            crate::harness::graphql_as(&stand.engine, &identity(user), &query, variables.clone()).await;
        assert_eq!(without_ids(subscriber.answer().await), without_ids(expected), "{user} {document}");
    }
}

/// The request ids of failures differ each time.
fn without_ids(mut answer: Value) -> Value {
    for error in answer["errors"].as_array_mut().into_iter().flatten() {
        error["extensions"].as_object_mut().unwrap().remove("requestId");
    }
    answer
}

#[tokio::test]
async fn operations_in_one_message_come_to_what_each_comes_to_alone() {
    let mut random = Random(0x5eed_1155);
    for pool_mode in [PoolMode::Transaction, PoolMode::Statement, PoolMode::Direct] {
        let stand = stand(pool_mode).await;
        for _ in 0..4 {
            hold(&stand, &mut random, 40).await;
        }
    }
}

/// A pooler in statement mode ends the connection after a failed transaction.
#[tokio::test]
async fn the_failure_of_the_first_is_its_own_in_every_pool_mode() {
    let statements =
        [Statement::new("select 1 / 0", Vec::new()), Statement::new("select 'well'", Vec::new())];
    for pool_mode in [PoolMode::Transaction, PoolMode::Statement, PoolMode::Direct] {
        let stand = stand(pool_mode).await;
        let members: Vec<BatchMember<'_>> = statements
            .iter()
            .zip(["ann", "bob"])
            .map(|(statement, user)| BatchMember {
                scope: Scope::of_catalog(Duration::from_secs(5)).with("test.user", user),
                statements: std::slice::from_ref(statement),
                seen: None,
                watch: Watch::Nothing,
            })
            .collect();
        for _ in 0..20 {
            let batch = stand.engine.database().run_batch(&members).await;
            assert!(batch.answers.is_empty(), "{pool_mode:?}: {batch:?}");
            let failure = batch.failure.expect("a division by zero");
            // It is not mistaken for an unavailable database; in that case none of them would run by itself.
            assert!(matches!(failure, Error::Database(_)), "{pool_mode:?}: {failure:?}");
            let is_told = pool_mode != PoolMode::Statement;
            assert!(!is_told || failure.sqlstate() == Some("22012"), "{pool_mode:?}: {failure:?}");
            let batch = stand.engine.database().run_batch(&members[1..]).await;
            assert!(batch.failure.is_none() && batch.answers.len() == 1, "{pool_mode:?}: {batch:?}");
        }
    }
}

#[tokio::test]
async fn one_that_fails_takes_none_of_the_others_with_it() {
    let stand = stand(PoolMode::Transaction).await;
    let mut good = Vec::new();
    let mut bad = Vec::new();
    for number in 0..6 {
        good.push(stand.subscribe(&format!("user {number}"), "subscription { fragile }").await);
        bad.push(stand.subscribe(&format!("bad {number}"), "subscription { fragile }").await);
    }
    for (number, subscriber) in good.iter_mut().enumerate() {
        assert_eq!(subscriber.answer().await, json!({"data": {"fragile": format!("user {number}")}}));
    }
    for subscriber in &mut bad {
        assert_eq!(subscriber.answer().await["data"], json!({"fragile": null}));
    }
    // They can be answered later, and the others are answered meanwhile.
    stand
        .execute(
            "create or replace function fragile() returns text stable language sql as $$ select 'well' $$",
        )
        .await;
    for subscriber in good.iter_mut().chain(&mut bad) {
        assert_eq!(subscriber.answer().await, json!({"data": {"fragile": "well"}}));
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_an_error_of_its_own() {
    let stand = Stand::with(PoolMode::Transaction, |config| config.limits.answer_bytes = 2000).await;
    let mut long = stand.subscribe("ann", super::TITLES).await;
    let mut short = stand.subscribe("bob", super::TITLES).await;
    assert_eq!(
        (long.titles().await, short.titles().await),
        (vec!["of ann 1".into()], vec!["of bob 2".into()])
    );
    stand
        .execute("update note set title = 'new' where owner = 'bob'; update note set title = repeat('x', 3000) where owner = 'ann'")
        .await;
    assert_eq!(short.titles().await, ["new"]);
    let refused = long.answer().await;
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("max-answer"), "{refused}");
    stand.execute("update note set title = 'short again' where owner = 'ann'").await;
    assert_eq!(long.titles().await, ["short again"]);
}

#[tokio::test]
async fn a_mutation_of_this_process_is_seen_at_once() {
    let stand =
        Stand::with(PoolMode::Transaction, |config| config.live.interval = Duration::from_mins(1)).await;
    stand.execute("grant insert, delete on note to live_user").await;
    stand.engine.reload().await.expect("the catalogue is read");
    let mut ann = stand.subscribe("ann", super::TITLES).await;
    assert_eq!(ann.titles().await, ["of ann 1"]);
    let mut taken = Vec::new();
    for id in 50..60 {
        let insert = format!(
            "mutation {{ insertIntonoteCollection(objects: [{{id: {id}, owner: \"ann\", title: \"t{id}\"}}]) {{ affectedCount }} }}"
        );
        let began = Instant::now();
        let written = crate::harness::graphql_as(&stand.engine, &identity("ann"), &insert, json!({})).await;
        assert_eq!(written["data"]["insertIntonoteCollection"]["affectedCount"], 1, "{written}");
        assert!(ann.titles().await.contains(&format!("t{id}")));
        taken.push(began.elapsed());
    }
    taken.sort();
    assert!(taken[5] < Duration::from_secs(2), "{taken:?}");
}
