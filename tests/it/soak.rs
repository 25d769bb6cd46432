//! Documents, variables, hashes and tokens that are never the same, at a moderate rate through PgBouncer: the
//! memory of the server stops growing. Here it takes half a minute, in which the caches reach their bounds;
//! `scripts/soak 30` takes 30 minutes, with the optimised program.

#![allow(clippy::print_stdout, reason = "the curve is what a long run is looked at for")]

use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use glowplug::config::PoolMode;
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::Client;
use serde_json::{Value, json};

use crate::cli::program::{Program, client, command, open_folder};
use crate::harness;
use crate::random::Random;

const CLIENTS: u64 = 4;

/// Each client's pause between two requests in long runs.
const PAUSE: Duration = Duration::from_millis(20);

const SECRET: &str = "the secret of this test, which everybody may know";

const SETUP: &str = "
    create table owner (id integer primary key, name text not null);
    create table item (id integer primary key, owner_id integer not null references owner (id), label text not null);
    comment on schema public is '@graphql({\"inflect_names\": true})';
    insert into owner select n, 'owner ' || n from generate_series(1, 25) as n;
    insert into item select n, 1 + n % 25, repeat(md5(n::text), 10) from generate_series(1, 500) as n;
    create index on item (owner_id);
    do $$ begin create role soaked; exception when duplicate_object then null; end $$;
    grant select on owner, item to soaked";

/// Twice the maximum size of the caches, and the memory that the allocator keeps for some seconds.
const MOST_ADDED: u64 = 96 * 1024;

/// The duration, whether clients pause, and the tested program.
struct Plan {
    time: Duration,
    pause: Duration,
    program: Command,
}

impl Plan {
    fn read(folder: &std::path::Path) -> Self {
        let minutes = std::env::var("GLOWPLUG_SOAK_MINUTES").ok().and_then(|text| text.parse().ok());
        let Some(minutes) = minutes else {
            let time = Duration::from_secs(24);
            return Self { time, pause: Duration::ZERO, program: command(folder) };
        };
        let program = std::env::var_os("GLOWPLUG_SOAK_PROGRAM").expect("scripts/soak names the program");
        let mut program = Command::new(program);
        program.current_dir(folder);
        Self { time: Duration::from_mins(minutes), pause: PAUSE, program }
    }
}

/// A client whose requests have never been sent before.
struct Novelty {
    random: Random,
    client: Client,
    url: String,
    pause: Duration,
}

impl Novelty {
    /// Sends requests until it is stopped, and returns the number of answers.
    async fn send(mut self, stop: Arc<AtomicBool>, answered: Arc<AtomicUsize>) {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        while !stop.load(Ordering::Relaxed) {
            if self.random.once_in(50) {
                // From here on it has a separate connection.
                self.client = client();
            }
            let token = encode(&Header::default(), &self.claims(), &key).unwrap();
            let body = self.body();
            let request =
                self.client.post(&self.url).bearer_auth(token).header("content-type", "application/json");
            let answer: Value = request.body(body.to_string()).send().await.unwrap().json().await.unwrap();
            let is_expected = answer["data"].is_object() || answer["errors"][0]["message"].is_string();
            assert!(is_expected, "{answer}");
            answered.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(self.pause).await;
        }
    }

    fn claims(&mut self) -> Value {
        let groups: Vec<u64> = (0..self.random.below(40)).map(|_| self.random.next()).collect();
        json!({ "role": "soaked", "sub": self.random.next().to_string(), "groups": groups, "exp": 32_503_680_000_u64 })
    }

    /// A document with unique names; one in ten is not valid, and one in ten is sent with its hash.
    fn body(&mut self) -> Value {
        let name = self.random.next();
        let mut document = format!("query Q{name}($first: Int, $label: String) {{");
        for part in 0..=self.random.below(8) {
            let _ = write!(
                document,
                " a{part}_{name}: itemCollection(first: $first, filter: {{label: {{neq: $label}}}}) {{ edges {{ node {{ \
                 x{name}: id label owner {{ name }} }} }} }}"
            );
        }
        document += if self.random.once_in(10) { " nothing }" } else { " }" };
        let label = "l".repeat(self.random.below(2000));
        let variables = json!({ "first": 1 + self.random.below(5), "label": label });
        if !self.random.once_in(10) {
            return json!({ "query": document, "variables": variables });
        }
        let hash = sha256(&document);
        let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
        json!({ "query": document, "variables": variables, "extensions": extensions })
    }
}

pub(crate) fn sha256(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(text).iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// The resident memory, in KiB.
fn resident(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.pid())).expect("Linux's /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the memory");
    line.trim_matches(|letter: char| !letter.is_ascii_digit()).parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_never_the_same_leave_nothing_behind() {
    let database = harness::database(SETUP).await;
    let pooler = harness::pooler(PoolMode::Transaction, 4);
    let folder = open_folder();
    let Plan { time, pause, mut program } = Plan::read(folder.path());
    program.args(["serve", "--listen", "127.0.0.1:0", "--pool-size", "8", "--watch", "1s"]);
    program.env("DATABASE_URL", pooler.url(&database)).env("GLOWPLUG_JWT_SECRET", SECRET);
    let program = Program::start(&mut program, "address=", "listening");
    let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (1..=CLIENTS)
        .map(|seed| {
            let novelty =
                Novelty { random: Random(seed), client: client(), url: program.page("/graphql"), pause };
            tokio::spawn(novelty.send(Arc::clone(&stop), Arc::clone(&answered)))
        })
        .collect();
    let (began, mut curve) = (Instant::now(), Vec::new());
    while began.elapsed() < time {
        tokio::time::sleep((time / 12).min(Duration::from_secs(10))).await;
        curve.push(resident(&program));
        println!(
            "{:>5} s  {:>8} requests  {:>6} KiB",
            began.elapsed().as_secs(),
            answered.load(Ordering::Relaxed),
            curve.last().unwrap()
        );
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    judge(&curve, pause > Duration::ZERO);
}

/// In long runs, memory must stop growing: the peak of the last third is hardly higher than that of the third
/// before. In half a minute the caches may still grow, but not beyond their bounds.
fn judge(curve: &[u64], is_long: bool) {
    let third = curve.len() / 3;
    let highest = |part: &[u64]| part.iter().copied().max().unwrap();
    let (first, middle, last) = (curve[0], highest(&curve[third..2 * third]), highest(&curve[2 * third..]));
    println!("first {first} KiB, highest of the middle third {middle} KiB, of the last third {last} KiB");
    assert!(last < first + MOST_ADDED, "{last} KiB, {first} KiB at the beginning");
    assert!(!is_long || last < middle + middle / 20, "it still grows: {curve:?}");
}
