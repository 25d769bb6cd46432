//! What a careful engineer writes in place of a GraphQL server: an endpoint for each operation, which sends SQL that was
//! written by hand through the same pooler, and returns its JSON. It is the most that an HTTP server can reach here.
//!
//! A process of its own, as a server has to be: this benchmark's program with `--endpoint`.

use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::database::connect;
use crate::operation::{Operation, Variable};
use crate::server::Server;
use crate::{chinook, operation};

/// As many connections as Glowplug has by its default.
const CONNECTIONS: usize = 16;

struct Endpoint {
    operations: &'static [Operation],
    idle: Mutex<Vec<Client>>,
    places: Semaphore,
}

/// A connection, until the answer is there or the client is gone.
struct Lent<'a> {
    client: Option<Client>,
    idle: &'a Mutex<Vec<Client>>,
}

impl<'a> From<&'a Mutex<Vec<Client>>> for Lent<'a> {
    fn from(idle: &'a Mutex<Vec<Client>>) -> Self {
        let client = idle.lock().expect("no panic").pop().expect("there is one for each place");
        Self { client: Some(client), idle }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.idle.lock().expect("no panic").extend(self.client.take());
    }
}

/// Starts it for the operations of a database.
pub(crate) fn start(database: &str, url: &str) -> Server {
    let mut command = Command::new(std::env::current_exe().expect("the program's own path"));
    command.args(["--endpoint", database, url]);
    Server::run(command)
}

/// Serves until it is killed, if the command line says so.
pub(crate) async fn serve_if_told() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--endpoint").skip(1);
    let (Some(database), Some(url)) = (arguments.next(), arguments.next()) else { return };
    let operations: &'static [Operation] =
        if database == chinook::DATABASE { &chinook::OPERATIONS } else { &operation::OPERATIONS };
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS {
        idle.push(connect(&url).await);
    }
    let endpoint = Endpoint { operations, idle: Mutex::new(idle), places: Semaphore::new(CONNECTIONS) };
    let app = Router::new().route("/{index}", post(answer)).with_state(Arc::new(endpoint));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    eprintln!("address={}", listener.local_addr().expect("its address"));
    axum::serve(listener, app).await.expect("it serves until it is killed");
}

/// The answer to the body of a GraphQL request, of which only the variable matters.
async fn answer(
    State(endpoint): State<Arc<Endpoint>>,
    Path(index): Path<usize>,
    body: String,
) -> impl IntoResponse {
    let operation = &endpoint.operations[index];
    let request: Value = serde_json::from_str(&body).expect("JSON");
    let statement = operation.by_hand(number(operation, &request["variables"]));
    let _place = endpoint.places.acquire().await.expect("it is never closed");
    let lent = Lent::from(&endpoint.idle);
    let client = lent.client.as_ref().expect("it is there until the drop");
    let rows = client.simple_query(&statement).await.expect("the statement runs");
    let value = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    ([(CONTENT_TYPE, "application/json")], format!(r#"{{"data":{}}}"#, value.expect("one row")))
}

/// The number in the variable's value.
fn number(operation: &Operation, variables: &Value) -> u32 {
    let number = match operation.variable {
        None => return operation.last(),
        Some(Variable::Number(name)) => variables[name].as_u64(),
        Some(Variable::Text(name, prefix)) => variables[name]
            .as_str()
            .and_then(|text| text.strip_prefix(prefix))
            .and_then(|text| text.parse().ok()),
        Some(Variable::Made(..)) => unreachable!("there is no endpoint for it"),
    };
    number.and_then(|number| u32::try_from(number).ok()).expect("a number")
}
