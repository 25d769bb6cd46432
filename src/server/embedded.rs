//! The server as a part of a program that has an HTTP server of its own.
//!
//! Never listens, and never limits a connection.

use super::Server;
use crate::http::{Embedded, Router};
use crate::shutdown::Shutdown;

/// What runs beside the program's HTTP server.
pub(super) struct Running {
    routers: Embedded,
    parts: Shutdown,
}

impl Running {
    fn start(server: &Server) -> Self {
        let Server { backend, live, authenticator, config, .. } = server.clone();
        let (routers, parts) = (Embedded::new(backend, live, authenticator, &config.http), Shutdown::new());
        server.follow(&parts);
        parts.spawn(routers.clone().run(parts.token()));
        Self { routers, parts }
    }
}

/// For programs with an axum server of their own. The first router starts, on the current tokio runtime, what [`Server::run`]
/// runs beside the listener: live queries, answers of the queue, and the tasks that follow changes. Call either these or
/// [`Server::run`].
impl Server {
    /// The API as a router, to nest under a path of your own or to merge: `/graphql` with all its transports, and, as the
    /// settings say, `/schema.graphql` and GraphiQL at `/` with its files at `/assets/…`.
    ///
    /// The setting `cors-origins` counts. Your server limits connections, not this: see the page above. An
    /// [`Identity`](crate::engine::Identity) in a request's extensions is its caller, in place of its token.
    pub fn router(&self) -> Router {
        self.running().routers.api()
    }

    /// `/healthz` and `/readyz` as a router. They need no token.
    pub fn health(&self) -> Router {
        self.running().routers.health()
    }

    /// `/metrics` as a router. Metrics reveal the names of roles, and need no token: merge this where only your collector can
    /// reach it.
    pub fn metrics(&self) -> Router {
        self.running().routers.metrics()
    }

    /// Prepares the end of the routers: `/readyz` says that the server is stopping, and subscriptions end, so that their
    /// connections can. Requests are still answered. Calling it again changes nothing.
    pub fn close(&self) {
        if let Some(running) = self.embedded.get() {
            running.routers.close();
        }
    }

    /// Closes the routers, and ends what their first use has started. Returns when it has ended. Call it when your HTTP server
    /// has answered its last request.
    pub async fn stop(&self) {
        self.close();
        if let Some(running) = self.embedded.get() {
            running.parts.ask();
            running.parts.stopped().await;
        }
    }

    fn running(&self) -> &Running {
        self.embedded.get_or_init(|| Running::start(self))
    }
}
