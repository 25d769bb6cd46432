//! `glowplug serve`: the API of a database that is there already.

use clap::Args;

use crate::config::Profile;
use crate::event::Event;
use crate::http::Listeners;

use super::failure::Failure;
use super::server::{self, Server};
use super::settings::Flags;

/// The flags of `glowplug serve`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    flags: Flags,
}

/// Serves until SIGINT or SIGTERM; SIGHUP reads the database's structure and the keys of tokens again.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.flags.settle(Profile::Serve)?.check()?;
    super::log::start(&config.log);
    server::block_on(&config.traces, async {
        let listener = server::listen("listen", config.http.listen).await?;
        let address = listener.local_addr().map_err(Failure::Runtime)?;
        let server = Server::start(&config, Listeners::from(listener).with_metrics(&config.http).await?)?;
        Event::Listening { address }.emit();
        if config.auth.is_open() && !address.ip().is_loopback() {
            Event::Unprotected { address }.emit();
        }
        server::until_stopped(server, std::future::pending()).await;
        Ok(())
    })
}
