//! Events as lines of the log.
//!
//! Events of every request have the level debug. Each kind has a target of its own, so that you can enable it alone:
//! `access` for HTTP requests, `operation` for operations, `sql` for statements.

use tracing::Level;

use super::{Event, Missing, TARGET, request_id};

/// Names of operations are truncated to this many bytes: a client may send one of a megabyte.
const LONGEST_NAME: usize = 128;

/// The same for a statement that failed.
const LONGEST_STATEMENT: usize = 2000;

/// Writes the event if the log wants it, in the span of its request.
pub(super) fn write(event: &Event<'_>) {
    if is_wanted(event) {
        request_id::span().in_scope(|| write_line(event));
    }
}

/// Whether the log wants the event. Checked first for events of which a request has many.
fn is_wanted(event: &Event<'_>) -> bool {
    match event {
        Event::PoolExhausted
        | Event::PipelineSent
        | Event::BytesWritten { .. }
        | Event::BytesRead { .. }
        | Event::MessageExchanged { .. }
        | Event::StageDone { .. }
        | Event::DocumentHit
        | Event::DocumentParsed
        | Event::OperationHit
        | Event::OperationCompiled
        | Event::BatchReceived { .. }
        | Event::HttpConnectionOpened
        | Event::HttpConnectionClosed
        | Event::RequestReceived => false,
        Event::StatementsSent { .. } | Event::ServerNotice { .. } => {
            tracing::enabled!(target: "sql", Level::DEBUG)
        }
        Event::OperationAnswered { .. } | Event::OperationAbandoned { .. } => {
            tracing::enabled!(target: "operation", Level::DEBUG)
        }
        Event::RequestAnswered { .. } | Event::RequestAbandoned { .. } => {
            tracing::enabled!(target: "access", Level::DEBUG)
        }
        _ => true,
    }
}

fn write_line(event: &Event<'_>) {
    match event {
        Event::PostgresDownloading { .. }
        | Event::Listening { .. }
        | Event::MetricsListening { .. }
        | Event::Stopping { .. }
        | Event::PasswordFileIgnored { .. }
        | Event::VariableUnknown { .. }
        | Event::SettingUnmet { .. }
        | Event::WithoutToken { .. }
        | Event::PoliciesIgnored { .. }
        | Event::Unprotected { .. } => write_of_server(event),
        Event::ConnectionMade { .. }
        | Event::ConnectionFailed { .. }
        | Event::DatabaseUnavailable { .. }
        | Event::DatabaseAvailable
        | Event::ConnectionLost { .. }
        | Event::ServerNotice { .. }
        | Event::StatementAbandoned
        | Event::CancelFailed { .. }
        | Event::ProtocolChosen { .. }
        | Event::ProtocolFellBack { .. } => write_of_connections(event),
        Event::ReadRetried { .. } | Event::ConflictRetried { .. } => write_of_retries(event),
        Event::Replica(event) => event.write(),
        Event::Live(event) => event.write(),
        Event::RoleRefused { error } => tracing::warn!(target: TARGET, error, "role refused"),
        Event::CatalogLoaded { .. } | Event::CatalogFailed { .. } => write_of_catalogs(event),
        Event::PersistedOperationsLoaded { .. }
        | Event::PersistedOperationsFailed { .. }
        | Event::PersistedOperationInvalid { .. } => write_of_persisted_operations(event),
        Event::KeysFetched { keys, url } => tracing::info!(target: TARGET, keys, url, "keys fetched"),
        Event::KeysFailed { source, error, has_others: true } => {
            tracing::error!(target: TARGET, source, error, "keys not read; the previous ones stay in use");
        }
        Event::KeysFailed { source, error, has_others: false } => {
            tracing::error!(target: TARGET, source, error, "keys not read; tokens that need them are refused until then");
        }
        Event::RequestPanicked { .. }
        | Event::HttpConnectionEnded { .. }
        | Event::BodiesTooLarge
        | Event::DescriptorsTooFew { .. }
        | Event::AcceptFailed { .. }
        | Event::ConnectionsDropped { .. } => write_of_clients(event),
        Event::Queue(event) => event.write(),
        Event::Stored(event) => event.write(),
        Event::Tool(event) => event.write(),
        Event::StatementsSent { .. }
        | Event::RequestFailed { .. }
        | Event::OperationAnswered { .. }
        | Event::OperationAbandoned { .. }
        | Event::RequestAnswered { .. }
        | Event::RequestAbandoned { .. } => write_for_each_request(event),
        // These have no line, as `is_wanted` says.
        Event::PoolExhausted
        | Event::PipelineSent
        | Event::BytesWritten { .. }
        | Event::BytesRead { .. }
        | Event::MessageExchanged { .. }
        | Event::StageDone { .. }
        | Event::DocumentHit
        | Event::DocumentParsed
        | Event::OperationHit
        | Event::OperationCompiled
        | Event::BatchReceived { .. }
        | Event::HttpConnectionOpened
        | Event::HttpConnectionClosed
        | Event::RequestReceived => {}
    }
}

/// Events about the server's addresses and its stop.
fn write_of_server(event: &Event<'_>) {
    match event {
        Event::PostgresDownloading { version } => {
            tracing::warn!(target: TARGET, version, "PostgreSQL is not installed here; downloading it");
        }
        Event::Listening { address } => tracing::info!(target: TARGET, %address, "listening"),
        Event::MetricsListening { address } => {
            tracing::info!(target: TARGET, metrics = %address, "metrics are served");
        }
        Event::Stopping { reason } => tracing::info!(target: TARGET, reason, "stopping"),
        Event::PasswordFileIgnored { path, problem } => {
            tracing::warn!(target: TARGET, path = %path.display(), problem, "password file ignored");
        }
        Event::SettingUnmet { name, what: Missing::Schema } => {
            tracing::warn!(target: TARGET, "there is no schema {name:?} in the database (setting schemas)");
        }
        Event::SettingUnmet { name, what: Missing::Role } => {
            tracing::warn!(target: TARGET, "there is no role {name:?} in the database, which settings name");
        }
        Event::SettingUnmet { name, what: Missing::Membership { grant } } => {
            tracing::warn!(target: TARGET, "requests cannot run as role {name:?}; to allow that: {grant}");
        }
        Event::VariableUnknown { name, nearest } => {
            tracing::warn!(target: TARGET, "{name} is no setting, and has no effect; did you mean {nearest}?");
        }
        Event::WithoutToken { role: Some(role) } => {
            tracing::info!(target: TARGET, role, "requests without a token run as this role");
        }
        Event::WithoutToken { role: None } => {
            tracing::info!(target: TARGET, "requests without a token are refused");
        }
        Event::PoliciesIgnored { role, reason } => tracing::warn!(
            target: TARGET,
            role,
            reason,
            "no row-level security holds for requests without a token; set anon-role to a role with fewer rights"
        ),
        Event::Unprotected { address } => tracing::warn!(target: TARGET, %address,
            "everyone who can reach this address uses the API as the database user of the connection string; \
            set anon-role, jwt-secret or jwt-keys, or listen on 127.0.0.1"
        ),
        _ => {}
    }
}

/// Events about connections to the database.
fn write_of_connections(event: &Event<'_>) {
    match event {
        Event::ConnectionMade { took } => {
            tracing::debug!(target: TARGET, seconds = took.as_secs_f64(), "connected to the database");
        }
        Event::ConnectionFailed { error, .. } => {
            tracing::debug!(target: TARGET, error, "connection not made");
        }
        Event::DatabaseUnavailable { error } => {
            tracing::warn!(target: TARGET, error, "no connection to the database");
        }
        Event::DatabaseAvailable => tracing::info!(target: TARGET, "connected to the database again"),
        Event::ConnectionLost { error, .. } => {
            tracing::warn!(target: TARGET, error, "connection to the database lost");
        }
        // Errors that functions raise may contain values, as statements do.
        Event::ServerNotice { message } => tracing::debug!(target: "sql", message, "notice of the database"),
        Event::StatementAbandoned => tracing::debug!(target: TARGET, "statement cancelled"),
        Event::CancelFailed { error } => tracing::warn!(target: TARGET, error, "statement not cancelled"),
        Event::ProtocolChosen { chosen, evidence } => {
            tracing::info!(target: TARGET, chosen, evidence, "protocols chosen");
        }
        Event::ProtocolFellBack { error, again_in } => {
            let again_in_seconds = again_in.as_secs_f64();
            tracing::warn!(target: TARGET, error, again_in_seconds, "named statement lost; continuing without names");
        }
        _ => {}
    }
}

/// Events about retries.
fn write_of_retries(event: &Event<'_>) {
    match event {
        Event::ReadRetried { error } => {
            tracing::warn!(target: TARGET, error, "connection lost; the read is sent again");
        }
        Event::ConflictRetried { error, pause, .. } => {
            let pause_seconds = pause.as_secs_f64();
            tracing::debug!(target: TARGET, error, pause_seconds, "conflict with another transaction; the operation is sent again");
        }
        _ => {}
    }
}

/// Events about reading the database.
fn write_of_catalogs(event: &Event<'_>) {
    match event {
        Event::CatalogLoaded { role, tables, took } => {
            tracing::info!(target: TARGET, role, tables, seconds = took.as_secs_f64(), "catalog loaded");
        }
        Event::CatalogFailed { error } => {
            tracing::error!(target: TARGET, error, "catalog not loaded; the previous one stays in use");
        }
        _ => {}
    }
}

/// Events about clients' connections.
fn write_of_clients(event: &Event<'_>) {
    match event {
        Event::RequestPanicked { message } => tracing::error!(target: TARGET, message, "a handler panicked"),
        Event::HttpConnectionEnded { ending } => {
            tracing::debug!(target: TARGET, reason = ending.name(), "connection of a client ended");
        }
        Event::BodiesTooLarge => {
            tracing::warn!(target: TARGET, "no room for a request's body; it was refused");
        }
        Event::DescriptorsTooFew { maximum, descriptors } => tracing::warn!(target: TARGET, maximum,
            descriptors,
            "there may be more connections than the process may open; raise its limit of open files (LimitNOFILE, ulimit -n)"
        ),
        Event::AcceptFailed { error } => {
            tracing::error!(target: TARGET, error, "no connection can be accepted");
        }
        Event::ConnectionsDropped { connections } => {
            tracing::warn!(target: TARGET, connections, "drain timeout over; connections dropped");
        }
        _ => {}
    }
}

fn write_of_persisted_operations(event: &Event<'_>) {
    match event {
        Event::PersistedOperationsLoaded { documents } => {
            tracing::info!(target: TARGET, documents, "persisted operations loaded");
        }
        Event::PersistedOperationsFailed { error } => {
            tracing::error!(target: TARGET, error, "persisted operations not loaded; the previous ones stay in use");
        }
        Event::PersistedOperationInvalid { id, error } => {
            tracing::warn!(target: TARGET, id, error, "a persisted operation is not valid in the API");
        }
        _ => {}
    }
}

/// Events that every request may have: at level debug, unless the request failed.
fn write_for_each_request(event: &Event<'_>) {
    match event {
        Event::StatementsSent { statements } => {
            for statement in *statements {
                tracing::debug!(target: "sql", parameters = ?statement.parameters, "{}", statement.numbered());
            }
        }
        Event::RequestFailed { error, id, field, statement } => {
            let statement = statement.map(|text| beginning(text, LONGEST_STATEMENT));
            tracing::error!(target: TARGET, error, request_id = id, field, statement, "request failed");
        }
        Event::OperationAnswered { kind, name, role, outcome, took } => {
            let (kind, name, seconds) = (kind.name(), name.map(shortened), took.as_secs_f64());
            tracing::debug!(target: "operation", kind, name, role, outcome, seconds, "operation answered");
        }
        Event::OperationAbandoned { kind, role } => {
            tracing::debug!(target: "operation", kind = kind.name(), role, "operation abandoned by its client");
        }
        Event::RequestAnswered { method, path, status, took, .. } => {
            let seconds = took.as_secs_f64();
            tracing::debug!(target: "access", method, path, status, seconds, "request answered");
        }
        Event::RequestAbandoned { route } => {
            tracing::debug!(target: "access", route, "request abandoned by its client");
        }
        _ => {}
    }
}

/// The beginning of a name. Names are ASCII by GraphQL's grammar.
fn shortened(name: &str) -> &str {
    beginning(name, LONGEST_NAME)
}

/// The beginning of a text, of at most this many bytes.
fn beginning(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
