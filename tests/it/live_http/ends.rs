//! How subscriptions end if their clients do not end them, which are refused, and what happens to clients
//! that do not read: the same over each transport.

use std::time::{Duration, SystemTime};

use glowplug::config::{Auth, Limits};
use serde_json::{Value, json};

use super::transport::{Received, Subscriber, Transport};
use super::websocket::Socket;
use super::{LIVE, Table};
use crate::auth::{jwt, token};
use crate::ways::Route;

impl Table {
    async fn subscribe(&self, transport: Transport, document: &str) -> Subscriber {
        transport.subscribe(&self.server.url("/graphql"), None, json!({ "query": document })).await
    }

    async fn subscribe_as(&self, transport: Transport, token: &str) -> Subscriber {
        transport.subscribe(&self.server.url("/graphql"), Some(token), json!({ "query": LIVE })).await
    }
}

/// The data of all tasks.
fn tasks(titles: &[&str]) -> Value {
    let edges: Vec<Value> = titles.iter().map(|title| json!({ "node": { "title": title } })).collect();
    json!({ "taskCollection": { "edges": edges } })
}

#[tokio::test]
async fn a_token_that_expires_ends_its_subscriptions() {
    let mut keys = jwt();
    keys.clock_skew = Duration::ZERO;
    let table =
        Table::served(|config| config.auth = Auth { jwt: Some(keys), anon_role: None, ..Auth::default() })
            .await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let brief = token(&json!({ "role": "postgres", "exp": now + 3 }));
    let mut subscribers = Vec::new();
    for transport in Transport::ALL {
        subscribers.push((transport, table.subscribe_as(transport, &brief).await));
    }
    for (transport, subscriber) in &mut subscribers {
        assert_eq!(subscriber.data().await, tasks(&["Task 1"]));
        match transport {
            Transport::Websocket => assert_eq!(subscriber.next().await, Received::Closed(4403)),
            Transport::Events | Transport::Multipart => assert_eq!(subscriber.end().await, "UNAUTHENTICATED"),
        }
        let mut again = table.subscribe_as(*transport, &token(&json!({ "role": "postgres" }))).await;
        assert_eq!(again.data().await, tasks(&["Task 1"]));
    }
}

#[tokio::test]
async fn a_revoked_role_ends_its_subscriptions() {
    let table =
        Table::served(|config| config.auth = Auth { jwt: Some(jwt()), anon_role: None, ..Auth::default() })
            .await;
    let role = format!("live_http_revoked_{}", std::process::id());
    table.execute(&format!("create role {role}; grant select on task to {role}")).await;
    let revoked = token(&json!({ "role": role }));
    let mut subscribers = Vec::new();
    for transport in Transport::ALL {
        let mut subscriber = table.subscribe_as(transport, &revoked).await;
        assert_eq!(subscriber.data().await, tasks(&["Task 1"]));
        subscribers.push(subscriber);
    }
    table
        .execute(&format!("revoke all on task from {role}; drop role {role}; update task set title = 'x'"))
        .await;
    for subscriber in &mut subscribers {
        assert_eq!(subscriber.end().await, "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_changed_database_ends_what_does_not_fit_it_any_more() {
    let table = Table::served(|_| {}).await;
    let ids = |ids: &[i32]| {
        let edges: Vec<Value> = ids.iter().map(|id| json!({ "node": { "id": id } })).collect();
        json!({ "taskCollection": { "edges": edges } })
    };
    let mut subscribers = Vec::new();
    for transport in Transport::ALL {
        let mut fits =
            table.subscribe(transport, "subscription { taskCollection { edges { node { id } } } }").await;
        let mut misfit = table.subscribe(transport, LIVE).await;
        assert_eq!(fits.data().await, ids(&[1]));
        assert_eq!(misfit.data().await, tasks(&["Task 1"]));
        subscribers.push((fits, misfit));
    }
    table.execute("alter table task drop title; insert into task values (2)").await;
    for (fits, misfit) in &mut subscribers {
        assert_eq!(misfit.end().await, "BAD_USER_INPUT");
        assert_eq!(fits.data().await, ids(&[1, 2]));
    }
}

#[tokio::test]
async fn there_are_no_more_subscriptions_than_the_server_and_the_role_may_have() {
    let table = Table::served(|config| {
        config.live.subscriptions = 3;
        config.auth = Auth { jwt: Some(jwt()), anon_role: None, ..Auth::default() };
        let of_role = Limits { subscriptions: 2, ..config.limits.clone() };
        config.role_limits.insert("postgres".to_owned(), of_role);
    })
    .await;
    let role = format!("live_http_counted_{}", std::process::id());
    table.execute(&format!("create role {role}; grant select on task to {role}")).await;
    let (counted, other) = (token(&json!({ "role": "postgres" })), token(&json!({ "role": role })));
    let held = |who: String| {
        let table = &table;
        async move {
            let mut subscriber = table.subscribe_as(Transport::Websocket, &who).await;
            subscriber.data().await;
            subscriber
        }
    };
    let mut all = vec![held(counted.clone()).await, held(counted.clone()).await];
    for transport in Transport::ALL {
        assert_eq!(
            refused(table.subscribe_as(transport, &counted).await).await,
            "this role has 2 subscriptions"
        );
    }
    all.push(held(other.clone()).await);
    for transport in Transport::ALL {
        assert_eq!(
            refused(table.subscribe_as(transport, &other).await).await,
            "the server has 3 subscriptions"
        );
    }
    // When a client has disconnected, its place is free.
    drop(all);
    let gone = async {
        while table.server.live.as_ref().unwrap().count().0 > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the places are free");
    held(counted).await;
    table.execute(&format!("revoke all on task from {role}; drop role {role}")).await;
}

/// Why a subscription is refused, up to the hint.
async fn refused(mut subscriber: Subscriber) -> String {
    let Received::Errors(errors) = subscriber.next().await else { panic!("it is not refused") };
    let message = errors[0]["message"].as_str().unwrap();
    message.split(" (").next().unwrap().to_owned()
}

#[tokio::test]
async fn a_websocket_has_200_subscriptions_at_the_most() {
    let table = Table::served(|_| {}).await;
    let mut socket = Socket::initialised(&table.server).await;
    for number in 0..200 {
        socket.subscribe(&number.to_string(), LIVE).await;
        assert_eq!(socket.next().await["type"], "next");
    }
    socket.subscribe("more", LIVE).await;
    let refused = socket.next().await;
    assert_eq!((&refused["id"], &refused["type"]), (&json!("more"), &json!("error")));
    let message = refused["payload"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("this connection has 200 subscriptions"), "{message}");
    // A subscription that has ended makes room, and the others continue.
    socket.send(json!({ "id": "0", "type": "complete" })).await;
    socket.subscribe("more", LIVE).await;
    assert_eq!(socket.next().await["id"], "more");
}

#[tokio::test]
async fn a_server_without_a_database_refuses_subscriptions_and_says_why() {
    let server = super::tasks(Route::Queued).await;
    for transport in Transport::ALL {
        let mut refused = transport.subscribe(&server.url("/graphql"), None, json!({ "query": LIVE })).await;
        let Received::Errors(errors) = refused.next().await else { panic!("it is not refused") };
        let message = errors[0]["message"].as_str().unwrap();
        assert!(message.contains("need a server with a database of its own"), "{message}");
    }
    // Operations with one answer still work.
    let query = json!({ "query": "{ taskByPk(id: 1) { title } }" });
    let mut answered = Transport::Websocket.subscribe(&server.url("/graphql"), None, query).await;
    assert_eq!(answered.data().await, json!({ "taskByPk": { "title": "Task 1" } }));
    assert_eq!(answered.next().await, Received::Complete);
}

/// The interval of the next test's server, and the duration of the test.
const INTERVAL: Duration = Duration::from_millis(1200);
const WATCHED: Duration = Duration::from_secs(6);

#[tokio::test]
async fn a_client_may_wish_for_shorter_and_longer_intervals() {
    let table = Table::served(|config| config.live.interval = INTERVAL).await;
    let mut counting = tokio::task::JoinSet::new();
    for transport in Transport::ALL {
        for (index, wish) in [Some("300ms"), None, Some("1h")].into_iter().enumerate() {
            // Subscriptions with the same answer use the shortest of their intervals.
            let document = LIVE.replace("taskCollection", &format!("wish{index}: taskCollection"));
            let payload = json!({ "query": document, "extensions": { "live": { "interval": wish } } });
            let mut subscriber = transport.subscribe(&table.server.url("/graphql"), None, payload).await;
            counting.spawn(async move {
                let mut count = 0;
                let counted = async {
                    loop {
                        subscriber.data().await;
                        count += 1;
                    }
                };
                let _ = tokio::time::timeout(WATCHED, counted).await;
                (index, count)
            });
        }
    }
    let (mut number, mut counts) = (0, [0; 3]);
    while !counting.is_empty() {
        number += 1;
        table.execute(&format!("update task set title = 'Task {number}'")).await;
        tokio::time::sleep(Duration::from_millis(40)).await;
        while let Some(counted) = counting.try_join_next() {
            let (index, count) = counted.unwrap();
            counts[index] = count.max(counts[index]);
        }
    }
    let [short, usual, long] = counts;
    assert!(usual <= 7 && short >= usual + 3, "{short} and {usual} answers");
    assert!(long <= 2, "{long} answers, where one an hour was wished for");
}

/// The number of changes while the clients do not read, and the length of the answers: together far more than
/// sockets buffer.
const CHANGES: usize = 48;
const BYTES: usize = 384 * 1024;

#[tokio::test]
async fn a_client_that_does_not_read_gets_the_newest_answer_and_has_few_kept_for_it() {
    let table = Table::served(|config| config.live.interval = Duration::from_millis(20)).await;
    let change = async |number: usize| {
        table.execute(&format!("update task set title = rpad('{number}.', {BYTES}, md5('{number}'))")).await;
    };
    change(0).await;
    let mut slow = Vec::new();
    for transport in Transport::ALL {
        let mut subscriber = table.subscribe(transport, LIVE).await;
        assert_eq!(number(&subscriber.data().await), 0);
        slow.push(subscriber);
    }
    let mut quick = table.subscribe(Transport::Websocket, LIVE).await;
    assert_eq!(number(&quick.data().await), 0);
    for current in 1..=CHANGES {
        change(current).await;
        assert_eq!(number(&quick.data().await), current);
    }
    for subscriber in &mut slow {
        let mut seen = vec![number(&subscriber.data().await)];
        while *seen.last().unwrap() < CHANGES {
            seen.push(number(&subscriber.data().await));
        }
        assert!(seen.is_sorted() && seen.len() < CHANGES / 2, "{seen:?}");
    }
}

/// The number of the change that an answer shows.
fn number(data: &Value) -> usize {
    let title = data["taskCollection"]["edges"][0]["node"]["title"].as_str().expect("a title");
    title.split('.').next().unwrap().parse().unwrap()
}
