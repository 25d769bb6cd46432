//! The metrics by name, with their help texts: the only list of them. docs/observability.md has its table.

use std::cell::RefCell;
use std::thread::LocalKey;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::histogram::Histogram;
use super::list::{Counters, Histograms, List, seconds};
use super::live::LiveFamilies;
use super::queue::QueueFamilies;
use super::stored::StoredFamilies;
use crate::event::{Conflict, ConnectionLoss, Ending, OperationKind, SUCCESS, Stage, ToolOutcome};

/// The outcome if the client went away before there was another one.
pub(super) const ABANDONED: &str = "abandoned";
/// The outcome of a failed reload.
pub(super) const FAILED: &str = "failed";

/// The stages that only compute take microseconds.
static SHORT_SECONDS: [f64; 19] = [
    0.000_005, 0.000_01, 0.000_05, 0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
    0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Operations of one request.
static OPERATIONS: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// All counted metrics, and the registry of their names.
pub(super) struct Families {
    pub(super) registry: Registry,
    pub(super) pool_timeouts: Counter,
    pub(super) connect_duration: Histogram,
    pub(super) connect_failures: Counters<1>,
    pub(super) connections_lost: Counters<1>,
    pub(super) messages: Counter,
    pub(super) sent_bytes: Counter,
    pub(super) received_bytes: Counter,
    pub(super) retries: Counter,
    pub(super) conflict_retries: Counters<1>,
    pub(super) replicas_left_out: Counter,
    pub(super) reads_moved: Counter,
    pub(super) cancels: Counter,
    pub(super) cancel_failures: Counter,
    operations: Counters<3>,
    /// By [`OperationKind`]. Looked up once, as are the next two.
    operation_durations: [Histogram; 4],
    /// By [`Stage`].
    pub(super) stages: [Histogram; 6],
    pub(super) documents_hit: Counter,
    pub(super) documents_parsed: Counter,
    pub(super) operations_hit: Counter,
    pub(super) operations_compiled: Counter,
    pub(super) batch_operations: Histogram,
    pub(super) catalog_loads: Counters<1>,
    pub(super) catalog_load_duration: Histogram,
    requests: Counters<2>,
    request_duration: Histograms,
    pub(super) requests_in_flight: Gauge,
    pub(super) panics: Counter,
    pub(super) accept_failures: Counter,
    pub(super) http_connections: Gauge,
    pub(super) http_connections_ended: Counters<1>,
    pub(super) bodies_refused: Counter,
    pub(super) tool_calls: Counters<1>,
    pub(super) live: LiveFamilies,
    pub(super) queue: QueueFamilies,
    pub(super) stored: StoredFamilies,
}

impl Families {
    /// Registers all of them, in the order of the output.
    pub(super) fn new() -> Self {
        let mut list = List(Registry::with_prefix("glowplug"));
        list.build_info();
        let stages = list.histograms("stage_duration", "Time in each stage of an operation, for stages that succeeded, and for all messages to the database", || Histogram::new(&SHORT_SECONDS));
        let kinds =
            list.histograms("operation_duration", "Time from a GraphQL request to its answer", seconds);
        let documents = list.counters(
            "document_lookups",
            "Documents that were in the cache (hit) or had to be validated (miss)",
        );
        let compiled = list.counters(
            "operation_lookups",
            "Operations whose SQL was in the cache (hit) or had to be compiled (miss); the first two requests with a document compile it",
        );
        Self {
            operations: list.counters("operations", "GraphQL operations by kind, outcome (ok, the code of the first error, or abandoned) and role"),
            operation_durations: KINDS.map(|kind| member(&kinds, "kind", kind.name())),
            stages: Stage::ALL.map(|stage| member(&stages, "stage", stage.name())),
            documents_hit: documents.get_or_create_owned(&[("result", "hit".into())]),
            documents_parsed: documents.get_or_create_owned(&[("result", "miss".into())]),
            operations_hit: compiled.get_or_create_owned(&[("result", "hit".into())]),
            operations_compiled: compiled.get_or_create_owned(&[("result", "miss".into())]),
            batch_operations: list.add("batch_operations", "Operations in a batch request", Histogram::new(&OPERATIONS)),
            pool_timeouts: list.counter("pool_timeouts", "Requests that got no connection within acquire-timeout"),
            connect_duration: list.time("database_connect_duration", "Time to open a connection; its count is the number of connections opened", seconds()),
            connect_failures: list.counters("database_connect_failures", "Connections that could not be opened, by reason"),
            connections_lost: list.initial("database_connections_lost", "Connections that were lost: idle ones (ended with a message, closed without one, broken off), or in_use", "reason", &ConnectionLoss::ALL.map(ConnectionLoss::name)),
            messages: list.counter("database_messages", "Messages or pipelines of messages sent: operations, typed queries, BEGIN and COMMIT, each one round trip unless they are pipelined"),
            sent_bytes: list.bytes("database_sent", "Bytes of the protocol written, before encryption"),
            received_bytes: list.bytes("database_received", "Bytes of the protocol read, after decryption"),
            retries: list.counter("database_retries", "Reads that were sent again because their connection was lost"),
            conflict_retries: list.initial("database_conflict_retries", "Operations that were sent again because a serialization failure (40001), a deadlock (40P01) or a cancel request for another statement (57014) had undone them", "reason", &Conflict::ALL.map(Conflict::sqlstate)),
            replicas_left_out: list.counter("replicas_left_out", "Times that a replica was taken out of use"),
            reads_moved: list.counter("replica_reads_moved", "Reads that a replica could not answer, so they were sent to the primary"),
            cancels: list.counter("database_cancels", "Statements that were cancelled because no client waited for them any more"),
            cancel_failures: list.counter("database_cancel_failures", "Cancel requests that could not be sent"),
            catalog_loads: list.initial("catalog_loads", "Catalogs that were read: at the start, for a role, or because the database had changed", "outcome", &[SUCCESS, FAILED]),
            catalog_load_duration: list.time("catalog_load_duration", "Time to read a catalog and to build its API", seconds()),
            requests: list.counters("http_requests", "HTTP requests by route and status; abandoned if the client disconnected"),
            request_duration: list.histograms("http_request_duration", "Time from the head of an HTTP request to the head of its answer", seconds),
            requests_in_flight: list.add("http_requests_in_flight", "HTTP requests that are being answered", Gauge::default()),
            panics: list.counter("http_panics", "Requests that were answered with 500 because of a defect"),
            accept_failures: list.counter("http_accept_failures", "Times that no connection could be accepted, for example because file descriptors ran out"),
            http_connections: list.add("http_connections", "Connections of clients", Gauge::default()),
            http_connections_ended: list.initial("http_connections_ended", "Connections that the server ended: silent (no byte came), slow_head, idle, displaced (an idle one, by a new one), not_reading (also streams of HTTP/2), answers_too_large", "reason", &Ending::ALL.map(Ending::name)),
            bodies_refused: list.counter("http_bodies_refused", "Requests that were refused because other requests' bodies filled the memory for bodies"),
            tool_calls: list.initial("tool_calls", "Calls of tools by agents (setting mcp), by outcome: ok, or error, which the agent can read", "outcome", &ToolOutcome::ALL.map(ToolOutcome::name)),
            live: LiveFamilies::new(&mut list),
            queue: QueueFamilies::new(&mut list),
            stored: StoredFamilies::new(&mut list),
            registry: list.0,
        }
    }

    /// Counts an operation.
    pub(super) fn operation(&self, kind: &'static str, outcome: &'static str, role: &'static str) {
        let found = || {
            let labels = [("kind", kind.into()), ("outcome", outcome.into()), ("role", role.into())];
            self.operations.get_or_create_owned(&labels)
        };
        latest(&OPERATION, [kind, outcome, role], found, |counter: &Counter| {
            counter.inc();
        });
    }

    /// The histogram of the duration of operations of a kind.
    pub(super) fn operation_duration(&self, kind: OperationKind) -> &Histogram {
        &self.operation_durations[kind as usize]
    }

    /// Counts an HTTP request whose client went away.
    pub(super) fn request_abandoned(&self, route: &'static str) {
        self.requests.get_or_create(&[("route", route.into()), ("status", ABANDONED.into())]).inc();
    }

    /// Counts an HTTP request, and its duration.
    pub(super) fn request_answered(&self, route: &'static str, status: u16, took: Duration) {
        let found = || {
            let labels = [("route", route.into()), ("status", status.to_string().into())];
            let duration = self.request_duration.get_or_create_owned(&[("route", route.into())]);
            (self.requests.get_or_create_owned(&labels), duration)
        };
        latest(&REQUEST, (route, status), found, |(count, duration)| {
            count.inc();
            duration.observe(took.as_secs_f64());
        });
    }
}

/// A metric with the labels by which it was found.
type Found<L, M> = RefCell<Option<(L, M)>>;

thread_local! {
    static OPERATION: Found<[&'static str; 3], Counter> = const { RefCell::new(None) };
    static REQUEST: Found<(&'static str, u16), (Counter, Histogram)> = const { RefCell::new(None) };
}

/// Uses the metric that this thread used last, if the labels are the same. They nearly always are. A look-up in the family
/// hashes all labels.
fn latest<L: PartialEq + Copy, M>(
    found: &'static LocalKey<Found<L, M>>,
    labels: L,
    find: impl FnOnce() -> M,
    act: impl FnOnce(&M),
) {
    found.with_borrow_mut(|found| match found {
        Some((known, metric)) if *known == labels => act(metric),
        other => act(&other.insert((labels, find())).1),
    });
}

/// In the order of their numbers.
const KINDS: [OperationKind; 4] =
    [OperationKind::Query, OperationKind::Mutation, OperationKind::Introspection, OperationKind::Unknown];

/// A metric of a family, to be kept.
fn member(family: &Histograms, label: &'static str, value: &'static str) -> Histogram {
    family.get_or_create_owned(&[(label, value.into())])
}
