//! Each kind of promise that a database can break, separately.

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::database::{LOOPBACK, with_loopback};
use crate::harness;

/// An engine on a fresh database, and the owner's connection to it.
async fn site(setup: &str) -> (Engine, Client) {
    let database = harness::database("").await;
    let url = harness::cluster().url(&database);
    let owner = harness::connect(&url).await;
    owner.batch_execute(&with_loopback(&owner, setup).await).await.expect("the setup runs");
    let mut config = harness::config(&url, PoolMode::Direct);
    (config.api.total_count, config.api.aggregate) = (true, true);
    (Engine::new(&config).expect("an engine"), owner)
}

async fn ask(engine: &Engine, query: &str) -> Value {
    harness::graphql(engine, query, json!({})).await
}

/// Asserts the data, and the paths of the errors, all of which have the code `INVALID_DATA`.
fn hold(answer: &Value, data: &Value, paths: &[Value]) {
    assert_eq!(&answer["data"], data, "{answer}");
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    assert_eq!(errors.iter().map(|error| error["path"].clone()).collect::<Vec<_>>(), paths, "{answer}");
    assert!(errors.iter().all(|error| error["extensions"]["code"] == "INVALID_DATA"), "{answer}");
}

/// The nullable fields of a type.
async fn nullable(engine: &Engine, type_name: &str) -> Vec<String> {
    let query = format!("{{ __type(name: \"{type_name}\") {{ fields {{ name type {{ kind }} }} }} }}");
    let answer = ask(engine, &query).await;
    let fields = answer["data"]["__type"]["fields"].as_array().expect("fields");
    let nullable = fields.iter().filter(|field| field["type"]["kind"] != "NON_NULL");
    nullable.map(|field| field["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_of_foreign_tables_are_nullable() {
    let setup = format!(
        "{LOOPBACK}
        create schema far;
        create table far.reading (id int primary key, celsius int, station text, serial bigint);
        insert into far.reading values (1, 20, 'north', 7), (2, null, null, null);
        create foreign table reading (id int not null, celsius int not null, station text not null, serial bigint not null)
            server loop options (schema_name 'far', table_name 'reading');
        comment on foreign table reading is '@graphql({{\"primary_key_columns\": [\"id\"]}})';"
    );
    let (engine, _owner) = site(&setup).await;
    let answer = ask(&engine, "{ readingCollection { edges { node { id celsius station serial } } } }").await;
    let rows = json!([
        { "node": { "id": 1, "celsius": 20, "station": "north", "serial": "7" } },
        { "node": { "id": 2, "celsius": null, "station": null, "serial": null } },
    ]);
    hold(&answer, &json!({ "readingCollection": { "edges": rows } }), &[]);
    assert_eq!(nullable(&engine, "reading").await, ["id", "celsius", "station", "serial"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nulls_in_not_null_columns_are_errors_and_go_up() {
    let setup = "
        create table parent (id int primary key, name text, big bigint, exact numeric, document jsonb, truth boolean,
            rough float8, day date, tags text[], uid uuid, pair int4range, parent_id int references parent (id));
        create type pair as (a int, b int);
        alter table parent add mood pair;
        create table child () inherits (parent);
        alter table only parent alter name set not null, alter big set not null, alter exact set not null,
            alter document set not null, alter truth set not null, alter rough set not null, alter day set not null,
            alter tags set not null, alter uid set not null, alter pair set not null, alter mood set not null;
        insert into parent values (1, 'a', 1, 1, '{}', true, 1, '2024-02-29', '{}', gen_random_uuid(), '[1,2)', null, '(,)');
        insert into child (id) values (2);
    ";
    let (engine, _owner) = site(setup).await;
    for field in ["name", "big", "exact", "document", "truth", "rough", "day", "tags", "uid", "pair", "mood"]
    {
        let answer = ask(&engine, &format!("{{ parentByPk(id: 2) {{ id {field} }} }}")).await;
        hold(&answer, &json!({ "parentByPk": null }), &[json!(["parentByPk", field])]);
        // The collection is non-null, and so is everything in it.
        let answer =
            ask(&engine, &format!("{{ parentCollection {{ edges {{ node {{ {field} }} }} }} }}")).await;
        hold(&answer, &Value::Null, &[json!(["parentCollection", "edges", 1, "node", field])]);
    }
    // A row of nulls is not null.
    let answer = ask(&engine, "{ parentByPk(id: 1) { mood } }").await;
    hold(&answer, &json!({ "parentByPk": { "mood": "(,)" } }), &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_constraint_that_is_dropped_is_not_trusted() {
    let (engine, owner) =
        site("create table note (id int primary key, body text not null, size int not null)").await;
    let query = "{ noteCollection { edges { node { id } } } noteByPk(id: 1) { id body size } }";
    hold(&ask(&engine, query).await, &json!({ "noteCollection": { "edges": [] }, "noteByPk": null }), &[]);
    owner
        .batch_execute("alter table note alter body drop not null, alter size drop not null; insert into note values (1)")
        .await
        .expect("DDL");
    let answer = ask(&engine, query).await;
    let data = json!({ "noteCollection": { "edges": [{ "node": { "id": 1 } }] }, "noteByPk": null });
    hold(&answer, &data, &[json!(["noteByPk", "body"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_not_enforced_lead_to_nullable_fields() {
    let setup = "
        create table customer (id int primary key, name text);
        create table bill (id int primary key, customer_id int not null);
        insert into customer values (1, 'Ada'); insert into bill values (1, 1), (2, 99);
        alter table bill add foreign key (customer_id) references customer (id) not valid;
        create table later (id int primary key,
            customer_id int not null references customer (id) deferrable initially deferred);
        create table held (id int primary key, customer_id int not null references customer (id));
        create table ancestor (id int primary key, customer_id int not null references customer (id));
        create table heir () inherits (ancestor);
        insert into heir values (3, 98);
        create view active as select id, name from customer where name <> 'Ada';
        comment on view active is '@graphql({\"primary_key_columns\": [\"id\"]})';
        create table essay (id int primary key, writer_id int not null);
        comment on table essay is '@graphql({\"foreign_keys\": [{\"local_name\": \"essays\", \"local_columns\": [\"writer_id\"],
            \"foreign_name\": \"writer\", \"foreign_schema\": \"public\", \"foreign_table\": \"active\", \"foreign_columns\": [\"id\"]}]})';
        insert into essay values (1, 1);
    ";
    let (engine, owner) = site(setup).await;
    for (type_name, field) in
        [("bill", "customer"), ("later", "customer"), ("ancestor", "customer"), ("essay", "writer")]
    {
        assert!(nullable(&engine, type_name).await.iter().any(|name| name == field), "{type_name}.{field}");
    }
    assert!(!nullable(&engine, "held").await.iter().any(|name| name == "customer"));
    let query = "{ billCollection { edges { node { customer { name } } } } ancestorCollection { edges { node { customer { name } } } }
        essayCollection { edges { node { writer { name } } } } }";
    let node = |field: &str, row: Value| json!({ "node": { field: row } });
    let bills = json!([node("customer", json!({ "name": "Ada" })), node("customer", Value::Null)]);
    let data = json!({
        "billCollection": { "edges": bills },
        "ancestorCollection": { "edges": [node("customer", Value::Null)] },
        "essayCollection": { "edges": [node("writer", Value::Null)] },
    });
    hold(&ask(&engine, query).await, &data, &[]);
    // A key that is enforced, and yet broken, because tools load rows with triggers off.
    owner
        .batch_execute("set session_replication_role = replica; insert into held values (1, 97)")
        .await
        .expect("a row that breaks its key");
    let answer = ask(&engine, "{ heldByPk(id: 1) { id customer { name } } }").await;
    hold(&answer, &json!({ "heldByPk": null }), &[json!(["heldByPk", "customer"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn matrices_and_numbers_that_are_none_are_errors() {
    let setup = "
        create table image (id int primary key, pixels int[], names text[], rough float8[], bigs bigint[], days date[], weight float8,
            light real);
        insert into image values
            (1, '{{1,2},{3,4}}', '{{a},{b}}', '{{1},{2}}', '{{1}}', '{{2024-02-29}}', 'NaN', 'Infinity'),
            (2, '{5,6}', '{a,null}', '{1.5,null}', '{1}', '{}', 0.1, 0.1),
            (3, '{}', null, '{1,NaN}', null, null, '-Infinity', null),
            (4, '[0:1]={7,8}', null, '{-Infinity}', null, null, 1e300, '-0');
    ";
    let (engine, _owner) = site(setup).await;
    let query =
        |id: u32| format!("{{ r: imageByPk(id: {id}) {{ pixels names rough bigs days weight light }} }}");
    let nulls = json!({ "pixels": null, "names": null, "rough": null, "bigs": null, "days": null, "weight": null, "light": null });
    let all =
        ["pixels", "names", "rough", "bigs", "days", "weight", "light"].map(|field| json!(["r", field]));
    hold(&ask(&engine, &query(1)).await, &json!({ "r": nulls }), &all);
    let data = json!({ "pixels": [5, 6], "names": ["a", null], "rough": [1.5, null], "bigs": ["1"], "days": [], "weight": 0.1,
        "light": 0.1 });
    hold(&ask(&engine, &query(2)).await, &json!({ "r": data }), &[]);
    let data = json!({ "pixels": [], "names": null, "rough": null, "bigs": null, "days": null, "weight": null, "light": null });
    hold(
        &ask(&engine, &query(3)).await,
        &json!({ "r": data }),
        &[json!(["r", "rough"]), json!(["r", "weight"])],
    );
    let answer = ask(&engine, &query(4)).await;
    assert_eq!(answer["data"]["r"]["pixels"], json!([7, 8]));
    assert_eq!(answer["data"]["r"]["weight"], json!(1e300));
    // Aggregates of numbers are numbers; other values are strings if the type allows it, and errors if not.
    let query = "{ imageCollection(filter: {id: {gt: 2}}) { aggregate { min { weight light } max { weight } sum { weight id } } } }";
    let answer = ask(&engine, query).await;
    let aggregate = json!({ "min": { "weight": null, "light": -0.0 }, "max": { "weight": 1e300 }, "sum": { "weight": "-Infinity", "id": 7 } });
    hold(
        &answer,
        &json!({ "imageCollection": { "aggregate": aggregate } }),
        &[json!(["imageCollection", "aggregate", "min", "weight"])],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn enum_labels_that_came_later_are_errors() {
    let setup = "
        create type mood as enum ('calm', 'so-so');
        comment on type mood is '@graphql({\"mappings\": {\"so-so\": \"SO_SO\"}})';
        create table person (id int primary key, mood mood not null, moods mood[]);
        insert into person values (1, 'so-so', '{calm,so-so,null}');
    ";
    let (engine, owner) = site(setup).await;
    let query = "{ a: personByPk(id: 1) { mood moods } b: personByPk(id: 2) { moods } c: personByPk(id: 2) { mood } }";
    let first = json!({ "mood": "SO_SO", "moods": ["calm", "SO_SO", null] });
    hold(&ask(&engine, query).await, &json!({ "a": first, "b": null, "c": null }), &[]);
    owner.batch_execute("alter type mood add value 'wild'").await.expect("DDL");
    owner.batch_execute("insert into person values (2, 'wild', '{calm,wild}')").await.expect("a row");
    let answer = ask(&engine, query).await;
    let data = json!({ "a": first, "b": { "moods": null }, "c": null });
    hold(&answer, &data, &[json!(["b", "moods"]), json!(["c", "mood"])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn opaque_values_are_text_whatever_can_be_made_of_them() {
    let setup = "
        create extension hstore; create type pair as (a int, b text);
        create domain document as jsonb; create domain list as int[]; create domain share as int; create domain flag as boolean;
        create domain later as date; create domain points as pair;
        create table thing (id int primary key, pairs hstore, document document, list list, share share, flag flag, later later,
            pair pair, points points, several hstore[], documents document[], shares share[], span interval, address inet,
            addresses inet[], docs xml[]);
        insert into thing values (1, 'a=>1', '{\"a\": [1]}', '{1,2}', 5, true, '2024-02-29', '(1,x)', '(2,)', '{\"a=>1\"}',
            array['{\"a\":1}'::document], '{1}', '1 day', '192.0.2.7', '{192.0.2.7}', array['<a/>'::xml]);
        set intervalstyle = postgres;
    ";
    let (engine, _owner) = site(setup).await;
    let query = "{ thingByPk(id: 1) { pairs document list share flag later pair points several documents shares span address addresses
        docs } }";
    let data = json!({
        "pairs": "\"a\"=>\"1\"", "document": "{\"a\": [1]}", "list": "{1,2}", "share": 5, "flag": true, "later": "2024-02-29",
        "pair": "(1,x)", "points": "(2,)", "several": ["\"a\"=>\"1\""], "documents": ["{\"a\": 1}"], "shares": [1],
        "span": "1 day", "address": "192.0.2.7", "addresses": ["192.0.2.7"], "docs": ["<a/>"],
    });
    hold(&ask(&engine, query).await, &json!({ "thingByPk": data }), &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn arrays_of_what_cannot_be_compared_are_read_and_not_filtered() {
    let setup = "create table sheet (id int primary key, docs xml[], spots point[], days date[]);
        insert into sheet values (1, array['<a/>'::xml], array['(1,2)'::point], '{2024-02-29}');";
    let (engine, _owner) = site(setup).await;
    let query = "{ sheetCollection(filter: {days: {contains: [\"2024-02-29\"]}}) { edges { node { docs spots days } } }
        __type(name: \"sheetFilter\") { inputFields { name } } }";
    let answer = ask(&engine, query).await;
    let node = json!({ "docs": ["<a/>"], "spots": ["(1,2)"], "days": ["2024-02-29"] });
    assert_eq!(answer["data"]["sheetCollection"], json!({ "edges": [{ "node": node }] }), "{answer}");
    let names = ["id", "days", "nodeId", "and", "or", "not"].map(|name| json!({ "name": name }));
    assert_eq!(answer["data"]["__type"]["inputFields"], json!(names));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_that_meets_a_broken_promise_has_taken_effect() {
    let setup = "
        create table stock (id int primary key, label text not null, weights float8[]);
        create table batch () inherits (stock);
        alter table only stock alter label drop not null; alter table batch alter label drop not null;
        alter table only stock alter label set not null;
        insert into batch values (1, null, '{1,NaN}');
        create function refill(number int) returns stock language sql as
            'update stock set weights = null where id = number returning id, null, weights';
    ";
    let (engine, owner) = site(setup).await;
    let query = "mutation { updatestockCollection(set: {weights: [2.5]}, filter: {id: {eq: 1}}) { affectedCount records { id label } } }";
    let path = json!(["updatestockCollection", "records", 0, "label"]);
    hold(&ask(&engine, query).await, &Value::Null, &[path]);
    let weights = async || harness::ask(&owner, "select weights::text from stock").await;
    assert_eq!(weights().await.as_deref(), Some("{2.5}"));
    let answer = ask(&engine, "mutation { refill(number: 1) { id label } }").await;
    hold(&answer, &json!({ "refill": null }), &[json!(["refill", "label"])]);
    assert_eq!(weights().await, None);
}

/// A function that was replaced by one with another result type cannot change the answer's structure.
#[tokio::test(flavor = "multi_thread")]
async fn functions_that_return_another_type_by_now_add_nothing_to_the_answer() {
    let setup = "create table seat (id int primary key); insert into seat values (1);
        create function ticket(number int) returns int stable language sql as 'select number';
        create function code(seat) returns bigint stable language sql as 'select 7::bigint';
        create function free(number int) returns boolean stable language sql as 'select true';
        create function share(number int) returns float8 stable language sql as 'select 0.5::float8'";
    for replacement in ["text", "jsonb", "setof text", "int[]"] {
        let (engine, owner) = site(setup).await;
        let query = "{ ticket(number: 7) free(number: 7) share(number: 7) seatCollection { edges { node { code } } } }";
        let data = json!({ "ticket": 7, "free": true, "share": 0.5,
            "seatCollection": { "edges": [{ "node": { "code": "7" } }] } });
        hold(&ask(&engine, query).await, &data, &[]);
        let value = match replacement {
            "jsonb" => r#"'{"admin": true}'::jsonb"#,
            "int[]" => "'{1,2}'::int[]",
            "setof text" => r#"unnest(array['7, "admin": true', '", "admin": "'])"#,
            _ => r#"'7, "admin": true'::text"#,
        };
        for (name, arguments) in
            [("ticket", "number int"), ("code", "seat"), ("free", "number int"), ("share", "number int")]
        {
            let replace = format!(
                "drop function {name}({arguments});
                create function {name}({arguments}) returns {replacement} stable language sql as $$ select {value} $$"
            );
            owner.batch_execute(&replace).await.expect("DDL");
        }
        let answer = ask(&engine, query).await;
        // It fails, or its new value is in the answer as a text, never as a part of the structure.
        assert!(!keys(&answer["data"]).contains(&"admin"), "{replacement}: {answer}");
        let is_answered = answer["data"].is_object() && answer["errors"].is_null();
        assert!(is_answered || !answer["errors"][0].is_null(), "{replacement}: {answer}");
    }
}

/// All keys of all objects in a value.
fn keys(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(key, value)| [key.as_str()].into_iter().chain(keys(value))).collect()
        }
        Value::Array(items) => items.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_text_and_json_that_look_like_marks_are_data() {
    let setup = r#"
        create domain document as json;
        create type pair as (a text, b json);
        create table thing (id int primary key, words text not null, raw json not null, "binary" jsonb not null, raws json[],
            document document, pair pair, listed text[]);
        insert into thing values (1, '\/null', '"\/null"', '"\/row"', array['"\/null"', '{"\/null":"\/label"}']::json[], '["\/null"]',
            row('"\/null"', '"\/null"')::pair, array['\/null', '"\/null"']);
        create function as_json(thing) returns json stable language sql as 'select $1.raw';
        create function all_json() returns setof json stable language sql as 'select raw from thing';
    "#;
    let (engine, _owner) = site(setup).await;
    let query =
        "{ all: thingCollection { edges { node { id words raw binary raws document pair listed as_json } } }
        greatest: thingCollection { aggregate { max { words } } } }";
    let answer = ask(&engine, query).await;
    let node = json!({ "id": 1, "words": r"\/null", "raw": r#""\/null""#, "binary": r#""/row""#,
        "raws": [r#""\/null""#, r#"{"\/null":"\/label"}"#], "document": r#"["\/null"]"#, "pair": r#"("""\\/null""","""\\/null""")"#,
        "listed": [r"\/null", r#""\/null""#], "as_json": r#""\/null""# });
    let data = json!({ "all": { "edges": [{ "node": node }] },
        "greatest": { "aggregate": { "max": { "words": r"\/null" } } } });
    hold(&answer, &data, &[]);
}
