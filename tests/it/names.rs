//! Conflicting names: every object of a database is reachable through the API, or `schema --explain` says why
//! not; and nothing in a database makes its API invalid.

mod generate;

use std::collections::HashSet;
use std::sync::Arc;

use glowplug::catalog::{Catalog, INTROSPECT, Relation};
use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use glowplug::schema::rendered::Rendered;
use glowplug::schema::{ExposedTable, MutationFieldKind, Options, QueryFieldKind, RowFieldKind, Schema};
use serde_json::{Value, json};

use crate::{harness, node};

const ROUNDS: u64 = 40;

/// One client for all rounds: they differ in their schemas.
struct Round {
    schemas: [String; 2],
    schema: Schema,
}

#[tokio::test(flavor = "multi_thread")]
async fn random_names_give_valid_apis_that_reach_everything_or_say_why_not() {
    let database = harness::database("").await;
    let client = harness::connect(&harness::cluster().url(&database)).await;
    client.batch_execute("set jit = off").await.expect("a setting");
    let folder = node::output("names");
    let (mut wrong, mut reached) = (Vec::new(), 0);
    for seed in 0..ROUNDS {
        let schemas = [format!("one_{seed}"), format!("two_{seed}")];
        let sql = generate::database(seed, schemas.each_ref().map(String::as_str));
        client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{error}: {error:?}\n{sql}"));
        let list = format!("array['{}']::text[]", schemas.join("','"));
        let picture = harness::ask(&client, &INTROSPECT.replace("$1::pg_catalog.text[]", &list)).await;
        let catalog = Catalog::from_json(&picture.expect("a picture")).expect("a catalogue");
        let schema = Schema::new(Arc::new(catalog), Options::default());
        let rendered = Rendered::new(&schema).unwrap_or_else(|error| panic!("round {seed}: {error}\n{sql}"));
        std::fs::write(folder.join(format!("{seed}.graphql")), &*rendered.sdl())
            .expect("the SDL can be written");
        let round = Round { schemas, schema };
        reached += round.lost(&mut wrong);
        round.read(&database, &mut wrong).await;
    }
    let arguments = [folder.to_str().expect("a path")];
    let complaints = node::run(&node::folder().join("schemas.mjs"), &arguments, &folder).await;
    let complaints: Vec<String> = serde_json::from_str(&complaints).expect("a list");
    wrong.extend(complaints);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(reached > 1000, "only {reached} tables, columns, functions and relations were reached");
}

fn engine(database: &str) -> Engine {
    Engine::new(&harness::config(&harness::cluster().url(database), PoolMode::Direct)).expect("an engine")
}

/// The reasons that `schema --explain` gives for the object.
async fn reasons(engine: &Engine, object: &str) -> Vec<String> {
    let described = engine.planning().describe(None).await.expect("a description");
    let problems = described.problems.into_iter().filter(|problem| problem.object == object);
    problems.map(|problem| problem.reason).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_differ_in_the_case_of_the_first_letter_have_root_fields_of_their_own() {
    let database = harness::database(
        "create table account (id integer primary key, lower text);
         create table \"Account\" (id integer primary key, upper text, lower_id int references account);
         create table ledger (id int primary key, account_id int, foreign key (account_id) references account (id));
         insert into account values (1, 'l'); insert into \"Account\" values (1, 'U', 1); insert into ledger values (1, 1)",
    )
    .await;
    let engine = engine(&database);
    let query = "{ account: accountByPk(id: 1) { lower accountCollection { edges { node { upper } } } }
        Account: AccountByPk(id: 1) { upper account { lower } } a: accountCollection { edges { node { lower } } }
        A: AccountCollection { edges { node { upper } } } ledgerByPk(id: 1) { account { lower } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let (lower, upper) = (json!({ "lower": "l" }), json!({ "upper": "U" }));
    let edges = |node: &Value| json!({ "edges": [{ "node": node }] });
    assert_eq!(
        answer["data"],
        json!({
            "account": { "lower": "l", "accountCollection": edges(&upper) }, "Account": { "upper": "U", "account": lower },
            "a": edges(&lower), "A": edges(&upper), "ledgerByPk": { "account": lower },
        }),
        "{answer}"
    );
    let reasons = reasons(&engine, "public.Account").await;
    assert!(
        reasons.iter().any(|reason| reason.contains("its root field is AccountCollection")),
        "{reasons:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_keeps_its_own_name_and_the_other_is_reported() {
    let database = harness::database(
        "comment on schema public is '@graphql({\"inflect_names\": true})';
         create table item (_id int, id int primary key, a int, b int);
         comment on column item.b is '@graphql({\"name\": \"a\"})';
         insert into item values (1, 2, 3, 4)",
    )
    .await;
    let engine = engine(&database);
    let query = "{ itemCollection { edges { node { id _id a b } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    let node = json!({ "id": 2, "_id": 1, "a": 3, "b": 4 });
    assert_eq!(answer, json!({ "data": { "itemCollection": { "edges": [{ "node": node }] } } }));
    assert_eq!(reasons(&engine, "public.item._id").await, ["the field name id is taken: its field is _id"]);
    assert_eq!(reasons(&engine, "public.item.b").await, ["the field name a is taken: its field is b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_comment_is_reported_and_affects_nothing_else() {
    for (directive, reason) in [
        (json!({ "primary_key_columns": ["a", "a"] }), "names the column \"a\" twice"),
        (json!({ "primary_key_columns": [] }), "names no column"),
        (json!({ "primary_key_columns": ["c"] }), "\"c\", which public.odd does not have"),
        (json!({ "primary_key_columns": ["document"] }), "its type has no order"),
        (json!({ "primary_key_columns": "a" }), "cannot be read"),
        (json!({ "primary_key_columns": ["a"], "name": "it's" }), "no GraphQL name: its type is odd"),
        (json!({ "primary_key_columns": ["a"], "name": "good" }), "good is taken: its type is odd"),
        (json!({ "primary_key_columns": ["a"], "name": "Query" }), "Query is taken: its type is odd"),
        (key(&["a"], &["nothing"]), "\"nothing\", which public.good does not have"),
        (key(&["a", "a"], &["id", "id"]), "names the column \"a\" twice"),
        (key(&[], &[]), "names no column"),
        (key(&["a", "b"], &["id"]), "as many columns on both sides"),
        (key(&["document"], &["id"]), "whose types cannot be compared"),
    ] {
        let comment = directive.to_string().replace('\'', "''");
        let setup = format!(
            "create table good (id integer primary key); insert into good values (1);
             create view odd as select 1 as a, 2 as b, '{{}}'::json as document; comment on view odd is '@graphql({comment})'"
        );
        let engine = engine(&harness::database(&setup).await);
        let answer =
            harness::graphql(&engine, "{ goodCollection { edges { node { id } } } }", json!({})).await;
        assert_eq!(answer, json!({ "data": { "goodCollection": { "edges": [{ "node": { "id": 1 } }] } } }));
        let reasons = reasons(&engine, "public.odd").await;
        assert!(reasons.iter().any(|told| told.contains(reason)), "{comment}: {reasons:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_table_is_reported_and_affects_nothing_else() {
    let database = harness::database(
        "create table good (id integer primary key); insert into good values (1);
         create foreign data wrapper dummy; create server dummy foreign data wrapper dummy;
         create foreign table away (id int) server dummy; create view over_away as select id from away;
         create view over_over_away as select id from over_away where id > 0;
         comment on foreign table away is '@graphql({\"primary_key_columns\": [\"id\"]})'",
    )
    .await;
    let engine = engine(&database);
    let answer = harness::graphql(&engine, "{ goodCollection { edges { node { id } } } }", json!({})).await;
    assert_eq!(answer, json!({ "data": { "goodCollection": { "edges": [{ "node": { "id": 1 } }] } } }));
    for object in ["public.away", "public.over_away", "public.over_over_away"] {
        let reasons = reasons(&engine, object).await;
        assert!(reasons[0].contains("has no handler"), "{object}: {reasons:?}");
    }
}

/// A comment on `odd` that declares a foreign key to `good`.
fn key(ours: &[&str], theirs: &[&str]) -> Value {
    json!({ "primary_key_columns": ["a"], "foreign_keys": [{
        "local_columns": ours, "foreign_columns": theirs, "foreign_schema": "public", "foreign_table": "good",
    }] })
}

impl Round {
    /// Adds the objects that are neither reachable nor reported; returns the number of reachable ones.
    fn lost(&self, wrong: &mut Vec<String>) -> usize {
        let told: HashSet<_> = self.schema.problems.iter().map(|problem| problem.object.as_str()).collect();
        let mut reached = 0;
        let mut look = |object: String, is_reachable: bool| {
            reached += usize::from(is_reachable);
            if !is_reachable && !told.contains(object.as_str()) {
                wrong.push(format!("{}: {object} is lost in silence", self.schemas[0]));
            }
        };
        let catalog = &self.schema.catalog;
        for (index, table) in catalog.tables.iter().enumerate() {
            let roots =
                self.schema.query.values().filter(|field| **field == QueryFieldKind::Collection(index));
            let exposed = self.schema.table(index).filter(|_| roots.count() == 1);
            look(table.qualified_name(), exposed.is_some());
            let Some(exposed) = exposed else { continue };
            for (position, column) in table.columns.iter().enumerate() {
                let exposed_column = exposed.columns[position].as_ref();
                let is_reachable = exposed_column.is_some_and(|column| {
                    exposed.row_field(&column.field) == Some(RowFieldKind::Column(position))
                });
                look(format!("{}.{}", table.qualified_name(), column.name), is_reachable);
            }
        }
        for (index, function) in catalog.functions.iter().enumerate() {
            look(function.qualified_name(), self.calls(index));
        }
        for relation in &catalog.relations {
            if let Some(is_reachable) = self.follows(relation) {
                let table = catalog.tables[relation.table].qualified_name();
                look(format!("{} on {table}", relation.name), is_reachable);
            }
        }
        reached
    }

    /// Whether a field calls the function.
    fn calls(&self, index: usize) -> bool {
        let is_query = |field: &QueryFieldKind| matches!(field, QueryFieldKind::Call(overloads) if overloads.contains(&index));
        let is_mutation = |field: &MutationFieldKind| matches!(field, MutationFieldKind::Call(overloads) if overloads.contains(&index));
        let is_computed = |exposed: &ExposedTable| {
            let computed = exposed.computed.iter().filter(|(_, function)| **function == index);
            computed
                .map(|(name, _)| exposed.row_field(name))
                .any(|found| found == Some(RowFieldKind::Computed(index)))
        };
        self.schema.query.values().any(is_query)
            || self.schema.mutation.values().any(is_mutation)
            || self.schema.tables.iter().flatten().any(is_computed)
    }

    /// Whether there are fields for both directions of the relation; `None` if one of its tables is not
    /// exposed.
    fn follows(&self, relation: &Relation) -> Option<bool> {
        let (from, to) = (self.schema.table(relation.table)?, self.schema.table(relation.referenced_table)?);
        let pairs = relation.columns.iter().copied().zip(relation.referenced_columns.iter().copied());
        let there: Vec<_> = pairs.collect();
        let back: Vec<_> = there.iter().map(|(ours, theirs)| (*theirs, *ours)).collect();
        let leads = |from: &ExposedTable, table: usize, columns: &[(usize, usize)]| {
            from.relations.iter().any(|(name, field)| {
                field.join.table == table
                    && field.join.columns == columns
                    && from.row_field(name) == Some(RowFieldKind::Relation(field))
            })
        };
        Some(leads(from, relation.referenced_table, &there) && leads(to, relation.table, &back))
    }

    /// Reads the row of each table, and checks that each field has the value of its column.
    async fn read(&self, database: &str, wrong: &mut Vec<String>) {
        let mut config = harness::config(&harness::cluster().url(database), PoolMode::Direct);
        config.api.schemas = self.schemas.to_vec();
        let engine = Engine::new(&config).expect("an engine");
        for (name, field) in &self.schema.query {
            let QueryFieldKind::Collection(index) = field else { continue };
            let exposed = self.schema.table(*index).expect("it is exposed");
            let fields: Vec<_> = exposed.readable_columns().map(|(_, column)| &*column.field).collect();
            let query = format!("{{ {name} {{ edges {{ node {{ nodeId {} }} }} }} }}", fields.join(" "));
            let answer = harness::graphql(&engine, &query, json!({})).await;
            let row = &answer["data"][&**name]["edges"][0]["node"];
            for (position, column) in exposed.readable_columns() {
                if row[&*column.field] != position + 1 {
                    wrong.push(format!("{}: {query} gives {} in {answer}", self.schemas[0], column.field));
                }
            }
        }
    }
}
