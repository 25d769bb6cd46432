//! The same work through a transaction-mode PgBouncer by two connections: diesel-async's own, which prepares every statement
//! by name, and `glowplug::db::Connection`, which does not.
//!
//! `cargo run --example pooler` starts a PostgreSQL server and a PgBouncer of its own and stops them. It wants a PgBouncer
//! that does not track prepared statements, which means before 1.21, or `max_prepared_statements = 0`, as here.

#![allow(clippy::print_stdout, reason = "the example is to show something")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use diesel::IntoSql as _;
use diesel::sql_types::Integer;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use glowplug::db::Connection;
use glowplug_local::{Cluster, ClusterOptions, Pooler, PoolerMode, PoolerOptions};
use tokio::task::JoinSet;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CLIENTS: i32 = 16;
const DURATION: Duration = Duration::from_secs(3);

/// What came of the clients' queries.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) right: u32,
    pub(crate) wrong: u32,
    /// How often each error came, by its text.
    pub(crate) errors: BTreeMap<String, u32>,
}

impl Tally {
    fn fail(&mut self, error: impl std::fmt::Display) {
        // Names are numbered; what is of interest is the kind.
        let text: String = error.to_string().chars().filter(|letter| !letter.is_ascii_digit()).collect();
        *self.errors.entry(text).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        for (error, times) in other.errors {
            *self.errors.entry(error).or_default() += times;
        }
    }
}

/// What one client does, whatever its connection is.
async fn client<C>(url: String, number: i32) -> Tally
where
    C: AsyncConnection<Backend = diesel::pg::Pg>,
{
    let (begin, mut tally) = (Instant::now(), Tally::default());
    while begin.elapsed() < DURATION {
        let mut connection = match C::establish(&url).await {
            Ok(connection) => connection,
            Err(error) => {
                tally.fail(error);
                continue;
            }
        };
        for turn in 0..100 {
            let answer = if turn % 2 == 0 {
                diesel::select(number.into_sql::<Integer>()).get_result::<i32>(&mut connection).await
            } else {
                let difference = number.into_sql::<Integer>() - turn;
                diesel::select(difference).get_result::<i32>(&mut connection).await.map(|left| left + turn)
            };
            match answer {
                Ok(answer) if answer == number => tally.right += 1,
                Ok(_) => tally.wrong += 1,
                Err(error) => tally.fail(error),
            }
        }
    }
    tally
}

pub(crate) async fn load<C>(url: &str) -> Tally
where
    C: AsyncConnection<Backend = diesel::pg::Pg> + 'static,
{
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client::<C>(url.to_owned(), number));
    }
    let mut total = Tally::default();
    for tally in clients.join_all().await {
        total.add(tally);
    }
    total
}

fn print(name: &str, tally: &Tally) {
    println!("{name}: {} right answers, {} wrong ones", tally.right, tally.wrong);
    for (error, times) in &tally.errors {
        println!("  {times} times: {error}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let cluster = Cluster::start(ClusterOptions::throwaway())?;
    let start = || {
        let options =
            PoolerOptions { pool_mode: PoolerMode::Transaction, pool_size: 4, ..PoolerOptions::default() };
        Pooler::start(&cluster, &options)
    };
    println!("{CLIENTS} clients, 4 server connections, PgBouncer in transaction mode, {DURATION:?} each");
    // Each has a pooler of its own: what the first leaves in the server connections shall not meet the second.
    let pooler = start()?;
    let ours = load::<Connection>(&pooler.url("postgres")).await;
    drop(pooler);
    let pooler = start()?;
    let stock = load::<AsyncPgConnection>(&pooler.url("postgres")).await;
    drop(pooler);
    print("diesel_async::AsyncPgConnection", &stock);
    print("glowplug::db::Connection", &ours);
    if ours.wrong > 0 || !ours.errors.is_empty() {
        return Err("glowplug::db::Connection was expected to answer rightly".into());
    }
    Ok(())
}
