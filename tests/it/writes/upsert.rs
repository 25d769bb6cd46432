//! `onConflict`.

use serde_json::{Value, json};

use super::{World, definition};
use crate::harness;
use crate::ways::{Route, by_set_local, on_every_way};

const SETUP: &str = r#"
    comment on schema public is '@graphql({"inflect_names": true})';
    create table account (
        id integer primary key, email text, name text, visits integer not null default 1, is_closed boolean not null default false,
        constraint one_email unique (email), "odd name" integer, constraint "odd unique" unique ("odd name"),
        later integer, constraint later_key unique (later) deferrable,
        number integer generated always as identity, constraint number_key unique (number),
        nick text
    );
    comment on constraint "odd unique" on account is '@graphql({"name": "oddUnique"})';
    create unique index open_nick on account (nick) where not is_closed;
    create unique index lower_name on account (lower(name));
    create unique index "not a name" on account (visits, later);
    create table part (region text, number integer, note text, primary key (region, number)) partition by list (region);
    create table part_north partition of part for values in ('north');
    create table part_rest partition of part default;
    create table ruled (id integer primary key, name text);
    create rule also as on update to ruled do also select 1;
    create table pin (id integer generated always as identity primary key, name text);
    create view open_account as select id, email, name from account where not is_closed;
    comment on view open_account is '@graphql({"primary_key_columns": ["id"]})';
    create table account_constraint (id integer primary key);
    insert into account (id, email, name, nick) values (1, 'a@x', 'Ada', 'ad'), (2, 'b@x', 'Bo', 'bo');
    update account set is_closed = true where id = 2;
    create role writes_clerk#;
    grant select (id, email, name, visits), insert (id, email, name), update (name) on account to writes_clerk#;
    create role writes_adder#;
    grant select, insert on account to writes_adder#;
    create table doc (id integer primary key, owner text not null, body text);
    alter table doc enable row level security;
    create role writes_owner#;
    grant select, insert, update on doc to writes_owner#;
    create policy seen on doc for select to writes_owner# using (true);
    create policy made on doc for insert to writes_owner# with check (owner = 'me');
    create policy changed on doc for update to writes_owner# using (owner = 'me') with check (body <> 'bad');
    insert into doc values (1, 'me', 'old'), (2, 'you', 'old');
"#;

on_every_way!(
    conflicting_rows_are_updated_or_left_as_they_are,
    partial_indexes_and_expressions_can_be_named,
    indexes_without_a_name_in_graphql_are_not_offered,
    privileges_and_policies_of_both_commands_hold,
    bad_input_is_refused,
);
by_set_local!(conflicting_rows_are_updated_or_left_as_they_are,);

async fn conflicting_rows_are_updated_or_left_as_they_are(route: Route) {
    let world =
        World::start(route, &SETUP.replace("create table account_constraint (id integer primary key);", ""))
            .await;
    let insert = "mutation ($objects: [AccountInsertInput!]!, $on: AccountOnConflict) {
        insertIntoAccountCollection(objects: $objects, onConflict: $on) { affectedCount records { id email name visits } } }";
    let objects =
        json!([{"id": 1, "email": "new@x", "name": "New"}, {"id": 3, "email": "c@x", "name": "Cy"}]);
    let left = json!({"objects": objects, "on": {"constraint": "account_pkey"}});
    let cy = json!({"id": 3, "email": "c@x", "name": "Cy", "visits": 1});
    let answer = world.ask_with(insert, &left).await;
    assert_eq!(answer["insertIntoAccountCollection"], json!({"affectedCount": 1, "records": [cy]}));
    let updated = json!({"objects": objects, "on": {"constraint": "account_pkey", "updateColumns": ["email", "visits"]}});
    let ada = json!({"id": 1, "email": "new@x", "name": "Ada", "visits": 1});
    let answer = world.ask_with(insert, &updated).await;
    assert_eq!(answer["insertIntoAccountCollection"], json!({"affectedCount": 2, "records": [ada, cy]}));
    let filtered = json!({"objects": [{"id": 1, "name": "A"}, {"id": 3, "name": "C"}], "on": {
        "constraint": "account_pkey", "updateColumns": ["name"], "filter": {"name": {"eq": "Cy"}}}});
    let answer = world.ask_with(insert, &filtered).await;
    let cy = json!({"id": 3, "email": "c@x", "name": "C", "visits": 1});
    assert_eq!(answer["insertIntoAccountCollection"], json!({"affectedCount": 1, "records": [cy]}));
    let one = r#"mutation { insertIntoAccountCollection(objects: [{id: 9, email: "new@x", name: "Ada L."}],
        onConflict: {constraint: one_email, updateColumns: [name]}) { affectedCount records { id name } } }"#;
    let answer = world.ask(one).await;
    assert_eq!(
        answer["insertIntoAccountCollection"],
        json!({"affectedCount": 1, "records": [{"id": 1, "name": "Ada L."}]})
    );
    let one = r"mutation { insertIntoAccountCollection(objects: [{id: 1}], onConflict: {constraint: account_pkey}) { affectedCount records { id } } }";
    assert_eq!(
        world.ask(one).await["insertIntoAccountCollection"],
        json!({"affectedCount": 0, "records": []})
    );
    let part = r#"mutation { insertIntoPartCollection(objects: [{region: "north", number: 1, note: "a"}, {region: "south", number: 1, note: "b"}],
        onConflict: {constraint: part_pkey, updateColumns: [note]}) { affectedCount } }"#;
    for _ in 0..2 {
        assert_eq!(world.ask(part).await["insertIntoPartCollection"], json!({"affectedCount": 2}));
    }
}

async fn partial_indexes_and_expressions_can_be_named(route: Route) {
    let world =
        World::start(route, &SETUP.replace("create table account_constraint (id integer primary key);", ""))
            .await;
    let insert = |object: &str, constraint: &str| {
        format!(
            "mutation {{ insertIntoAccountCollection(objects: [{object}], onConflict: {{constraint: {constraint}, updateColumns: [email]}})
            {{ records {{ id email }} }} }}"
        )
    };
    let cases = [
        (r#"{id: 5, nick: "ad", email: "5@x"}"#, "open_nick", json!([{"id": 1, "email": "5@x"}])),
        (r#"{id: 6, nick: "bo", email: "6@x"}"#, "open_nick", json!([{"id": 6, "email": "6@x"}])),
        (r#"{id: 7, name: "ADA", email: "7@x"}"#, "lower_name", json!([{"id": 1, "email": "7@x"}])),
    ];
    for (object, constraint, records) in cases {
        let answer = world.ask(&insert(object, constraint)).await;
        assert_eq!(answer["insertIntoAccountCollection"]["records"], records, "{object}");
    }
    let client = harness::connect(&world.url).await;
    client.batch_execute("alter index lower_name rename to name_of_any_case").await.expect("another name");
    world.answering.reload().await.expect("the schema is read");
    let answer = world.ask(&insert(r#"{id: 8, name: "bO", email: "8@x"}"#, "name_of_any_case")).await;
    assert_eq!(answer["insertIntoAccountCollection"]["records"], json!([{"id": 2, "email": "8@x"}]));
}

async fn indexes_without_a_name_in_graphql_are_not_offered(route: Route) {
    let world =
        World::start(route, &SETUP.replace("create table account_constraint (id integer primary key);", ""))
            .await;
    let sdl = world.answering.sdl(&glowplug::engine::Identity::default()).await.expect("an SDL");
    let names = |text: &str| -> Vec<String> {
        let lines = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && *line != "}");
        lines.map(str::to_owned).collect()
    };
    let account = names(definition(&sdl, "enum AccountConstraint"));
    // No deferrable constraints, no keys that the database numbers, and none without a GraphQL name.
    assert_eq!(account, ["account_pkey", "lower_name", "oddUnique", "one_email", "open_nick"]);
    let columns = names(definition(&sdl, "enum AccountUpdateColumn"));
    assert_eq!(columns, ["id", "email", "name", "visits", "isClosed", "later", "nick"]);
    for absent in ["RuledOnConflict", "PinOnConflict", "OpenAccountOnConflict"] {
        assert!(!sdl.contains(absent), "{absent}");
    }
    // A table keeps the name that it has in pg_graphql.
    let other = World::start(route, SETUP).await;
    let sdl = other.answering.sdl(&glowplug::engine::Identity::default()).await.expect("an SDL");
    assert!(
        !definition(&sdl, "type AccountConstraint implements Node").is_empty()
            && !sdl.contains("AccountOnConflict")
    );
}

async fn privileges_and_policies_of_both_commands_hold(route: Route) {
    let world =
        World::start(route, &SETUP.replace("create table account_constraint (id integer primary key);", ""))
            .await;
    let sdl = world.sdl("clerk").await;
    assert!(definition(&sdl, "enum AccountUpdateColumn").contains("name"), "{sdl}");
    assert!(!definition(&sdl, "enum AccountUpdateColumn").contains("email"));
    assert!(
        !definition(&sdl, "enum AccountConstraint").contains("open_nick"),
        "it may not read what that reads"
    );
    let adder = world.sdl("adder").await;
    assert!(!adder.contains("AccountUpdateColumn"), "it may not update");
    let upsert = r#"mutation { insertIntoAccountCollection(objects: [{id: 1, name: "X"}],
        onConflict: {constraint: account_pkey, updateColumns: [name]}) { records { id name } } }"#;
    let answer = world.answer("clerk", upsert, &Value::Null).await;
    assert_eq!(
        answer["data"]["insertIntoAccountCollection"]["records"],
        json!([{"id": 1, "name": "X"}]),
        "{answer}"
    );
    let nothing = "mutation { insertIntoAccountCollection(objects: [{id: 1}], onConflict: {constraint: account_pkey}) { affectedCount } }";
    let answer = world.answer("adder", nothing, &Value::Null).await;
    assert_eq!(answer["data"]["insertIntoAccountCollection"], json!({"affectedCount": 0}), "{answer}");
    let doc = |id: i32, owner: &str, body: &str| {
        format!(
            r#"mutation {{ insertIntoDocCollection(objects: [{{id: {id}, owner: "{owner}", body: "{body}"}}],
            onConflict: {{constraint: doc_pkey, updateColumns: [body]}}) {{ records {{ id owner body }} }} }}"#
        )
    };
    let answer = world.answer("owner", &doc(1, "me", "new"), &Value::Null).await;
    assert_eq!(
        answer["data"]["insertIntoDocCollection"]["records"],
        json!([{"id": 1, "owner": "me", "body": "new"}]),
        "{answer}"
    );
    for (id, owner, body) in [(1, "you", "new"), (1, "me", "bad"), (2, "me", "new")] {
        world.refused("owner", &doc(id, owner, body), "FORBIDDEN", &[]).await;
    }
    let answer = world.ask("{ docCollection { edges { node { body } } } }").await;
    assert_eq!(
        answer["docCollection"]["edges"],
        json!([{"node": {"body": "new"}}, {"node": {"body": "old"}}])
    );
}

async fn bad_input_is_refused(route: Route) {
    let world =
        World::start(route, &SETUP.replace("create table account_constraint (id integer primary key);", ""))
            .await;
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("{id: 1}", "{}", "BAD_USER_INPUT", &["constraint"]),
        ("{id: 1}", "{constraint: null}", "BAD_USER_INPUT", &["constraint"]),
        ("{id: 1}", "{constraint: later_key}", "BAD_USER_INPUT", &["later_key"]),
        ("{id: 1}", "{constraint: account_pkey, updateColumns: [number]}", "BAD_USER_INPUT", &["number"]),
        ("{id: 1}", "{constraint: account_pkey, updateColumns: [null]}", "BAD_USER_INPUT", &["null"]),
        (
            "{id: 1}",
            "{constraint: account_pkey, filter: {id: {eq: 1}}}",
            "BAD_USER_INPUT",
            &["updateColumns"],
        ),
        (
            "{id: 1}",
            "{constraint: account_pkey, updateColumns: [], filter: {id: {eq: 1}}}",
            "BAD_USER_INPUT",
            &["updateColumns"],
        ),
        (
            "{id: 1}",
            "{constraint: account_pkey, updateColumns: [name], filter: {id: {eq: \"x\"}}}",
            "BAD_USER_INPUT",
            &["Int"],
        ),
        (
            "{id: 1, name: \"A\"}, {id: 1, name: \"B\"}",
            "{constraint: account_pkey, updateColumns: [name]}",
            "BAD_USER_INPUT",
            &["same key", "once"],
        ),
        (
            "{id: 8, email: \"a@x\"}",
            "{constraint: account_pkey, updateColumns: [name]}",
            "CONFLICT",
            &["one_email"],
        ),
    ];
    for (objects, on, code, words) in cases {
        let insert = format!(
            "mutation {{ insertIntoAccountCollection(objects: [{objects}], onConflict: {on}) {{ affectedCount }} }}"
        );
        world.refused("", &insert, code, words).await;
    }
    let nothing =
        "mutation { insertIntoAccountCollection(objects: [{id: 1}], onConflict: null) { affectedCount } }";
    world.refused("", nothing, "CONFLICT", &["account_pkey"]).await;
    let twice = "mutation { insertIntoAccountCollection(objects: [{id: 4}, {id: 4}], onConflict: {constraint: account_pkey, updateColumns: []}) { affectedCount } }";
    assert_eq!(world.ask(twice).await["insertIntoAccountCollection"], json!({"affectedCount": 1}));
}
