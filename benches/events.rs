//! What telling of a request costs: the events that every operation emits, without a log that wants them and without a
//! collector of traces. Prints nanoseconds for each. `cargo bench --bench events`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use glowplug::event::{Event, OperationKind, SUCCESS, Stage, Stopwatch, Trace};

const ROUNDS: u32 = 1_000_000;

fn main() {
    let took = Duration::from_micros(300);
    measure("a stage", || Event::StageDone { stage: Stage::Plan, took }.emit());
    measure("a stage, with its clock", || Stopwatch::start().finish(Stage::Plan));
    measure("a message", || {
        Event::MessageExchanged { statements: &[], took, error: None }.emit();
    });
    measure("an operation without a role", || operation(None, took));
    measure("an operation with a role", || operation(Some("member"), took));
    measure("an HTTP request", || {
        Event::RequestReceived.emit();
        Event::RequestAnswered { method: "POST", path: "/graphql", route: "/graphql", status: 200, took }
            .emit();
    });
    measure("a span that nobody wants", || drop(black_box(Trace::of_operation())));
    measure("everything that one operation emits", || {
        Event::RequestReceived.emit();
        for stage in [Stage::Validate, Stage::Plan, Stage::Sql, Stage::Acquire, Stage::Response] {
            Stopwatch::start().finish(stage);
        }
        Event::DocumentHit.emit();
        Event::MessageExchanged { statements: &[], took, error: None }.emit();
        operation(Some("member"), took);
        Event::RequestAnswered { method: "POST", path: "/graphql", route: "/graphql", status: 200, took }
            .emit();
    });
}

fn operation(role: Option<&str>, took: Duration) {
    let (kind, name) = (OperationKind::Query, Some("Notes"));
    Event::OperationAnswered { kind, name, role, outcome: SUCCESS, took }.emit();
}

#[expect(clippy::print_stdout, reason = "the result of a benchmark")]
fn measure(what: &str, mut once: impl FnMut()) {
    let begin = Instant::now();
    for _ in 0..ROUNDS {
        once();
    }
    println!("{:>7.1} ns  {what}", begin.elapsed().as_secs_f64() * 1e9 / f64::from(ROUNDS));
}
