//! Live queries: how many subscriptions with row-level security one `glowplug serve` carries, how soon they see a change, and what they
//! cost.
//!
//! The task board in PostgreSQL, PgBouncer in transaction mode, the server, and the subscribers in this process share the machine. A
//! thousand users have a websocket each, and subscribe to single tasks of their own projects and of projects that they are members of.
//! No two subscriptions have the same user and task, so that each is a group of its own, and nothing is shared. A hundred rows a second are changed past
//! the server, each in a transaction of its own and seen by two users.
//!
//! `scripts/bench live`: more and more subscriptions, until changes take a second on average. `--subscriptions N` takes that many alone,
//! `--texts` does without stored operations, `--quick` sees that it works.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a measurement that cannot go on says why")]
#![allow(clippy::cast_precision_loss, reason = "no count comes near the 52 bits of a float")]

#[path = "live/board.rs"]
mod board;
#[path = "board/database.rs"]
#[allow(dead_code, reason = "another benchmark needs the rest")]
mod database;
#[path = "live/frames.rs"]
mod frames;
#[path = "board/processor.rs"]
#[allow(dead_code, reason = "another benchmark needs the rest")]
mod processor;
#[path = "board/server.rs"]
#[allow(dead_code, reason = "another benchmark needs the rest")]
mod server;
#[path = "live/stand.rs"]
mod stand;
#[path = "live/subscribers.rs"]
mod subscribers;

use std::time::{Duration, Instant};

use board::{SUBSCRIPTIONS_OF_USER, USERS};
use processor::Usage;
use stand::Stand;
use subscribers::Subscribers;

/// How many rows are changed in a second.
const WRITES: u32 = 100;

/// How soon changes are to be seen, on average.
const GOAL: Duration = Duration::from_secs(1);

/// For how long the last changes are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is measured.
struct Options {
    subscriptions: Vec<usize>,
    stores: bool,
    /// How long nothing is written, and then rows are. Groups are run again now and again, whatever happens.
    idle: Duration,
    busy: Duration,
}

fn main() {
    let options = options();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&options));
}

fn options() -> Options {
    let mut arguments = std::env::args().skip(1);
    let (idle, busy) = (Duration::from_mins(2), Duration::from_secs(20));
    let most = USERS * SUBSCRIPTIONS_OF_USER;
    let subscriptions = [1000].into_iter().chain((2500..=most).step_by(2500)).collect();
    let mut options = Options { subscriptions, stores: true, idle, busy };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => {
                (options.idle, options.busy) = (Duration::from_secs(2), Duration::from_secs(2));
                options.subscriptions = vec![2000];
            }
            "--subscriptions" => {
                let count = arguments.next().and_then(|text| text.parse().ok());
                let count: usize = count.expect("--subscriptions takes a number");
                assert!((2 * USERS..=most).contains(&count), "from {} to {most} can be measured", 2 * USERS);
                options.subscriptions = vec![count];
            }
            "--texts" => options.stores = false,
            // Cargo's own.
            _ => {}
        }
    }
    options
}

async fn measure(options: &Options) {
    let mut stand = Stand::start(options.stores).await;
    let address = stand.server.page("").trim_start_matches("http://").to_owned();
    // What a first operation takes is not what a subscription takes.
    let mut subscribers = Subscribers::connect(&address, stand::token).await;
    let before = stand.resident();
    println!(
        "{USERS} users, a websocket each; {WRITES} rows changed in a second, each of them seen by two users"
    );
    for &count in &options.subscriptions {
        let began = Instant::now();
        subscribers.grow_to(count).await;
        println!("\n{count} subscriptions; all answered after {:.1} s", began.elapsed().as_secs_f64());
        tokio::time::sleep(Duration::from_secs(3)).await;
        let bytes = stand.resident().saturating_sub(before) / count;
        println!("  memory of the server: {:.1} kB for each, without the websocket", bytes as f64 / 1000.0);
        if options.subscriptions.len() == 1 || count == 10_000 {
            let (began, before) = (Instant::now(), stand.programs().usage());
            tokio::time::sleep(options.idle).await;
            println!("  while nothing changes: {}", used(&stand, before, began));
        }
        if !busy(&mut stand, &subscribers, count, options.busy).await {
            break;
        }
    }
    let complaints = stand.server.complaints();
    assert!(complaints.is_empty(), "the server complains: {complaints:?}");
}

/// Changes rows; whether they are seen soon enough.
async fn busy(stand: &mut Stand, subscribers: &Subscribers, count: usize, time: Duration) -> bool {
    subscribers.take();
    let (began, before) = (Instant::now(), stand.programs().usage());
    let written = stand.write(WRITES, time, (count / USERS / 2).max(1)).await;
    let used = used(stand, before, began);
    let mut seen = subscribers.take();
    let until = Instant::now() + PATIENCE;
    while seen.delays.len() < written * 2 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let more = subscribers.take();
        seen.delays.extend(more.delays);
        seen.errors.extend(more.errors);
    }
    println!("  while {written} rows are changed: {used}");
    let mut delays = seen.delays;
    delays.sort_unstable();
    let missed = (written * 2).saturating_sub(delays.len());
    let mean = delays.iter().sum::<Duration>() / u32::try_from(delays.len().max(1)).unwrap_or(u32::MAX);
    let part = |hundredths: usize| delays.get(delays.len().saturating_sub(1) * hundredths / 100).copied();
    println!(
        "  from commit to client: mean {:.0} ms, p50 {:.0} ms, p99 {:.0} ms; {} seen, {missed} replaced by a later one or missed, {} errors",
        millis(mean),
        millis(part(50).unwrap_or_default()),
        millis(part(99).unwrap_or_default()),
        delays.len(),
        seen.errors.len()
    );
    assert!(seen.errors.is_empty(), "errors: {:?}", &seen.errors[..seen.errors.len().min(3)]);
    mean < GOAL
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// What each program has taken of a processor since, in words.
fn used(stand: &Stand, before: Usage, began: Instant) -> String {
    let time = began.elapsed();
    let Usage { glowplug, pgbouncer, postgresql, own, .. } = stand.programs().usage().since(before, 1);
    let percent = |used: Duration| used.as_secs_f64() / time.as_secs_f64() * 100.0;
    format!(
        "Glowplug {:.1} %, PgBouncer {:.1} %, PostgreSQL {:.1} % of a processor (subscribers {:.1} %)",
        percent(glowplug),
        percent(pgbouncer),
        percent(postgresql),
        percent(own)
    )
}
