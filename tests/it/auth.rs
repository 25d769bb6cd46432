//! Authentication: tokens over HTTP, their role and claims in the database, and the keys that verify them.

mod api_keys;
mod claims;
mod executor;
mod http;
mod keys;
mod provider;
mod random;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use glowplug::config::{Auth, Config, Jwt, Secret};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::harness;
use crate::server::{Server, json as body};

/// Longer than 32 bytes.
const SECRET: &str = "the secret of these tests, which everybody may know";

/// Roles belong to the whole server, so each test has its own roles.
static NUMBER: AtomicU32 = AtomicU32::new(1);

/// Functions and views that show what the database knows about a request. `%` ends the names of the roles.
const SETUP: &str = "
    create role gateway% login noinherit; create role visitor%; create role member%; create role stranger%;
    grant visitor%, member% to gateway%;
    create function who() returns text language sql stable as 'select current_user::text';
    create function setting(name text) returns text language sql stable as 'select current_setting(name, true)';
    create table canary (id int primary key); insert into canary values (1);
    grant select on canary to visitor%, member%;
    comment on schema public is '@graphql({\"introspection\": true})';";

/// A database with a user for Glowplug, which may switch to the roles `visitor%` and `member%` and can do
/// nothing else.
struct World {
    number: u32,
    database: String,
}

impl World {
    async fn new(setup: &str) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let setup = format!("{SETUP}{setup}").replace('%', &number.to_string());
        Self { number, database: harness::database(&setup).await }
    }

    fn role(&self, name: &str) -> String {
        format!("{name}{}", self.number)
    }

    /// The connection string of Glowplug's user.
    fn url(&self) -> String {
        as_user(&harness::cluster().url(&self.database), &self.role("gateway"))
    }

    /// A server that accepts tokens, and has a role for requests without one.
    async fn serve(&self) -> Server {
        Server::start(&self.url(), |config| config.auth = self.auth()).await
    }

    async fn serve_with(&self, change: impl FnOnce(&mut Config)) -> Server {
        Server::start(&self.url(), |config| {
            config.auth = self.auth();
            change(config);
        })
        .await
    }

    fn auth(&self) -> Auth {
        Auth { jwt: Some(jwt()), anon_role: Some(self.role("visitor")), ..Auth::default() }
    }

    /// A token for the role, with more claims.
    fn token(&self, role: &str, claims: Value) -> String {
        let mut claims = claims;
        claims["role"] = json!(self.role(role));
        token(&claims)
    }
}

/// Tokens are signed with [`SECRET`]; there are no other requirements.
pub(crate) fn jwt() -> Jwt {
    Jwt {
        secret: Some(Secret::new(SECRET)),
        key: None,
        jwks: None,
        audiences: Vec::new(),
        issuer: None,
        clock_skew: std::time::Duration::from_secs(30),
        role_claim: vec!["role".to_owned()],
    }
}

/// A token with these claims.
pub(crate) fn token(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::new(Algorithm::HS256), claims, &key).expect("a token")
}

/// The connection string with another user, which needs no password.
fn as_user(url: &str, user: &str) -> String {
    let (_, rest) = url.split_once('@').expect("a user");
    format!("postgres://{user}@{rest}")
}

fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/auth/keys").join(name)
}

/// The data of an operation that has to succeed, sent with a token.
async fn ask(server: &Server, token: &str, query: &str, variables: Value) -> Value {
    let request = json!({"query": query, "variables": variables}).to_string();
    let answer = body(server.post(request).bearer_auth(token).send().await.expect("an answer")).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"].clone()
}
