//! That what is compared is comparable: each contender gives the same answer.

use serde_json::Value;
use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

use crate::contender::Contender;
use crate::operation::Operation;
use crate::server::Server;
use crate::stand::Site;

/// Each server's answer is that of the hand-written SQL. Returns the message that the server sent for the operation's last
/// number, if the number can be found in it and its answer is the same; `None` where it occurs in other places too.
pub(crate) async fn check(site: &Site<'_>, operation: &Operation) -> Option<String> {
    let number = operation.last();
    let database = site.connect().await;
    let by_hand = first_value(&database, &operation.by_hand(number)).await;
    let expected = format!(r#"{{"data":{by_hand}}}"#);
    let contenders = [Contender::Glowplug, Contender::Stored, Contender::OtherBuild, Contender::Endpoint];
    for contender in contenders
        .into_iter()
        .filter(|contender| *contender != Contender::Endpoint || operation.has_endpoint())
    {
        let Some(server) = site.server(contender) else { continue };
        let body = ask(server, &site.path(contender, operation), operation.body(number)).await;
        assert_eq!(comparable(&body), comparable(&expected), "{}", operation.name);
    }
    if site.stand.is_direct {
        // Statements that are prepared are no message.
        return None;
    }
    // The settings in front are those of the HTTP request, which differ from client to client.
    let statements = operation.statements(&site.api, &site.config, number);
    if statements.matches(&number.to_string()).count() != 1 {
        return None;
    }
    ask(&site.server, "/graphql", operation.body(number)).await;
    let message = sent(&database, &statements).await;
    let value = first_value(&database, &message).await;
    let (value, by_hand) = (comparable(&value), comparable(&by_hand));
    let is_same = by_hand.as_object().is_some_and(|roots| roots.values().any(|root| *root == value));
    assert!(is_same, "{}: {value}", operation.name);
    Some(message)
}

async fn ask(server: &Server, path: &str, body: String) -> String {
    let request = reqwest::Client::new().post(server.page(path)).body(body);
    let response = request.header("content-type", "application/json").send().await.expect("an answer");
    response.text().await.expect("its body")
}

/// The message that the server sent, by its end.
async fn sent(database: &Client, statements: &str) -> String {
    let sent = database
        .query_one(
            "select query from pg_stat_activity where right(query, length($1)) = $1
            and (query like 'select%set_config%' or query like 'set local%') and pid <> pg_backend_pid() limit 1",
            &[&statements],
        )
        .await;
    sent.unwrap_or_else(|_| panic!("one message ends with:\n{statements}")).get(0)
}

/// The only value of a message's last row.
async fn first_value(database: &Client, message: &str) -> String {
    let rows = database.simple_query(message).await.expect("the message runs");
    let value = rows.iter().rev().find_map(|row| match row {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    value.expect("one row")
}

/// An answer in which keys that the database makes up are alike.
fn comparable(text: &str) -> Value {
    let value = serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    without_random_keys(value)
}

fn without_random_keys(value: Value) -> Value {
    match value {
        // Version 4 with random digits; the task board's keys end in a number.
        Value::String(text) if is_random_key(&text) => Value::String("a new key".to_owned()),
        Value::Array(values) => values.into_iter().map(without_random_keys).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, without_random_keys(value))).collect()
        }
        other => other,
    }
}

fn is_random_key(text: &str) -> bool {
    Uuid::parse_str(text).is_ok() && !text.starts_with("00000000")
}
