//! The writer: changes rows at random, in turns and in three ways, and logs what each user may see after each
//! turn.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_postgres::Client;

use super::world::{INTERVAL, USERS, Views, connect_when_possible, views, views_in};
use crate::auth::token;
use crate::random::Random;

/// The number of ids.
const NOTES: usize = 24;

/// A state of the database: in force from some time between `sent` and `acknowledged` until the next one is.
#[derive(Debug)]
pub(super) struct State {
    pub(super) sent: Instant,
    pub(super) acknowledged: Instant,
    pub(super) views: Views,
}

/// How a change is made.
enum Way {
    Direct,
    Pooled,
    /// A mutation of the server under test.
    Mutation,
}

pub(super) struct Writer {
    random: Random,
    direct_url: String,
    pooled_url: String,
    graphql_url: String,
    http: reqwest::Client,
    direct: Client,
    pooled: Client,
    pub(super) log: Vec<State>,
    /// The beginnings of turns without an acknowledged end.
    pub(super) lost: Vec<Instant>,
}

impl Writer {
    pub(super) async fn new(direct_url: String, pooled_url: String, graphql_url: String) -> Self {
        let direct = connect_when_possible(&direct_url).await;
        let pooled = connect_when_possible(&pooled_url).await;
        let (random, http) = (Random(0x11fe_5eed), reqwest::Client::new());
        let (log, lost) = (Vec::new(), Vec::new());
        let mut writer =
            Self { random, direct_url, pooled_url, graphql_url, http, direct, pooled, log, lost };
        let sent = Instant::now();
        writer.keep(sent).await;
        writer
    }

    /// Writes for some time, and until enough turns have taken effect. From time to time it waits until all
    /// subscribers have to see the current state.
    pub(super) async fn write_for(&mut self, time: Duration, enough: usize) {
        let began = Instant::now();
        while began.elapsed() < time || self.log.len() - self.lost.len() < enough {
            self.turn().await;
            let pause = if self.random.once_in(14) {
                INTERVAL * 4 + INTERVAL * u32::try_from(self.random.below(3)).unwrap()
            } else {
                Duration::from_millis(self.random.next() % 40)
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn turn(&mut self) {
        let turn = self.log.len();
        let sent = Instant::now();
        let way = match self.random.below(3) {
            0 => Way::Direct,
            1 => Way::Pooled,
            _ => Way::Mutation,
        };
        let written = match way {
            Way::Mutation => self.mutate(turn).await,
            Way::Direct | Way::Pooled => {
                let statements = self.statements(turn);
                let client = if matches!(way, Way::Direct) { &self.direct } else { &self.pooled };
                client.simple_query(&statements).await.ok().map(|messages| views_in(&messages))
            }
        };
        if let Some(views) = written {
            self.log.push(State { sent, acknowledged: Instant::now(), views });
        } else {
            self.lost.push(sent);
            self.keep(sent).await;
        }
    }

    /// A transaction that changes one to three rows, and then queries what each user may see. Some stay open
    /// for longer than an interval.
    fn statements(&mut self, turn: usize) -> String {
        let mut statements = format!("begin; select take_turn({turn});");
        for _ in 0..=self.random.below(3) {
            let _ = write!(statements, "{};", self.change(turn));
        }
        if self.random.once_in(20) {
            let _ = write!(statements, "select pg_sleep({});", INTERVAL.as_secs_f64() * 1.2);
        }
        statements + &views() + "commit"
    }

    fn change(&mut self, turn: usize) -> String {
        let (id, user, place) =
            (1 + self.random.below(NOTES), self.random.below(USERS), 1 + self.random.below(3));
        let set = match self.random.below(7) {
            0 => return format!("delete from note where id = {id}"),
            1 | 2 => {
                return format!(
                    "insert into note (id, box_id, owner, version, title, secret) \
                     values ({id}, {place}, 'user {user}', {turn}, 'new in {turn}', 'secret of {turn}') on conflict do nothing"
                );
            }
            3 => format!("owner = 'user {user}'"),
            4 => "is_public = not is_public".to_owned(),
            5 => format!("box_id = {place}"),
            _ => format!("title = 'title of {turn}', secret = 'secret of {turn}'"),
        };
        format!("update note set {set}, version = {turn} where id = {id}")
    }

    /// Changes a row by a mutation; returns what each user may see then, unless it has failed.
    async fn mutate(&mut self, turn: usize) -> Option<Views> {
        let (id, text) = (1 + self.random.below(NOTES), format!("by mutation {turn}"));
        let document = "mutation($turn: Int!, $note: Int!, $text: String!) \
            { retitle(this_turn: $turn, note_id: $note, new_title: $text) }";
        let body = json!({"query": document, "variables": {"turn": turn, "note": id, "text": text}});
        let request = self.http.post(&self.graphql_url).bearer_auth(token(&json!({"role": "writer"})));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer =
            request.send().await.expect("the server answers").text().await.expect("the whole answer");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        if answer["data"]["retitle"] != json!(turn) {
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            assert!(matches!(code, Some("UNAVAILABLE" | "TIMEOUT")), "{answer}");
            return None;
        }
        let seen = self.direct.simple_query(&format!("begin; {} commit", views())).await;
        seen.ok().map(|messages| views_in(&messages))
    }

    /// Reconnects, ends the turn if it has not taken effect, and logs the current state. A write of this turn
    /// that is still in transit then fails.
    async fn keep(&mut self, sent: Instant) {
        let turn = self.log.len();
        let statements = format!("begin; update turn set number = {turn}; {} commit", views());
        let views = loop {
            self.direct = connect_when_possible(&self.direct_url).await;
            if let Ok(messages) = self.direct.simple_query(&statements).await {
                break views_in(&messages);
            }
        };
        self.pooled = connect_when_possible(&self.pooled_url).await;
        self.log.push(State { sent, acknowledged: Instant::now(), views });
    }
}

/// Writes rows that are never committed, until it is aborted.
pub(super) async fn hesitate(url: String) {
    loop {
        let client = connect_when_possible(&url).await;
        let doubtful = "begin; insert into note values (1000, 1, 'user 1', true, 0, 'never there', 'never there'); \
             select pg_sleep(0.1); rollback";
        while client.batch_execute(doubtful).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
