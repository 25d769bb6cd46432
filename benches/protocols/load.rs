//! The load: clients in this process, each with one operation after the other.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use glowplug::db::{Database, Scope};
use glowplug::sql::Statement;
use tokio::task::JoinSet;

use crate::report::Turn;

/// So many clients, each with a connection of its own.
pub(crate) const CLIENTS: u32 = 16;

/// What is done: an operation as the engine compiles it, each time with another number.
pub(crate) struct Work {
    pub(crate) scope: Scope,
    /// The last six digits of the first value are the number.
    pub(crate) statements: Vec<Statement>,
    pub(crate) numbers: RangeInclusive<u32>,
    /// How far apart the numbers are that are used.
    pub(crate) step: u32,
}

impl Work {
    /// The statements of the client's next turn. No number comes again soon: a prime's multiples are spread widely.
    fn statements(&self, client: u32, turn: u32) -> Vec<Statement> {
        const PRIME: u32 = 7919;
        let numbers = (self.numbers.end() - self.numbers.start() + 1) / self.step;
        let spread = (turn.wrapping_mul(CLIENTS) + client).wrapping_mul(PRIME) % numbers;
        let number = (self.numbers.start() + spread * self.step).to_string();
        let mut statements = self.statements.clone();
        let value = statements[0].parameters[0].as_mut().expect("a value");
        value.replace_range(value.len() - number.len().., &number);
        statements
    }
}

/// Drives for so long. What is under way at the end is waited for, and counted.
pub(crate) async fn drive(database: &Database, work: &Work, time: Duration) -> Turn {
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let database = database.clone();
        let work = Work {
            scope: work.scope.clone(),
            statements: work.statements.clone(),
            numbers: work.numbers.clone(),
            step: work.step,
        };
        clients.spawn(async move {
            let mut latencies = Vec::new();
            let mut turn = 0;
            while begin.elapsed() < time {
                let statements = work.statements(client, turn);
                let asked = Instant::now();
                let answers = database.run(&work.scope, &statements).await.expect("an answer");
                assert!(answers[0].is_some(), "the number has its row");
                latencies.push(asked.elapsed());
                turn += 1;
            }
            latencies
        });
    }
    let mut latencies: Vec<Duration> = clients.join_all().await.concat();
    latencies.sort_unstable();
    let percentile = |percent: usize| latencies[(latencies.len() * percent / 100).min(latencies.len() - 1)];
    Turn {
        per_second: latencies.len() as f64 / begin.elapsed().as_secs_f64(),
        median: percentile(50),
        slowest: percentile(99),
    }
}
