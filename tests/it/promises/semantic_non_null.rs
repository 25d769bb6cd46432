//! `@semanticNonNull`: which fields have it, and that each of their nulls comes with an error.

use std::collections::BTreeMap;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use glowplug::config::{Config, PoolMode};
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::database::{LOOPBACK, with_loopback};
use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

/// Promises that nothing verifies, promises that the database keeps, and columns without one.
const SETUP: &str = "
    create schema far;
    create table far.reading (id int, celsius int, pair int4range, details jsonb, note text);
    insert into far.reading values (1, 20, '[1,2)', '{}', 'a'), (2, null, null, null, null);
    create type place as (latitude float8, longitude float8);
    comment on type place is '@graphql({\"object\": true})';
    alter table far.reading add at place;
    create foreign table reading (id int not null, celsius int not null, pair int4range not null, details jsonb not null, note text,
        at place not null) server loop options (schema_name 'far', table_name 'reading');
    comment on foreign table reading is '@graphql({\"primary_key_columns\": [\"id\"]})';
    create table customer (id int primary key, name text not null);
    create table secret (id int primary key);
    alter table secret enable row level security;
    create table bill (id int primary key, customer_id int not null, payer_id int, secret_id int not null,
        checked_id int not null references customer);
    insert into customer values (1, 'Ada');
    insert into bill values (1, 1, 1, 1, 1), (2, 99, null, 98, 1);
    alter table bill add constraint bill_customer foreign key (customer_id) references customer not valid,
        add constraint bill_payer foreign key (payer_id) references customer not valid,
        add constraint bill_secret foreign key (secret_id) references secret not valid;
    create table ancestor (id int primary key, customer_id int not null references customer);
    create table heir () inherits (ancestor);
    create function customers_named(name text) returns setof customer stable language sql as
        'select * from customer where name = $1';
    create function bills(customer) returns setof bill stable language sql as 'select * from bill where customer_id = $1.id';
    create function any_customer() returns customer stable language sql as 'select * from customer limit 1';";

/// The fields of each type that have the directive. Nothing else of the types has it.
const MARKED: [(&str, &[&str]); 12] = [
    (
        "Mutation",
        &[
            "insertIntoancestorCollection",
            "insertIntobillCollection",
            "insertIntocustomerCollection",
            "insertIntoreadingCollection",
            "insertIntosecretCollection",
        ],
    ),
    ("Query", &["customers_named"]),
    ("Subscription", &["customers_named"]),
    ("ancestorConnection", &["aggregate"]),
    ("bill", &["customerByCustomerId"]),
    ("billConnection", &["aggregate"]),
    (
        "customer",
        &[
            "ancestorCollection",
            "billCollectionByCheckedId",
            "billCollectionByCustomerId",
            "billCollectionByPayerId",
            "bills",
        ],
    ),
    ("customerConnection", &["aggregate"]),
    ("reading", &["id", "celsius", "pair", "details", "at"]),
    ("readingConnection", &["aggregate"]),
    ("secret", &["billCollection"]),
    ("secretConnection", &["aggregate"]),
];

async fn config() -> Config {
    let database = harness::database("").await;
    let url = harness::cluster().url(&database);
    let owner = harness::connect(&url).await;
    let setup = with_loopback(&owner, &format!("{LOOPBACK}{SETUP}")).await;
    owner.batch_execute(&setup).await.expect("the setup runs");
    let mut config = harness::config(&url, PoolMode::Direct);
    config.api.aggregate = true;
    config
}

/// The marked fields of the object types, without those of aggregates.
fn marked(sdl: &str) -> BTreeMap<String, Vec<String>> {
    let schema = Schema::parse_and_validate(sdl, "schema.graphql").expect("a valid schema");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, of) in &schema.types {
        let ExtendedType::Object(object) = of else { continue };
        for field in object.fields.values().filter(|field| field.directives.has("semanticNonNull")) {
            assert!(!field.ty.is_non_null(), "{name}.{} is non-null anyway", field.name);
            found.entry(name.to_string()).or_default().push(field.name.to_string());
        }
    }
    found.retain(|name, _| !name.ends_with("Aggregate") && !name.ends_with("Group"));
    found
}

async fn nulls_of_promised_values_are_errors(route: Route) {
    let mut config = config().await;
    config.api.semantic_non_null = true;
    let answering = Answering::start(route, &config).await;
    let ask = async |query: &str| -> Value {
        let response = answering.respond(harness::request(query, &json!({})), &Identity::default()).await;
        serde_json::from_slice(&response.body).expect("JSON")
    };
    let sdl = answering.sdl(&Identity::default()).await.expect("an API");
    assert!(sdl.contains("directive @semanticNonNull(levels: [Int!]! = [0]) on FIELD_DEFINITION"), "{sdl}");
    let expected = MARKED
        .map(|(name, fields)| (name.to_owned(), fields.iter().map(ToString::to_string).collect::<Vec<_>>()));
    assert_eq!(marked(&sdl), BTreeMap::from(expected));

    let nodes =
        "edges { node { id celsius pair details at { latitude } note path: details(path: [\"a\"]) } }";
    let answer =
        ask(&format!("{{ r: readingCollection(orderBy: [{{id: AscNullsLast}}]) {{ {nodes} }} }}")).await;
    let row = |id: i32, values: &[Value]| {
        let [celsius, pair, details, at, note, path] = values else { panic!("six values") };
        json!({ "node": { "id": id, "celsius": celsius, "pair": pair, "details": details, "at": at, "note": note, "path": path } })
    };
    let nulls = vec![Value::Null; 5];
    let first = row(1, &[json!(20), json!("[1,2)"), json!("{}"), Value::Null, json!("a"), json!("null")]);
    let second = row(2, &[nulls, vec![json!("null")]].concat());
    assert_eq!(answer["data"], json!({ "r": { "edges": [first, second] } }), "{answer}");
    let at = |row: i32, field: &str| json!(["r", "edges", row, "node", field]);
    assert_eq!(paths(&answer), [at(0, "at"), at(1, "celsius"), at(1, "pair"), at(1, "details"), at(1, "at")]);

    let answer =
        ask("{ r: billCollection { edges { node { customer: customerByCustomerId { name } payer: customerByPayerId { name } secret { id } } } } }")
            .await;
    let ada = json!({ "name": "Ada" });
    let first = json!({ "node": { "customer": ada, "payer": ada, "secret": null } });
    let second = json!({ "node": { "customer": null, "payer": null, "secret": null } });
    assert_eq!(answer["data"], json!({ "r": { "edges": [first, second] } }), "{answer}");
    assert_eq!(paths(&answer), [at(1, "customer")]);
}

/// The paths of the errors, all of which have the code `INVALID_DATA`.
fn paths(answer: &Value) -> Vec<Value> {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    assert!(errors.iter().all(|error| error["extensions"]["code"] == "INVALID_DATA"), "{answer}");
    errors.iter().map(|error| error["path"].clone()).collect()
}

on_every_way!(nulls_of_promised_values_are_errors);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_promised_without_the_word() {
    let engine = Engine::new(&config().await).expect("an engine");
    let sdl = engine.sdl(&Identity::default()).await.expect("an API");
    assert!(!sdl.contains("semanticNonNull"), "{sdl}");
    let query = "{ readingCollection(filter: {id: {eq: 2}}) { edges { node { celsius at { latitude } } } }
        billCollection(filter: {id: {eq: 2}}) { edges { node { customerByCustomerId { name } } } } }";
    let answer = harness::graphql(&engine, query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "{answer}");
}

/// Relay's compiler makes types without null of the marked fields, where a query throws on errors of fields.
#[tokio::test(flavor = "multi_thread")]
async fn relay_makes_types_without_null_of_marked_fields() {
    let mut config = config().await;
    config.api.semantic_non_null = true;
    let engine = Engine::new(&config).expect("an engine");
    let sdl = engine.sdl(&Identity::default()).await.expect("an API");
    let project = tempfile::tempdir().expect("a folder");
    let made = project.path().join("made");
    std::fs::create_dir(&made).expect("a folder");
    let settings = json!({
        "src": ".", "schema": "schema.graphql", "language": "typescript", "artifactDirectory": "made",
        "schemaConfig": {"nodeInterfaceIdField": "nodeId", "nodeInterfaceIdVariableName": "nodeId"}
    });
    let fields = "billCollection { edges { node { customerByCustomerId { name } customerByPayerId { name } } } }
        readingCollection { edges { node { celsius note } } } customers_named(name: \"Ada\") { edges { cursor } }";
    let query = |name: &str, directive: &str| format!("graphql`query {name} {directive} {{ {fields} }}`;");
    for (file, text) in [
        ("relay.config.json", settings.to_string()),
        ("schema.graphql", sdl.to_string()),
        ("bills.ts", query("billsThrowingQuery", "@throwOnFieldError") + &query("billsPlainQuery", "")),
    ] {
        std::fs::write(project.path().join(file), text).expect("a file");
    }
    let compiler = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/front/node_modules/.bin/relay-compiler");
    let mut command = tokio::process::Command::new(compiler);
    let ran = command.arg("relay.config.json").current_dir(&project).output().await;
    let ran = ran.unwrap_or_else(|error| panic!("{compiler} (npm ci in tests/front installs it): {error}"));
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()));
    let types = |name: &str| {
        let text = std::fs::read_to_string(made.join(format!("{name}.graphql.ts"))).expect("the types");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (throwing, plain) = (types("billsThrowingQuery"), types("billsPlainQuery"));
    for part in [
        "readonly customerByCustomerId: { readonly name: string; };",
        "readonly customerByPayerId: { readonly name: string; } | null | undefined;",
        "readonly celsius: number;",
        "readonly note: string | null | undefined;",
        "readonly customers_named: { readonly edges: ReadonlyArray<{ readonly cursor: string; }>; };",
    ] {
        assert!(throwing.contains(part), "{part} is missing: {throwing}");
    }
    assert!(plain.contains("readonly celsius: number | null | undefined;"), "{plain}");
}
