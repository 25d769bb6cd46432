//! Random requests on random databases that break every promise: graphql-js confirms that each answer is JSON
//! of the schema's types, with an error for each propagated null.

use std::time::Instant;

use apollo_compiler::Schema;
use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::database::{database, with_loopback};
use super::requests::{Asked, request};
use crate::random::Random;
use crate::{harness, node};

const DATABASES: u64 = 4;
const REQUESTS: usize = 250;

/// The numbers of outcomes.
#[derive(Debug, Default)]
struct Counts {
    answered: usize,
    with_invalid_data: usize,
    invalid_values: usize,
    without_data: usize,
    internal: usize,
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the counts, for those who run it with --nocapture")]
async fn answers_are_json_of_the_promised_types_whatever_the_database_holds() {
    let (start, mut counts, mut wrong) = (Instant::now(), Counts::default(), Vec::new());
    for seed in 1..=DATABASES {
        // The requests and answers of each API; a change of types gives another API.
        let mut answers: IndexMap<String, Vec<Value>> = IndexMap::new();
        let made = database(seed);
        let name = harness::database("").await;
        let url = harness::cluster().url(&name);
        let owner = harness::connect(&url).await;
        let setup = with_loopback(&owner, &made.setup).await;
        owner.batch_execute(&setup).await.unwrap_or_else(|error| panic!("{error:?}\n{setup}"));
        let mut config = harness::config(&url, PoolMode::Direct);
        (config.api.total_count, config.api.aggregate) = (true, true);
        config.api.semantic_non_null = seed % 2 == 0;
        let engine = Engine::new(&config).expect("an engine");
        let mut random = Random(seed);
        let mut breaks = made.breaks.iter();
        for index in 0..REQUESTS {
            let sdl = engine.sdl(&Identity::default()).await.expect("an API");
            let compiled = Schema::parse_and_validate(&*sdl, "schema.graphql").expect("a valid schema");
            // The first requests find the database unchanged; then it changes step by step.
            if index > REQUESTS / 3
                && random.once_in(4)
                && let Some(change) = breaks.next()
            {
                // A change of something that others depend on fails, which is fine.
                let _ = owner.batch_execute(change).await;
            }
            let Asked { document, node } = request(&mut random, &compiled);
            let answer = text(&engine, &document).await;
            counts.add(&answer);
            let sdl = engine.sdl(&Identity::default()).await.expect("an API");
            answers
                .entry(sdl.to_string())
                .or_default()
                .push(json!({ "document": document, "answer": answer, "node": node }));
        }
        for (index, (sdl, cases)) in answers.iter().enumerate() {
            let complaints = complaints(&format!("promises-{seed}-{index}"), sdl, cases).await;
            let found = cases.iter().zip(complaints).filter_map(|(case, complaint)| Some((case, complaint?)));
            wrong.extend(found.map(|(case, complaint)| format!("{complaint}\n    {case}")));
        }
    }
    println!("{counts:?} in {:?}", start.elapsed());
    assert!(wrong.is_empty(), "{} of {counts:?}\n{}", wrong.len(), wrong.join("\n"));
    let requests = REQUESTS * usize::try_from(DATABASES).expect("a small number");
    assert!(counts.answered > requests / 2, "{counts:?}");
    assert!(counts.with_invalid_data > requests / 20, "{counts:?}");
}

impl Counts {
    fn add(&mut self, answer: &str) {
        let Ok(answer) = serde_json::from_str::<Value>(answer) else { return };
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        let invalid = errors.iter().filter(|error| error["extensions"]["code"] == "INVALID_DATA").count();
        self.answered += usize::from(!answer["data"].is_null());
        self.without_data += usize::from(answer["data"].is_null());
        self.with_invalid_data += usize::from(invalid > 0);
        self.invalid_values += invalid;
        self.internal += errors.iter().filter(|error| error["extensions"]["code"] == "INTERNAL").count();
    }
}

async fn text(engine: &Engine, document: &str) -> String {
    let request = harness::request(document, &json!({}));
    let response = engine.respond(request, &Identity::default()).await;
    String::from_utf8(response.body.to_vec()).expect("UTF-8")
}

/// graphql-js's error for each answer, if there is one.
async fn complaints(name: &str, sdl: &str, cases: &[Value]) -> Vec<Option<String>> {
    let folder = node::output(name);
    let (schema, list) = (folder.join("schema.graphql"), folder.join("cases.jsonl"));
    std::fs::write(&schema, sdl).expect("the schema can be written");
    let lines: Vec<_> = cases.iter().map(ToString::to_string).collect();
    std::fs::write(&list, lines.join("\n")).expect("the cases can be written");
    let arguments = [schema.to_str().expect("a path"), list.to_str().expect("a path")];
    let printed = node::run(&node::folder().join("answers.mjs"), &arguments, &folder).await;
    let complaints: Vec<_> =
        printed.lines().map(|line| serde_json::from_str(line).expect("a string or null")).collect();
    assert_eq!(complaints.len(), cases.len(), "graphql-js answers every case");
    complaints
}
