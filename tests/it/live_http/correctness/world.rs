//! The setup of the correctness run: a separate PostgreSQL and PgBouncer that may restart, users with
//! different rights, and what each of them may see according to SQL.

use std::time::Duration;

use glowplug::changes;
use glowplug::config::{Auth, PoolMode};
use glowplug::db::Database;
use glowplug_local::{Cluster, ClusterOptions, Pooler, PoolerOptions};
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::auth::{jwt, token};
use crate::harness;
use crate::server::Server;

/// How often the server looks for changes.
pub(super) const INTERVAL: Duration = Duration::from_millis(250);

pub(super) const USERS: usize = 10;

/// The columns of `note` that each role may read.
const ROLES: [(&str, &[&str]); 3] = [
    ("member", &["id", "box_id", "version", "owner", "title", "secret"]),
    ("guest", &["id", "box_id", "version", "owner", "title"]),
    ("auditor", &["id", "box_id", "version", "owner", "secret"]),
];

/// Members and guests read their own rows and public ones, auditors those of a box. Each write has a turn
/// number, so that a write whose connection was lost cannot take effect after the next turn has begun.
const SETUP: &str = "
    create role member; create role guest; create role auditor; create role writer;
    create table turn (number int not null); insert into turn values (0);
    create table box (id int primary key, name text not null);
    insert into box select n, 'box ' || n from generate_series(1, 3) n;
    create table note (id int primary key, box_id int not null references box (id), owner text not null,
        is_public boolean not null default false, version int not null default 0, title text not null, secret text not null);
    create index on note (box_id);
    insert into note (id, box_id, owner, title, secret)
        select n, 1 + n % 3, 'user ' || n % 10, 'title ' || n, 'secret ' || n from generate_series(1, 20) n;
    alter table note enable row level security;
    create function claim(name text) returns text language sql stable
        as $$ select current_setting('request.jwt.claims', true)::json ->> name $$;
    create policy own on note for select to member, guest using (is_public or owner = claim('sub'));
    create policy kept on note for select to auditor using (box_id = claim('box')::int);
    grant select on box to member, guest, auditor;
    grant select on note to member;
    grant select (id, box_id, version, owner, title) on note to guest;
    grant select (id, box_id, version, owner, secret) on note to auditor;
    create function take_turn(this_turn int) returns void language plpgsql as $$
    begin
        update turn set number = this_turn where number = this_turn - 1;
        if not found then raise exception 'it is not turn %', this_turn; end if;
    end $$;
    create function retitle(this_turn int, note_id int, new_title text) returns int language plpgsql security definer as $$
    begin
        perform take_turn(this_turn);
        update note set title = new_title, version = this_turn where id = note_id;
        return this_turn;
    end $$;
    revoke execute on function take_turn, retitle from public;
    grant execute on function retitle to writer;";

/// The servers that break.
pub(super) struct Stack {
    pub(super) cluster: Cluster,
    pub(super) pooler: Pooler,
}

impl Stack {
    pub(super) async fn start() -> Self {
        // Acknowledged changes survive a crash.
        let settings = vec![("synchronous_commit".to_owned(), "on".to_owned())];
        let options = ClusterOptions { settings, max_connections: 60, ..ClusterOptions::throwaway() };
        let cluster = Cluster::start(options).expect("a PostgreSQL of its own");
        let client = harness::connect(&cluster.url("postgres")).await;
        client.batch_execute(SETUP).await.expect("the setup runs");
        // By default, PgBouncer retries a server that refused it only after 15 seconds.
        let extra = vec![("server_login_retry".to_owned(), "1".to_owned())];
        let options = PoolerOptions { pool_size: 6, extra, ..PoolerOptions::default() };
        let pooler = Pooler::start(&cluster, &options).expect("a PgBouncer");
        Self { cluster, pooler }
    }

    /// Installs the log of changed tables for these tables, like `glowplug setup --live-tables`.
    pub(super) async fn log_changes(&self, tables: &[&str]) {
        let config = harness::config(&self.cluster.url("postgres"), PoolMode::Direct);
        let database = Database::new(&config.database).expect("a pool");
        let tables: Vec<String> = tables.iter().map(|table| (*table).to_owned()).collect();
        changes::set_up(&database, &tables, &[]).await.expect("the log is made");
    }

    pub(super) async fn serve(&self) -> Server {
        Server::start(&self.pooler.url("postgres"), |config| {
            config.live.interval = INTERVAL;
            config.auth = Auth { jwt: Some(jwt()), anon_role: None, ..Auth::default() };
        })
        .await
    }
}

/// A subscriber.
#[derive(Debug, Clone, Copy)]
pub(super) struct User(pub(super) usize);

impl User {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..USERS).map(Self)
    }

    fn role(self) -> (&'static str, &'static [&'static str]) {
        ROLES[self.0 % ROLES.len()]
    }

    fn claims(self) -> Value {
        json!({ "role": self.role().0, "sub": format!("user {}", self.0), "box": 1 + self.0 % 3 })
    }

    pub(super) fn token(self) -> String {
        token(&self.claims())
    }

    /// The columns that this user may read.
    pub(super) fn columns(self) -> &'static [&'static str] {
        self.role().1
    }

    /// Statements that return the notes that this user may see, by id, with the user's role in a transaction.
    fn view(self) -> String {
        let (role, columns) = self.role();
        let pairs: Vec<String> = columns.iter().map(|column| format!("'{column}', {column}")).collect();
        format!(
            "set local role {role}; select set_config('request.jwt.claims', '{}', true);
             select coalesce(json_agg(json_build_object({}) order by id), '[]') from note; reset role;",
            self.claims(),
            pairs.join(", ")
        )
    }
}

/// The notes that each user may see, as JSON texts.
pub(super) type Views = Vec<String>;

/// The statements that query the views.
pub(super) fn views() -> String {
    User::all().map(User::view).collect()
}

/// The views among the results of statements.
pub(super) fn views_in(messages: &[SimpleQueryMessage]) -> Views {
    let texts = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) if row.columns()[0].name() == "coalesce" => {
            row.get(0).map(str::to_owned)
        }
        _ => None,
    });
    let views: Views = texts.collect();
    assert_eq!(views.len(), USERS);
    views
}

/// A connection, as soon as one is possible.
pub(super) async fn connect_when_possible(url: &str) -> Client {
    loop {
        if let Ok((client, connection)) = tokio_postgres::connect(url, NoTls).await {
            tokio::spawn(connection);
            return client;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
