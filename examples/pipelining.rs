//! Small queries on one connection, one after another and joined: how many each way answers in a second, directly and
//! through a transaction-mode PgBouncer, and beside them diesel-async's own connection, which pipelines too.
//!
//! `cargo run --release --example pipelining` starts a PostgreSQL server and a PgBouncer of its own and stops them. A delay in
//! milliseconds behind it (`-- 1`) has each answer come so much later, as from a server that is not on the same machine.

#![allow(clippy::print_stdout, reason = "the example is to show something")]

use std::time::{Duration, Instant};

use diesel::sql_types::Integer;
use diesel::{IntoSql as _, QueryResult};
use diesel_async::{AsyncConnection, AsyncConnectionCore, AsyncPgConnection, RunQueryDsl};
use futures_util::future::try_join_all;
use glowplug::db::{Connector, Protocol};
use glowplug_local::{Cluster, ClusterOptions, Pooler, PoolerMode, PoolerOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many queries are joined.
const BATCH: i32 = 100;
/// Each way is measured so many times, in turn with the others; the median counts.
const ROUNDS: usize = 7;
const DURATION: Duration = Duration::from_millis(700);

/// One query on a connection, which a shared reference is too.
async fn ask<C>(connection: &mut C, number: i32) -> QueryResult<()>
where
    C: AsyncConnectionCore<Backend = diesel::pg::Pg>,
{
    let answer: i32 = diesel::select(number.into_sql::<Integer>()).get_result(connection).await?;
    assert_eq!(answer, number);
    Ok(())
}

/// The ways to ask, and what they are called.
#[derive(Debug, Clone, Copy)]
enum Way {
    OneAfterAnother,
    Joined,
}

/// Queries a second.
async fn measure<C>(connection: &mut C, way: Way) -> QueryResult<f64>
where
    C: AsyncConnectionCore<Backend = diesel::pg::Pg>,
    for<'a> &'a C: AsyncConnectionCore<Backend = diesel::pg::Pg>,
{
    let (begin, mut batches) = (Instant::now(), 0);
    while begin.elapsed() < DURATION {
        match way {
            Way::OneAfterAnother => {
                for number in 0..BATCH {
                    ask(connection, number).await?;
                }
            }
            Way::Joined => {
                let shared = &*connection;
                let asked = (0..BATCH).map(async |number| ask(&mut &*shared, number).await);
                try_join_all(asked).await?;
            }
        }
        batches += 1;
    }
    Ok(f64::from(batches * BATCH) / begin.elapsed().as_secs_f64())
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Both ways in turn, so that what else the machine does meets both.
async fn compare<C>(name: &str, connection: &mut C) -> QueryResult<()>
where
    C: AsyncConnectionCore<Backend = diesel::pg::Pg>,
    for<'a> &'a C: AsyncConnectionCore<Backend = diesel::pg::Pg>,
{
    let (mut alone, mut joined) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(measure(connection, Way::OneAfterAnother).await?);
        joined.push(measure(connection, Way::Joined).await?);
    }
    let (alone, joined) = (median(alone), median(joined));
    println!("| {name} | {alone:.0} | {joined:.0} | {:.1} |", joined / alone);
    Ok(())
}

/// A port on which the server answers, but each answer comes so much later.
async fn at_a_distance(port: u16, delay: Duration) -> std::io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let near = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::spawn(pass(from_client, to_server, Duration::ZERO));
            tokio::spawn(pass(from_server, to_client, delay));
        }
    });
    Ok(near)
}

async fn pass(from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = async move {
        while from.readable().await.is_ok() {
            let mut bytes = vec![0; 64 * 1024];
            match from.try_read(&mut bytes) {
                Ok(0) => return,
                Ok(count) => {
                    bytes.truncate(count);
                    if sender.send((Instant::now() + delay, bytes)).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let writing = async move {
        while let Some((due, bytes)) = receiver.recv().await {
            tokio::time::sleep_until(due.into()).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(reading, writing);
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let delay = match std::env::args().nth(1) {
        Some(milliseconds) => Duration::from_secs_f64(milliseconds.parse::<f64>()? / 1000.0),
        None => Duration::ZERO,
    };
    let cluster = Cluster::start(ClusterOptions::throwaway())?;
    let options =
        PoolerOptions { pool_mode: PoolerMode::Transaction, pool_size: 4, ..PoolerOptions::default() };
    let pooler = Pooler::start(&cluster, &options)?;
    let (mut direct, mut through) = (cluster.url("postgres"), pooler.url("postgres"));
    if !delay.is_zero() {
        for (url, port) in [(&mut direct, cluster.port()), (&mut through, pooler.port())] {
            *url = url.replace(&format!(":{port}/"), &format!(":{}/", at_a_distance(port, delay).await?));
        }
    }
    println!("queries per second on one connection, {BATCH} joined, answers {delay:?} later");
    println!("| connection | one after another | joined | ratio |\n| --- | --- | --- | --- |");
    let connect = async |url: &str, protocol| {
        Connector::new(url)?.protocol(protocol).connect().await.map_err(Failure::from)
    };
    compare("directly, `Unnamed`", &mut connect(&direct, Protocol::Unnamed).await?).await?;
    compare("directly, `Prepared`", &mut connect(&direct, Protocol::Prepared).await?).await?;
    compare("directly, diesel-async's own", &mut AsyncPgConnection::establish(&direct).await?).await?;
    compare("PgBouncer, transaction mode, `Unnamed`", &mut connect(&through, Protocol::Unnamed).await?)
        .await?;
    Ok(())
}
