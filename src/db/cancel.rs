//! A connection given up in the middle of an exchange: its statement is cancelled and it is closed.
//!
//! It never goes back to a pool: an answer is still on its way, and a cancel request may still hit.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryFutureExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::classify::describe;
use super::held_open::{HeldOpen, HoldOpen};
use crate::event::Event;

/// How long a cancel request, and then the cancelled statement's end, is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What it takes to cancel a connection's statement and to see that the connection ends.
pub(super) struct Canceller {
    config: Arc<Config>,
    tls: MakeRustlsConnect,
    /// Reads what the server still sends, and ends by itself once the client is dropped and all is read.
    driver: JoinHandle<()>,
}

impl Canceller {
    pub(super) fn new(config: Arc<Config>, tls: MakeRustlsConnect, driver: JoinHandle<()>) -> Self {
        Self { config, tls, driver }
    }

    /// Cancels in the background. Outside a runtime there is nobody left to do it; the socket closes then.
    pub(super) fn abandon(self, token: CancelToken) {
        Event::StatementAbandoned.emit();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(self.cancel(token));
        }
    }

    async fn cancel(mut self, token: CancelToken) {
        let failure = match tokio::time::timeout(PATIENCE, self.request(&token)).await {
            Ok(result) => result.err(),
            Err(_) => Some("no answer in time".to_owned()),
        };
        if let Some(error) = failure {
            Event::CancelFailed { error: &error }.emit();
        }
        // The driver ends when the cancelled statement's error has arrived. A server that is stopped never sends it.
        if tokio::time::timeout(PATIENCE, &mut self.driver).await.is_err() {
            self.driver.abort();
        }
    }

    /// Asks each of the hosts of the connection string, of which the right one knows the token.
    ///
    /// The driver's own request closes its socket at once, at which sight PgBouncer forgets what it was asked.
    async fn request(&self, token: &CancelToken) -> Result<(), String> {
        let mut last = Ok(());
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let ports = self.config.get_ports();
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            last = match host {
                Host::Tcp(name) => {
                    let address = self.config.get_hostaddrs().get(index).map(ToString::to_string);
                    let target = (address.as_deref().unwrap_or(name), port);
                    self.request_on(token, name, TcpStream::connect(target)).await
                }
                Host::Unix(folder) => {
                    self.request_on(token, "", UnixStream::connect(socket(folder, port))).await
                }
            };
        }
        last
    }

    async fn request_on<S>(
        &self,
        token: &CancelToken,
        name: &str,
        connecting: impl Future<Output = io::Result<S>>,
    ) -> Result<(), String>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let socket = connecting.map_err(|error| error.to_string()).await?;
        let Ok(tls) = MakeTlsConnect::<HeldOpen<S>>::make_tls_connect(&mut self.tls.clone(), name);
        let request = token.cancel_query_raw(HeldOpen(socket), HoldOpen(tls));
        request.await.map_err(|error| describe(&error))
    }
}

fn socket(folder: &Path, port: u16) -> std::path::PathBuf {
    folder.join(format!(".s.PGSQL.{port}"))
}
