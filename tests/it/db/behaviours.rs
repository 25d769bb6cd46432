//! What a Diesel program expects of an async connection, in each protocol, directly and through poolers: the
//! behaviours that diesel-async's own tests check for its connection, and some that it lacks.
//! `docs/connection.md` lists them.

use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::TryStreamExt as _;
use glowplug::config::PoolMode;
use glowplug::db::{Connection, Connector, Protocol};
use glowplug_local::Pooler;

use crate::harness;

diesel::table! {
    account (id) {
        id -> Integer,
        name -> Text,
        parent -> Nullable<Integer>,
    }
}

const SETUP: &str =
    "create table account (id int primary key, name text not null constraint named check (name <> ''),
    parent int references account (id))";

/// One route to a new database.
struct Way {
    connector: Connector,
    protocol: Protocol,
    _pooler: Option<Pooler>,
}

impl Way {
    async fn connect(&self) -> Connection {
        self.connector.connect().await.unwrap()
    }
}

async fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for (pool_mode, protocol) in [
        (PoolMode::Direct, Protocol::Unnamed),
        (PoolMode::Direct, Protocol::Prepared),
        (PoolMode::Session, Protocol::Prepared),
        (PoolMode::Transaction, Protocol::Unnamed),
    ] {
        let name = harness::database(SETUP).await;
        let pooler = (pool_mode != PoolMode::Direct).then(|| harness::pooler(pool_mode, 4));
        let url = pooler.as_ref().map_or_else(|| harness::cluster().url(&name), |pooler| pooler.url(&name));
        let connector = Connector::new(&url).unwrap().protocol(protocol);
        ways.push(Way { connector, protocol, _pooler: pooler });
    }
    ways
}

fn row(id: i32, name: &str) -> (diesel::dsl::Eq<account::id, i32>, diesel::dsl::Eq<account::name, &str>) {
    (account::id.eq(id), account::name.eq(name))
}

async fn count(connection: &mut Connection) -> i64 {
    account::table.count().get_result(connection).await.unwrap()
}

#[derive(Debug, PartialEq, QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

async fn setting(connection: &mut Connection, name: &str) -> String {
    let show = diesel::sql_query("select current_setting($1) as value").bind::<Text, _>(name);
    show.get_result::<Setting>(connection).await.unwrap().value
}

#[tokio::test]
async fn queries_return_rows_and_counts() {
    for way in ways().await {
        let connection = &mut way.connect().await;
        let rows = vec![row(1, "one"), row(2, "two"), row(3, "three")];
        assert_eq!(diesel::insert_into(account::table).values(rows).execute(connection).await, Ok(3));
        let names: Vec<String> = diesel::update(account::table.filter(account::id.gt(1)))
            .set(account::parent.eq(1))
            .returning(account::name)
            .get_results(connection)
            .await
            .unwrap();
        assert_eq!(names, ["two", "three"]);
        let stream = account::table.select((account::id, account::parent)).order(account::id);
        let stream = stream.load_stream::<(i32, Option<i32>)>(connection).await.unwrap();
        assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap(), [(1, None), (2, Some(1)), (3, Some(1))]);
        let missing = account::table.find(9).select(account::name).first::<String>(connection).await;
        assert_eq!(missing, Err(Error::NotFound));
        assert_eq!(missing.optional(), Ok(None));
        assert_eq!(diesel::delete(account::table.find(2)).execute(connection).await, Ok(1));
        connection.batch_execute("delete from account where id = 3; select 1; select 2").await.unwrap();
        assert_eq!(count(connection).await, 1);
        assert_eq!(diesel::sql_query("").execute(connection).await, Ok(0));
    }
}

#[tokio::test]
async fn errors_have_their_kind_and_their_words() {
    for way in ways().await {
        let connection = &mut way.connect().await;
        diesel::insert_into(account::table).values(row(1, "one")).execute(connection).await.unwrap();
        let twice = diesel::insert_into(account::table).values(row(1, "x")).execute(connection).await;
        let Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, told)) = twice else {
            panic!("{twice:?}");
        };
        assert_eq!((told.constraint_name(), told.table_name()), (Some("account_pkey"), Some("account")));
        assert_eq!(told.details(), Some("Key (id)=(1) already exists."));
        let empty = diesel::insert_into(account::table).values(row(2, "")).execute(connection).await;
        assert!(matches!(empty, Err(Error::DatabaseError(DatabaseErrorKind::CheckViolation, _))));
        let orphan = diesel::update(account::table).set(account::parent.eq(9)).execute(connection).await;
        assert!(matches!(orphan, Err(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _))));
        let null = diesel::sql_query("update account set name = null").execute(connection).await;
        assert!(matches!(null, Err(Error::DatabaseError(DatabaseErrorKind::NotNullViolation, _))));
        let wrong = diesel::sql_query("select  nonsense").execute(connection).await;
        let Err(Error::DatabaseError(DatabaseErrorKind::Unknown, told)) = wrong else { panic!("{wrong:?}") };
        assert_eq!(told.statement_position(), Some(9));
        assert_eq!(count(connection).await, 1);
    }
}

#[tokio::test]
async fn transactions_nest() {
    for way in ways().await {
        let connection = &mut way.connect().await;
        let result = connection
            .transaction::<_, Error, _>(async |connection| {
                diesel::insert_into(account::table).values(row(1, "one")).execute(connection).await?;
                let inner = connection
                    .transaction::<(), Error, _>(async |connection| {
                        diesel::insert_into(account::table).values(row(2, "two")).execute(connection).await?;
                        diesel::insert_into(account::table).values(row(1, "x")).execute(connection).await?;
                        Ok(())
                    })
                    .await;
                assert!(inner.is_err());
                connection
                    .transaction::<_, Error, _>(async |connection| {
                        diesel::insert_into(account::table).values(row(3, "three")).execute(connection).await
                    })
                    .await
            })
            .await;
        assert_eq!(result, Ok(1));
        assert_eq!(count(connection).await, 2);
        let undone = connection.transaction::<(), Error, _>(async |connection| {
            diesel::delete(account::table).execute(connection).await?;
            Err(Error::RollbackTransaction)
        });
        assert_eq!(undone.await, Err(Error::RollbackTransaction));
        let tested = connection.test_transaction::<_, Error, _>(async |connection| {
            diesel::delete(account::table).execute(connection).await
        });
        assert_eq!(tested.await, 2);
        assert_eq!(count(connection).await, 2);
    }
}

#[tokio::test]
async fn a_transaction_has_the_requested_options() {
    for way in ways().await {
        let connection = &mut way.connect().await;
        let asked = connection.build_transaction().serializable().read_only().deferrable();
        let options = asked
            .run(async |connection| {
                let mut options = Vec::new();
                for name in ["transaction_isolation", "transaction_read_only", "transaction_deferrable"] {
                    options.push(setting(connection, name).await);
                }
                let nested = connection.build_transaction().run(async |_| Ok::<(), Error>(())).await;
                assert_eq!(nested, Err(Error::AlreadyInTransaction));
                Ok::<_, Error>(options)
            })
            .await;
        assert_eq!(options.unwrap(), ["serializable", "on", "on"]);
        let write = connection.build_transaction().repeatable_read().read_only();
        let refused = write
            .run(async |connection| {
                diesel::insert_into(account::table).values(row(1, "one")).execute(connection).await
            })
            .await;
        assert!(matches!(refused, Err(Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))));
        assert_eq!(setting(connection, "transaction_isolation").await, "read committed");
    }
}

/// Reads the number of rows, waits until the other has read it, too, and inserts a row with that number.
async fn add_by_count(connection: &mut Connection, id: i32, both: &tokio::sync::Barrier) -> QueryResult<()> {
    let rows: i64 = account::table.count().get_result(connection).await?;
    both.wait().await;
    diesel::insert_into(account::table).values(row(id, &rows.to_string())).execute(connection).await?;
    both.wait().await;
    Ok(())
}

#[tokio::test]
async fn of_two_serializable_transactions_that_conflict_one_can_be_tried_again() {
    for way in ways().await {
        let both = tokio::sync::Barrier::new(2);
        let (mut one, mut other) = (way.connect().await, way.connect().await);
        let results = tokio::join!(
            one.build_transaction().serializable().run(async |c| add_by_count(c, 1, &both).await),
            other.build_transaction().serializable().run(async |c| add_by_count(c, 2, &both).await),
        );
        let failed =
            [&results.0, &results.1].into_iter().filter(|result| result.is_err()).collect::<Vec<_>>();
        let is_conflict = |result: &QueryResult<()>| {
            matches!(result, Err(Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _)))
        };
        assert!(failed.len() == 1 && is_conflict(failed[0]), "{results:?}");
        let connection = if results.0.is_err() { &mut one } else { &mut other };
        let alone = tokio::sync::Barrier::new(1);
        let again = connection.build_transaction().serializable();
        again.run(async |c| add_by_count(c, 3, &alone).await).await.unwrap();
        assert_eq!(count(connection).await, 2);
    }
}

#[tokio::test]
async fn a_failed_transaction_is_not_said_to_be_committed() {
    for way in ways().await {
        let connection = &mut way.connect().await;
        let result = connection
            .transaction::<_, Error, _>(async |connection| {
                diesel::insert_into(account::table).values(row(1, "one")).execute(connection).await?;
                // The error is ignored, and PostgreSQL rolls back at the commit.
                let _ = diesel::sql_query("select 1 / 0").execute(connection).await;
                Ok(())
            })
            .await;
        let error = result.unwrap_err().to_string();
        assert!(error.contains("was rolled back"), "{error}");
        assert_eq!(count(connection).await, 0);
    }
}

#[tokio::test]
async fn instrumentation_sees_what_happens() {
    for way in ways().await {
        let connection = &mut way.connect().await;
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&seen);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            let line = match event {
                InstrumentationEvent::StartQuery { query, .. } => format!("start {query}"),
                InstrumentationEvent::CacheQuery { .. } => "cache".to_owned(),
                InstrumentationEvent::FinishQuery { error, .. } => format!("finish {}", error.is_some()),
                InstrumentationEvent::BeginTransaction { depth, .. } => format!("begin {depth}"),
                InstrumentationEvent::CommitTransaction { depth, .. } => format!("commit {depth}"),
                InstrumentationEvent::RollbackTransaction { depth, .. } => format!("rollback {depth}"),
                other => format!("{other:?}"),
            };
            log.lock().unwrap().push(line);
        });
        let work = connection.transaction::<_, Error, _>(async |connection| {
            diesel::select(7.into_sql::<Integer>()).execute(connection).await?;
            diesel::select(8.into_sql::<Integer>()).execute(connection).await
        });
        assert_eq!(work.await, Ok(1));
        let cached: &[&str] = if way.protocol == Protocol::Prepared { &["cache"] } else { &[] };
        let expected = [
            &["begin 1", "start BEGIN", "finish false", "start SELECT $1 -- binds: [7]"][..],
            cached,
            &["finish false", "start SELECT $1 -- binds: [8]", "finish false"],
            &["commit 1", "start COMMIT", "finish false"],
        ];
        assert_eq!(*seen.lock().unwrap(), expected.concat());
    }
}

#[tokio::test]
async fn copy_is_refused_and_harms_nothing() {
    for way in ways().await {
        let connection = &mut way.connect().await;
        for statement in ["copy account from stdin", "copy account to stdout"] {
            let batch = connection.batch_execute(statement).await.unwrap_err();
            assert!(batch.to_string().contains("COPY"), "{batch}");
            let query = diesel::sql_query(statement).execute(connection).await.unwrap_err();
            assert!(query.to_string().contains("COPY"), "{query}");
            assert_eq!(count(connection).await, 0);
        }
    }
}

#[tokio::test]
async fn a_query_that_is_dropped_leaves_the_connection_unusable() {
    for way in ways().await {
        let connection = &mut way.connect().await;
        let slow = diesel::sql_query("select pg_sleep(30)").execute(connection);
        assert!(tokio::time::timeout(std::time::Duration::from_millis(100), slow).await.is_err());
        assert!(!connection.is_usable());
        let next = diesel::select(1.into_sql::<Integer>()).execute(connection).await.unwrap_err();
        assert!(matches!(next, Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)), "{next:?}");
    }
}
