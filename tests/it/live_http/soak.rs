//! Clients that come and go over all transports while rows change and PgBouncer restarts: when they have
//! gone, the server has released everything that they used. Here it takes some seconds;
//! `scripts/soak live 10` takes ten minutes with the optimised program, and restarts PostgreSQL as well.

#![allow(clippy::print_stdout, reason = "the figures are what a long run is looked at for")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use glowplug_local::{Cluster, ClusterOptions, Pooler, PoolerOptions};
use reqwest::Client;
use serde_json::json;
use tokio_postgres::NoTls;

use super::websocket::{PROTOCOL, Socket};
use super::{LIVE, TASKS};
use crate::cli::program::{Program, client, command, open_folder, program_at};
use crate::harness;
use crate::random::Random;

const CLIENTS: u64 = 6;

/// How much of the clients' memory the allocator may keep, in KiB.
const MOST_ADDED: u64 = 48 * 1024;

/// The time limit until everything is released.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connections of the server to the pooler.
const POOL_SIZE: usize = 4;

/// The duration, the time between two restarts, and the tested program.
struct Plan {
    time: Duration,
    peace: Duration,
    is_long: bool,
    program: Command,
}

impl Plan {
    fn read(folder: &Path) -> Self {
        let minutes = std::env::var("GLOWPLUG_SOAK_MINUTES").ok().and_then(|text| text.parse().ok());
        match (minutes, std::env::var_os("GLOWPLUG_SOAK_PROGRAM")) {
            (Some(minutes), Some(program)) => Self {
                time: Duration::from_mins(minutes),
                peace: Duration::from_secs(20),
                is_long: true,
                program: program_at(Path::new(&program), folder),
            },
            _ => Self {
                time: Duration::from_secs(8),
                peace: Duration::from_millis(2500),
                is_long: false,
                program: command(folder),
            },
        }
    }
}

/// The servers behind Glowplug, which restart.
struct Servers {
    /// A separate cluster for long runs; short ones use the shared cluster, which does not restart.
    cluster: Option<Cluster>,
    pooler: Pooler,
    database: String,
    restarts: usize,
}

impl Servers {
    async fn start(has_own: bool) -> Self {
        // By default, PgBouncer retries a server that refused it only after 15 seconds.
        let extra = vec![("server_login_retry".to_owned(), "1".to_owned())];
        let options = PoolerOptions { pool_size: 4, extra, ..PoolerOptions::default() };
        if !has_own {
            let (pooler, database) = (harness::pooler_with(options), harness::database(TASKS).await);
            return Self { cluster: None, pooler, database, restarts: 0 };
        }
        let cluster = Cluster::start(ClusterOptions::throwaway()).expect("a PostgreSQL of its own");
        let database = "postgres".to_owned();
        let client = harness::connect(&cluster.url(&database)).await;
        client.batch_execute(TASKS).await.expect("the setup runs");
        let pooler = Pooler::start(&cluster, &options).expect("a PgBouncer");
        Self { cluster: Some(cluster), pooler, database, restarts: 0 }
    }

    fn direct_url(&self) -> String {
        self.cluster.as_ref().unwrap_or_else(|| harness::cluster()).url(&self.database)
    }

    /// Restarts the pooler, and every other time the database, if it is a separate one.
    fn restart(&mut self) {
        self.restarts += 1;
        match &mut self.cluster {
            Some(cluster) if self.restarts.is_multiple_of(2) => {
                cluster.restart().expect("the database comes back");
            }
            _ => self.pooler.restart().expect("the pooler comes back"),
        }
    }

    /// The number of the pooler's clients, except the one that asks.
    async fn clients(&self) -> usize {
        let console = harness::connect(&self.pooler.admin_url()).await;
        let shown = console.simple_query("show clients").await.expect("the console answers");
        let rows = shown.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get("database"),
            _ => None,
        });
        rows.filter(|database| *database == self.database).count()
    }
}

/// Changes the row repeatedly, also after the database was unavailable.
async fn write(url: String) {
    loop {
        if let Ok((client, connection)) = tokio_postgres::connect(&url, NoTls).await {
            tokio::spawn(connection);
            let change = "update task set title = 'Task 1' || repeat('!', (random() * 9)::int)";
            while client.batch_execute(change).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The resources of a process.
#[derive(Debug, Clone, Copy)]
struct Holdings {
    descriptors: usize,
    kibibytes: u64,
}

impl Holdings {
    fn of(program: &Program) -> Self {
        let process = format!("/proc/{}", program.pid());
        let descriptors = std::fs::read_dir(format!("{process}/fd")).expect("Linux's /proc").count();
        let status = std::fs::read_to_string(format!("{process}/status")).expect("Linux's /proc");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the memory");
        let kibibytes = line.trim_matches(|letter: char| !letter.is_ascii_digit()).parse().expect("a number");
        Self { descriptors, kibibytes }
    }
}

/// A client that subscribes repeatedly, by another transport each time, and leaves in some way.
struct Visitor {
    random: Random,
    client: Client,
    url: String,
}

impl Visitor {
    async fn visit(&mut self) {
        match self.random.below(3) {
            0 => self.visit_by_websocket().await,
            1 => self.visit_by_stream("text/event-stream").await,
            _ => self.visit_by_stream("multipart/mixed;subscriptionSpec=1.0").await,
        }
    }

    async fn visit_by_websocket(&mut self) {
        let mut socket = Socket::open_at(&self.url, &[PROTOCOL]).await.unwrap();
        socket.init(json!({})).await;
        let subscriptions = 1 + self.random.below(5);
        for number in 0..subscriptions {
            socket.subscribe(&number.to_string(), LIVE).await;
        }
        for _ in 0..subscriptions + self.random.below(3) {
            assert_eq!(socket.next().await["type"], "next");
        }
        if self.random.once_in(2) {
            socket.send(json!({"id": "0", "type": "complete"})).await;
        }
        // Otherwise it disconnects without a message.
    }

    async fn visit_by_stream(&mut self, accept: &str) {
        let request = self.client.post(&self.url).header("accept", accept);
        let request = request.header("content-type", "application/json");
        let mut response = request.body(json!({"query": LIVE}).to_string()).send().await.unwrap();
        let mut read = Vec::new();
        while !String::from_utf8_lossy(&read).contains("Task 1") {
            read.extend(response.chunk().await.unwrap().expect("the stream goes on"));
        }
        if self.random.once_in(3) {
            self.client = client();
        }
    }
}

/// Visits until it is stopped.
async fn visit_until(mut visitor: Visitor, stop: Arc<AtomicBool>, visits: Arc<AtomicUsize>) {
    while !stop.load(Ordering::Relaxed) {
        visitor.visit().await;
        visits.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_come_and_go_leave_nothing_behind() {
    let folder = open_folder();
    let Plan { time, peace, is_long, mut program } = Plan::read(folder.path());
    let mut servers = Servers::start(is_long).await;
    program.args(["serve", "--listen", "127.0.0.1:0", "--live", "100ms"]);
    program.args(["--pool-size", &POOL_SIZE.to_string()]);
    program.env("DATABASE_URL", servers.pooler.url(&servers.database));
    let program = Program::start(&mut program, "address=", "listening");
    let visitor = |seed| Visitor { random: Random(seed), client: client(), url: program.page("/graphql") };
    let writing = tokio::spawn(write(servers.direct_url()));
    let mut first = visitor(0);
    for _ in 0..10 {
        first.visit().await;
    }
    drop(first);
    let before = settled(&program, usize::MAX).await;
    println!("before: {before:?}, {} clients of the pooler", servers.clients().await);
    let (stop, visits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let visiting = |seed| tokio::spawn(visit_until(visitor(seed), Arc::clone(&stop), Arc::clone(&visits)));
    let visitors: Vec<_> = (1..=CLIENTS).map(visiting).collect();
    let began = Instant::now();
    while began.elapsed() + peace < time {
        tokio::time::sleep(peace).await;
        tokio::task::block_in_place(|| servers.restart());
        let (seconds, visits) = (began.elapsed().as_secs(), visits.load(Ordering::Relaxed));
        println!("{seconds:>5} s  {visits:>6} visits  {:?}", Holdings::of(&program));
    }
    tokio::time::sleep(time.saturating_sub(began.elapsed())).await;
    stop.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.unwrap();
    }
    writing.abort();
    let after = settled(&program, before.descriptors).await;
    let (visits, clients) = (visits.load(Ordering::Relaxed), servers.clients().await);
    println!(
        "after {visits} visits, {} restarts: {after:?}, {clients} clients of the pooler",
        servers.restarts
    );
    assert!(visits > 20 && servers.restarts > 1, "only {visits} visits");
    assert!(after.descriptors <= before.descriptors, "{before:?}, after {visits} visits {after:?}");
    assert!(after.kibibytes < before.kibibytes + MOST_ADDED, "{before:?}, after {visits} visits {after:?}");
    assert!(clients <= POOL_SIZE, "{clients} clients of the pooler");
}

/// The resources of the process when it has at most this number of descriptors, or after the time limit.
async fn settled(program: &Program, descriptors: usize) -> Holdings {
    let began = Instant::now();
    // The server notices closed connections within a moment.
    tokio::time::sleep(Duration::from_secs(1)).await;
    loop {
        let holdings = Holdings::of(program);
        if holdings.descriptors <= descriptors || began.elapsed() > PATIENCE {
            return holdings;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
