//! Transactions whose begin or commit travels with a typed query, through poolers with one server connection:
//! a transaction that stays open would block the next client.

use std::time::Duration;

use diesel::{ExpressionMethods as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;
use glowplug::config::PoolMode;
use glowplug::db::{Access, Database, Reach, Scope};

use crate::harness;

diesel::table! {
    entry (id) {
        id -> Integer,
        owner -> Integer,
    }
}

/// The foreign key is deferred, so it is checked at the end of the transaction.
const SETUP: &str = "create table owner (id integer primary key); insert into owner values (1);
    create table entry (id integer primary key, owner integer not null references owner deferrable initially deferred)";

fn scope() -> Scope {
    Scope {
        access: Access::ReadWrite,
        role: None,
        settings: [("app.who".into(), "it's me".into())].into(),
        statement_timeout: Duration::from_secs(5),
        answer_limit: usize::MAX,
        reach: Reach::Server,
    }
}

async fn check(url: &str) {
    let database = Database::new(&harness::config(url, PoolMode::Transaction).database).unwrap();
    let insert = |id: i32, owner: i32| {
        diesel::insert_into(entry::table).values((entry::id.eq(id), entry::owner.eq(owner)))
    };
    let (mut transaction, inserted) =
        database.begin_with(&scope(), insert(1, 1).on_conflict_do_nothing()).await.unwrap();
    assert_eq!(inserted, 1);
    let who = diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("current_setting('app.who')"));
    assert_eq!(who.get_result::<String>(&mut *transaction).await.unwrap(), "it's me", "the scope holds");
    transaction.commit_with(insert(2, 1)).await.unwrap();

    let (transaction, inserted) =
        database.begin_with(&scope(), insert(1, 1).on_conflict_do_nothing()).await.unwrap();
    assert_eq!(inserted, 0, "it is there");
    transaction.roll_back().await;
    let taken = database.begin_with(&scope(), insert(1, 1)).await.err().unwrap();
    assert_eq!(taken.sqlstate(), Some("23505"), "{taken}");
    let (transaction, _) = database.begin_with(&scope(), insert(3, 1)).await.unwrap();
    let taken = transaction.commit_with(insert(2, 1)).await.unwrap_err();
    assert_eq!(taken.sqlstate(), Some("23505"), "{taken}");
    // The commit itself fails.
    let (transaction, _) = database.begin_with(&scope(), insert(4, 1)).await.unwrap();
    let nobody = transaction.commit_with(insert(5, 9)).await.unwrap_err();
    assert_eq!(nobody.sqlstate(), Some("23503"), "{nobody}");

    let mut connection = database.connection().await.unwrap();
    let ids: Vec<i32> = entry::table.select(entry::id).order(entry::id).load(&mut *connection).await.unwrap();
    assert_eq!(ids, [1, 2]);
    diesel::delete(entry::table).execute(&mut *connection).await.unwrap();
    drop(connection);
    assert_eq!(database.state().connections, 1, "no connection had to be closed");
}

#[tokio::test]
async fn a_transaction_is_begun_and_ended_with_a_query_in_one_round_trip_each() {
    let name = harness::database(SETUP).await;
    check(&harness::pooler(PoolMode::Transaction, 1).url(&name)).await;
    check(&harness::pgpool(1).url(&name)).await;
}
