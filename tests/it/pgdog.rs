//! Glowplug behind PgDog, which no distribution has: these tests are run by hand, with its program in the environment variable
//! `PGDOG_BIN` or on the `PATH`. Rows of the table of poolers are in `poolers.rs`.

mod one_shard;
mod shards;

use glowplug_local::{PgDog, PgDogOptions};

use crate::harness;

/// A PgDog in transaction mode with these databases, each of one shard.
fn of_one_shard(databases: &[&str], change: impl FnOnce(&mut PgDogOptions)) -> PgDog {
    let named = |name: &&str| ((*name).to_owned(), vec![(*name).to_owned()]);
    let mut options = PgDogOptions::of_databases(databases.iter().map(named).collect());
    change(&mut options);
    harness::pgdog(&options)
}
