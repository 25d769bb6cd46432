//! The setup of the tests: a table with a policy, behind a PgBouncer in transaction mode, and live queries
//! over it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use glowplug::config::{Config, PoolMode};
use glowplug::engine::{Engine, Identity};
use glowplug::live::{Live, Subscription, Update, Wishes};
use glowplug_local::{Cluster, Pooler};
use serde_json::{Value, json};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::harness;

const SETUP: &str = "
    create table note (id int primary key, owner text not null, title text not null);
    comment on table note is '@graphql({\"aggregate\": {\"enabled\": true}})';
    alter table note enable row level security;
    create policy own on note using (owner = (current_setting('request.jwt.claims', true)::json ->> 'sub'));
    insert into note values (1, 'ann', 'of ann 1'), (2, 'bob', 'of bob 2');
    do $$ begin create role live_user; exception when duplicate_object or unique_violation then null; end $$;
    grant select on note to live_user;
";

/// How long a test waits for an answer: longer than a refresh takes.
const PATIENCE: Duration = Duration::from_secs(40);

pub(super) struct Stand {
    pub(super) live: Live,
    pub(super) engine: Engine,
    pub(super) client: Client,
    pub(super) stop: CancellationToken,
    pub(super) config: Config,
    /// Directly, without the pooler.
    pub(super) url: String,
    pooler: Mutex<Option<Pooler>>,
}

/// A subscription, and its last answer.
pub(super) struct Subscriber {
    pub(super) subscription: Subscription,
    last: Value,
}

impl Stand {
    pub(super) async fn new() -> Self {
        Self::with(PoolMode::Transaction, |_| {}).await
    }

    pub(super) async fn with(pool_mode: PoolMode, change: impl FnOnce(&mut Config)) -> Self {
        let name = harness::database(SETUP).await;
        let pooler = harness::pooler(pool_mode, 4);
        let mut config = harness::config(&pooler.url(&name), pool_mode);
        change(&mut config);
        Self::over(&harness::cluster().url(&name), Some(pooler), config).await
    }

    /// A stand on a server on which nothing else changes.
    pub(super) async fn alone(cluster: &Cluster) -> Self {
        let url = cluster.url("postgres");
        harness::connect(&url).await.batch_execute(SETUP).await.expect("the setup runs");
        Self::over(&url, None, harness::config(&url, PoolMode::Direct)).await
    }

    async fn over(url: &str, pooler: Option<Pooler>, config: Config) -> Self {
        let engine = Engine::new(&config).expect("an engine");
        let live = Live::new(engine.clone(), &config.live);
        let stop = CancellationToken::new();
        let (polled, stopped) = (live.clone(), stop.clone());
        tokio::spawn(async move { polled.run(stopped).await });
        let client = harness::connect(url).await;
        Self { live, engine, client, stop, config, url: url.to_owned(), pooler: Mutex::new(pooler) }
    }

    pub(super) async fn execute(&self, statement: &str) {
        self.client.batch_execute(statement).await.expect("the statement runs");
    }

    /// An engine with its own connections, like that of another process.
    pub(super) fn another_engine(&self) -> Engine {
        Engine::new(&self.config).expect("an engine")
    }

    /// Stops the pooler, and starts it again.
    pub(super) fn restart_pooler(&self) {
        let mut pooler = self.pooler.lock().expect("no test has failed with it");
        pooler.as_mut().expect("there is a pooler").restart().expect("the pooler comes back");
    }

    /// Waits for longer than any interval.
    pub(super) async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(600)).await;
    }

    pub(super) async fn subscribe(&self, user: &str, document: &str) -> Subscriber {
        self.subscribe_with(user, document, json!({})).await
    }

    pub(super) async fn subscribe_with(&self, user: &str, document: &str, variables: Value) -> Subscriber {
        let request = harness::request(document, &variables);
        let joined = self.live.subscribe(request, identity(user), Wishes::default()).await;
        let subscription = joined.unwrap_or_else(|refused| {
            panic!("the subscription is refused: {}", String::from_utf8_lossy(&refused.body))
        });
        Subscriber::new(subscription)
    }
}

/// A user that the policy knows.
pub(super) fn identity(user: &str) -> Identity {
    let claims: Arc<str> = json!({ "sub": user }).to_string().into();
    Identity {
        role: Some("live_user".into()),
        settings: [("request.jwt.claims".into(), claims)].into(),
        ..Identity::default()
    }
}

impl Subscriber {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self { subscription, last: Value::Null }
    }

    /// The next thing that happens.
    pub(super) async fn update(&mut self) -> Update {
        let next = tokio::time::timeout(PATIENCE, self.subscription.next()).await;
        next.expect("something happens in time").expect("the subscription has not ended")
    }

    /// The next answer.
    pub(super) async fn answer(&mut self) -> Value {
        match self.update().await {
            Update::Answer(response) => {
                self.last = serde_json::from_slice(&response.body).expect("the answer is JSON");
                self.last.clone()
            }
            Update::Ended(end) => panic!("the subscription has ended: {end:?}"),
        }
    }

    /// The titles in the next answer.
    pub(super) async fn titles(&mut self) -> Vec<String> {
        self.answer().await;
        self.last_titles()
    }

    /// The titles in the last answer.
    pub(super) fn last_titles(&self) -> Vec<String> {
        let edges = self.last["data"]["noteCollection"]["edges"].as_array();
        let edges = edges.unwrap_or_else(|| panic!("an answer without notes: {}", self.last));
        edges.iter().map(|edge| edge["node"]["title"].as_str().expect("a title").to_owned()).collect()
    }
}
