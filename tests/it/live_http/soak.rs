//! Clients that come and go over all transports: what they took of the server is free when they are gone. Among the tests it takes
//! some seconds; `scripts/soak 10` takes ten minutes, with the optimised program.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use reqwest::Client;
use serde_json::json;

use super::websocket::{PROTOCOL, Socket};
use super::{LIVE, TASKS};
use crate::cli::program::{Program, client, command, open_folder, program_at};
use crate::harness;
use crate::random::Random;

const CLIENTS: u64 = 6;

/// What the allocator may keep of the clients' memory, in KiB.
const MOST_ADDED: u64 = 48 * 1024;

/// How long something may take to be free.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it lasts, and the program that is tested.
fn plan(folder: &Path) -> (Duration, Command) {
    let minutes = std::env::var("GLOWPLUG_SOAK_MINUTES").ok().and_then(|text| text.parse().ok());
    match (minutes, std::env::var_os("GLOWPLUG_SOAK_PROGRAM")) {
        (Some(minutes), Some(program)) => {
            (Duration::from_mins(minutes), program_at(Path::new(&program), folder))
        }
        _ => (Duration::from_secs(8), command(folder)),
    }
}

/// What a process holds.
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

/// A client that subscribes again and again, by another transport each time, and leaves in some way.
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
        // Else it goes without a word.
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_come_and_go_leave_nothing_behind() {
    let database = harness::database(TASKS).await;
    let pooler = harness::pooler(PoolMode::Transaction, 4);
    let folder = open_folder();
    let (time, mut program) = plan(folder.path());
    program.args(["serve", "--listen", "127.0.0.1:0", "--pool-size", "4", "--live-interval", "100ms"]);
    program.env("DATABASE_URL", pooler.url(&database));
    let program = Program::start(&mut program, "address=", "listening");
    let visitor = |seed| Visitor { random: Random(seed), client: client(), url: program.page("/graphql") };

    let writer = harness::connect(&harness::cluster().url(&database)).await;
    let writing = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            writer
                .batch_execute("update task set title = 'Task 1' || repeat('!', (random() * 9)::int)")
                .await
                .unwrap();
        }
    });
    let mut first = visitor(0);
    for _ in 0..10 {
        first.visit().await;
    }
    drop(first);
    let before = settled(&program, usize::MAX).await;
    let (stop, visits) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let visitors: Vec<_> = (1..=CLIENTS)
        .map(|seed| {
            let (mut visitor, stop, visits) = (visitor(seed), Arc::clone(&stop), Arc::clone(&visits));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    visitor.visit().await;
                    visits.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.unwrap();
    }
    writing.abort();
    let after = settled(&program, before.descriptors).await;
    let visits = visits.load(Ordering::Relaxed);
    assert!(visits > 20, "only {visits} visits");
    assert!(after.descriptors <= before.descriptors, "{before:?}, after {visits} visits {after:?}");
    assert!(after.kibibytes < before.kibibytes + MOST_ADDED, "{before:?}, after {visits} visits {after:?}");
}

/// What the process holds once it has no more descriptors than these, or has been given its time.
async fn settled(program: &Program, descriptors: usize) -> Holdings {
    let began = Instant::now();
    // Connections that clients have left are noticed within a moment.
    tokio::time::sleep(Duration::from_secs(1)).await;
    loop {
        let holdings = Holdings::of(program);
        if holdings.descriptors <= descriptors || began.elapsed() > PATIENCE {
            return holdings;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
