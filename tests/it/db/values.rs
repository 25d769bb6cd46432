//! Values of the built-in types, sent and received: the extremes of each type, empty values, and NULL.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Date, Double, Float, Integer, Jsonb, Nullable, SmallInt, Text, Time,
    Timestamp, Timestamptz, Uuid,
};
use diesel_async::{AsyncConnection, RunQueryDsl};
use glowplug::db::{Connection, Connector, Protocol};
use serde_json::json;

use crate::harness;

/// Selects each value, and expects it back. Twice, so that the named statement exists the second time.
macro_rules! there_and_back {
    ($connection:expr, $sql:ty => $rust:ty: $($value:expr),+ $(,)?) => {
        $(for _ in 0..2 {
            let (sent, expected): ($rust, $rust) = ($value, $value);
            let got = diesel::select(sent.into_sql::<$sql>()).get_result::<$rust>($connection).await;
            assert_eq!(got, Ok(expected));
        })+
    };
}

/// On any connection, whatever its protocol.
pub(crate) async fn go_there_and_back(connection: &mut Connection) {
    numbers(connection).await;
    texts_and_times(connection).await;
    nothing(connection).await;
}

async fn numbers(connection: &mut Connection) {
    there_and_back!(connection, SmallInt => i16: 0, -1, i16::MIN, i16::MAX);
    there_and_back!(connection, Integer => i32: 0, -1, i32::MIN, i32::MAX);
    there_and_back!(connection, BigInt => i64: 0, -1, i64::MIN, i64::MAX);
    there_and_back!(connection, Float => f32: 0.1, f32::MIN, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY);
    there_and_back!(connection, Double => f64: 0.1, f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::NEG_INFINITY);
    there_and_back!(connection, Bool => bool: true, false);
}

async fn texts_and_times(connection: &mut Connection) {
    there_and_back!(connection, Text => String: String::new(), "it's \\ \"ü€😀\" $1".to_owned(), "x".repeat(100_000));
    there_and_back!(connection, Binary => Vec<u8>: Vec::new(), (0..=255).collect());
    let date = |year| NaiveDate::from_ymd_opt(year, 2, 28).unwrap();
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    there_and_back!(connection, Date => NaiveDate: date(1), date(1999), date(9999));
    there_and_back!(connection, Time => NaiveTime: NaiveTime::MIN, time);
    there_and_back!(connection, Timestamp => NaiveDateTime: date(1).and_time(time), date(2024).and_time(time));
    there_and_back!(connection, Timestamptz => DateTime<chrono::Utc>: DateTime::UNIX_EPOCH, date(2024).and_time(time).and_utc());
    there_and_back!(connection, Jsonb => serde_json::Value: json!(null), json!({ "ü": [1, "'", { "a": null }] }));
    there_and_back!(connection, Uuid => uuid::Uuid: uuid::Uuid::nil(), uuid::Uuid::max());
}

async fn nothing(connection: &mut Connection) {
    there_and_back!(connection, Nullable<Integer> => Option<i32>: None, Some(42));
    there_and_back!(connection, Nullable<Text> => Option<String>: None, Some(String::new()));
    there_and_back!(connection, Nullable<Binary> => Option<Vec<u8>>: None, Some(Vec::new()));
    there_and_back!(connection, Nullable<Array<Integer>> => Option<Vec<i32>>: None, Some(Vec::new()), Some(vec![1, -1]));
    there_and_back!(connection, Array<Nullable<Text>> => Vec<Option<String>>: Vec::new(), vec![None, Some("null".to_owned())]);
}

diesel::table! {
    person (id) {
        id -> Integer,
        name -> Text,
    }
}

#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Identifiable, AsChangeset)]
#[diesel(table_name = person)]
struct Person {
    id: i32,
    name: String,
}

const SETUP: &str = "create table person (id int primary key, name text not null);
    insert into person values (1, 'Ada'), (2, 'Bob')";

/// The forms that a query can have in Diesel.
#[tokio::test]
async fn each_form_of_query_runs() {
    let url = harness::cluster().url(&harness::database(SETUP).await);
    for protocol in [Protocol::Unnamed, Protocol::Prepared] {
        let connection = &mut Connector::new(&url).unwrap().protocol(protocol).connect().await.unwrap();
        let boxed = person::table.select(Person::as_select()).filter(person::name.eq("Ada")).into_boxed();
        let ada = Person { id: 1, name: "Ada".to_owned() };
        assert_eq!(boxed.get_result(connection).await, Ok(ada));
        let (one, other) = diesel::alias!(person as one, person as other);
        let pairs = one.inner_join(other.on(one.field(person::id).lt(other.field(person::id))));
        let names = pairs.select((one.field(person::name), other.field(person::name)));
        let names: Vec<(String, String)> = names.load(connection).await.unwrap();
        assert_eq!(names, [("Ada".to_owned(), "Bob".to_owned())]);
        let literal =
            diesel::dsl::sql::<Integer>("select id from person where name = ").bind::<Text, _>("Bob");
        assert_eq!(literal.get_result::<i32>(connection).await, Ok(2));
        let exists = diesel::select(diesel::dsl::exists(person::table.find(3)));
        assert_eq!(exists.get_result::<bool>(connection).await, Ok(false));
    }
}

#[tokio::test]
async fn changes_are_saved_on_a_connection_of_a_pool() {
    use diesel_async::SaveChangesDsl;
    use diesel_async::pooled_connection::bb8::Pool;

    let url = harness::cluster().url(&harness::database(SETUP).await);
    let manager = Connector::new(&url).unwrap().manager();
    let pool: Pool<Connection> = Pool::builder().max_size(1).build(manager).await.unwrap();
    for name in ["Eve", "Zoe"] {
        let mut connection = pool.get().await.unwrap();
        let mut person = person::table.find(1).first::<Person>(&mut *connection).await.unwrap();
        name.clone_into(&mut person.name);
        let saved: Person = SaveChangesDsl::save_changes(&person, &mut connection).await.unwrap();
        assert_eq!(saved, person);
    }
}

/// Diesel's own, blocking interface, in front of this connection.
#[tokio::test]
async fn a_program_that_blocks_can_use_it() {
    use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

    let url = harness::cluster().url(&harness::database(SETUP).await);
    let connection = Connection::establish(&url).await.unwrap();
    let names = tokio::task::spawn_blocking(move || {
        let mut connection = AsyncConnectionWrapper::<Connection>::from(connection);
        let names = person::table.select(person::name).order(person::id);
        diesel::RunQueryDsl::load::<String>(names, &mut connection)
    });
    assert_eq!(names.await.unwrap().unwrap(), ["Ada", "Bob"]);
}
