//! Any document with any variables, for an API with relations, filters and changes: it is refused, or becomes statements whose
//! message can be written, and nothing panics.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use glowplug::catalog::Catalog;
use glowplug::config::{Limits, Profile, Raw, Settled, Text};
use glowplug::db::{self, Access, Reach, Scope};
use glowplug::plan::{Source, plan};
use glowplug::request::{Document, Facts, Measure, Operation, json_map};
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{Options, Schema};
use glowplug::sql::compile;

struct Api {
    schema: Schema,
    rendered: Rendered,
    limits: Limits,
}

static API: LazyLock<Api> = LazyLock::new(|| {
    let catalog = include_str!("../../tests/golden/relation_filters/catalog.json");
    let catalog = Catalog::from_json(catalog).expect("a catalog");
    let schema = Schema::new(Arc::new(catalog), Options::default());
    let raw = Raw { database_url: Some(Text("postgres://localhost/app".to_owned())), ..Raw::default() };
    let settled = Settled::gather(&raw, |_| None, None, Profile::Serve).expect("one setting");
    Api {
        rendered: Rendered::new(&schema).expect("a valid schema"),
        schema,
        limits: settled.check().expect("the defaults").limits,
    }
});

/// Takes the bytes before the first NUL as a document, and those after it as the JSON of its variables.
pub fn operation(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let variables = parts.next().and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
    let Api { schema, rendered, limits } = &*API;
    let Ok(document) = Document::parse(rendered, &text, limits) else { return };
    let given = json_map(variables);
    let Ok(operation) = Operation::coerced(Arc::new(document), None, &given, rendered, limits) else {
        return;
    };
    let facts = Facts::of(&operation);
    if Measure::of(schema, &facts).check(limits).is_err() {
        return;
    }
    let Ok(planned) = plan(schema, &facts) else { return };
    let mut statements = Vec::new();
    for root in planned.roots {
        let Source::Database(action) = root.source else { continue };
        for compiled in compile(schema, &action) {
            let Ok(bound) = compiled.bind(schema, operation.variables()) else { return };
            statements.push(bound);
        }
    }
    let scope = Scope {
        access: Access::ReadWrite,
        role: None,
        settings: Arc::default(),
        statement_timeout: Duration::from_secs(1),
        answer_limit: usize::MAX,
        reach: Reach::Server,
    };
    // A NUL in a value is refused here.
    let _ = db::message(&scope, &statements);
}
