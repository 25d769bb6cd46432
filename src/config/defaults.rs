//! The default values of settings, and the ones that `production` replaces.

use super::raw::{Raw, Text};

/// The command that the defaults are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `serve`: careful.
    Serve,
    /// Commands that do one task and end: as `serve`, but they log only failures.
    OneShot,
    /// `dev`: everything that helps during development.
    Dev,
}

/// The default values of settings.
pub(super) fn defaults(profile: Profile) -> Raw {
    let text = |value: &str| Some(Text(value.to_owned()));
    let is_dev = profile == Profile::Dev;
    Raw {
        production: text("off"),
        listen: text("127.0.0.1:8080"),
        schemas: text("public"),
        pool_size: text("16"),
        pool_mode: text("auto"),
        stored_operations: text("auto"),
        acquire_timeout: text("5s"),
        statement_timeout: text("10s"),
        watch: text(if is_dev { "500ms" } else { "10s" }),
        explore: text(if is_dev { "on" } else { "directive" }),
        expose: text(""),
        max_depth: text("20"),
        max_complexity: text("5000000"),
        max_values: text("50000"),
        max_answer: text("16MiB"),
        max_tokens: text("10000"),
        max_batch: text("10"),
        max_body: text("1MiB"),
        max_page_size: text("off"),
        max_concurrency: text("off"),
        documents: text("automatic"),
        mcp: text(if is_dev { "explore" } else { "off" }),
        jwt_role_claim: text("role"),
        request_settings: text(""),
        cors_origins: text(if is_dev { "localhost" } else { "" }),
        drain_timeout: text(if is_dev { "1s" } else { "10s" }),
        shutdown_delay: text("off"),
        metrics_listen: text("off"),
        live: text("1s"),
        max_subscriptions: text("20000"),
        queue: text("off"),
        log: text(if profile == Profile::Serve { "info" } else { "warn" }),
        // The others have no default.
        ..Raw::default()
    }
}

/// The defaults that `production` puts over those of `serve`.
pub(super) fn production() -> Raw {
    let text = |value: &str| Some(Text(value.to_owned()));
    Raw { explore: text("off"), max_batch: text("1"), ..Raw::default() }
}
