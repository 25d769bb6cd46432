//! `glowplug setup`: creates Glowplug's own tables and functions in a database.

use std::fmt::Write as _;
use std::time::Duration;

use clap::{ArgGroup, Args};

use crate::changes;
use crate::config::{self, Config, DocumentPolicy, PoolMode, Profile, Secret};
use crate::db::{self, Database, Scope};
use crate::engine::{Engine, NotStored, StoredOperation};
use crate::error::Error;
use crate::queue;
use crate::sql::Statement;
use crate::stored;

use super::failure::Failure;
use super::settings::Flags;

/// How long the database may take to say whether something is there.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);

/// The flags of `glowplug setup`. With the setting `stored-operations` it makes the schema for these in place of the ledger.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("droppable").args(["stored_operations", "live_tables"]))]
pub(super) struct Options {
    /// Tables whose changes are recorded in a log, so that live queries of other tables need not run again:
    /// names with their schemas, separated by commas. Their partitions and children are included.
    #[arg(long, value_name = "TABLE,…", value_delimiter = ',', num_args = 0.., conflicts_with = "for_role")]
    live_tables: Option<Vec<String>>,
    /// Role that servers or workers connect as, if another role creates the ledger or the schema of stored
    /// operations; it gets the privileges that they need. May be given more than once.
    #[arg(long, value_name = "ROLE")]
    grant_to: Vec<String>,
    /// Role for which functions are made of every operation in the list of `persisted-operations`; by default
    /// `anon-role`, or the connection's own user. May be given more than once.
    #[arg(long, value_name = "ROLE", requires_all = ["stored_operations", "persisted_operations"])]
    for_role: Vec<String>,
    /// With `--stored-operations` or `--live-tables`: remove the schema with everything in it. Running
    /// servers continue without it.
    #[arg(long, requires = "droppable", conflicts_with = "grant_to")]
    drop: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Creates the ledger of queued mutations if it is missing, or the schema of stored operations.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let config = options.flags.settle(Profile::OneShot)?.check()?;
    super::log::start(&config.log);
    let failed = |error: db::Error| Failure::Database(error.to_string());
    if let Some(tables) = &options.live_tables {
        if tables.is_empty() != options.drop {
            return Err(Failure::Usage(
                "--live-tables takes the tables whose changes are recorded, as in --live-tables \
                public.task,public.project; --live-tables --drop removes the log"
                    .to_owned(),
            ));
        }
        let made = super::block_on(async { set_up_live(options, tables, &config).await.map_err(failed) })?;
        return super::print(&made);
    }
    if options.flags.settings.stored_operations.is_none() {
        let made = super::block_on(async { set_up_ledger(options, &config).await.map_err(failed) })?;
        return super::print(&made);
    }
    if config.database.stored_operations.is_none() {
        return Err(Failure::Usage(
            "--stored-operations off makes nothing; --stored-operations --drop removes the schema".to_owned(),
        ));
    }
    let failed = |error: Error| Failure::Database(error.to_string());
    let made = super::block_on(async { set_up_stored(options, &config).await.map_err(failed) })?;
    super::print(&made)
}

/// Creates the ledger of queued mutations.
async fn set_up_ledger(options: &Options, config: &Config) -> Result<String, db::Error> {
    let database = Database::new(&config.database)?;
    let before = has(&database, "to_regclass('glowplug.operation')").await?;
    queue::set_up(&database, &options.grant_to).await?;
    Ok(format!("the ledger glowplug.operation {}\n", made(before)))
}

/// Whether the database has what an expression looks up by its name.
async fn has(database: &Database, lookup: &str) -> Result<bool, db::Error> {
    let question = Statement::new(format!("select ({lookup} is not null)::text"), Vec::new());
    let answers = database.run(&Scope::of_catalog(LOOKUP_TIMEOUT), &[question]).await;
    let answers = answers.map_err(|failure| failure.error)?;
    Ok(answers.into_iter().flatten().next().is_some_and(|answer| answer == "true"))
}

/// Whether a schema is there.
async fn has_schema(database: &Database, name: &str) -> Result<bool, db::Error> {
    has(database, &format!("to_regnamespace('{name}')")).await
}

/// What has become of something that a command makes if it is missing.
fn made(was_there: bool) -> &'static str {
    if was_there { "was there already" } else { "is created" }
}

/// Creates or removes the log of changed tables, past the pooler if the settings have such a connection
/// string.
async fn set_up_live(options: &Options, tables: &[String], config: &Config) -> Result<String, db::Error> {
    let owner = through(config, config.database.session_url())?;
    if options.drop {
        changes::remove(&owner).await?;
        return Ok(format!("the schema {} and the triggers are removed\n", changes::SCHEMA));
    }
    let server = through(config, &config.database.url)?;
    let user = stored::State::of(&server).await?.user;
    let grants = config.database.direct_url.as_ref().map(|_| user.clone());
    let grant_to: Vec<String> = options.grant_to.iter().cloned().chain(grants).collect();
    let before = has_schema(&owner, changes::SCHEMA).await?;
    changes::set_up(&owner, tables, &grant_to).await?;
    let report = changes::Report::of(&server).await?;
    Ok(format!(
        "the schema {} {}; {user} can read which of {} tables have changed\n",
        changes::SCHEMA,
        made(before),
        report.map_or(0, |report| report.logged)
    ))
}

/// Creates or removes the schema of stored operations, past the pooler if the settings have such a connection string.
async fn set_up_stored(options: &Options, config: &Config) -> Result<String, Error> {
    let owner = through(config, config.database.session_url())?;
    if options.drop {
        stored::remove(&owner).await?;
        return Ok(format!("the schema {} is removed\n", stored::SCHEMA));
    }
    let server = through(config, &config.database.url)?;
    let mut grant_to = options.grant_to.clone();
    if config.database.direct_url.is_some() {
        grant_to.push(stored::State::of(&server).await?.user);
    }
    let before = has_schema(&owner, stored::SCHEMA).await?;
    stored::set_up(&owner, &grant_to).await?;
    let state = stored::State::of(&server).await?;
    let use_of_it = match state.obstacle(db::Protocol::Simple) {
        None => format!("{} may create in it: servers that connect as this user use it", state.user),
        Some(obstacle) => format!("not used yet: {obstacle}"),
    };
    let persisted = store_persisted(options, config).await?;
    let total = stored::State::of(&server).await?.total;
    let (schema, made) = (stored::SCHEMA, made(before));
    Ok(format!("the schema {schema} {made}; it has {total} functions\n{use_of_it}\n{persisted}"))
}

/// Makes functions of the persisted operations, if there is a list of them, as the server's user.
async fn store_persisted(options: &Options, config: &Config) -> Result<String, Error> {
    let mut told = String::new();
    if options.flags.settings.persisted_operations.is_none() {
        return Ok(told);
    }
    let engine = Engine::new(&as_server(config))?;
    let mut roles: Vec<_> = options.for_role.iter().map(|role| Some(role.as_str())).collect();
    if roles.is_empty() {
        roles.push(config.auth.anon_role.as_deref());
    }
    for role in roles {
        let (made, left) = engine.store_persisted(role).await?;
        let who = role.unwrap_or("the connection's own user");
        let StoredOperation { stored, statements } = made;
        // Writing to a String cannot fail.
        let _ = writeln!(
            told,
            "{who}: {stored} of {statements} statements of the persisted operations are functions"
        );
        for NotStored { id, reason } in left {
            let _ = writeln!(told, "  not, or not completely: {id}: {reason}");
        }
    }
    Ok(told)
}

/// A server's settings. All stored operations are sent in the form of a server behind a pooler.
fn as_server(config: &Config) -> Config {
    let mut config = config.clone();
    config.database.pool_mode = PoolMode::Transaction;
    config.documents.policy = DocumentPolicy::Any;
    config
}

/// A small pool for this connection string.
fn through(config: &Config, url: &Secret) -> Result<Database, db::Error> {
    let url = url.clone();
    Database::new(&config::Database { url, pool_size: 1, stored_operations: None, ..config.database.clone() })
}
