//! `glowplug queue`: the content of the queue, and its dead letters.

use std::fmt::Write;

use clap::{Args, Subcommand};

use crate::config::Profile;
use crate::event::metrics::Backlog;
use crate::queue::{DeadLetter, DeadLetters};

use super::failure::Failure;
use super::settings::Flags;

/// How much of a document is shown.
const SHOWN: usize = 60;

/// The flags of `glowplug queue`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show how much is in the queue, and list the dead letters, with their reasons.
    List(ListOptions),
    /// Put dead letters into the queue again.
    Retry(Chosen),
    /// Discard dead letters.
    Drop(Chosen),
}

#[derive(Debug, Args)]
struct ListOptions {
    #[command(flatten)]
    flags: Flags,
}

#[derive(Debug, Args)]
struct Chosen {
    /// The operations' ids, or their names in the list.
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,
    /// All of them.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    #[command(flatten)]
    flags: Flags,
}

/// Lists, retries or drops.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    match &options.action {
        Action::List(ListOptions { flags }) => {
            let dead = open(flags)?;
            let (all, backlog) = super::block_on(async { Ok((dead.list().await?, dead.backlog().await)) })?;
            super::print(&format!("{}{}", backlog.as_ref().map(summary).unwrap_or_default(), table(&all)))
        }
        Action::Retry(chosen) => each(chosen, "queued again", &DeadLetters::retry),
        Action::Drop(chosen) => each(chosen, "dropped", &DeadLetters::drop_entry),
    }
}

fn open(flags: &Flags) -> Result<DeadLetters, Failure> {
    let mut settled = flags.settle(Profile::OneShot)?;
    // This command uses only Redis.
    if settled.value("database-url").is_none() {
        settled.set_database_url("postgres://localhost/");
    }
    let config = settled.check()?;
    super::log::start(&config.log);
    let Some(redis) = &config.queue.redis else {
        return Err(Failure::Usage("say where the queue is with --redis-url redis://host:port".to_owned()));
    };
    Ok(DeadLetters::new(redis, &config.queue)?)
}

fn each(
    chosen: &Chosen,
    done: &str,
    action: &impl AsyncFn(&DeadLetters, &DeadLetter) -> Result<bool, crate::queue::Error>,
) -> Result<(), Failure> {
    let dead = open(&chosen.flags)?;
    let (mut text, mut missing) = (String::new(), Vec::new());
    super::block_on(async {
        let all = dead.list().await?;
        let is_meant = |aside: &DeadLetter, id: &String| {
            aside.name == *id || aside.id.is_some_and(|found| found.to_string() == id.to_lowercase())
        };
        missing.extend(chosen.ids.iter().filter(|id| !all.iter().any(|aside| is_meant(aside, id))));
        for aside in &all {
            let is_chosen = chosen.all || chosen.ids.iter().any(|id| is_meant(aside, id));
            if is_chosen && action(&dead, aside).await? {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{done}: {}", title(aside));
            }
        }
        Ok(())
    })?;
    super::print(if text.is_empty() { "nothing to do\n" } else { &text })?;
    match missing.first() {
        Some(id) => Err(Failure::Usage(format!("{id} is not among them; see `glowplug queue list`"))),
        None => Ok(()),
    }
}

fn summary(backlog: &Backlog) -> String {
    let Backlog { waiting, running, bytes, workers, .. } = backlog;
    format!("in the queue: {waiting} waiting, {running} running, {bytes} bytes; workers: {workers}\n")
}

fn table(all: &[DeadLetter]) -> String {
    if all.is_empty() {
        return "there are no dead letters\n".to_owned();
    }
    let mut text = String::new();
    for aside in all {
        let role = if aside.role.is_empty() { "the connection's own user" } else { &aside.role };
        let words: Vec<&str> = aside.document.split_whitespace().collect();
        let document: String = words.join(" ").chars().take(SHOWN).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  attempts {}  role {role}\n  {}\n  {document}",
            title(aside),
            aside.attempts,
            aside.reason
        );
    }
    text
}

/// The operation's id. If it cannot be read, the entry's place.
fn title(aside: &DeadLetter) -> String {
    aside.id.map_or_else(|| aside.name.clone(), |id| id.to_string())
}
