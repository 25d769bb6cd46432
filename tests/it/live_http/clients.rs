//! The real clients: graphql-ws, graphql-sse, Apollo Client over HTTP and over a websocket, urql. Each
//! subscribes with the snippet in docs/live.md, sees changes, survives a restart of the server, and
//! unsubscribes.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use glowplug::config::{Auth, Config};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::{LIVE, TASKS};
use crate::auth::{jwt, token};
use crate::server::Server;
use crate::{harness, node};

const CLIENTS: [&str; 5] = ["apollo-http", "apollo-ws", "graphql-sse", "graphql-ws", "urql"];

/// The script that runs all clients.
struct Clients {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Clients {
    fn start(server: &Server) -> Self {
        let token = token(&json!({"role": "postgres"}));
        let mut process = Command::new("node")
            .args(["clients.mjs", &server.url("/graphql"), &token, LIVE])
            .current_dir(node::folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs");
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { _process: process, input, output }
    }

    /// Waits until this is the last message of every client.
    async fn until_all(&mut self, key: &str, said: &Value) {
        let mut last: BTreeMap<String, Value> = BTreeMap::new();
        let all = async {
            while !CLIENTS.iter().all(|client| last.get(*client) == Some(said)) {
                let line = self.output.next_line().await.unwrap().expect("the script runs");
                let line: Value = serde_json::from_str(&line).unwrap();
                last.insert(line["client"].as_str().unwrap().to_owned(), line[key].clone());
            }
        };
        let in_time = timeout(Duration::from_mins(1), all).await;
        assert!(in_time.is_ok(), "{said} is what all were to say; there is {last:?}");
    }
}

#[tokio::test]
async fn every_client_sees_changes_survives_a_restart_and_unsubscribes() {
    let url = harness::cluster().url(&harness::database(TASKS).await);
    let change = |config: &mut Config| {
        config.live.interval = Duration::from_millis(100);
        config.auth = Auth { jwt: Some(jwt()), anon_role: None, ..Auth::default() };
    };
    let database = harness::connect(&url).await;
    let server = Server::start(&url, change).await;
    let mut clients = Clients::start(&server);
    clients.until_all("titles", &json!(["Task 1"])).await;
    database.batch_execute("insert into task values (2, 'Task 2')").await.unwrap();
    clients.until_all("titles", &json!(["Task 1", "Task 2"])).await;

    let address = server.address;
    server.stop().await;
    database.batch_execute("delete from task where id = 1").await.unwrap();
    let server = Server::start(&url, |config| {
        change(config);
        config.http.listen = address;
    })
    .await;
    clients.until_all("titles", &json!(["Task 2"])).await;

    clients.input.write_all(b"unsubscribe\n").await.unwrap();
    clients.until_all("unsubscribed", &json!(true)).await;
    let gone = async {
        while server.live.as_ref().unwrap().count() != (0, 0) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(20), gone).await.expect("nothing is left of the subscriptions");
}

#[test]
fn the_documented_snippets_are_those_that_are_tested() {
    let document = std::fs::read_to_string("docs/live.md").unwrap();
    for client in CLIENTS {
        let file = node::folder().join(format!("live/{client}.mjs"));
        let snippet = format!("```js\n{}```", std::fs::read_to_string(file).unwrap());
        assert!(document.contains(&snippet), "docs/live.md is to have tests/npm/live/{client}.mjs as it is");
    }
}
