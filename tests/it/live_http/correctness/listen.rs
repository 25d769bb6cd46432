//! Subscriptions over each transport, and all of their answers.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};

use super::world::User;
use crate::live_http::transport::{Received, Transport};
use crate::live_http::websocket::{PROTOCOL, Socket};
use crate::random::Random;

/// The number of subscriptions of each user.
pub(super) const OF_USER: usize = 20;

/// The subscribed field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    All,
    From(i64),
    One(i64),
    Boxes,
}

/// The answers, each with the time of its arrival.
pub(super) type Answers = Vec<(Instant, String)>;

/// A subscription, and its answers so far.
#[derive(Clone)]
pub(super) struct Listener {
    pub(super) user: User,
    pub(super) wanted: Wanted,
    pub(super) transport: Transport,
    answers: Arc<Mutex<Answers>>,
}

impl Wanted {
    fn chosen(random: &mut Random) -> Self {
        let id = [7, 15][random.below(2)];
        [Self::All, Self::From(id), Self::One(id), Self::Boxes][random.below(4)]
    }

    fn payload(self, user: User) -> Value {
        let columns = user.columns().join(" ");
        let notes = |more: &str| {
            format!(
                "noteCollection({more}orderBy: [{{id: AscNullsLast}}]) {{ edges {{ node {{ {columns} }} }} }}"
            )
        };
        let (document, variables) = match self {
            Self::All => (format!("subscription {{ {} }}", notes("")), json!({})),
            Self::From(id) => {
                let notes = notes("filter: {id: {gte: $id}}, ");
                (format!("subscription($id: Int!) {{ {notes} }}"), json!({ "id": id }))
            }
            Self::One(id) => {
                let document = format!("subscription($id: Int!) {{ noteByPk(id: $id) {{ {columns} }} }}");
                (document, json!({ "id": id }))
            }
            Self::Boxes => {
                let boxes = format!("edges {{ node {{ id {} }} }}", notes(""));
                let document = format!(
                    "subscription {{ boxCollection(orderBy: [{{id: AscNullsLast}}]) {{ {boxes} }} }}"
                );
                (document, json!({}))
            }
        };
        json!({ "query": document, "variables": variables })
    }

    /// The expected answer if the user may see these notes.
    pub(super) fn answer(self, notes: &[Value]) -> String {
        let edges = |wanted: &dyn Fn(&Value) -> bool| -> Value {
            let edges = notes.iter().filter(|note| wanted(note)).map(|note| json!({ "node": note }));
            json!({ "edges": edges.collect::<Vec<_>>() })
        };
        let data = match self {
            Self::All => json!({ "noteCollection": edges(&|_| true) }),
            Self::From(id) => json!({ "noteCollection": edges(&|note| note["id"].as_i64() >= Some(id)) }),
            Self::One(id) => {
                json!({ "noteByPk": notes.iter().find(|note| note["id"].as_i64() == Some(id)) })
            }
            Self::Boxes => {
                let boxes = (1..=3).map(|place| {
                    let notes = edges(&|note| note["box_id"] == json!(place));
                    json!({ "node": { "id": place, "noteCollection": notes } })
                });
                json!({ "boxCollection": { "edges": boxes.collect::<Vec<_>>() } })
            }
        };
        json!({ "data": data }).to_string()
    }
}

impl Listener {
    /// The answers so far.
    pub(super) fn answers(&self) -> Answers {
        self.answers.lock().unwrap().clone()
    }

    fn hear(&self, answer: &Value) {
        assert!(answer.get("errors").is_none(), "{:?} of {:?}: {answer}", self.wanted, self.user);
        self.answers.lock().unwrap().push((Instant::now(), answer.to_string()));
    }

    /// Subscribes on a separate connection.
    async fn listen_alone(self, url: String) {
        let (token, payload) = (self.user.token(), self.wanted.payload(self.user));
        let mut subscriber = self.transport.subscribe(&url, Some(&token), payload).await;
        loop {
            match subscriber.next_in_any_time().await {
                Received::Answer(answer) => self.hear(&answer),
                other => panic!("{:?} is told {other:?}", self.user),
            }
        }
    }
}

/// Subscribes for all users. A panic of a task shows when it is joined.
pub(super) fn listen(url: &str, tasks: &mut tokio::task::JoinSet<()>) -> Vec<Listener> {
    let mut random = Random(0x11fe_ea75);
    let mut all = Vec::new();
    for user in User::all() {
        // Two websockets with some subscriptions each, and a stream for each of the others.
        let mut sockets = [Vec::new(), Vec::new()];
        for number in 0..OF_USER {
            let transport = Transport::ALL[number % 3];
            let wanted = Wanted::chosen(&mut random);
            let listener = Listener { user, wanted, transport, answers: Arc::default() };
            all.push(listener.clone());
            match transport {
                Transport::Websocket => sockets[number % 2].push(listener),
                Transport::Events | Transport::Multipart => {
                    tasks.spawn(listener.listen_alone(url.to_owned()));
                }
            }
        }
        for listeners in sockets {
            tasks.spawn(listen_by_websocket(url.to_owned(), user, listeners));
        }
    }
    all
}

async fn listen_by_websocket(url: String, user: User, listeners: Vec<Listener>) {
    let mut socket = Socket::open_at(&url, &[PROTOCOL]).await.unwrap();
    socket.init(json!({ "authorization": format!("Bearer {}", user.token()) })).await;
    for (number, listener) in listeners.iter().enumerate() {
        let payload = listener.wanted.payload(user);
        socket.send(json!({ "id": number.to_string(), "type": "subscribe", "payload": payload })).await;
    }
    loop {
        let message = socket.next_in_any_time().await;
        assert_eq!(message["type"], "next", "{message}");
        let number: usize = message["id"].as_str().unwrap().parse().unwrap();
        listeners[number].hear(&message["payload"]);
    }
}
