//! What operators need from an engine: whether it is ready, and the gauges of its pool.

use super::Engine;
use crate::error::Error;
use crate::event::metrics::Pool;

/// Whether the engine can answer requests now; the error says why not.
pub async fn ready(engine: &Engine) -> Result<(), String> {
    engine.ready().await.map_err(|error| unready(&error))
}

/// Why requests cannot be answered, in the client's words.
pub fn unready(error: &Error) -> String {
    match error.for_client().into_iter().next() {
        Some(client_error) => client_error.message,
        None => "the database cannot be reached".to_owned(),
    }
}

/// The current number of the engine's connections, and its replicas.
pub fn pool(engine: &Engine) -> Pool {
    let (state, replicas) = (engine.database().state(), engine.replicas());
    let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Pool {
        maximum: state.maximum,
        in_use: state.connections.saturating_sub(state.idle),
        idle: state.idle,
        waiting: state.waiting,
        replicas: count(replicas.all),
        replicas_in_use: count(replicas.in_use),
    }
}
