//! Errors reveal nothing about rows that policies hide, and no names of objects without privileges.

use serde_json::Value;

use super::World;
use crate::ways::{Route, by_set_local, on_both_ways};

/// `anon` sees only its own notes, and `secret_review` not at all.
const SETUP: &str = "create role anon#; grant anon# to authenticator#; \
    create table note (id integer primary key, owner text not null, title text unique); \
    create table reply (id integer primary key, note integer not null references note (id)); \
    create table secret_review (id integer primary key, note integer references note (id), secret_mark integer); \
    insert into note values (1, 'anon', 'mine'), (2, 'other', 'hidden'); insert into secret_review values (1, 1, 5); \
    alter table note enable row level security; \
    create policy own on note to anon# using (owner = 'anon') with check (owner = 'anon'); \
    create view secret_view as select * from note where id < 100 with check option; \
    create view shown as select * from secret_view where id > 0 with check option; \
    create domain secret_domain as integer check (value > 0); \
    create function audit() returns trigger language plpgsql security definer as $$ \
        begin perform (-new.id)::secret_domain; return new; end $$; \
    create trigger audit before update on reply for each row execute function audit(); \
    insert into reply values (7, 2); \
    comment on view shown is '@graphql({\"primary_key_columns\": [\"id\"]})'; \
    grant all on note, reply, shown to anon#";

on_both_ways!(
    a_violated_policy_is_reported_before_anything_that_would_reveal_a_hidden_row,
    a_hidden_row_is_neither_changed_nor_counted,
    a_key_of_a_hidden_row_is_reported_without_its_value,
    a_constraint_of_a_table_that_the_role_does_not_know_is_not_named,
    a_domain_and_a_view_that_the_role_does_not_know_are_not_named,
    names_that_the_role_does_not_know_are_in_no_message,
);
by_set_local!(
    a_violated_policy_is_reported_before_anything_that_would_reveal_a_hidden_row,
    a_hidden_row_is_neither_changed_nor_counted,
    a_key_of_a_hidden_row_is_reported_without_its_value,
    a_constraint_of_a_table_that_the_role_does_not_know_is_not_named,
    a_domain_and_a_view_that_the_role_does_not_know_are_not_named,
    names_that_the_role_does_not_know_are_in_no_message,
);

/// Code and message of the answer's first error, which must not contain names that the role does not know.
async fn error(world: &World, query: &str) -> (String, String) {
    let response = world.respond("anon", query).await;
    let answer: Value = serde_json::from_slice(&response.body).unwrap();
    let error = &answer["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    assert!(!answer.to_string().contains("secret"), "{answer}");
    (text(&error["extensions"]["code"]), text(&error["message"]))
}

async fn a_violated_policy_is_reported_before_anything_that_would_reveal_a_hidden_row(route: Route) {
    let world = World::new(route, SETUP).await;
    for (id, title) in [(2, "hidden"), (3, "hidden"), (3, "new")] {
        let insert = format!(
            r#"mutation {{ insertIntonoteCollection(objects: [{{id: {id}, owner: "other", title: "{title}"}}]) {{ affectedCount }} }}"#
        );
        let told = error(&world, &insert).await;
        assert_eq!(told, ("FORBIDDEN".to_owned(), "the role may not do that".to_owned()), "{insert}");
    }
    let update = r#"mutation { updatenoteCollection(set: {owner: "other"}, filter: {id: {eq: 1}}) { affectedCount } }"#;
    assert_eq!(error(&world, update).await.0, "FORBIDDEN");
}

async fn a_hidden_row_is_neither_changed_nor_counted(route: Route) {
    let world = World::new(route, SETUP).await;
    let update =
        r#"mutation { updatenoteCollection(set: {title: "x"}, filter: {id: {eq: 2}}) { affectedCount } }"#;
    let body = world.respond("anon", update).await.body;
    assert_eq!(body, r#"{"data":{"updatenoteCollection":{"affectedCount":0}}}"#);
    // There are two rows, one of which it may see: that is within `atMost`.
    let update = r#"mutation { updatenoteCollection(set: {title: "x"}, atMost: 1) { affectedCount } }"#;
    let body = world.respond("anon", update).await.body;
    assert_eq!(body, r#"{"data":{"updatenoteCollection":{"affectedCount":1}}}"#);
}

/// Keys are unique among all rows, and foreign keys find all rows (PostgreSQL manual, section 5.9): a role
/// can learn that a key exists, but not the content of the row.
async fn a_key_of_a_hidden_row_is_reported_without_its_value(route: Route) {
    let world = World::new(route, SETUP).await;
    let insert = r#"mutation { insertIntonoteCollection(objects: [{id: 3, owner: "anon", title: "hidden"}]) { affectedCount } }"#;
    let told = error(&world, insert).await;
    let message = "duplicate key value violates unique constraint \"note_title_key\"";
    assert_eq!(told, ("CONFLICT".to_owned(), message.to_owned()));
    let insert = "mutation { insertIntoreplyCollection(objects: [{id: 1, note: 9}]) { affectedCount } }";
    let message = "insert or update on table \"reply\" violates foreign key constraint \"reply_note_fkey\"";
    assert_eq!(error(&world, insert).await, ("CONFLICT".to_owned(), message.to_owned()));
}

async fn a_constraint_of_a_table_that_the_role_does_not_know_is_not_named(route: Route) {
    let world = World::new(route, SETUP).await;
    let delete = "mutation { deleteFromnoteCollection(filter: {id: {eq: 1}}) { affectedCount } }";
    let told = error(&world, delete).await;
    assert_eq!(told, ("CONFLICT".to_owned(), "a constraint of the database does not allow that".to_owned()));
}

async fn a_domain_and_a_view_that_the_role_does_not_know_are_not_named(route: Route) {
    let world = World::new(route, SETUP).await;
    let update = "mutation { updatereplyCollection(set: {id: 8}) { affectedCount } }";
    let told = error(&world, update).await;
    assert_eq!(
        told,
        ("BAD_USER_INPUT".to_owned(), "a constraint of the database does not allow that".to_owned())
    );
    let insert =
        r#"mutation { insertIntoshownCollection(objects: [{id: 200, owner: "anon"}]) { affectedCount } }"#;
    let told = error(&world, insert).await;
    let message = "the view does not take such a row (WITH CHECK OPTION)";
    assert_eq!(told, ("BAD_USER_INPUT".to_owned(), message.to_owned()));
}

/// Misspelt by one letter, so that a suggestion would be likely.
async fn names_that_the_role_does_not_know_are_in_no_message(route: Route) {
    let world = World::new(route, SETUP).await;
    for query in [
        "{ secre_reviewCollection { edges { cursor } } }",
        "{ noteCollection { edges { node { secre_reviewCollection { edges { cursor } } } } } }",
        "{ noteCollection(filter: {secre_mark: {eq: 1}}) { edges { cursor } } }",
        "{ noteCollection(secre_mark: 1) { edges { cursor } } }",
        "{ noteCollection(orderBy: [{secre_mark: AscNullsFirst}]) { edges { cursor } } }",
        "fragment f on secre_review { id } { ...f }",
        "query ($v: secre_reviewFilter) { noteCollection(filter: $v) { edges { cursor } } }",
        "mutation { insertIntosecre_reviewCollection(objects: []) { affectedCount } }",
    ] {
        assert_eq!(error(&world, query).await.0, "BAD_USER_INPUT", "{query}");
    }
}
