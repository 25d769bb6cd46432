//! Users stay separate under load: 64 clients of 16 users use a pooler with two server connections. Each
//! checks every row that it gets; some fail, and some disconnect. Afterwards no server connection has the
//! state of a user.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use glowplug::config::{Auth, ContextForm, PoolMode, StoredOperations};
use glowplug::db::Database;
use serde_json::{Value, json};

use crate::auth::{jwt, token};
use crate::server::{Server, json as body};
use crate::{harness, random};

const CLIENTS: usize = 64;
const USERS: usize = 16;
const SERVER_CONNECTIONS: u32 = 2;
const DURATION: Duration = Duration::from_secs(4);

pub(crate) const SETUP: &str = "
    do $$
    declare name text;
    begin
        foreach name in array array['load_user', 'load_visitor'] loop
            begin
                execute format('create role %I', name);
            exception when duplicate_object or unique_violation then null;
            end;
        end loop;
    end $$;
    create function me() returns text stable language sql
        as $$ select nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub' $$;
    create function nap() returns text stable language plpgsql
        as $$ begin perform pg_sleep(0.02); return current_user || ' ' || me(); end $$;
    create table item (id integer generated always as identity primary key, owner text not null default me(), body text not null);
    alter table item enable row level security;
    create policy own on item to load_user using (owner = me());
    create policy everybodys on item for select to load_visitor using (owner = 'everybody');
    grant select, insert on item to load_user, load_visitor;
    insert into item (owner, body) values ('everybody', 'everybody''s');
    insert into item (owner, body) select 'user ' || n, 'user ' || n || '''s' from generate_series(0, 15) as n;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_kept_apart_in_transaction_mode() {
    hold_apart(PoolMode::Transaction, ContextForm::SetConfig, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_kept_apart_by_set_local() {
    hold_apart(PoolMode::Transaction, ContextForm::SetLocal, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_kept_apart_by_stored_operations() {
    let often = StoredOperations { uses: 3, ..StoredOperations::default() };
    hold_apart(PoolMode::Transaction, ContextForm::Mixed, Some(often)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_kept_apart_by_functions_alone() {
    let often = StoredOperations { uses: 3, ..StoredOperations::default() };
    hold_apart(PoolMode::Transaction, ContextForm::Function, Some(often)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_kept_apart_in_statement_mode() {
    hold_apart(PoolMode::Statement, ContextForm::Mixed, None).await;
}

async fn hold_apart(pool_mode: PoolMode, context: ContextForm, stored: Option<StoredOperations>) {
    let database = harness::database(SETUP).await;
    let pooler = harness::pooler(pool_mode, SERVER_CONNECTIONS);
    let [direct, through] = [harness::cluster().url(&database), pooler.url(&database)];
    hold_apart_at(&direct, &through, pool_mode, context, stored).await;
}

/// `direct` and `through` lead to one database with [`SETUP`] in it.
pub(crate) async fn hold_apart_at(
    direct: &str,
    through: &str,
    pool_mode: PoolMode,
    context: ContextForm,
    stored: Option<StoredOperations>,
) {
    if stored.is_some() {
        let owner = harness::config(direct, PoolMode::Transaction).database;
        let owner = Database::new(&owner).expect("a pool");
        glowplug::stored::set_up(&owner, &[]).await.expect("the schema of functions");
    }
    let server = Server::start(through, |config| {
        config.auth =
            Auth { jwt: Some(jwt()), anon_role: Some("load_visitor".to_owned()), ..Auth::default() };
        config.database.pool_mode = pool_mode;
        config.database.context = Some(context);
        config.database.stored_operations = stored;
        // No client should be refused only because many wait for two connections.
        config.database.acquire_timeout = Duration::from_mins(1);
        config.database.statement_timeout = Duration::from_mins(1);
    })
    .await;
    let server = Arc::new(server);
    let clients: Vec<_> =
        (0..CLIENTS).map(|number| tokio::spawn(Client::new(number, Arc::clone(&server)).work())).collect();
    let (mut written, mut turns) = (BTreeMap::new(), 0);
    for client in clients {
        let (user, count, of_client) = client.await.expect("no client met a wrong answer");
        *written.entry(user).or_insert(1_i64) += count;
        turns += of_client;
    }
    assert!(turns > CLIENTS * 7, "only {turns} requests were sent");
    let owner = harness::connect(direct).await;
    for (user, count) in written {
        let held = format!("select count(*) from item where owner = '{user}' and body like '{user}''s%'");
        assert_eq!(harness::ask(&owner, &held).await, Some(count.to_string()), "{user}");
    }
    if stored.is_some() {
        let functions =
            "select count(*) from pg_proc where pronamespace = 'glowplug_operations'::regnamespace";
        let functions = harness::ask(&owner, functions).await.expect("a number");
        assert!(functions.parse::<u32>().is_ok_and(|number| number > 3), "{functions} functions");
    }
    let astray = "select count(*) from item where body not like owner || '''s%'";
    assert_eq!(harness::ask(&owner, astray).await.as_deref(), Some("0"), "rows under another's name");
    nothing_is_left(through).await;
}

struct Client {
    user: String,
    authorization: String,
    server: Arc<Server>,
    random: random::Random,
}

impl Client {
    fn new(number: usize, server: Arc<Server>) -> Self {
        let user = format!("user {}", number % USERS);
        let token = token(&json!({ "role": "load_user", "sub": user }));
        Self { user, authorization: format!("Bearer {token}"), server, random: random::Random(number as u64) }
    }

    /// Returns the user, the number of rows that it wrote, and the number of its requests.
    async fn work(mut self) -> (String, i64, usize) {
        let end = Instant::now() + DURATION;
        let (mut written, mut turns) = (0, 0);
        while Instant::now() < end {
            match self.random.below(7) {
                0 => self.read().await,
                1 => {
                    self.write().await;
                    written += 1;
                }
                2 => self.write_as_another().await,
                3 => self.go_away().await,
                4 => self.leave_no_identity().await,
                5 => self.have_a_bad_token().await,
                _ => self.have_no_such_role().await,
            }
            turns += 1;
        }
        (self.user, written, turns)
    }

    async fn ask(&self, authorization: &str, document: &str) -> (u16, Value) {
        let response = self.server.query(document).header("authorization", authorization).send().await;
        let response = response.expect("an answer");
        (response.status().as_u16(), body(response).await)
    }

    async fn read(&self) {
        let document = "{ itemCollection(last: 5) { edges { node { owner body } } } nap }";
        let (_, answer) = self.ask(&self.authorization, document).await;
        let rows = answer["data"]["itemCollection"]["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
        assert!(!rows.is_empty() && rows.iter().all(|row| row["node"]["owner"] == *self.user), "{answer}");
        assert_eq!(answer["data"]["nap"], format!("load_user {}", self.user), "{answer}");
    }

    async fn write(&self) {
        let text = format!("{}'s \\\" $1 \\\\ ?", self.user);
        let document = format!(
            "mutation {{ insertIntoitemCollection(objects: [{{ body: \"{text}\" }}]) {{ records {{ owner }} }} }}"
        );
        let (_, answer) = self.ask(&self.authorization, &document).await;
        let records = &answer["data"]["insertIntoitemCollection"]["records"];
        assert_eq!(*records, json!([{ "owner": self.user }]), "{answer}");
    }

    async fn write_as_another(&self) {
        let document = "mutation { insertIntoitemCollection(objects: [{ owner: \"user 99\", body: \"x\" }]) { affectedCount } }";
        let (_, answer) = self.ask(&self.authorization, document).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    }

    /// Disconnects while its statement runs.
    async fn go_away(&mut self) {
        let patience = Duration::from_millis(self.random.below(20) as u64);
        let asking = self.ask(&self.authorization, "{ a: nap b: nap c: nap }");
        if let Ok((_, answer)) = tokio::time::timeout(patience, asking).await {
            assert_eq!(answer["data"]["c"], format!("load_user {}", self.user), "{answer}");
        }
    }

    async fn leave_no_identity(&self) {
        let document = "{ itemCollection { edges { node { owner } } } me }";
        let response = self.server.query(document).send().await.expect("an answer");
        let expected = json!({ "data": {
            "itemCollection": { "edges": [{ "node": { "owner": "everybody" } }] }, "me": null } });
        assert_eq!(body(response).await, expected);
    }

    async fn have_a_bad_token(&self) {
        let mut forged = self.authorization.clone();
        forged.replace_range(forged.len() - 8.., "AAAAAAAA");
        let (status, answer) = self.ask(&forged, "{ me }").await;
        assert_eq!((status, answer.get("data")), (401, None), "{answer}");
    }

    async fn have_no_such_role(&self) {
        let token = token(&json!({ "role": "load_nobody", "sub": self.user }));
        let (status, answer) = self.ask(&format!("Bearer {token}"), "{ me }").await;
        assert_eq!((status, answer.get("data")), (403, None), "{answer}");
    }
}

/// Asserts that neither of two server connections has any state. The statement is slow, so that two at once
/// need both connections. Statements that a pooler has named itself do not count.
pub(crate) async fn nothing_is_left(url: &str) {
    let statement = "
        select json_build_object(
            'pid', pg_backend_pid(),
            'held', json_build_object(
                'is itself', current_user = session_user,
                'role', current_setting('role'),
                'claims', coalesce(current_setting('request.jwt.claims', true), ''),
                'read only', current_setting('transaction_read_only'),
                'timeout', current_setting('statement_timeout'),
                'statements', (select count(*) from pg_prepared_statements where name not like 'PGBOUNCER%' and name not like 'odyssey%' and name not like 'sv_%' and left(name, 7) <> '__pgdog')))
        from pg_sleep(0.5)";
    let clean = json!({ "is itself": true, "role": "none", "claims": "", "read only": "off", "timeout": "0", "statements": 0 });
    let (one, other) = (harness::connect(url).await, harness::connect(url).await);
    let (one, other) = tokio::join!(harness::ask(&one, statement), harness::ask(&other, statement));
    let mut servers = HashSet::new();
    for told in [one, other] {
        let told: Value = serde_json::from_str(&told.expect("a row")).expect("JSON");
        assert_eq!(told["held"], clean, "a server connection remembers something");
        servers.insert(told["pid"].to_string());
    }
    assert_eq!(servers.len(), SERVER_CONNECTIONS as usize, "each server connection was asked");
}
