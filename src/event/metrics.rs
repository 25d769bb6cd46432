//! Events as metrics of the whole process, in the text format of `OpenMetrics`, which Prometheus reads.
//!
//! Names and units follow Prometheus' conventions: base units, and `_total` for counters. Labels have few values, which are
//! known beforehand, except for error codes without a SQLSTATE and a bounded number of roles. Never contains a client's
//! value.

mod families;
mod histogram;
mod list;
mod live;
mod process;
mod queue;
mod stored;

use std::sync::LazyLock;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use self::families::Families;
use self::list::Counters;
pub use self::queue::{Backlog, WorkerSlots};
use super::{Event, ReplicaEvent, SUCCESS, Stage, ToolEvent, roles};

static FAMILIES: LazyLock<Families> = LazyLock::new(Families::new);

/// The media type of [`encoded`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The connections of a pool at one moment, and the replicas beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// The maximum number.
    pub maximum: u32,
    /// How many of them are in use.
    pub in_use: u32,
    /// How many of them are idle.
    pub idle: u32,
    /// How many requests wait for one.
    pub waiting: u32,
    /// How many read replicas there are.
    pub replicas: u32,
    /// How many of them get reads.
    pub replicas_in_use: u32,
}

/// Numbers that are not counted, but read from their owner when the metrics are requested. `None` if the process does not
/// have the owner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readings {
    /// The pool of the requests.
    pub pool: Option<Pool>,
    /// The queue; `Some(None)` if there is one that does not answer.
    pub queue: Option<Option<Backlog>>,
    /// The slots of the worker, if the process is one.
    pub slots: Option<WorkerSlots>,
}

/// All metrics of the process with the numbers that were just read, as text.
pub fn encoded(readings: Readings) -> String {
    let Readings { pool, queue, slots } = readings;
    let read = [
        pool.map(of_pool),
        queue.map(|backlog| queue::of_backlog(backlog.as_ref())),
        slots.map(queue::of_slots),
    ];
    let mut encoded = String::with_capacity(32 * 1024);
    // Writing to a String cannot fail.
    let _ = read
        .iter()
        .flatten()
        .chain([&process::now(), &FAMILIES.registry])
        .try_for_each(|registry| text::encode_registry(&mut encoded, registry))
        .and_then(|()| text::encode_eof(&mut encoded));
    encoded
}

/// Numbers that come from the pool itself. They are not counted separately, so that the two cannot disagree.
fn of_pool(pool: Pool) -> Registry {
    let mut registry = Registry::with_prefix("glowplug");
    let mut gauge = |name: &str, help: &str, value| registry.register(name, help, ConstGauge::new(value));
    gauge(
        "pool_connections_max",
        "Maximum number of connections of the pool (setting pool-size)",
        pool.maximum,
    );
    gauge("pool_connections_in_use", "Connections in use by a request", pool.in_use);
    gauge("pool_connections_idle", "Idle connections", pool.idle);
    gauge("pool_waiting_requests", "Requests that wait for a connection", pool.waiting);
    gauge("replicas", "Configured read replicas (setting replica-url)", pool.replicas);
    gauge("replicas_in_use", "Read replicas that get reads", pool.replicas_in_use);
    registry
}

/// Counts the event, if it has a counter.
pub(super) fn count(event: &Event<'_>) {
    let to = &*FAMILIES;
    match event {
        Event::ConnectionMade { took } => to.connect_duration.observe(took.as_secs_f64()),
        Event::ConnectionFailed { reason, .. } => one_more(&to.connect_failures, "reason", reason),
        Event::ConnectionLost { reason, .. } => one_more(&to.connections_lost, "reason", reason.name()),
        Event::PoolExhausted => add(&to.pool_timeouts, 1),
        Event::PipelineSent => add(&to.messages, 1),
        Event::BytesWritten { bytes } => add(&to.sent_bytes, *bytes),
        Event::BytesRead { bytes } => add(&to.received_bytes, *bytes),
        Event::MessageExchanged { took, .. } => {
            to.stages[Stage::Database as usize].observe(took.as_secs_f64());
        }
        Event::StageDone { stage, took } => to.stages[*stage as usize].observe(took.as_secs_f64()),
        Event::StatementAbandoned => add(&to.cancels, 1),
        Event::CancelFailed { .. } => add(&to.cancel_failures, 1),
        Event::ReadRetried { .. } | Event::ConflictRetried { .. } => count_of_retries(to, event),
        Event::DocumentHit => add(&to.documents_hit, 1),
        Event::DocumentParsed => add(&to.documents_parsed, 1),
        Event::OperationHit => add(&to.operations_hit, 1),
        Event::OperationCompiled => add(&to.operations_compiled, 1),
        #[expect(clippy::cast_precision_loss, reason = "a batch has at most a billion operations")]
        Event::BatchReceived { operations } => to.batch_operations.observe(*operations as f64),
        Event::OperationAnswered { .. } | Event::OperationAbandoned { .. } => count_of_operations(to, event),
        Event::CatalogLoaded { .. } | Event::CatalogFailed { .. } => count_of_catalogs(to, event),
        Event::RequestReceived
        | Event::RequestAnswered { .. }
        | Event::RequestAbandoned { .. }
        | Event::RequestPanicked { .. }
        | Event::HttpConnectionOpened
        | Event::HttpConnectionClosed
        | Event::HttpConnectionEnded { .. }
        | Event::BodiesTooLarge
        | Event::AcceptFailed { .. } => count_of_clients(to, event),
        Event::Replica(event) => count_of_replica(to, event),
        Event::Live(event) => to.live.count(event),
        Event::Queue(event) => to.queue.count(event),
        Event::Stored(event) => to.stored.count(event),
        Event::Tool(event) => count_of_tools(to, event),
        Event::DatabaseUnavailable { .. }
        | Event::DatabaseAvailable
        | Event::ProtocolChosen { .. }
        | Event::ProtocolFellBack { .. }
        | Event::RoleRefused { .. }
        | Event::RequestFailed { .. }
        | Event::StatementsSent { .. }
        | Event::PostgresDownloading { .. }
        | Event::Listening { .. }
        | Event::VariableUnknown { .. }
        | Event::SettingUnmet { .. }
        | Event::WithoutToken { .. }
        | Event::PoliciesIgnored { .. }
        | Event::Unprotected { .. }
        | Event::ServerNotice { .. }
        | Event::PasswordFileIgnored { .. }
        | Event::KeysFetched { .. }
        | Event::KeysFailed { .. }
        | Event::PersistedOperationsLoaded { .. }
        | Event::PersistedOperationsFailed { .. }
        | Event::PersistedOperationInvalid { .. }
        | Event::DescriptorsTooFew { .. }
        | Event::MetricsListening { .. }
        | Event::Stopping { .. }
        | Event::ConnectionsDropped { .. } => {}
    }
}

/// The ends of operations.
fn count_of_operations(to: &Families, event: &Event<'_>) {
    match event {
        Event::OperationAnswered { kind, role, outcome, took, .. } => {
            to.operation(kind.name(), outcome, roles::label(*role, *outcome == SUCCESS));
            to.operation_duration(*kind).observe(took.as_secs_f64());
        }
        Event::OperationAbandoned { kind, role } => {
            to.operation(kind.name(), families::ABANDONED, roles::label(*role, false));
        }
        _ => {}
    }
}

/// Events about retries.
fn count_of_retries(to: &Families, event: &Event<'_>) {
    match event {
        Event::ReadRetried { .. } => add(&to.retries, 1),
        Event::ConflictRetried { conflict, .. } => {
            one_more(&to.conflict_retries, "reason", conflict.sqlstate());
        }
        _ => {}
    }
}

/// Events about reading the database.
fn count_of_catalogs(to: &Families, event: &Event<'_>) {
    match event {
        Event::CatalogLoaded { took, .. } => {
            one_more(&to.catalog_loads, "outcome", SUCCESS);
            to.catalog_load_duration.observe(took.as_secs_f64());
        }
        Event::CatalogFailed { .. } => one_more(&to.catalog_loads, "outcome", families::FAILED),
        _ => {}
    }
}

/// Events about clients' requests and connections.
fn count_of_clients(to: &Families, event: &Event<'_>) {
    match event {
        Event::RequestReceived => {
            to.requests_in_flight.inc();
        }
        Event::RequestAnswered { route, status, took, .. } => {
            to.requests_in_flight.dec();
            to.request_answered(route, *status, *took);
        }
        Event::RequestAbandoned { route } => {
            to.requests_in_flight.dec();
            to.request_abandoned(route);
        }
        Event::RequestPanicked { .. } => add(&to.panics, 1),
        Event::HttpConnectionOpened => {
            to.http_connections.inc();
        }
        Event::HttpConnectionClosed => {
            to.http_connections.dec();
        }
        Event::HttpConnectionEnded { ending } => {
            one_more(&to.http_connections_ended, "reason", ending.name());
        }
        Event::BodiesTooLarge => add(&to.bodies_refused, 1),
        Event::AcceptFailed { .. } => add(&to.accept_failures, 1),
        _ => {}
    }
}

fn count_of_replica(to: &Families, event: &ReplicaEvent<'_>) {
    match event {
        ReplicaEvent::LeftOut { .. } => add(&to.replicas_left_out, 1),
        ReplicaEvent::ReadMoved { .. } => add(&to.reads_moved, 1),
        ReplicaEvent::InUse { .. } => {}
    }
}

fn count_of_tools(to: &Families, event: &ToolEvent<'_>) {
    if let ToolEvent::Called { outcome, .. } = event {
        one_more(&to.tool_calls, "outcome", outcome.name());
    }
}

fn add(counter: &Counter, number: usize) {
    // On every supported machine, a `usize` fits a `u64`.
    counter.inc_by(number as u64);
}

fn one_more(counters: &Counters<1>, label: &'static str, value: &'static str) {
    counters.get_or_create(&[(label, value.into())]).inc();
}
