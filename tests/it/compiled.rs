//! A compiled operation serves all requests with the same facts: bound to their values, it equals an
//! operation that is compiled for them.

mod generate;

use std::sync::Arc;

use glowplug::config::Limits;
use glowplug::plan::{PlanError, Source, plan};
use glowplug::request::{Document, Facts, Measure, Operation, Question, json_map};
use glowplug::schema::Schema;
use glowplug::schema::rendered::Rendered;
use glowplug::sql::{CompiledStatement, Statement, compile};

use crate::verdict::{golden, limits, rendered};
use generate::{Generator, Variables};

/// APIs with everything: filters, orders, keys, arrays, enums, functions, mutations.
const CASES: [&str; 10] = [
    "filter",
    "update_and_delete",
    "function_calls",
    "insert",
    "every_type",
    "to_many_three_levels",
    "relation_filters",
    "relation_orders",
    "known_columns",
    "known_columns_of_changes",
];

/// Requests in all: four for each document.
const DOCUMENTS: u64 = 5_200;
const SETS: usize = 4;

struct Api {
    schema: Schema,
    rendered: Rendered,
    tables: Vec<(String, String)>,
    limits: Limits,
}

/// A request, compiled by itself.
struct Fresh {
    operation: Operation,
    measure: Measure,
    statements: Vec<CompiledStatement>,
    questions: Option<Vec<Question>>,
}

impl Api {
    fn of(case: &str) -> Self {
        let schema = golden(case);
        let tables = &schema.catalog.tables;
        let tables = tables.iter().map(|table| (table.schema.clone(), table.name.clone())).collect();
        Self { schema, rendered: rendered(case), tables, limits: limits() }
    }

    fn fresh(&self, document: &Arc<Document>, variables: &Variables) -> Option<Fresh> {
        let given = json_map(variables.clone());
        let operation =
            Operation::coerced(Arc::clone(document), None, &given, &self.rendered, &self.limits).ok()?;
        let facts = Facts::of(&operation);
        let measure = Measure::of(&self.schema, &facts);
        let planned = plan(&self.schema, &facts).ok()?;
        let statements = planned.roots.into_iter().filter_map(|root| match root.source {
            Source::Database(action) => Some(compile(&self.schema, &action)),
            Source::Known(_) | Source::Introspection | Source::Service(_) | Source::Application(_) => None,
        });
        let statements = statements.flatten().collect();
        let questions = facts.into_questions();
        Some(Fresh { operation, measure, statements, questions })
    }

    fn bound(&self, compiled: &Fresh, operation: &Operation) -> Result<Vec<Statement>, PlanError> {
        let statements = compiled.statements.iter();
        statements.map(|statement| statement.bind(&self.schema, operation.variables())).collect()
    }
}

fn answers(questions: &[Question], operation: &Operation) -> Vec<u8> {
    let mut answers = Vec::new();
    for question in questions {
        question.answer(operation.variables(), &mut answers);
    }
    answers
}

#[test]
fn bound_to_other_values_a_compiled_operation_is_what_is_compiled_afresh() {
    let apis: Vec<_> = CASES.iter().map(|case| Api::of(case)).collect();
    let (mut planned, mut shared, mut different) = (0, 0, 0);
    for seed in 0..DOCUMENTS {
        let api = &apis[usize::try_from(seed).expect("a number") % apis.len()];
        let mut generator = Generator::new(seed, &api.rendered.compiled, &api.tables);
        let text = generator.document();
        let document = Document::parse(&api.rendered, &text, &api.limits)
            .unwrap_or_else(|error| panic!("{text}\n{error:?}"));
        let document = Arc::new(document);
        let mut sets = vec![generator.values()];
        for _ in 1..SETS {
            sets.push(generator.changed(&sets[0]));
        }
        let fresh: Vec<_> = sets.iter().filter_map(|set| api.fresh(&document, set)).collect();
        planned += fresh.len();
        for one in &fresh {
            let Some(questions) = &one.questions else { continue };
            for other in fresh.iter().filter(|other| !std::ptr::eq(*other, one)) {
                if answers(questions, &one.operation) != answers(questions, &other.operation) {
                    different += 1;
                    continue;
                }
                shared += 1;
                let reused = api.bound(one, &other.operation);
                assert_eq!(reused, api.bound(other, &other.operation), "{text}\n{sets:#?}");
                let measured = one.measure.with(other.operation.variables(), &api.limits);
                assert_eq!(
                    measured.expect("no limit is reached").complexity(),
                    other.measure.complexity(),
                    "{text}\n{sets:#?}"
                );
            }
        }
    }
    // Random arguments of writes give columns twice, which is refused.
    assert!(planned > 8_000 && shared > 10_000 && different > 1_000, "{planned} {shared} {different}");
}
