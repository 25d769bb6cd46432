//! Traces: the spans that a collector gets by OTLP, decoded with OpenTelemetry's own types.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind};
use prost::Message as _;
use serde_json::json;

use super::{NOTES, Observed};
use crate::cli::program::{client, open_folder};
use crate::harness;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// A collector that records the spans.
struct Collector {
    address: String,
    exports: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    async fn start() -> Self {
        let exports: Arc<Mutex<Vec<_>>> = Arc::default();
        let kept = Arc::clone(&exports);
        let take = async move |body: Bytes| {
            kept.lock().unwrap().push(ExportTraceServiceRequest::decode(body).unwrap());
            ExportTraceServiceResponse::default().encode_to_vec()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, exports }
    }

    fn spans(&self) -> Vec<Span> {
        let exports = self.exports.lock().unwrap();
        let resources = exports.iter().flat_map(|export| &export.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    fn service(&self) -> Option<String> {
        let exports = self.exports.lock().unwrap();
        let resource = exports.first()?.resource_spans.first()?.resource.clone()?;
        resource.attributes.into_iter().find(|attribute| attribute.key == "service.name").map(|attribute| {
            match attribute.value.unwrap().value.unwrap() {
                Value::StringValue(name) => name,
                other => panic!("{other:?}"),
            }
        })
    }
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.clone()?.value? {
        Value::StringValue(text) => Some(text),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{key} is {other:?}"),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// The only span with that name below another.
fn below<'a>(spans: &'a [Span], parent: &[u8], name: &str) -> &'a Span {
    let found: Vec<&Span> =
        spans.iter().filter(|span| span.parent_span_id == parent && span.name == name).collect();
    assert_eq!(found.len(), 1, "`{name}` below {}: {spans:#?}", hexadecimal(parent));
    found[0]
}

/// Runs one operation as a part of the caller's trace, and stops the server, which then sends its spans.
async fn traced(document: &str, variables: serde_json::Value) -> (Collector, Vec<Span>) {
    let collector = Collector::start().await;
    let folder = open_folder();
    let url = harness::cluster().url(&harness::database(NOTES).await);
    let mut server = Observed::with(
        folder.path(),
        &url,
        &["--log", "access,json"],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address)],
    );
    let response = client()
        .post(server.program.page("/graphql"))
        .header("content-type", "application/json")
        .header("traceparent", format!("00-{TRACE}-{CALLER}-01"))
        .body(json!({ "query": document, "variables": variables }).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    // A separate thread notices the stop, because the sender waits for this runtime.
    let status = tokio::task::spawn_blocking(move || {
        let status = server.program.stop("TERM");
        let printed = server.program.printed();
        assert!(printed.contains(&format!("\"trace_id\":\"{TRACE}\"")), "{printed}");
        status
    });
    assert_eq!(status.await.unwrap().code(), Some(0));
    let spans = collector.spans().into_iter().filter(|span| hexadecimal(&span.trace_id) == TRACE).collect();
    (collector, spans)
}

#[tokio::test]
async fn a_request_is_a_tree_of_its_stages_in_the_callers_trace() {
    let document = "query Two($body: String) { \
        first: noteCollection(filter: { body: { eq: $body } }) { edges { node { id } } } \
        second: noteCollection(filter: { body: { eq: \"literal-marker\" } }) { edges { node { id } } } }";
    let (collector, spans) = traced(document, json!({ "body": "variable-marker" })).await;
    assert_eq!(collector.service().as_deref(), Some("glowplug"));

    let caller: Vec<u8> =
        (0..8).map(|index| u8::from_str_radix(&CALLER[index * 2..index * 2 + 2], 16).unwrap()).collect();
    let request = below(&spans, &caller, "POST /graphql");
    assert_eq!(request.kind, SpanKind::Server as i32);
    assert_eq!(attribute(request, "http.response.status_code").as_deref(), Some("200"));
    assert_eq!(attribute(request, "http.route").as_deref(), Some("/graphql"));

    let operation = below(&spans, &request.span_id, "query");
    assert_eq!(attribute(operation, "graphql.operation.name").as_deref(), Some("Two"));
    for stage in ["validate", "plan", "sql", "response"] {
        let span = below(&spans, &operation.span_id, stage);
        assert!(
            span.start_time_unix_nano >= request.start_time_unix_nano,
            "{stage} begins within the request"
        );
        assert!(span.end_time_unix_nano <= request.end_time_unix_nano, "{stage} ends within the request");
    }
    assert!(spans.iter().any(|span| span.name == "acquire" && span.parent_span_id == operation.span_id));

    let message = below(&spans, &operation.span_id, "BATCH SELECT");
    assert_eq!(message.kind, SpanKind::Client as i32);
    assert_eq!(attribute(message, "db.system.name").as_deref(), Some("postgresql"));
    assert_eq!(attribute(message, "db.operation.name").as_deref(), Some("BATCH SELECT"));
    assert_eq!(attribute(message, "db.operation.batch.size").as_deref(), Some("2"));
    let all = format!("{spans:?}");
    assert!(!all.contains("marker"), "no value is in a span: {all}");
}

#[tokio::test]
async fn a_failed_change_says_which_error_it_was() {
    let document = r#"mutation { insertIntonoteCollection(objects: [{ id: 1, body: "value-marker" }]) { affectedCount } }"#;
    let (_, spans) = traced(document, json!({})).await;
    let operation = spans.iter().find(|span| span.name == "mutation").unwrap();
    assert_eq!(attribute(operation, "error.type").as_deref(), Some("CONFLICT"));
    let message = below(&spans, &operation.span_id, "INSERT");
    assert_eq!(attribute(message, "error.type").as_deref(), Some("23505"));
    assert!(!format!("{spans:?}").contains("marker"));
}
