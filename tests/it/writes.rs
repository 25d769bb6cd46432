//! Writes beyond `set` and plain inserts: increments and their like, and upserts.

mod nested;
mod random;
mod random_nested;
mod random_upsert;
mod together;
mod updates;
mod upsert;

use std::sync::atomic::{AtomicU32, Ordering};

use glowplug::config::PoolMode;
use glowplug::engine::Identity;
use serde_json::Value;

use crate::harness;
use crate::ways::{Answering, Route};

/// Numbers for roles, which all databases of a server share.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A database, and an engine on it.
struct World {
    answering: Answering,
    url: String,
    number: u32,
}

impl World {
    /// In `setup`, `#` stands for a unique number.
    async fn start(route: Route, setup: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let database = harness::database(&setup.replace('#', &number.to_string())).await;
        let url = harness::cluster().url(&database);
        let mut config = harness::config(&url, PoolMode::Direct);
        config.database.pool_size = 16;
        Self { answering: Answering::start(route, &config).await, url, number }
    }

    /// The name of a role of this world.
    fn role(&self, name: &str) -> String {
        format!("writes_{name}{}", self.number)
    }

    /// The answer to a document, for a role of this world, or for the connection's own user if the name is
    /// empty.
    async fn answer(&self, role: &str, query: &str, variables: &Value) -> Value {
        let role = (!role.is_empty()).then(|| self.role(role).into());
        let identity = Identity { role, ..Identity::default() };
        let response = self.answering.respond(harness::request(query, variables), &identity).await;
        serde_json::from_slice(&response.body).expect("JSON")
    }

    async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, &Value::Null).await
    }

    async fn ask_with(&self, query: &str, variables: &Value) -> Value {
        let answer = self.answer("", query, variables).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }

    /// Asserts that a document is refused with that code, and that the message contains all of the words.
    async fn refused(&self, role: &str, query: &str, code: &str, words: &[&str]) {
        let answer = self.answer(role, query, &Value::Null).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], code, "{query}: {answer}");
        let message = error["message"].as_str().expect("a message");
        for word in words {
            assert!(message.contains(word), "{query}\nmust be refused with {word:?}, but: {message}");
        }
    }

    /// The SDL as a role sees it.
    async fn sdl(&self, role: &str) -> String {
        let identity = Identity { role: Some(self.role(role).into()), ..Identity::default() };
        self.answering.sdl(&identity).await.expect("an SDL").to_string()
    }
}

/// The definition of a type in an SDL, or nothing.
fn definition<'s>(sdl: &'s str, head: &str) -> &'s str {
    let start = sdl.find(&format!("{head} {{")).unwrap_or(sdl.len());
    let length = sdl[start..].find("\n}").map_or(0, |length| length + 2);
    &sdl[start..start + length]
}
