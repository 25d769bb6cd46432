//! Big answers and big messages: whole, in both protocols, directly and through a pooler.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer};
use diesel_async::RunQueryDsl;
use glowplug::config::PoolMode;
use glowplug::db::{Connector, Database};

use super::{answer, read, settings, statement};
use crate::harness;

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Binary)]
    value: Vec<u8>,
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_200_megabytes_and_a_message_of_50() {
    let name = harness::database("").await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    for url in [harness::cluster().url(&name), pooler.url(&name)] {
        let database = Database::new(&settings(&url)).unwrap();
        let text =
            answer(&database, &read(), "select repeat('0123456789', 20000000)").await.unwrap().unwrap();
        assert_eq!(text.len(), 200_000_000);
        assert!(text.ends_with("0123456789"));
        let long = "ü'".repeat(50_000_000 / 3);
        let echo = statement("select md5($1::text)", &[Some(&long)]);
        let told = database.run(&read(), &[echo]).await.unwrap();
        let md5 = statement("select md5(repeat('ü''', 16666666))", &[]);
        assert_eq!(told, database.run(&read(), &[md5]).await.unwrap());
        let state = database.state();
        assert_eq!(state.connections, state.idle, "the connection was kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_rows_and_values_of_many_megabytes() {
    let name = harness::database("").await;
    let pooler = harness::pooler(PoolMode::Transaction, 2);
    let mut connection = Connector::new(&pooler.url(&name)).unwrap().connect().await.unwrap();
    let bytes: Vec<u8> = (0..50_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let echo = diesel::sql_query("select $1 as value").bind::<Binary, _>(&bytes);
    assert!(echo.get_result::<Value>(&mut connection).await.unwrap().value == bytes);
    let rows = diesel::select(diesel::dsl::sql::<Integer>("generate_series(1, 500000)"));
    let rows: Vec<i32> = rows.load(&mut connection).await.unwrap();
    assert_eq!((rows.len(), rows[499_999]), (500_000, 500_000));
}
