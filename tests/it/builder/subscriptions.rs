//! Subscriptions of the program: streams of values, over each transport.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use async_graphql::Executor as _;
use futures_util::stream::{self, Stream, StreamExt as _};
use glowplug::config::{Auth, Config, PoolMode};
use glowplug::error::Code;
use glowplug::server::Builder;
use glowplug::{FieldContext, FieldError, Server, engine};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::auth::{jwt, token};
use crate::harness;
use crate::live_http::transport::{Received, Subscriber, Transport};
use crate::soak::sha256;

const SETUP: &str = "create table note (id int primary key, owner text not null);
    insert into note values (1, 'ann'), (2, 'ann'), (3, 'bob');
    alter table note enable row level security;
    create policy own on note using (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
    do $$ begin create role streamed; exception when duplicate_object or unique_violation then null; end $$;
    grant select on note to streamed;";

#[derive(Deserialize)]
struct Count {
    from: i32,
    to: i32,
}

#[derive(Serialize)]
struct Tick {
    number: i32,
    half: f64,
}

async fn ticks(
    _: FieldContext,
    count: Count,
) -> Result<impl Stream<Item = Result<Tick, FieldError>>, FieldError> {
    if count.to < count.from {
        return Err(FieldError::bad_user_input("to must not be less than from"));
    }
    let tick = |number: i32| match number {
        13 => Err(FieldError::new(Code::Conflict, "thirteen is left out")),
        number => Ok(Tick { number, half: f64::from(number) / 2.0 }),
    };
    Ok(stream::iter(count.from..=count.to).map(tick))
}

/// A value of the field's type, followed by values of other types.
async fn wrong(
    _: FieldContext,
    _: Value,
) -> Result<impl Stream<Item = Result<Value, FieldError>>, FieldError> {
    Ok(stream::iter([json!(1), json!("one")]).map(Ok))
}

diesel::table! {
    note (id) { id -> Integer, owner -> Text }
}

/// Repeatedly, the number of rows that the caller may see.
async fn counted(
    context: FieldContext,
    _: Value,
) -> Result<impl Stream<Item = Result<i64, FieldError>>, FieldError> {
    // Queries before the stream begins have a separate transaction.
    let first: i64 = count(&context).await?;
    let later = stream::unfold(context, |context| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((count(&context).await, context))
    });
    Ok(stream::iter([Ok(first)]).chain(later))
}

async fn count(context: &FieldContext) -> Result<i64, FieldError> {
    use diesel::QueryDsl as _;
    use diesel_async::RunQueryDsl as _;
    let mut connection = context.connection().await?;
    Ok(note::table.count().get_result(&mut *connection).await?)
}

/// One value, and then none; counts the open streams.
fn endless(open: &Arc<AtomicUsize>) -> impl Stream<Item = Result<i32, FieldError>> + Send + 'static + use<> {
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }
    open.fetch_add(1, Ordering::SeqCst);
    let guard = Guard(Arc::clone(open));
    stream::iter([Ok(1)]).chain(stream::pending()).inspect(move |_| {
        let _ = &guard;
    })
}

fn fields(open: &Arc<AtomicUsize>) -> Builder {
    let open = Arc::clone(open);
    Server::builder()
        .types("type Tick { number: Int!  half: Float! }")
        .subscription(r#""Counts." ticks(from: Int! = 1, to: Int!): Tick"#, ticks)
        .subscription("wrong: Int!", wrong)
        .subscription("counted: Int!", counted)
        .subscription("endless: Int!", move |_: FieldContext, _: Value| {
            let values = endless(&open);
            async move { Ok(values) }
        })
}

/// The program, and its address.
struct Served {
    server: Server,
    url: String,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
    /// The number of endless streams.
    open: Arc<AtomicUsize>,
    _pooler: glowplug_local::Pooler,
}

impl Served {
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (pooler, open) = (harness::pooler(PoolMode::Transaction, 2), Arc::default());
        let url = pooler.url(&harness::database(SETUP).await);
        let mut config = harness::config(&url, PoolMode::Transaction);
        change(&mut config);
        let server = fields(&open).config(config).build().expect("a server");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let (runs, until) = (server.clone(), stop.clone());
        let running = tokio::spawn(async move { runs.run(listener, until).await.expect("it runs") });
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { server, url, stop, running, open, _pooler: pooler }
    }

    async fn subscribe(&self, transport: Transport, document: &str) -> Subscriber {
        transport.subscribe(&self.url, None, json!({ "query": document })).await
    }

    /// Waits until no stream is open, and no subscription is counted.
    async fn until_all_are_gone(&self) {
        let gone = async {
            while self.open.load(Ordering::SeqCst) > 0 || self.server.live().unwrap().count() != (0, 0) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the streams are dropped");
    }
}

#[tokio::test]
async fn each_value_of_a_stream_is_an_answer_and_its_end_completes_the_subscription() {
    let served = Served::with(|_| {}).await;
    for transport in Transport::ALL {
        let document = "subscription { more: ticks(from: 12, to: 14) { half __typename n: number } }";
        let mut ticks = served.subscribe(transport, document).await;
        let tick = |number: i32| json!({"more": {"half": f64::from(number) / 2.0, "__typename": "Tick", "n": number}});
        assert_eq!(ticks.data().await, tick(12));
        // An error is an answer, and the stream goes on.
        let Received::Answer(failed) = ticks.next().await else { panic!("an answer") };
        assert_eq!(failed["data"], json!({ "more": null }));
        let error = json!({"message": "thirteen is left out", "locations": [{"line": 1, "column": 16}],
            "path": ["more"], "extensions": {"code": "CONFLICT"}});
        assert_eq!(failed["errors"], json!([error]));
        assert_eq!(ticks.data().await, tick(14));
        assert_eq!(ticks.next().await, Received::Complete);
    }
    served.until_all_are_gone().await;
}

#[tokio::test]
async fn subscriptions_that_cannot_start_are_refused_and_values_of_other_types_are_errors() {
    let served = Served::with(|_| {}).await;
    for transport in Transport::ALL {
        for (document, complaint) in [
            ("subscription { ticks(from: 2, to: 1) { number } }", "to must not be less than from"),
            ("subscription { ticks { number } }", "is required"),
            ("subscription { ticks(to: 1) { nothing } }", "nothing"),
            ("subscription { ticks(to: 1) { number } endless }", "one top level field"),
        ] {
            let mut refused = served.subscribe(transport, document).await;
            let Received::Errors(errors) = refused.next().await else {
                panic!("it is not refused: {document}")
            };
            assert!(errors[0]["message"].as_str().unwrap().contains(complaint), "{errors}");
        }
        let mut wrong = served.subscribe(transport, "subscription { wrong }").await;
        assert_eq!(wrong.data().await, json!({ "wrong": 1 }));
        let Received::Answer(answer) = wrong.next().await else { panic!("an answer") };
        assert_eq!(
            (&answer["data"], &answer["errors"][0]["extensions"]["code"]),
            (&Value::Null, &json!("INTERNAL"))
        );
        assert_eq!(wrong.next().await, Received::Complete);
    }
}

#[tokio::test]
async fn the_fields_are_in_the_api_beside_those_of_the_database() {
    let served = Served::with(|config| config.api.introspection = glowplug::config::Introspection::On).await;
    let sdl = served.server.backend().planning().sdl(&engine::Identity::default()).await.unwrap();
    let (_, subscription) = sdl.split_once("type Subscription {").expect("the type");
    let (subscription, _) = subscription.split_once("\n}").unwrap();
    for field in [
        "\"\"\"Counts.\"\"\"\n  ticks(from: Int! = 1, to: Int!): Tick",
        "endless: Int!",
        "noteCollection(",
        "node(",
    ] {
        assert!(subscription.contains(field), "{field} is not in {subscription}");
    }
    let (_, query) = sdl.split_once("type Query {").expect("the type");
    assert!(!query.split_once("\n}").unwrap().0.contains("ticks"), "{query}");
    // The database's fields are answered beside them, and persisted operations may select the program's
    // fields.
    let mut notes = served.subscribe(Transport::Events, "subscription { noteByPk(id: 1) { owner } }").await;
    assert_eq!(notes.data().await, json!({"noteByPk": {"owner": "ann"}}));
    let document = "subscription { ticks(to: 1) { number } }";
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": sha256(document)}});
    for payload in [json!({"query": document, "extensions": extensions}), json!({"extensions": extensions})] {
        let mut ticks = Transport::Websocket.subscribe(&served.url, None, payload).await;
        assert_eq!(ticks.data().await, json!({"ticks": {"number": 1}}));
    }
}

#[tokio::test]
async fn streams_count_among_the_subscriptions_and_are_dropped_with_their_clients() {
    let served = Served::with(|config| config.live.subscriptions = 3).await;
    let mut held = Vec::new();
    for transport in Transport::ALL {
        let mut subscriber = served.subscribe(transport, "subscription { endless }").await;
        assert_eq!(subscriber.data().await, json!({ "endless": 1 }));
        held.push(subscriber);
    }
    assert_eq!(served.open.load(Ordering::SeqCst), 3);
    let mut more = served.subscribe(Transport::Websocket, "subscription { endless }").await;
    let Received::Errors(errors) = more.next().await else { panic!("there are too many") };
    assert!(errors[0]["message"].as_str().unwrap().contains("max-subscriptions"), "{errors}");
    drop(held);
    served.until_all_are_gone().await;
}

#[tokio::test]
async fn streams_end_with_the_token_and_with_the_server() {
    let mut keys = jwt();
    keys.clock_skew = Duration::ZERO;
    let served =
        Served::with(|config| config.auth = Auth { jwt: Some(keys), anon_role: None, ..Auth::default() })
            .await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let brief = token(&json!({ "role": "streamed", "exp": now + 3 }));
    let long = token(&json!({ "role": "streamed" }));
    let mut all = Vec::new();
    for transport in Transport::ALL {
        let subscribe = |token: String| {
            let url = &served.url;
            async move {
                transport.subscribe(url, Some(&token), json!({"query": "subscription { endless }"})).await
            }
        };
        all.push((transport, subscribe(brief.clone()).await, subscribe(long.clone()).await));
    }
    for (transport, brief, long) in &mut all {
        assert_eq!((brief.data().await, long.data().await), (json!({"endless": 1}), json!({"endless": 1})));
        match transport {
            Transport::Websocket => assert_eq!(brief.next().await, Received::Closed(4403)),
            Transport::Events | Transport::Multipart => assert_eq!(brief.end().await, "UNAUTHENTICATED"),
        }
    }
    served.stop.cancel();
    for (transport, _, long) in &mut all {
        match transport {
            Transport::Websocket => assert_eq!(long.next().await, Received::Closed(1001)),
            // Its client should reconnect.
            Transport::Events => assert_eq!(long.next().await, Received::Closed(0)),
            Transport::Multipart => assert_eq!(long.end().await, "UNAVAILABLE"),
        }
    }
    served.running.await.unwrap();
}

#[tokio::test]
async fn a_stream_reads_as_its_caller_in_a_transaction_for_each_value() {
    let auth = Auth { jwt: Some(jwt()), anon_role: None, ..Auth::default() };
    let served = Served::with(|config| config.auth = auth).await;
    let document = json!({"query": "subscription { counted }"});
    for (user, sees) in [("ann", 2), ("bob", 1), ("eve", 0)] {
        let token = token(&json!({"role": "streamed", "sub": user}));
        let mut counted = Transport::Events.subscribe(&served.url, Some(&token), document.clone()).await;
        for _ in 0..3 {
            assert_eq!(counted.data().await, json!({ "counted": sees }), "{user}");
        }
    }
    // There are two connections for ten streams: no stream holds one between two values.
    let token = token(&json!({"role": "streamed", "sub": "ann"}));
    let mut many = Vec::new();
    for _ in 0..10 {
        many.push(Transport::Multipart.subscribe(&served.url, Some(&token), document.clone()).await);
    }
    for _ in 0..3 {
        for counted in &mut many {
            assert_eq!(counted.data().await, json!({ "counted": 2 }));
        }
    }
}

#[tokio::test]
async fn live_queries_are_an_executor_for_other_servers() {
    let served = Served::with(|_| {}).await;
    let live = served.server.live().expect("live queries").clone();
    let ticks = async_graphql::Request::new("subscription { ticks(to: 2) { number } }");
    let answers: Vec<_> = live.execute_stream(ticks, None).collect().await;
    let answers: Vec<Value> = answers.iter().map(|answer| serde_json::to_value(answer).unwrap()).collect();
    let tick = |number: i32| json!({"data": {"ticks": {"number": number}}});
    assert_eq!(answers, [tick(1), tick(2)]);
    // Database fields are live queries.
    let noted = async_graphql::Request::new("subscription { noteCollection { edges { node { id } } } }");
    let mut noted = live.execute_stream(noted, None);
    let first = serde_json::to_value(noted.next().await.unwrap()).unwrap();
    assert_eq!(first["data"]["noteCollection"]["edges"].as_array().unwrap().len(), 3, "{first}");
    // A query is a stream of one answer, and an error is an answer.
    for (document, has_data) in [("{ noteByPk(id: 1) { id } }", true), ("subscription { nothing }", false)] {
        let answers: Vec<_> =
            live.execute_stream(async_graphql::Request::new(document), None).collect().await;
        assert_eq!((answers.len(), answers[0].errors.is_empty()), (1, has_data), "{document}");
    }
    let one = live.execute(async_graphql::Request::new("{ noteByPk(id: 1) { id } }")).await;
    assert!(one.errors.is_empty(), "{:?}", one.errors);
}
