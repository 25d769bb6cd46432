//! Live queries: how many subscriptions with row-level security one server carries, and how soon they see a change.
//!
//! PostgreSQL, PgBouncer in transaction mode, the poll and the subscribers are on this machine; the subscribers are in this process,
//! without a transport. `scripts/bench live [--subscriptions N] [--groups N] [--quick]`.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a measurement that cannot go on says why")]

#[path = "board/database.rs"]
#[allow(dead_code, reason = "another benchmark needs the rest")]
mod database;
#[path = "board/processor.rs"]
#[allow(dead_code, reason = "another benchmark needs the rest")]
mod processor;
#[path = "live/stand.rs"]
mod stand;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use glowplug::live::{Update, Wishes};
use processor::Usage;
use stand::{Stand, USERS};

/// How many rows are changed in a second.
const WRITES: u32 = 100;

/// What is measured.
struct Options {
    subscriptions: usize,
    seconds: u64,
}

fn main() {
    let options = options();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(&options));
}

fn options() -> Options {
    let mut arguments = std::env::args().skip(1);
    let mut options = Options { subscriptions: 10_000, seconds: 20 };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => options = Options { subscriptions: 200, seconds: 3 },
            "--subscriptions" => {
                let count = arguments.next().and_then(|text| text.parse().ok());
                options.subscriptions = count.expect("--subscriptions takes a number");
            }
            // Cargo's own.
            _ => {}
        }
    }
    options
}

async fn measure(options: &Options) {
    let stand = Stand::start().await;
    let before = resident();
    let delays = Arc::new(Mutex::new(Vec::new()));
    let began = Instant::now();
    let mut listeners = Vec::new();
    for number in 0..options.subscriptions {
        let (request, identity) = stand::subscription(number);
        let subscription = stand.live.subscribe(request, identity, Wishes::default()).await;
        let subscription = subscription.unwrap_or_else(|refused| {
            panic!("refused: {}", String::from_utf8_lossy(&refused.body));
        });
        listeners.push((subscription, Arc::clone(&delays)));
    }
    let mut first = Vec::new();
    for (mut subscription, delays) in listeners {
        match subscription.next().await {
            Some(Update::Answer(_)) => {}
            other => panic!("no first answer: {other:?}"),
        }
        first.push(tokio::spawn(async move {
            while let Some(Update::Answer(response)) = subscription.next().await {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                if let Some(written) = newest(&response.body) {
                    let delay = now.saturating_sub(written);
                    delays.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(delay);
                }
            }
        }));
    }
    let (subscriptions, groups) = stand.live.count();
    println!(
        "{subscriptions} subscriptions of {USERS} users, {groups} groups; all answered after {:?}",
        began.elapsed()
    );
    println!(
        "memory: {} bytes for each subscription",
        resident().saturating_sub(before) / options.subscriptions
    );
    let time = Duration::from_secs(options.seconds);
    // The first runs have ended, and the connections' buffers with them.
    tokio::time::sleep(Duration::from_secs(3)).await;
    println!("while nothing changes: {}", used(&stand, tokio::time::sleep(time)).await.1);
    delays.lock().expect("no listener has failed").clear();
    let (written, busy) = used(&stand, stand.write(WRITES, time)).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut delays = delays.lock().expect("no listener has failed").clone();
    delays.sort_unstable();
    report(&delays, written, &busy);
}

/// What each program takes of a processor meanwhile, in words.
async fn used<T>(stand: &Stand, work: impl Future<Output = T>) -> (T, String) {
    let (began, before) = (Instant::now(), stand.programs().usage());
    let result = work.await;
    let (time, Usage { glowplug, pgbouncer, postgresql, .. }) =
        (began.elapsed(), stand.programs().usage().since(before, 1));
    let percent = |used: Duration| used.as_secs_f64() / time.as_secs_f64() * 100.0;
    let text = format!(
        "Glowplug with the subscribers {:.1} %, PgBouncer {:.1} %, PostgreSQL {:.1} % of a processor",
        percent(glowplug),
        percent(pgbouncer),
        percent(postgresql)
    );
    (result, text)
}

/// Bytes of memory that this process has.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = status.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4096
}

fn report(delays: &[Duration], written: usize, busy: &str) {
    println!("{written} rows changed, {} answers: {busy}", delays.len());
    let Some(last) = delays.len().checked_sub(1) else { return };
    let mean = delays.iter().sum::<Duration>() / u32::try_from(delays.len()).unwrap_or(u32::MAX);
    let part = |hundredths: usize| delays[last * hundredths / 100];
    println!("from commit to subscriber: mean {mean:?}, p50 {:?}, p99 {:?}", part(50), part(99));
}

/// When the newest row of an answer was written: its title says so.
fn newest(body: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(body).ok()?;
    let times = text.split("written at ").skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().map(Duration::from_micros)
    });
    times.max()
}
