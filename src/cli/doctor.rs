//! `glowplug doctor`: checks what is between here and the database, and says what to do about problems.
//!
//! Changes nothing, there or here, and uses a pooler's console only with `--console`. Exit codes: 0 if Glowplug works there,
//! 1 if something keeps it from working, 2 if the connection string or a setting is invalid.

mod callers;
mod code;
mod console;
mod distribution;
mod examine;
mod exposure;
mod findings;
mod live;
mod other;
mod reach;
mod report;
mod room;
mod service;
mod sniff;
mod stored;
mod tenants;
mod trouble;

use std::io::IsTerminal as _;
use std::time::Duration;

use clap::Args;
use terminal_size::{Width, terminal_size};

use crate::config::{Config, Profile, Secret, Text};
use crate::db::Connector;

use super::failure::Failure;
use super::settings::Flags;
use examine::Subject;
use other::{Purpose, Route};
use report::{Layout, Report, Style};

/// The flags of `glowplug doctor`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Connection string to check, instead of the configured database's.
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Connection string of PgBouncer's console, to read its limits and pauses. The user has to be one of
    /// `stats_users` or `admin_users`, and has to be in `auth_file`: PgBouncer 1.18 may end at the login of a
    /// user that it looks up by `auth_query`.
    #[arg(long, value_name = "URL")]
    console: Option<String>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    flags: Flags,
}

/// After this time, `doctor` prints that it is making progress.
const SLOW: Duration = Duration::from_millis(1500);

/// Every check has its own limit. This one is for unforeseen cases.
const LIMIT: Duration = Duration::from_mins(1);

/// Examines, and prints the report.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let mut flags = options.flags.clone();
    if let Some(url) = &options.url {
        flags.settings.database_url = Some(Text(url.clone()));
    }
    let config = flags.settle(Profile::OneShot)?.check()?;
    // The report says what the log would say.
    let console = options.console.as_deref().map(|url| connector(&Secret::new(url), &config)).transpose()?;
    let connector = connector(&config.database.url, &config)?;
    let ways = ways(options, &config)?;
    let report = super::block_on(async {
        let subject = Subject { config: &config, connector: &connector, console: console.as_ref(), ways };
        let examination = tokio::time::timeout(LIMIT, examine::examine(subject));
        let mut examination = std::pin::pin!(examination);
        let done = if let Ok(done) = tokio::time::timeout(SLOW, &mut examination).await {
            done
        } else {
            eprintln!("checking; a connection that does not answer takes some seconds …");
            examination.await
        };
        done.map_err(|_| Failure::Database(format!("the examination was not complete within {LIMIT:?}")))
    })?;
    print(&report, options.json)?;
    if report.troubles() > 0 { Err(Failure::Diagnosed) } else { Ok(()) }
}

/// The other connection strings. Those of the configured database say nothing about another one.
fn ways(options: &Options, config: &Config) -> Result<Vec<Route>, Failure> {
    let typed = &options.flags.settings;
    let counts = |flag: &Option<Text>| options.url.is_none() || flag.is_some();
    let direct = config.database.direct_url.iter().filter(|_| counts(&typed.direct_url));
    let replicas = config.database.replicas.iter().filter(|_| counts(&typed.replica_url));
    let all = direct
        .map(|url| (Purpose::Direct, url))
        .chain(replicas.map(|replica| (Purpose::Replica, &replica.url)));
    all.map(|(purpose, url)| Ok(Route { purpose, url: url.clone(), connector: connector(url, config)? }))
        .collect()
}

fn connector(url: &Secret, config: &Config) -> Result<Connector, Failure> {
    let connector = Connector::new(url.expose()).map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(connector.timeout(config.database.connect_timeout))
}

fn print(report: &Report, json: bool) -> Result<(), Failure> {
    if json {
        let text =
            serde_json::to_string_pretty(report).map_err(|error| Failure::Database(error.to_string()))?;
        return super::print(&format!("{text}\n"));
    }
    let is_terminal = std::io::stdout().is_terminal();
    let is_coloured = is_terminal && std::env::var_os("NO_COLOR").is_none();
    let width = if is_terminal { terminal_size().map(|(Width(columns), _)| columns.into()) } else { None };
    let style = if is_coloured { Style::Coloured } else { Style::Plain };
    super::print(&report.text(Layout::new(style, width)))
}
