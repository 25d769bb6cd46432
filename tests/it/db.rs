//! The connection layer, directly and through PgBouncer in each of its pool modes: what runs, what is
//! refused, and what remains.

use std::time::{Duration, Instant};

use glowplug::config::ContextForm::{self, SetConfig, SetLocal};
use glowplug::config::{self, PoolMode, Secret};
use glowplug::db::{Access, Answers, Database, Error, Protocol, Protocols, Reach, Reason, RunError, Scope};
use glowplug::sql::Statement;
use glowplug_local::Pooler;

use crate::harness;

mod behaviours;
mod big;
pub(crate) mod cancel;
mod certificates;
mod gate;
mod hostile;
pub(crate) mod hosts;
mod joined;
mod operations;
mod orm;
mod pgdog;
mod pipelining;
mod pool_mode;
mod prepared;
mod probe;
mod restart;
mod traces;
pub(crate) mod types;
mod unavailable;
mod unsupported;
pub(crate) mod values;

/// One route to the same database.
pub(crate) struct Way {
    /// The pooler in between, and the protocol of operations.
    pub(crate) kind: (PoolMode, Protocol, ContextForm),
    pub(crate) database: Database,
    _pooler: Option<Pooler>,
}

/// A new database after `setup`, and every route to it.
pub(crate) async fn ways(setup: &str) -> Vec<Way> {
    let name = harness::database(setup).await;
    [
        (PoolMode::Direct, Protocol::Simple, SetConfig),
        (PoolMode::Direct, Protocol::Unnamed, SetConfig),
        (PoolMode::Direct, Protocol::Prepared, SetConfig),
        (PoolMode::Direct, Protocol::Simple, SetLocal),
        (PoolMode::Session, Protocol::Simple, SetConfig),
        (PoolMode::Session, Protocol::Prepared, SetConfig),
        (PoolMode::Session, Protocol::Simple, SetLocal),
        (PoolMode::Transaction, Protocol::Simple, SetConfig),
        (PoolMode::Transaction, Protocol::Unnamed, SetConfig),
        (PoolMode::Transaction, Protocol::Simple, SetLocal),
        (PoolMode::Statement, Protocol::Simple, SetConfig),
        (PoolMode::Statement, Protocol::Unnamed, SetConfig),
        (PoolMode::Statement, Protocol::Simple, SetLocal),
    ]
    .map(|kind| {
        let (pool_mode, operations, context) = kind;
        let pooler = (pool_mode != PoolMode::Direct).then(|| harness::pooler(pool_mode, 2));
        let url = pooler.as_ref().map_or_else(|| harness::cluster().url(&name), |pooler| pooler.url(&name));
        let protocols = Protocols { operations, context, ..Protocols::of(pool_mode) };
        let database = Database::speaking(&settings(&url), protocols).unwrap();
        Way { kind, database, _pooler: pooler }
    })
    .into()
}

pub(crate) fn settings(url: &str) -> config::Database {
    config::Database {
        url: Secret::new(url),
        direct_url: None,
        replicas: Vec::new(),
        pool_size: 2,
        pool_mode: PoolMode::Transaction,
        is_sharded: false,
        context: None,
        stored_operations: None,
        acquire_timeout: Duration::from_secs(5),
        connect_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(10),
        watch_interval: None,
    }
}

pub(crate) fn connect(url: &str) -> Database {
    Database::new(&settings(url)).unwrap()
}

pub(crate) fn read() -> Scope {
    Scope {
        access: Access::ReadOnly,
        role: None,
        settings: [].into(),
        statement_timeout: Duration::from_secs(10),
        answer_limit: usize::MAX,
        reach: Reach::Server,
    }
}

pub(crate) fn write() -> Scope {
    Scope { access: Access::ReadWrite, ..read() }
}

pub(crate) fn statement(text: &str, parameters: &[Option<&str>]) -> Statement {
    let parameters = parameters.iter().map(|value| value.map(str::to_owned)).collect();
    Statement::new(text.to_owned(), parameters)
}

/// Statements without parameters.
pub(crate) fn statements(texts: &[&str]) -> Vec<Statement> {
    texts.iter().map(|text| statement(text, &[])).collect()
}

/// The answer to one statement.
pub(crate) async fn answer(
    database: &Database,
    scope: &Scope,
    text: &str,
) -> Result<Option<String>, RunError> {
    database.run(scope, &statements(&[text])).await.map(|mut answers| answers.pop().unwrap())
}

fn sqlstate(failure: &RunError) -> &str {
    failure.error.sqlstate().unwrap_or_else(|| panic!("no SQLSTATE: {failure:?}"))
}

#[tokio::test]
async fn each_statement_has_its_answer() {
    for way in ways("").await {
        let texts = ["select 'a'", "select null", "select 1 where false", "select '' -- empty", "select 'b'"];
        let answers = way.database.run(&read(), &statements(&texts)).await.unwrap();
        let expected: Answers =
            [Some("a"), None, None, Some(""), Some("b")].map(|value| value.map(str::to_owned)).into();
        assert_eq!(answers, expected, "{:?}", way.kind);
        assert_eq!(way.database.run(&read(), &[]).await.unwrap(), Answers::new());
    }
}

#[tokio::test]
async fn values_arrive_as_they_are() {
    let long = "ü'\\".repeat(100_000);
    let values = ["", "'", "''", "\\", "\\'", "a\\b'c", "$1", "--", "/*", "ü€😀", "\n\r\t", "E'", &long];
    for setup in ["", "alter database DATABASE set standard_conforming_strings = off"] {
        let setup = format!("do $$ begin execute replace({}, 'DATABASE', current_database()); end $$", {
            if setup.is_empty() { "'select 1'".to_owned() } else { format!("'{setup}'") }
        });
        for way in ways(&setup).await {
            for value in values {
                let echo = statement("select $1::text", &[Some(value)]);
                let answers = way.database.run(&read(), &[echo]).await.unwrap();
                assert_eq!(answers, [Some(value.to_owned())], "{:?}", way.kind);
            }
            let difference = statement(
                "select 1 -$1::int4 - $2::int4 + coalesce($3::int4, 0)",
                &[Some("-1"), Some("-1"), None],
            );
            let answers = way.database.run(&read(), &[difference]).await.unwrap();
            assert_eq!(answers, [Some("3".to_owned())]);
        }
    }
}

#[tokio::test]
async fn an_error_undoes_the_message_and_names_its_statement() {
    for way in ways("create table t (id int primary key)").await {
        let texts = [
            "with i as (insert into t values (1) returning id) select id from i",
            "select 1 / 0",
            "select 2",
        ];
        let failure = way.database.run(&write(), &statements(&texts)).await.unwrap_err();
        assert_eq!(failure.completed, [Some("1".to_owned())], "{:?}", way.kind);
        assert_eq!(sqlstate(&failure), "22012");
        assert!(!failure.error.is_connection_lost() && !failure.error.safe_to_retry());
        let count = answer(&way.database, &read(), "select count(*) from t").await.unwrap();
        assert_eq!(count.as_deref(), Some("0"), "{:?}", way.kind);
    }
}

#[tokio::test]
async fn an_error_has_its_fields() {
    let database =
        &ways("create table t (id int constraint t_key primary key); insert into t values (1)").await[2];
    let insert = "with i as (insert into t values (1) returning id) select id from i";
    let Err(RunError { error: Error::Database(error), .. }) =
        answer(&database.database, &write(), insert).await
    else {
        panic!("a database error was expected");
    };
    assert_eq!(error.sqlstate, "23505");
    assert_eq!(error.constraint.as_deref(), Some("t_key"));
    assert_eq!(error.table.as_deref(), Some("t"));
    assert_eq!(error.schema.as_deref(), Some("public"));
    assert_eq!(error.detail.as_deref(), Some("Key (id)=(1) already exists."));
}

#[tokio::test]
async fn the_scope_holds_for_the_message_alone() {
    let role = format!("reader_{}", std::process::id());
    let server = harness::connect(&harness::cluster().url("postgres")).await;
    server.batch_execute(&format!("create role {role}")).await.unwrap();
    let claims = r#"{"sub": "o'brien \\ \"x\""}"#;
    let scope = Scope {
        role: Some(role.as_str().into()),
        settings: [("request.jwt.claims".into(), claims.into())].into(),
        statement_timeout: Duration::from_millis(1234),
        answer_limit: usize::MAX,
        reach: Reach::Server,
        ..read()
    };
    let seen = "select concat_ws('|', current_user, current_setting('request.jwt.claims', true),
        current_setting('statement_timeout'), current_setting('transaction_read_only'))";
    for way in ways("").await {
        let inside = answer(&way.database, &scope, seen).await.unwrap().unwrap();
        assert_eq!(inside, format!("{role}|{claims}|1234ms|on"), "{:?}", way.kind);
        for _ in 0..4 {
            let after = answer(&way.database, &write(), seen).await.unwrap().unwrap();
            assert_eq!(after, "postgres||10s|off", "{:?}", way.kind);
        }
        let unknown = Scope { role: Some("no such role".into()), ..read() };
        let failure = answer(&way.database, &unknown, "select 1").await.unwrap_err();
        assert!(matches!(failure.error, Error::ScopeRefused(_)), "{failure:?}");
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    for way in ways("create table t (id int)").await {
        let insert = "with i as (insert into t values (1) returning id) select id from i";
        let failure = answer(&way.database, &read(), insert).await.unwrap_err();
        assert_eq!(sqlstate(&failure), "25006", "{:?}", way.kind);
        answer(&way.database, &write(), insert).await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_ends_by_its_timeout() {
    for way in ways("").await {
        let begin = Instant::now();
        let scope = Scope { statement_timeout: Duration::from_millis(200), ..read() };
        let failure = answer(&way.database, &scope, "select pg_sleep(30)").await.unwrap_err();
        assert_eq!(sqlstate(&failure), "57014", "{:?}", way.kind);
        assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    }
}

#[tokio::test]
async fn values_that_cannot_be_sent_are_refused() {
    // There is no listener at this port, so an attempt to connect would fail.
    let database = connect("postgres://postgres@127.0.0.1:1/postgres");
    let nul = statement("select $1::text", &[Some("a\0b")]);
    assert!(matches!(database.run(&read(), &[nul]).await.unwrap_err().error, Error::NulByte));
    let two = statements(&["select 1; select 2"]);
    assert!(matches!(database.run(&read(), &two).await.unwrap_err().error, Error::Protocol(_)));
}

#[tokio::test]
async fn waiting_too_long_for_a_connection_is_an_error() {
    let name = harness::database("").await;
    let settings = config::Database {
        pool_size: 1,
        acquire_timeout: Duration::from_millis(200),
        ..settings(&harness::cluster().url(&name))
    };
    let database = Database::new(&settings).unwrap();
    let held = database.connection().await.unwrap();
    let failure = answer(&database, &read(), "select 1").await.unwrap_err();
    assert!(matches!(failure.error, Error::PoolTimeout(_)), "{failure:?}");
    assert!(failure.error.safe_to_retry());
    drop(held);
    answer(&database, &read(), "select 1").await.unwrap();
    database.check().await.unwrap();
    assert_eq!((database.state().connections, database.state().idle), (1, 1));
}

/// Why there was no connection.
fn reason(error: &Error) -> Reason {
    error.reason().unwrap_or_else(|| panic!("the database was expected to be unavailable: {error:?}"))
}
