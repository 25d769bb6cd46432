//! A connection given up in the middle of an exchange: its statement is cancelled and it is closed.
//!
//! It never goes back to a pool: an answer is still on its way, and a cancel request may still hit.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::CancelToken;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::classify::describe;
use crate::event::Event;

/// How long a cancel request, and then the cancelled statement's end, is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What it takes to cancel a connection's statement and to see that the connection ends.
pub(super) struct Canceller {
    tls: MakeRustlsConnect,
    /// Reads what the server still sends, and ends by itself once the client is dropped and all is read.
    driver: JoinHandle<()>,
}

impl Canceller {
    pub(super) fn new(tls: MakeRustlsConnect, driver: JoinHandle<()>) -> Self {
        Self { tls, driver }
    }

    /// Cancels in the background. Outside a runtime there is nobody left to do it; the socket closes then.
    pub(super) fn abandon(self, token: CancelToken) {
        Event::StatementAbandoned.emit();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(self.cancel(token));
        }
    }

    async fn cancel(mut self, token: CancelToken) {
        match tokio::time::timeout(PATIENCE, token.cancel_query(self.tls)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => Event::CancelFailed { error: &describe(&error) }.emit(),
            Err(_) => Event::CancelFailed { error: "no connection in time" }.emit(),
        }
        // The driver ends when the cancelled statement's error has arrived. A server that is stopped never sends it.
        if tokio::time::timeout(PATIENCE, &mut self.driver).await.is_err() {
            self.driver.abort();
        }
    }
}
