//! Types that are not built into PostgreSQL: enums, domains, composite types and those of extensions, sent
//! and received without a named statement.

use std::io::Write as _;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, Integer, Nullable, Record, SqlType, Text};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use glowplug::config::PoolMode;
use glowplug::db::{Connection, Connector, Protocol};

use crate::harness;

#[derive(SqlType, QueryId)]
#[diesel(postgres_type(name = "mood"))]
pub struct MoodType;

#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow, AsExpression)]
#[diesel(sql_type = MoodType)]
enum Mood {
    Sad,
    Happy,
}

impl ToSql<MoodType, Pg> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(if *self == Self::Sad { b"sad" } else { b"it's happy" })?;
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, Pg> for Mood {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            b"sad" => Ok(Self::Sad),
            b"it's happy" => Ok(Self::Happy),
            other => Err(format!("{other:?}").into()),
        }
    }
}

/// In a schema that is not in the path, with a name that has to be quoted.
#[derive(SqlType, QueryId)]
#[diesel(postgres_type(name = "Entry of \"x\"", schema = "other"))]
pub struct EntryType;

#[derive(Debug, Clone, PartialEq, Eq, FromSqlRow, AsExpression)]
#[diesel(sql_type = EntryType)]
struct Entry {
    number: i32,
    moods: Vec<Mood>,
}

impl ToSql<EntryType, Pg> for Entry {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let fields = (self.number, self.moods.clone());
        diesel::serialize::WriteTuple::<(Integer, Array<MoodType>)>::write_tuple(&fields, &mut out.reborrow())
    }
}

impl FromSql<EntryType, Pg> for Entry {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let (number, moods) = FromSql::<Record<(Integer, Array<MoodType>)>, Pg>::from_sql(value)?;
        Ok(Self { number, moods })
    }
}

diesel::table! {
    use diesel::sql_types::{Array, Citext, Integer, Nullable, Text};
    use super::{EntryType, MoodType};
    diary (id) {
        id -> Integer,
        mood -> MoodType,
        moods -> Array<MoodType>,
        entry -> Nullable<EntryType>,
        entries -> Array<EntryType>,
        share -> Text,
        word -> Citext,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = diary)]
struct Page {
    id: i32,
    mood: Mood,
    moods: Vec<Mood>,
    entry: Option<Entry>,
    entries: Vec<Entry>,
    share: String,
    word: String,
}

pub(crate) const SETUP: &str = r#"create extension citext;
    create type mood as enum ('sad', 'it''s happy');
    create domain share as text check (value <> '');
    create schema other;
    create type other."Entry of ""x""" as (number int, moods mood[]);
    create table diary (id int primary key, mood mood not null, moods mood[] not null, entry other."Entry of ""x""",
        entries other."Entry of ""x"""[] not null, share share not null, word citext not null)"#;

fn pages() -> Vec<Page> {
    let entry = |number| Entry { number, moods: vec![Mood::Sad, Mood::Happy, Mood::Sad] };
    let page = |id, mood, moods: &[Mood], entries: &[i32]| Page {
        id,
        mood,
        moods: moods.to_vec(),
        entry: entries.first().copied().map(entry),
        entries: entries.iter().copied().map(entry).collect(),
        share: "half".to_owned(),
        word: "Word".to_owned(),
    };
    vec![
        page(1, Mood::Sad, &[Mood::Happy, Mood::Sad], &[-1, 0, 1]),
        page(2, Mood::Happy, &[], &[]),
        // These bytes look like the placeholders for types that are not known yet.
        page(3, Mood::Happy, &[Mood::Sad], &[-437_911_552, 437_911_551, -437_911_551]),
    ]
}

/// Each protocol that the pool mode supports.
async fn ways() -> Vec<(glowplug_local::Pooler, Connector)> {
    let mut ways = Vec::new();
    for (pool_mode, protocol) in [
        (PoolMode::Transaction, Protocol::Unnamed),
        (PoolMode::Statement, Protocol::Unnamed),
        (PoolMode::Session, Protocol::Prepared),
    ] {
        let pooler = harness::pooler(pool_mode, 2);
        let url = pooler.url(&harness::database(SETUP).await);
        ways.push((pooler, Connector::new(&url).unwrap().protocol(protocol)));
    }
    ways
}

#[tokio::test]
async fn futures_that_share_a_connection_find_types_out() {
    for (_pooler, connector) in ways().await {
        let connection = connector.connect().await.unwrap();
        let ask = async |mut connection: &Connection| {
            diesel::select(Mood::Happy.into_sql::<MoodType>()).get_result::<Mood>(&mut connection).await
        };
        let answers = join_all((0..20).map(|_| ask(&connection))).await;
        assert!(answers.into_iter().all(|answer| answer == Ok(Mood::Happy)));
    }
}

#[tokio::test]
async fn values_of_such_types_there_and_back() {
    for (_pooler, connector) in ways().await {
        // The second connection shares the types that the first has looked up.
        for _ in 0..2 {
            go_there_and_back(&mut connector.connect().await.unwrap()).await;
        }
    }
}

/// On any connection to a database that [`SETUP`] was run in.
pub(crate) async fn go_there_and_back(connection: &mut Connection) {
    let inserted = diesel::insert_into(diary::table).values(pages()).execute(connection).await;
    assert_eq!(inserted.unwrap(), 3);
    for _ in 0..2 {
        let found: Vec<Page> = diary::table.order(diary::id).load(connection).await.unwrap();
        assert_eq!(found, pages());
        let with = diary::table.filter(diary::entries.contains(pages()[0].entries.clone()));
        let ids: Vec<i32> = with.select(diary::id).load(connection).await.unwrap();
        assert_eq!(ids, [1]);
        let of = diary::table.filter(diary::mood.eq_any([Mood::Happy])).filter(diary::word.eq("wORD"));
        let ids: Vec<i32> = of.select(diary::id).order(diary::id).load(connection).await.unwrap();
        assert_eq!(ids, [2, 3]);
        let bare = diesel::select(vec![Mood::Sad].into_sql::<Array<MoodType>>());
        assert_eq!(bare.get_result::<Vec<Mood>>(connection).await.unwrap(), [Mood::Sad]);
    }
    assert_eq!(diesel::delete(diary::table).execute(connection).await, Ok(3));
}

#[tokio::test]
async fn a_type_that_is_missing_is_named_and_harms_nothing() {
    let url = harness::cluster().url(&harness::database("").await);
    let mut connection = Connection::establish(&url).await.unwrap();
    let sad = || diesel::select(Mood::Sad.into_sql::<MoodType>());
    connection
        .transaction(async |connection| {
            let error = sad().get_result::<Mood>(connection).await.unwrap_err();
            assert!(error.to_string().contains("the type \"mood\" does not exist"), "{error}");
            connection.batch_execute("create type mood as enum ('sad')").await?;
            assert_eq!(sad().get_result::<Mood>(connection).await?, Mood::Sad);
            diesel::QueryResult::Ok(())
        })
        .await
        .unwrap();
    // The type has another OID now: one query fails, and the next one looks it up again.
    connection.batch_execute("drop type mood; create type mood as enum ('sad', 'x')").await.unwrap();
    sad().get_result::<Mood>(&mut connection).await.unwrap_err();
    assert_eq!(sad().get_result::<Mood>(&mut connection).await.unwrap(), Mood::Sad);
}

#[tokio::test]
async fn a_type_can_be_cast_as_before() {
    let url = harness::cluster().url(&harness::database("create type mood as enum ('sad', 'happy')").await);
    let mut connection = Connection::establish(&url).await.unwrap();
    let cast = diesel::sql_query("select $1::mood::text as body").bind::<Text, _>("happy");
    assert_eq!(cast.get_result::<Body>(&mut connection).await.unwrap().body.as_deref(), Some("happy"));
    // The label of an enum is its binary form, too.
    let raw = diesel::sql_query("select unnest($1::text[]::mood[]) as body");
    let raw = raw.bind::<Array<Text>, _>(vec!["sad"]);
    assert_eq!(raw.get_result::<Body>(&mut connection).await.unwrap().body.as_deref(), Some("sad"));
}

#[derive(QueryableByName)]
struct Body {
    #[diesel(sql_type = Nullable<Text>)]
    body: Option<String>,
}
