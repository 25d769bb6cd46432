//! `glowplug serve`: the API of an existing database.

use clap::Args;

use crate::config::{Profile, Queued, duration};
use crate::event::{Event, QueueEvent};
use crate::http::Listeners;
use crate::server::Server;

use super::failure::Failure;
use super::server::{self, Running};
use super::settings::Flags;

/// The flags of `glowplug serve`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// How long an operation may take whose client does not wait. For tests, which cannot wait as long as operators can.
    #[arg(long, hide = true)]
    background_time: Option<String>,
    #[command(flatten)]
    flags: Flags,
}

/// Serves until SIGINT or SIGTERM. SIGHUP reads the catalog and the keys of tokens again.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let settled = options.flags.settle(Profile::Serve)?;
    let mut config = settled.check()?;
    if let Some(text) = &options.background_time {
        config.queue.background_timeout =
            duration(text).map_err(|error| Failure::Usage(format!("--background-time: {error}")))?;
    }
    super::log::start(&config.log);
    super::settings::tell_unknown_variables();
    if config.queue.queued == Queued::Everything {
        let is_set = |setting: &&str| settled.value(setting).is_some_and(|text| !text.is_empty());
        for setting in ["database-url", "direct-url", "replica-url"].into_iter().filter(is_set) {
            QueueEvent::DatabaseUnused { setting }.emit();
        }
    }
    server::block_on(&config.traces, async {
        let listener = server::listen("listen", config.http.listen).await?;
        let address = listener.local_addr().map_err(Failure::Runtime)?;
        let server = Server::builder().config(config.clone()).build()?;
        let engine = server.engine().cloned();
        let running = Running::start(server, Listeners::from(listener).with_metrics(&config.http).await?)?;
        Event::Listening { address }.emit();
        if config.auth.is_open() && !address.ip().is_loopback() {
            Event::Unprotected { address }.emit();
        }
        let examine = async {
            if let Some(engine) = engine {
                engine.tell_missing(&config).await;
                engine.tell_without_token(&config).await;
            }
            std::future::pending::<()>().await;
        };
        server::until_stopped(running, examine).await;
        Ok(())
    })
}
