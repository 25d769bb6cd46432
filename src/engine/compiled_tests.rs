//! The cache of compiled operations: it finds stored operations, and stays within its bound.

use serde_json::json;

use super::super::compile::CompiledOperation;
use super::*;
use crate::catalog::Catalog;
use crate::request::{Document, Facts, Measure, json_map};
use crate::schema::rendered::Rendered;
use crate::schema::{Options, Schema};

const CATALOG: &str = include_str!("../../tests/golden/filter/catalog.json");

const DOCUMENT: &str = "query ($first: Int, $withIds: Boolean!, $offset: Int) {
    taskCollection(first: $first, offset: $offset) { edges { node { title id @include(if: $withIds) } } }
}";

struct Api {
    schema: Schema,
    rendered: Rendered,
    document: Arc<Document>,
    limits: Limits,
}

impl Api {
    fn new() -> Self {
        let limits = Limits {
            depth: 16,
            complexity: usize::MAX,
            aliases: 100,
            root_fields: 10,
            fields: 100,
            values: 1000,
            message_bytes: 1 << 20,
            answer_bytes: 1 << 20,
            directives: 50,
            tokens: 1000,
            batch: 1,
            errors: 5,
            body_bytes: 1 << 20,
            page_size: None,
            concurrency: None,
            subscriptions: 1,
        };
        let schema = Schema::new(Arc::new(Catalog::from_json(CATALOG).unwrap()), Options::default());
        let rendered = Rendered::new(&schema).unwrap();
        let document = Arc::new(Document::parse(&rendered, DOCUMENT, &limits).unwrap());
        Self { schema, rendered, document, limits }
    }

    fn operation(&self, first: usize, with_ids: bool, offset: usize) -> Operation {
        let variables = json!({ "first": first, "withIds": with_ids, "offset": offset });
        let variables = json_map(variables.as_object().unwrap().clone());
        Operation::coerced(Arc::clone(&self.document), None, &variables, &self.rendered, &self.limits)
            .unwrap()
    }

    fn compile(&self, operation: &Operation) -> (Vec<Question>, Arc<CompiledOperation>) {
        let facts = Facts::of(operation);
        let measure = Measure::of(&self.schema, &facts);
        let compiled = CompiledOperation::new(&self.schema, &facts, measure).unwrap();
        (facts.into_questions().unwrap(), Arc::new(compiled))
    }
}

#[test]
fn a_compiled_operation_is_found_only_for_the_same_facts() {
    let (api, cache, document) = (Api::new(), CompiledOperations::new(), Id::new());
    let kept = api.operation(3, true, 1);
    assert!(cache.find(document, &kept, &api.limits).is_none());
    let (questions, compiled) = api.compile(&kept);
    cache.keep(document, (&kept, &api.limits), questions, Arc::clone(&compiled));
    let found = |operation: &Operation, limits: &Limits| {
        cache.find(document, operation, limits).is_some_and(|found| Arc::ptr_eq(&found, &compiled))
    };
    assert!(found(&api.operation(3, true, 7), &api.limits), "an offset is a value");
    assert!(!found(&api.operation(4, true, 1), &api.limits), "the size of a page is a fact");
    assert!(!found(&api.operation(3, false, 1), &api.limits), "so is what is included");
    assert!(!found(&api.operation(3, true, 0), &api.limits), "and that nothing is left out");
    assert!(!found(&kept, &Limits { page_size: Some(2), ..api.limits.clone() }), "and the role's pages");
    assert!(cache.find(Id::new(), &kept, &api.limits).is_none(), "another document is another operation");
}

#[test]
fn a_flood_of_different_facts_stays_within_the_bound() {
    let (api, cache, document) = (Api::new(), CompiledOperations::new(), Id::new());
    let (questions, compiled) = api.compile(&api.operation(0, true, 1));
    for first in 0..20_000 {
        let operation = api.operation(first, true, 1);
        cache.keep(document, (&operation, &api.limits), questions.clone(), Arc::clone(&compiled));
    }
    assert!(cache.0.weight() <= COMPILED_BYTES);
    assert!(cache.0.len() < 20_000, "not all are held");
    assert!(cache.0.len() > 1_000, "many are: {}", cache.0.len());
}
