//! The program's additions to the API: how they are shown, checked and refused, and its errors for clients.

use diesel_async::{AnsiTransactionManager, AsyncConnection as _, RunQueryDsl, TransactionManager as _};
use glowplug::engine::Identity;
use glowplug::server::BuildError;
use glowplug::{FieldContext, FieldError, Server};
use reqwest::Client;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Board, code, fields};
use crate::harness;
use crate::server::configuration;

const SETUP: &str = "create type mood as enum ('good', 'bad');
    create table item (id integer primary key, mood mood);
    create function refuse() returns void language plpgsql as $$ begin raise 'not on my watch'; end $$;
    alter default privileges in schema public grant all on tables to public; grant all on item to public;
    comment on schema public is '@graphql({\"inflect_names\": true})'";

#[derive(Deserialize)]
struct Run {
    sql: String,
}

/// Runs any SQL; returns how many rows it touched.
async fn run(context: FieldContext, Run { sql }: Run) -> Result<usize, FieldError> {
    let mut connection = context.connection().await?;
    Ok(diesel::sql_query(sql).execute(&mut *connection).await?)
}

/// Returns its argument as it came.
async fn echo(_: FieldContext, mut arguments: Value) -> Result<Value, FieldError> {
    Ok(arguments["value"].take())
}

/// Returns the JSON in its argument, a text.
async fn parsed(_: FieldContext, arguments: Value) -> Result<Value, FieldError> {
    serde_json::from_str(arguments["json"].as_str().unwrap()).map_err(FieldError::internal)
}

fn builder() -> glowplug::server::Builder {
    Server::builder()
        .types("type Tree { name: String!  size: Int  trees: [Tree!] } input Point { x: Int!  y: Float  moods: [Mood!] }")
        .types("enum Weather { SUN RAIN } type Sky { weather: Weather!  until: Datetime }")
        .query("run(sql: String!): Int", run)
        .query("mood(value: [Mood!]): [Mood!]", echo)
        .query("point(value: Point! = { x: 1, moods: [good] }): JSON", echo)
        .query("tree(json: String!): Tree", parsed)
        .query("sky(json: String!): Sky", parsed)
        .query("big(json: String!): BigInt", parsed)
        .query("missing: Unheard", echo)
        .mutation("run(sql: String!): Int", run)
}

async fn board() -> Board {
    Board::of(&harness::database(SETUP).await, builder()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn values_are_completed_by_their_types() {
    let board = board().await;
    let ask = async |field: &str, json: &str, rest: &str| {
        let query = format!("query ($json: String!) {{ {field}(json: $json) {rest} }}");
        let text = board.text(&query, json!({ "json": json })).await;
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let tree = r#"{"trees": [{"name": "b", "size": 2, "more": 1}], "name": "a"}"#;
    let answer = ask("tree", tree, "{ name size trees { size n: name trees { name } } }").await;
    let expected = json!({ "name": "a", "size": null, "trees": [{ "size": 2, "n": "b", "trees": null }] });
    assert_eq!(answer, json!({ "data": { "tree": expected } }));
    assert_eq!(ask("big", "9007199254740993", "").await["data"]["big"], json!("9007199254740993"));
    let answer = ask("sky", r#"{"weather": "SUN"}"#, "{ weather until }").await;
    assert_eq!(answer["data"]["sky"], json!({ "weather": "SUN", "until": null }));

    // A value of the wrong type makes the next nullable value null, and the client learns where.
    let wrong = r#"{"name": "a", "trees": [{"name": "b"}, {"size": 3000000000}]}"#;
    let answer = ask("tree", wrong, "{ name trees { name } }").await;
    assert_eq!(answer["data"]["tree"], json!({ "name": "a", "trees": null }), "{answer}");
    assert_eq!(answer["errors"][0]["path"], json!(["tree", "trees", 1, "name"]));
    assert_eq!(code(&answer), "INTERNAL");
    let answer = ask("sky", r#"{"weather": "SNOW"}"#, "{ weather }").await;
    assert_eq!((&answer["data"]["sky"], code(&answer)), (&json!(null), "INTERNAL"));
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_coerced_by_their_types() {
    let board = board().await;
    for (field, expected) in [
        ("mood(value: good)", json!(["good"])),
        ("mood(value: null)", json!(null)),
        ("point", json!(r#"{"x":1,"moods":["good"]}"#)),
        ("point(value: { x: 2, y: 3 })", json!(r#"{"x":2,"y":3}"#)),
    ] {
        let answer = board.answer(&format!("{{ it: {field} }}")).await;
        assert_eq!(answer, json!({ "data": { "it": expected } }), "{field}");
    }
    for wrong in ["mood(value: sad)", "point(value: { y: 1 })", "run", "tree(json: \"{}\")", "missing"] {
        let answer = board.answer(&format!("{{ {wrong} }}")).await;
        assert!(answer["data"].is_null() && answer["errors"].is_array(), "{wrong}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_look_like_those_of_the_database() {
    let board = board().await;
    let cases = [
        ("insert into item values (1)", "FORBIDDEN", json!("25006"), "a query may not write"),
        ("select refuse()", "BAD_USER_INPUT", json!("P0001"), "not on my watch"),
        ("select 1 / 0", "BAD_USER_INPUT", json!("22012"), "division by zero"),
        ("select secret from nowhere", "INTERNAL", json!("42P01"), "internal error"),
    ];
    for (sql, told, sqlstate, message) in cases {
        let answer =
            board.answer(&format!("{{ run(sql: \"{sql}\") itemCollection {{ edges {{ cursor }} }} }}")).await;
        assert_eq!(answer["data"], json!({ "run": null, "itemCollection": { "edges": [] } }), "{answer}");
        let error = &answer["errors"][0];
        assert_eq!((code(&answer), &error["extensions"]["sqlstate"]), (told, &sqlstate), "{answer}");
        assert!(error["message"].as_str().unwrap().contains(message), "{answer}");
        assert_eq!((&error["path"], &error["locations"][0]["line"]), (&json!(["run"]), &json!(1)));
    }
    let twice = "mutation { a: run(sql: \"insert into item values (7)\") b: run(sql: \"insert into item values (7)\") }";
    let answer = board.answer(twice).await;
    assert_eq!((code(&answer), &answer["errors"][0]["path"]), ("CONFLICT", &json!(["b"])), "{answer}");
    assert_eq!(board.sql("select count(*) from item").await, "0");
    board.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_runs_as_the_caller_and_its_savepoints_are_its_own() {
    let database = harness::database(SETUP).await;
    let role = format!("caller_of_{database}");
    let builder = builder()
        .query("who: String!", async |context: FieldContext, _: Value| -> Result<_, FieldError> {
            let mut connection = context.connection().await?;
            let who = "current_user || ' ' || current_setting('app.user') || ' ' || current_setting('statement_timeout')";
            let asked = diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(who));
            Ok(asked.get_result::<String>(&mut *connection).await?)
        })
        .mutation("attempt: Int!", attempt)
        .mutation("unfinished: Int", async |context: FieldContext, _: Value| -> Result<_, FieldError> {
            let mut connection = context.connection().await?;
            diesel::sql_query("insert into item values (3)").execute(&mut *connection).await?;
            Ok(AnsiTransactionManager::begin_transaction(&mut *connection).await.map(|()| 1)?)
        })
        .query("greedy: Int", async |context: FieldContext, _: Value| -> Result<_, FieldError> {
            let _held = context.connection().await?;
            context.connection().await.map(|_| 1)
        });
    let board = Board::of(&database, builder).await;
    board
        .plain
        .batch_execute(&format!("create role {role}; grant usage on schema public to {role}"))
        .await
        .unwrap();
    let settings = [("app.user".into(), "ann".into())].into();
    let caller = Identity { role: Some(role.as_str().into()), settings, ..Identity::default() };
    assert_eq!(
        board.text_as(&caller, "{ who }", json!({})).await,
        format!(r#"{{"data":{{"who":"{role} ann 10s"}}}}"#)
    );
    assert_eq!(board.answer("mutation { attempt }").await, json!({ "data": { "attempt": 1 } }));
    assert_eq!(board.sql("select string_agg(id::text, ',') from item").await, "1");
    // A transaction that a field begins and does not end could be neither committed nor undone in part.
    assert_eq!(code(&board.answer("mutation { unfinished }").await), "INTERNAL");
    assert_eq!(board.sql("select string_agg(id::text, ',') from item").await, "1");
    assert_eq!(code(&board.answer("{ greedy }").await), "INTERNAL");
    board.nothing_is_left().await;
}

/// One insert that stays, and one that is undone by its own savepoint.
async fn attempt(context: FieldContext, _: Value) -> Result<usize, FieldError> {
    let mut connection = context.connection().await?;
    let inserted = diesel::sql_query("insert into item values (1)").execute(&mut *connection).await?;
    let undone = connection
        .transaction(async |connection| {
            diesel::sql_query("insert into item values (2)").execute(connection).await?;
            diesel::sql_query("insert into item values (1)").execute(connection).await
        })
        .await;
    assert!(undone.is_err());
    Ok(inserted)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_shows_the_fields_and_tells_what_it_cannot_have() {
    let board = board().await;
    let sdl = board.server.backend().planning().sdl(&Identity::default()).await.unwrap();
    assert!(sdl.contains("point(value: Point! = {x: 1, moods: [good]}): JSON"), "{sdl}");
    assert!(!sdl.contains("missing"), "its type is nowhere: {sdl}");
    let answer = board.answer("{ __type(name: \"Tree\") { fields { name } } run(sql: \"select 1\") }").await;
    let names = json!([{ "name": "name" }, { "name": "size" }, { "name": "trees" }]);
    assert_eq!(answer, json!({ "data": { "__type": { "fields": names }, "run": 1 } }));
    let descriptions =
        Board::start().await.server.backend().planning().sdl(&Identity::default()).await.unwrap();
    assert!(descriptions.contains("\"\"\"Open tasks whose day has passed.\"\"\""), "{descriptions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_built_says_why() {
    let build = |builder: glowplug::server::Builder| {
        let config =
            harness::config("postgres://nobody@127.0.0.1:1/none", glowplug::config::PoolMode::Direct);
        match builder.config(config).build() {
            Ok(_) => panic!("it was built"),
            Err(error @ (BuildError::Definition(_) | BuildError::Api(_))) => error.to_string(),
            Err(error) => panic!("{error}"),
        }
    };
    let one = |signature: &str| Server::builder().query(signature, echo);
    for (builder, reason) in [
        (one("broken("), "broken("),
        (one("one: Int two: Int"), "not the definition of one field"),
        (one("one: Int } type Other { two: Int"), "not the definition of one field"),
        (one("twice: Int").query("twice: Int", echo), "there is a field Query.twice already"),
        (Server::builder().types("scalar Query"), "the name Query belongs to the API itself"),
        (Server::builder().types("union Any = Tree"), "Any is no scalar"),
        (Server::builder().types("type Deep { at(x: Int): Int }"), "cannot have arguments"),
        (
            Server::builder().types("input In { x: Int }").query("bad: In", echo),
            "`bad` field must return an output type",
        ),
    ] {
        let told = build(builder);
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_answers_http_until_it_is_stopped() {
    let database = harness::starter_database().await;
    let board = Board::of(&database, fields::board()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let (server, stopping) = (board.server.clone(), stop.clone());
    let running = tokio::spawn(async move { server.run(listener, stopping).await });
    // The HTTP client needs a TLS provider, although nothing is encrypted here; a second one is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let body = json!({ "query": "{ workload(first: 1) { openTasks } }" }).to_string();
    let sent =
        Client::new().post(url).header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    assert!(sent.text().await.unwrap().starts_with(r#"{"data":{"workload":[{"openTasks":"#));
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_serves_metrics_where_the_settings_say() {
    let database = harness::starter_database().await;
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let mut config = configuration(&harness::cluster().url(&database));
    config.http.metrics_listen = Some(address);
    let server = fields::board().config(config).build().unwrap();
    let api = async || tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let refused = server.run(api().await, CancellationToken::new()).await.unwrap_err().to_string();
    assert!(refused.contains("metrics-listen") && refused.contains(&address.to_string()), "{refused}");
    drop(taken);
    let stop = CancellationToken::new();
    let (listener, stopping) = (api().await, stop.clone());
    let url = format!("http://{}/healthz", listener.local_addr().unwrap());
    let running = tokio::spawn(async move { server.run(listener, stopping).await });
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Both listen when one of them answers.
    assert_eq!(Client::new().get(url).send().await.unwrap().status(), 200);
    let metrics = Client::new().get(format!("http://{address}/metrics")).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("glowplug_build_info"));
    stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_shows_a_new_table_without_a_signal() {
    let database = harness::database("create table seen (id int primary key)").await;
    let board = Board::of(&database, Server::builder()).await;
    assert_eq!(board.answer("{ seenCollection { __typename } }").await["errors"], Value::Null);
    board.plain.batch_execute("create table added (id int primary key)").await.unwrap();
    let query = "{ addedCollection { __typename } }";
    assert_eq!(code(&board.answer(query).await), "BAD_USER_INPUT");
    board.server.reload().await;
    assert_eq!(board.answer(query).await["data"]["addedCollection"]["__typename"], "addedConnection");
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_inside_a_json_literal_of_a_named_fragment_do_not_disturb_the_programs_fields() {
    let setup = SETUP.replace("\"inflect_names\": true", "\"inflect_names\": true, \"json\": \"raw\"");
    let setup =
        format!("{setup}; alter table item add details jsonb; insert into item values (1, null, '{{}}')");
    let board = Board::of(&harness::database(&setup).await, builder()).await;
    let answer = board
        .text(
            "mutation ($n: Int!) { ...Both } fragment Both on Mutation { run(sql: \"update item set mood = 'good'\") ...Set }
            fragment Set on Mutation {
                updateItemCollection(set: {details: {a: {b: $n}}}, filter: {id: {eq: 1}}) { records { mood details } } }",
            json!({ "n": 7 }),
        )
        .await;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    let records = json!([{"mood": "good", "details": {"a": {"b": 7}}}]);
    assert_eq!(answer, json!({"data": {"run": 1, "updateItemCollection": {"records": records}}}));
}
