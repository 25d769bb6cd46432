//! What a careful engineer writes in place of a GraphQL server: an endpoint for each operation, which sends SQL that was
//! written by hand by the same way, and returns its JSON. It is the most that an HTTP server can reach here.
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
use tokio_postgres::{Client, SimpleQueryMessage, Statement};

use crate::database::connect;
use crate::operation::{Operation, Variable};
use crate::server::Server;
use crate::{chinook, operation};

/// As many connections as Glowplug has by its default.
const CONNECTIONS: usize = 16;

struct Endpoint {
    operations: &'static [Operation],
    idle: Mutex<Vec<Session>>,
    places: Semaphore,
}

/// A connection, and the operations' statements if it has prepared them.
struct Session {
    client: Client,
    prepared: Vec<Statement>,
}

/// A session, until the answer is there or the client is gone.
struct Lent<'a> {
    session: Option<Session>,
    idle: &'a Mutex<Vec<Session>>,
}

impl<'a> From<&'a Mutex<Vec<Session>>> for Lent<'a> {
    fn from(idle: &'a Mutex<Vec<Session>>) -> Self {
        let session = idle.lock().expect("no panic").pop().expect("there is one for each place");
        Self { session: Some(session), idle }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.idle.lock().expect("no panic").extend(self.session.take());
    }
}

impl Session {
    async fn open(url: &str, operations: &[Operation], is_preparing: bool) -> Self {
        let client = connect(url).await;
        let mut prepared = Vec::new();
        for operation in operations.iter().filter(|operation| is_preparing && operation.has_endpoint()) {
            let statement = operation.by_hand_prepared();
            prepared.push(client.prepare(&statement).await.expect("the statement can be prepared"));
        }
        Self { client, prepared }
    }

    /// The first value of the operation in this place.
    async fn value(&self, operations: &[Operation], index: usize, number: u32) -> String {
        let place = operations[..index].iter().filter(|operation| operation.has_endpoint()).count();
        if let Some(statement) = self.prepared.get(place) {
            let number = i32::try_from(number).expect("a number of a test");
            let parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[&number];
            let parameters = &parameters[..statement.params().len()];
            return self.client.query_one(statement, parameters).await.expect("the statement runs").get(0);
        }
        let text = operations[index].by_hand(number);
        let rows = self.client.simple_query(&text).await.expect("the statement runs");
        let value = rows.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        value.expect("one row").to_owned()
    }
}

/// Starts it for the operations of a database. `is_preparing`: with statements that are prepared once for each connection.
pub(crate) fn start(database: &str, url: &str, is_preparing: bool) -> Server {
    let mut command = Command::new(std::env::current_exe().expect("the program's own path"));
    command.args(["--endpoint", database, url]).args(is_preparing.then_some("--prepares"));
    Server::run(command)
}

/// Serves until it is killed, if the command line says so.
pub(crate) async fn serve_if_told() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--endpoint").skip(1);
    let (Some(database), Some(url)) = (arguments.next(), arguments.next()) else { return };
    let operations: &'static [Operation] =
        if database == chinook::DATABASE { &chinook::OPERATIONS } else { &operation::OPERATIONS };
    let is_preparing = arguments.next().is_some();
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS {
        idle.push(Session::open(&url, operations, is_preparing).await);
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
    let operations = endpoint.operations;
    let request: Value = serde_json::from_str(&body).expect("JSON");
    let number = number(&operations[index], &request["variables"]);
    let _place = endpoint.places.acquire().await.expect("it is never closed");
    let lent = Lent::from(&endpoint.idle);
    let session = lent.session.as_ref().expect("it is there until the drop");
    let value = session.value(operations, index, number).await;
    ([(CONTENT_TYPE, "application/json")], format!(r#"{{"data":{value}}}"#))
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
