//! Diesel on our connection: typed queries, transactions and migrations, through transaction mode too.

use std::path::Path;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Integer;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use glowplug::config::PoolMode;
use glowplug::db::{self, Connection, Database};

use super::{answer, connect, read, ways};
use crate::harness;

diesel::table! {
    n (id) {
        id -> Integer,
    }
}

diesel::table! {
    note (id) {
        id -> Integer,
        body -> Nullable<Text>,
        tags -> Array<Text>,
        made -> Timestamptz,
        data -> Jsonb,
        key -> Uuid,
    }
}

#[derive(Debug, PartialEq, Queryable, Insertable, Selectable)]
#[diesel(table_name = note)]
struct Note {
    id: i32,
    body: Option<String>,
    tags: Vec<String>,
    made: chrono::DateTime<chrono::Utc>,
    data: serde_json::Value,
    key: uuid::Uuid,
}

const NOTE: &str = "create table note (id int primary key, body text, tags text[] not null,
    made timestamptz not null, data jsonb not null, key uuid not null)";

fn notes() -> Vec<Note> {
    let made = chrono::DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
    let note = |id: i32, body: Option<&str>| Note {
        id,
        body: body.map(str::to_owned),
        tags: vec!["a'\\".to_owned(), String::new()],
        made,
        data: serde_json::json!({"k": [1, null, "ü"]}),
        key: uuid::Uuid::from_u128(u128::try_from(id).unwrap()),
    };
    vec![note(1, None), note(2, Some("it's"))]
}

/// Adds one to the only row of `n`, `turns` times, each time in a transaction that reads and then writes.
pub(super) async fn count_up(database: &Database, client: i32, turns: i32) {
    for turn in 0..turns {
        let mut connection = database.connection().await.unwrap();
        connection
            .transaction::<_, Error, _>(async |connection| {
                let id: i32 = n::table.select(n::id).for_update().first(connection).await?;
                let echo: i32 = diesel::select((client * 1000 + turn).into_sql::<Integer>())
                    .get_result(connection)
                    .await?;
                assert_eq!(echo, client * 1000 + turn);
                let rows = diesel::update(n::table).set(n::id.eq(id + 1)).execute(connection).await?;
                assert_eq!(rows, 1);
                Ok(())
            })
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn typed_queries_run_in_every_mode() {
    for way in ways(NOTE).await {
        let mut connection = way.database.connection().await.unwrap();
        let inserted =
            diesel::insert_into(note::table).values(notes()).execute(&mut connection).await.unwrap();
        assert_eq!(inserted, 2, "{:?}", way.kind);
        let found: Vec<Note> = note::table
            .filter(note::id.eq_any([1, 2, 3]).and(note::made.lt(diesel::dsl::now)))
            .order(note::id)
            .select(Note::as_select())
            .load(&mut connection)
            .await
            .unwrap();
        assert_eq!(found, notes(), "{:?}", way.kind);
        let bodies: Vec<Option<String>> =
            diesel::delete(note::table).returning(note::body).get_results(&mut connection).await.unwrap();
        assert_eq!(bodies.len(), 2);
    }
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing() {
    let name = harness::database("create table n (id int primary key)").await;
    let pooler = harness::pooler(PoolMode::Transaction, 1);
    let database = connect(&pooler.url(&name));
    let mut connection = database.connection().await.unwrap();
    let failed = connection
        .transaction::<(), Error, _>(async |connection| {
            diesel::insert_into(n::table).values(n::id.eq(1)).execute(connection).await?;
            let nested = connection
                .transaction::<(), Error, _>(async |connection| {
                    diesel::insert_into(n::table).values(n::id.eq(1)).execute(connection).await?;
                    Ok(())
                })
                .await;
            assert!(matches!(nested, Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))));
            assert_eq!(n::table.count().get_result::<i64>(connection).await?, 1);
            Err(Error::RollbackTransaction)
        })
        .await;
    assert_eq!(failed, Err(Error::RollbackTransaction));
    drop(connection);
    assert_eq!(answer(&database, &read(), "select count(*) from n").await.unwrap().as_deref(), Some("0"));
    assert_eq!(database.state().connections, 1, "the connection was kept");
}

#[tokio::test]
async fn a_transaction_left_open_is_not_given_to_the_next() {
    let name = harness::database("create table n (id int primary key)").await;
    let database = connect(&harness::cluster().url(&name));
    let mut connection = database.connection().await.unwrap();
    let slow = connection.transaction::<(), Error, _>(async |connection| {
        diesel::insert_into(n::table).values(n::id.eq(1)).execute(connection).await?;
        connection.batch_execute("select pg_sleep(60)").await
    });
    assert!(tokio::time::timeout(std::time::Duration::from_millis(300), slow).await.is_err());
    drop(connection);
    assert_eq!(answer(&database, &read(), "select count(*) from n").await.unwrap().as_deref(), Some("0"));
}

#[tokio::test]
async fn migrations_are_applied_and_undone() {
    let url = harness::cluster().url(&harness::database("").await);
    let folder = tempfile::tempdir().unwrap();
    migration(folder.path(), "2026-01-01-000000_first", "create table a (id int);", "drop table a;");
    migration(
        folder.path(),
        "2026-01-02-000000_second",
        "create table b (id int); select 1;",
        "drop table b;",
    );
    let both = ["2026-01-01-000000_first", "2026-01-02-000000_second"];
    assert_eq!(db::pending(&url, folder.path()).await.unwrap(), both);
    assert_eq!(db::migrate(&url, folder.path()).await.unwrap(), both);
    assert_eq!(db::migrate(&url, folder.path()).await.unwrap(), [""; 0]);
    assert_eq!(db::revert_last(&url, folder.path()).await.unwrap(), both[1]);
    assert_eq!(db::pending(&url, folder.path()).await.unwrap(), both[1..]);
    migration(
        folder.path(),
        "2026-01-03-000000_third",
        "create table c (id int); select no_such_column;",
        "",
    );
    let error = db::migrate(&url, folder.path()).await.unwrap_err().to_string();
    assert!(error.contains("2026-01-03-000000_third") && error.contains("no_such_column"), "{error}");
    let keyed = "create table d (id int primary key); insert into d values (1), (1);";
    migration(folder.path(), "2026-01-02-500000_keyed", keyed, "");
    let error = db::migrate(&url, folder.path()).await.unwrap_err().to_string();
    assert!(error.contains("\ndetail: Key (id)=(1) already exists."), "{error}");
    let mut connection = Connection::establish(&url).await.unwrap();
    connection.batch_execute("select from b").await.unwrap();
    connection.batch_execute("select from c").await.unwrap_err();
    assert!(db::migrate(&url, Path::new("/no/such/folder")).await.is_err());
}

fn migration(folder: &Path, name: &str, up: &str, down: &str) {
    let folder = folder.join(name);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("up.sql"), up).unwrap();
    std::fs::write(folder.join("down.sql"), down).unwrap();
}
