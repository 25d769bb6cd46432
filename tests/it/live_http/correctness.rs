//! Correctness over the transports, under load: rows change at random while 10 users with different rights
//! have 200 subscriptions, and PgBouncer and PostgreSQL restart.
//!
//! Each answer is exactly what SQL returned for its user at some moment, in order; so no subscriber ever saw
//! a row or a value that it may not see. Every state that lasted longer than two intervals was seen, and the
//! last answer is SQL's at the end. Here it takes some 25 s; `scripts/soak live` takes minutes.

#![allow(clippy::print_stdout, reason = "what was counted is what a long run is looked at for")]

mod judge;
mod listen;
mod world;
mod write;

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tokio::task::JoinSet;

use judge::{Fault, judge};
use listen::{Listener, OF_USER, listen};
use world::{Stack, USERS};
use write::{Writer, hesitate};

use crate::server::Server;

/// The time from the end of one fault to the beginning of the next.
const PEACE: Duration = Duration::from_millis(2500);

/// How many changes have to take effect; on a busy machine this takes longer.
const ENOUGH: usize = 50;

/// The time limit for steps without their own limit.
const PATIENCE: Duration = Duration::from_secs(30);

/// The kind of fault.
#[derive(Debug, Clone, Copy)]
enum Broken {
    Pooler,
    /// As `pg_ctl restart --mode=fast` does.
    Database,
    /// As a crash does.
    DatabaseAtOnce,
}

/// The duration, unless a longer one is set.
fn duration(seconds: u64) -> Duration {
    let minutes = std::env::var("GLOWPLUG_SOAK_MINUTES").ok().and_then(|text| text.parse().ok());
    minutes.map_or(Duration::from_secs(seconds), Duration::from_mins)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_answer_is_what_sql_says_for_its_user_whatever_is_restarted() {
    let order = [Broken::Pooler, Broken::Database, Broken::Pooler, Broken::DatabaseAtOnce];
    hold(Stack::start().await, order, duration(19)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_it_is_with_a_log_of_changed_tables_which_a_crash_empties() {
    let stack = Stack::start().await;
    stack.log_changes(&["public.box", "public.note"]).await;
    let order = [Broken::DatabaseAtOnce, Broken::Pooler, Broken::Database, Broken::Pooler];
    hold(stack, order, duration(14)).await;
}

/// Changes rows and causes faults for some time, and compares each answer with SQL.
async fn hold(stack: Stack, order: [Broken; 4], time: Duration) {
    let server = stack.serve().await;
    let url = server.url("/graphql");
    let (direct, pooled) = (stack.cluster.url("postgres"), stack.pooler.url("postgres"));
    let mut writer = Writer::new(direct.clone(), pooled, url.clone()).await;
    let mut listening = JoinSet::new();
    let listeners = listen(&url, &mut listening);
    assert_eq!(listeners.len(), USERS * OF_USER);
    let are_answered =
        until(&mut listening, || listeners.iter().all(|listener| !listener.answers().is_empty()));
    assert!(are_answered.await, "some are not answered");

    let mut beside = JoinSet::new();
    beside.spawn(hesitate(direct));
    let breaking = tokio::spawn(break_for(stack, url, order, time));
    writer.write_for(time, ENOUGH).await;
    let (stack, faults) = breaking.await.expect("the servers come back");
    // All subscribers see the last state, which equals SQL's answer now.
    let views = writer.log.last().expect("there is a first one").views.clone();
    let expected: Vec<String> = listeners.iter().map(|listener| answer(listener, &views)).collect();
    let is_last =
        |(listener, expected): (&Listener, &String)| listener.answers().last().unwrap().1 == *expected;
    let is_heard = until(&mut listening, || listeners.iter().zip(&expected).all(is_last)).await;
    let held = judge(&listeners, &writer.log, &faults);
    println!(
        "{} states, {} lost turns, {} faults, {held:?}",
        writer.log.len(),
        writer.lost.len(),
        faults.len()
    );
    assert!(is_heard, "some have not heard the last state");
    let is_during_a_fault = |lost: &&Instant| faults.iter().any(|fault| (fault.0..fault.1).contains(*lost));
    let unexplained = writer.lost.len() - writer.lost.iter().filter(is_during_a_fault).count();
    // A broken connection can still be in a pool when everything works again.
    assert!(
        unexplained <= 4 * faults.len(),
        "{unexplained} of {} lost turns are outside of {faults:?}",
        writer.lost.len()
    );
    assert!(faults.len() >= 2 && held.answers > 500 && held.lasting > 100, "{faults:?}, {held:?}");
    listening.shutdown().await;
    drop(stack);
    Server::stop(server).await;
}

fn answer(listener: &Listener, views: &[String]) -> String {
    let notes: Vec<Value> = serde_json::from_str(&views[listener.user.0]).unwrap();
    listener.wanted.answer(&notes)
}

/// Waits until a condition is true, while all subscriptions run; false if it takes too long.
async fn until(listening: &mut JoinSet<()>, holds: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !holds() {
        if let Some(ended) = listening.try_join_next() {
            ended.expect("a listener goes on");
        }
        if began.elapsed() > PATIENCE {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// Causes one fault after the other for some time.
async fn break_for(mut stack: Stack, url: String, order: [Broken; 4], time: Duration) -> (Stack, Vec<Fault>) {
    let (began, mut faults) = (Instant::now(), Vec::new());
    for broken in order.into_iter().cycle() {
        tokio::time::sleep(PEACE).await;
        if began.elapsed() + PEACE > time {
            break;
        }
        let broken_at = Instant::now();
        tokio::task::block_in_place(|| break_once(&mut stack, broken));
        until_it_answers(&url).await;
        // The poll's pauses grow: each is as long as all the time before it.
        faults.push((broken_at, Instant::now() + broken_at.elapsed()));
    }
    (stack, faults)
}

fn break_once(stack: &mut Stack, broken: Broken) {
    match broken {
        Broken::Pooler => stack.pooler.restart().expect("the pooler comes back"),
        Broken::Database => stack.cluster.restart().expect("the database comes back"),
        Broken::DatabaseAtOnce => {
            let pid = Pid::from_raw(i32::try_from(stack.cluster.pid()).unwrap());
            kill(pid, Signal::SIGQUIT).expect("the server runs");
            stack.cluster.restart().expect("the database comes back");
        }
    }
}

/// Waits until the server can reach its database again.
async fn until_it_answers(url: &str) {
    let client = reqwest::Client::new();
    let token = world::User(0).token();
    let began = Instant::now();
    loop {
        let request = client.post(url).bearer_auth(&token).header("content-type", "application/json");
        let answer = request.body(r#"{"query": "{ noteByPk(id: 1) { id } }"}"#).send().await.unwrap();
        if !answer.text().await.unwrap().contains("errors") {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "it does not heal");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
