//! The subscribers: a websocket for each user, with as many subscriptions as it takes, and what all of them have seen.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::board::{self, USERS};
use crate::frames::Websocket;

/// How long a subscriber waits for its first answer.
const PATIENCE: Duration = Duration::from_mins(2);

/// All of them.
pub(crate) struct Subscribers {
    seen: Arc<Mutex<Seen>>,
    /// To each websocket: how many subscriptions it is to have.
    wanted: Vec<mpsc::UnboundedSender<usize>>,
    count: usize,
}

/// What has been seen.
#[derive(Default)]
pub(crate) struct Seen {
    answers: usize,
    /// From just before a row was written until its new content was there.
    pub(crate) delays: Vec<Duration>,
    pub(crate) errors: Vec<String>,
}

impl Subscribers {
    /// Connects them. They subscribe to nothing yet.
    pub(crate) async fn connect(address: &str, token: impl Fn(usize) -> String) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let mut wanted = Vec::new();
        for user in 0..USERS {
            let mut websocket = Websocket::connect(address).await.expect("a websocket");
            let payload = json!({ "authorization": format!("Bearer {}", token(user)) });
            let init = json!({ "type": "connection_init", "payload": payload });
            websocket.send(&init.to_string()).await.expect("the server reads");
            let acknowledged = websocket.next().await.expect("an answer");
            assert!(acknowledged.contains("connection_ack"), "{acknowledged}");
            let (sender, receiver) = mpsc::unbounded_channel();
            wanted.push(sender);
            let subscriber = Subscriber { user, websocket, newest: Vec::new(), seen: Arc::clone(&seen) };
            tokio::spawn(subscriber.listen(receiver));
        }
        Self { seen, wanted, count: 0 }
    }

    /// Has them subscribe until there are so many subscriptions, and waits for the first answers.
    pub(crate) async fn grow_to(&mut self, count: usize) {
        let before = self.seen().answers;
        let added = count - self.count;
        for (user, wanted) in self.wanted.iter().enumerate() {
            wanted.send((count + USERS - 1 - user) / USERS).expect("a subscriber listens");
        }
        self.count = count;
        let answered = async {
            while self.seen().answers < before + added {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let answered = tokio::time::timeout(PATIENCE, answered).await;
        assert!(answered.is_ok(), "no first answer; {:?}", self.take().errors);
    }

    /// What has been seen since the last call.
    pub(crate) fn take(&self) -> Seen {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = seen.answers;
        std::mem::replace(&mut *seen, Seen { answers, ..Seen::default() })
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One user's websocket.
struct Subscriber {
    user: usize,
    websocket: Websocket,
    /// Of each subscription: when the newest row was written that it has seen, in microseconds.
    newest: Vec<u64>,
    seen: Arc<Mutex<Seen>>,
}

impl Subscriber {
    async fn listen(mut self, mut wanted: mpsc::UnboundedReceiver<usize>) {
        loop {
            let heard = tokio::select! {
                wanted = wanted.recv() => match wanted {
                    Some(count) => self.subscribe(count).await,
                    None => return,
                },
                text = self.websocket.next() => text.map(|text| self.hear(&text)),
            };
            if let Err(error) = heard {
                self.seen.lock().unwrap_or_else(PoisonError::into_inner).errors.push(error.to_string());
                return;
            }
        }
    }

    async fn subscribe(&mut self, count: usize) -> std::io::Result<()> {
        for number in self.newest.len()..count {
            let payload: Value = board::subscription(self.user, number);
            let message = json!({ "id": number.to_string(), "type": "subscribe", "payload": payload });
            self.newest.push(0);
            self.websocket.send(&message.to_string()).await?;
        }
        Ok(())
    }

    fn hear(&mut self, text: &str) {
        let now = now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((number, written)) = read(text) else {
            seen.errors.push(text.to_owned());
            return;
        };
        seen.answers += 1;
        if let (Some(written), Some(newest)) = (written, self.newest.get_mut(number))
            && written > *newest
        {
            *newest = written;
            seen.delays.push(Duration::from_micros(now.saturating_sub(written)));
        }
    }
}

/// The number of a subscription, and when the row in its answer was written; `None` where it is no answer, or one without the row.
fn read(text: &str) -> Option<(usize, Option<u64>)> {
    let (id, rest) = text.strip_prefix("{\"id\":\"")?.split_once('"')?;
    let is_answer = rest.starts_with(",\"type\":\"next\"") && rest.contains("\"title\"");
    let written = rest.split_once("written at ").map(|(_, rest)| {
        let digits = rest.split_once('"').map_or("", |(digits, _)| digits);
        digits.parse().unwrap_or_default()
    });
    is_answer.then(|| id.parse().ok()).flatten().map(|number| (number, written))
}

/// Microseconds since 1970.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}
