//! Events as spans of OpenTelemetry, sent to a collector by OTLP (http/protobuf).
//!
//! An event with a duration becomes a span that has just ended, below the current span. Nothing is opened beforehand. So
//! without a collector, an event costs only a check of an empty cell. Attributes have the names of OpenTelemetry's semantic
//! conventions. They never contain a client's values.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use futures_util::future::Either;
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    FutureExt as _, Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use super::{Event, SUCCESS};
use crate::statement::Statement;

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// The service name, unless `OTEL_SERVICE_NAME` says otherwise.
const SERVICE: &str = "glowplug";

/// The path to which spans are posted, below the collector's address (OTLP specification, "OTLP/HTTP Request").
const TRACES_PATH: &str = "/v1/traces";

/// The exporter of spans, for the whole process.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

/// Why spans cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("traces cannot be sent: {0}")]
pub struct TracesError(#[from] ExporterBuildError);

impl Traces {
    /// Sends spans to the collector at that address from now on. The first call of a process decides.
    ///
    /// Do not call it from asynchronous code: the exporter waits on a thread of its own. It reads OpenTelemetry's own
    /// environment variables, such as `OTEL_EXPORTER_OTLP_HEADERS` and `OTEL_TRACES_SAMPLER`.
    pub fn start(endpoint: &str) -> Result<Self, TracesError> {
        // Only the first provider of a process can be set, and any of them will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("{}{TRACES_PATH}", endpoint.trim_end_matches('/').trim_end_matches(TRACES_PATH));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(url)
            .build()?;
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build();
        let _ = TRACER.set(provider.tracer(SERVICE));
        Ok(Self(provider))
    }

    /// Sends the remaining spans, and waits for that. Do not call it from asynchronous code.
    pub fn stop(self) {
        // The exporter has logged a collector that cannot be reached.
        let _ = self.0.shutdown();
    }
}

fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_attribute(version);
    // A value that is set here would override the environment.
    let is_named = ["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"].iter().any(|name| {
        std::env::var(name).is_ok_and(|value| *name == "OTEL_SERVICE_NAME" || value.contains("service.name"))
    });
    if is_named { resource.build() } else { resource.with_service_name(SERVICE).build() }
}

/// The trace of a request, by its headers (W3C Trace Context).
#[derive(Debug, Clone, Copy, Default)]
pub struct Parent<'a> {
    /// The header `traceparent`.
    pub traceparent: Option<&'a str>,
    /// The header `tracestate`.
    pub tracestate: Option<&'a str>,
}

impl Extractor for Parent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.traceparent,
            "tracestate" => self.tracestate,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

/// A span that is open during some work.
#[derive(Debug)]
pub struct Trace(Option<Context>);

impl Trace {
    /// The span of an HTTP request. Without a collector it is the client's own span, so that its id is in the log.
    pub fn of_request(method: &str, route: &'static str, parent: Parent<'_>) -> Self {
        let tracer = TRACER.get();
        if tracer.is_none() && parent.traceparent.is_none() {
            return Self(None);
        }
        let above = TraceContextPropagator::new().extract_with_context(&Context::new(), &parent);
        let Some(tracer) = tracer else { return Self(Some(above)) };
        let span = SpanBuilder::from_name(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .start_with_context(tracer, &above);
        Self(Some(above.with_span(span)))
    }

    /// The span of a GraphQL operation, within that of the request.
    pub fn of_operation() -> Self {
        let Some(tracer) = TRACER.get() else { return Self(None) };
        let above = Context::current();
        let span = SpanBuilder::from_name("graphql").start_with_context(tracer, &above);
        Self(Some(above.with_span(span)))
    }

    /// The id of the trace, in hexadecimal digits.
    pub fn id(&self) -> Option<String> {
        let context = self.0.as_ref()?.span().span_context().clone();
        context.is_valid().then(|| context.trace_id().to_string())
    }

    /// Runs some work within the span, which ends with the work. Not an `async fn`, which would hold the work's future
    /// twice.
    pub fn around<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        match self.0 {
            Some(context) => Either::Left(work.with_context(context)),
            None => Either::Right(work),
        }
    }
}

/// Adds the event to the current span, if spans are sent at all.
pub(super) fn record(event: &Event<'_>) {
    let Some(tracer) = TRACER.get() else { return };
    match event {
        Event::StageDone { stage, took } => {
            ended(tracer, SpanBuilder::from_name(stage.name()), *took, Status::Unset);
        }
        Event::MessageExchanged { statements, took, error, .. } => {
            let status = error.map_or(Status::Unset, |class| Status::error(class.to_owned()));
            ended(tracer, message(statements, *error), *took, status);
        }
        Event::OperationAnswered { kind, name, outcome, .. } => tell(|span| {
            span.update_name(kind.name());
            span.set_attribute(KeyValue::new("graphql.operation.type", kind.name()));
            if let Some(name) = name {
                span.set_attribute(KeyValue::new("graphql.operation.name", (*name).to_owned()));
            }
            if *outcome != SUCCESS {
                span.set_attribute(KeyValue::new("error.type", *outcome));
                span.set_status(Status::error(*outcome));
            }
        }),
        Event::RequestAnswered { method, path, route, status, .. } => tell(|span| {
            span.set_attribute(KeyValue::new("http.request.method", (*method).to_owned()));
            span.set_attribute(KeyValue::new("http.route", *route));
            span.set_attribute(KeyValue::new("url.path", (*path).to_owned()));
            span.set_attribute(KeyValue::new("url.scheme", "http"));
            span.set_attribute(KeyValue::new("http.response.status_code", i64::from(*status)));
            if *status >= 500 {
                span.set_status(Status::error("the request was not answered"));
            }
        }),
        Event::ConflictRetried { .. } => tell(|span| span.add_event("operation sent again", Vec::new())),
        Event::ReadRetried { .. } => tell(|span| span.add_event("read sent again", Vec::new())),
        _ => {}
    }
}

/// Adds a span that has just ended to the current span. Work without a request, such as the watch, is in no trace.
fn ended(tracer: &SdkTracer, span: SpanBuilder, took: Duration, status: Status) {
    Context::map_current(|above| {
        if above.has_active_span() {
            let now = SystemTime::now();
            let start = now.checked_sub(took).unwrap_or(now);
            let mut span = span.with_start_time(start).start_with_context(tracer, above);
            span.set_status(status);
            span.end_with_timestamp(now);
        }
    });
}

/// Adds an event to the current span.
fn tell(what: impl FnOnce(&opentelemetry::trace::SpanRef<'_>)) {
    Context::map_current(|current| what(&current.span()));
}

/// The span of a message to the database (semantic conventions for PostgreSQL client calls).
fn message(statements: &[Statement], error: Option<&str>) -> SpanBuilder {
    let mut names = statements.iter().map(|statement| operation_name(statement.without_values()));
    let first = names.next().unwrap_or("SELECT");
    let name = match (statements.len(), names.all(|name| name == first)) {
        (0 | 1, _) => first.to_owned(),
        (_, true) => format!("BATCH {first}"),
        (_, false) => "BATCH".to_owned(),
    };
    let mut attributes =
        vec![KeyValue::new("db.system.name", "postgresql"), KeyValue::new("db.operation.name", name.clone())];
    if let size @ 2.. = statements.len() {
        attributes.push(KeyValue::new("db.operation.batch.size", i64::try_from(size).unwrap_or(i64::MAX)));
    }
    if let Some(class) = error {
        attributes.push(KeyValue::new("error.type", class.to_owned()));
    }
    SpanBuilder::from_name(name).with_kind(SpanKind::Client).with_attributes(attributes)
}

/// The kind of a compiled statement: a change, a change within a `with`, or a read.
fn operation_name(text: &str) -> &'static str {
    const CHANGES: [(&str, &str); 3] =
        [("insert into ", "INSERT"), ("update ", "UPDATE"), ("delete from ", "DELETE")];
    let is_within = text.starts_with("with ");
    let found = CHANGES.iter().filter_map(|(words, name)| Some((text.find(words)?, *name)));
    found.filter(|(place, _)| is_within || *place == 0).min().map_or("SELECT", |(_, name)| name)
}
