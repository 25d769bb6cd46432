//! Live queries under load: writers change rows at random while users with different rights are subscribed,
//! and the pooler restarts. No subscriber ever sees a row of another user, and each last answer equals SQL's.

use std::time::Duration;

use glowplug::config::PoolMode;
use glowplug::live::Update;
use serde_json::{Value, json};

use super::stand::{Stand, Subscriber, identity};
use crate::harness;
use crate::random::Random;

const USERS: usize = 10;
const SUBSCRIBERS: usize = 60;
const DURATION: Duration = Duration::from_secs(8);
const DOCUMENT: &str = "subscription($from: Int!) { noteCollection(filter: {id: {gte: $from}}, orderBy: [{id: AscNullsLast}], first: 1000) { edges { node { id owner title } } } }";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_subscriber_ends_with_what_sql_says_for_its_user_and_has_seen_no_row_of_others() {
    let stand = Stand::with(PoolMode::Transaction, |config| {
        config.limits.page_size = Some(1000);
        config.api.schemas = vec!["public".to_owned()];
    })
    .await;
    stand.execute("comment on table note is e'@graphql({\"max_rows\": 1000})'").await;
    stand.engine.reload().await.expect("the catalogue is read");
    let mut listeners = Vec::new();
    for number in 0..SUBSCRIBERS {
        let (user, from) = (format!("user {}", number % USERS), (number % 3) * 100);
        let subscriber = stand.subscribe_with(&user, DOCUMENT, json!({ "from": from })).await;
        listeners.push((user.clone(), from, tokio::spawn(listen(subscriber, user))));
    }
    write_at_random(&stand).await;
    // The last change that all of them must see.
    stand
        .execute("delete from note where id = 999; insert into note select 1000 + n, 'user ' || n, 'end' from generate_series(0, 9) n")
        .await;
    for (user, from, listener) in listeners {
        let last = tokio::time::timeout(Duration::from_secs(30), listener).await;
        let last = last.unwrap_or_else(|_| panic!("{user} has not seen the last change")).unwrap();
        let query = DOCUMENT.replacen("subscription", "query", 1);
        let expected =
            harness::graphql_as(&stand.engine, &identity(&user), &query, json!({ "from": from })).await;
        assert_eq!(last, expected, "{user}");
    }
}

/// Reads answers until the one with the last change; each contains only rows of the user.
async fn listen(mut subscriber: Subscriber, user: String) -> Value {
    loop {
        let Update::Answer(response) = subscriber.subscription.next().await.expect("it goes on") else {
            panic!("the subscription of {user} has ended")
        };
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        let edges = answer["data"]["noteCollection"]["edges"].as_array();
        let edges = edges.unwrap_or_else(|| panic!("no rows: {answer}")).clone();
        for edge in &edges {
            assert_eq!(edge["node"]["owner"], user.as_str(), "a row of another user");
        }
        if edges.iter().any(|edge| edge["node"]["title"] == "end") {
            return answer;
        }
    }
}

/// Inserts, updates, deletes and reassigns rows, and meanwhile ends all sessions and restarts the pooler.
async fn write_at_random(stand: &Stand) {
    let mut random = Random(0x11fe_10ad);
    let began = std::time::Instant::now();
    let mut faults = 0;
    while began.elapsed() < DURATION {
        let (id, user) = (random.below(300) + 10, random.below(USERS));
        let statement = match random.below(4) {
            0 => format!("delete from note where id = {id}"),
            1 => format!("update note set owner = 'user {user}' where id = {id}"),
            2 => format!("update note set title = 'title {}' where id = {id}", random.below(1000)),
            _ => format!("insert into note values ({id}, 'user {user}', 'new') on conflict do nothing"),
        };
        stand.execute(&statement).await;
        if began.elapsed() > (faults + 1) * DURATION / 5 {
            faults += 1;
            if faults % 2 == 0 {
                stand.restart_pooler();
                continue;
            }
            stand
                .execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
                .await;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}
