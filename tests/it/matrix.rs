//! The rights of roles: roles × tables × operations, through the API and by plain SQL. Both must allow,
//! return and change the same, and a role's API must contain exactly what the role may use.
//!
//! A stand is a database and a file of data: callers, attempts to change something, and reads. No answer is
//! written down: `oracle` queries the database as the same role with the same claims, and undoes its changes.

mod api;
mod oracle;
mod stand;
mod statement;
mod table;

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::sync::Mutex;

use crate::harness;
use crate::ways::{Route, on_every_way};
use oracle::Oracle;
use stand::{Attempt, Caller, Data, Outcome, Wanted};
use table::Table;

static SCHOOL: Mutex<()> = Mutex::const_new(());

on_every_way!(
    the_schools_roles_may_do_by_the_api_what_they_may_do_by_sql,
    the_starters_roles_may_do_by_the_api_what_they_may_do_by_sql,
);

async fn the_schools_roles_may_do_by_the_api_what_they_may_do_by_sql(route: Route) {
    let database = {
        // Two schools have the same roles.
        let _alone = SCHOOL.lock().await;
        harness::database(include_str!("matrix/school.sql")).await
    };
    Box::pin(compare(route, &database, include_str!("matrix/school.json"))).await;
}

async fn the_starters_roles_may_do_by_the_api_what_they_may_do_by_sql(route: Route) {
    let database = harness::starter_database().await;
    // Sixty of the tasks are as good as all of them, and take less time.
    let owner = harness::connect(&harness::cluster().url(&database)).await;
    owner.batch_execute("delete from task where number > 10").await.expect("the owner may delete");
    Box::pin(compare(route, &database, include_str!("matrix/starter.json"))).await;
}

async fn compare(route: Route, database: &str, data: &str) {
    let data: Data = serde_json::from_str(data).expect("the stand's data");
    let oracle = Oracle::new(database).await;
    let api = api::Api::new(route, database, data.inflects, &oracle).await;
    let (mut differences, mut allowed, mut refused) = (Vec::new(), 0_usize, 0_usize);
    for caller in &data.callers {
        let tables = oracle.tables(caller).await;
        differences.extend(differing_schema(&oracle, &api, caller, &tables).await);
        for table in &tables {
            let (ours, theirs) = (api.rows(caller, table).await, oracle.rows(caller, table).await);
            differences.extend(difference(caller, &format!("select {}", table.name), &ours, &theirs));
        }
        for read in &data.reads {
            let (ours, theirs) = (api.read(caller, read).await, oracle.read(caller, read).await);
            differences.extend(difference(caller, &read.graphql, &ours, &theirs));
        }
        for attempt in &data.attempts {
            let Some(table) = table_of(attempt, &tables) else { continue };
            for wanted in [Wanted::Count, Wanted::Rows] {
                let theirs = oracle.attempt(caller, attempt, table, wanted).await;
                let ours = api.attempt(caller, attempt, table, wanted, &oracle).await;
                *(if theirs.is_done() { &mut allowed } else { &mut refused }) += 1;
                differences.extend(difference(
                    caller,
                    &format!("{attempt:?} for {wanted:?}"),
                    &ours,
                    &theirs,
                ));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} differ\n{}",
        differences.len(),
        allowed + refused,
        differences.join("\n")
    );
    assert!(allowed > 20 && refused > 20, "{allowed} were allowed and {refused} refused, which shows little");
}

/// The table of an attempt; a call that returns a value has none.
fn table_of<'a>(attempt: &Attempt, tables: &'a [Table]) -> Option<&'a Table> {
    let name = attempt.table();
    let found = name.map(|name| tables.iter().find(|table| table.name == name));
    found.unwrap_or(tables.first())
}

fn difference(caller: &Caller, what: &str, ours: &Outcome, theirs: &Outcome) -> Option<String> {
    (!ours.agrees_with(theirs)).then(|| format!("{caller}: {what}\n    API: {ours:?}\n    SQL: {theirs:?}"))
}

/// The differences between the API and the role's rights: fields that it may read, insert, update and delete,
/// and functions that it may execute.
async fn differing_schema(oracle: &Oracle, api: &api::Api, caller: &Caller, tables: &[Table]) -> Vec<String> {
    let shown = api.shown(caller).await;
    let mut expected = BTreeSet::new();
    let functions = oracle.functions(caller).await;
    // Groups are where the directive `aggregate` is, but never of a table that the role may not read.
    let mut permitted_groups = BTreeSet::new();
    let mut expected_roots: BTreeSet<String> = functions.iter().map(|name| api.field(name)).collect();
    for table in tables {
        let type_name = api.type_name(&table.name);
        let mut expect = |kind: &str, columns: &[String]| {
            expected.extend(columns.iter().map(|column| format!("{type_name}{kind}.{}", api.field(column))));
        };
        if table.is_readable() {
            expect("", &table.selectable);
            expect("InsertInput", &table.insertable);
            expect("UpdateInput", &table.updatable);
            expected_roots.insert(api.field(&table.name) + "Collection");
            permitted_groups.insert(api.field(&table.name) + "Groups");
            expected_roots
                .extend((!table.insertable.is_empty()).then(|| format!("insertInto{type_name}Collection")));
            expected_roots
                .extend((!table.updatable.is_empty()).then(|| format!("update{type_name}Collection")));
            expected_roots.extend(table.is_deletable.then(|| format!("deleteFrom{type_name}Collection")));
        }
    }
    // The field `operation` belongs to the queue.
    let is_of_tables = |name: &&String| {
        !name.ends_with("ByPk")
            && !["node", "operation"].contains(&name.as_str())
            && !permitted_groups.contains(*name)
    };
    let roots = shown.roots.iter().filter(is_of_tables).cloned().collect();
    let mut problems = Vec::new();
    for (what, ours, theirs) in
        [("field", &shown.columns, &expected), ("root field", &roots, &expected_roots)]
    {
        problems.extend(ours.difference(theirs).map(|name| format!("{caller}: {what} {name} is too much")));
        problems.extend(theirs.difference(ours).map(|name| format!("{caller}: {what} {name} is missing")));
    }
    problems
}

/// The rows in a fixed order, with numbers as texts, because the API returns large ones as texts.
fn normal(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(normal).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, normal(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Number(number) => Value::String(number.to_string()),
        other => other,
    }
}
