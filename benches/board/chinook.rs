//! The Chinook database, a well-known sample of a music shop, if the environment's `CHINOOK_SQL` names its file: four operations
//! that its peers are measured with, each beside SQL that was written by hand.

use std::path::PathBuf;

use glowplug_local::Cluster;

use crate::database::connect;
use crate::operation::{Operation, Variable};

/// The name of the database.
pub(crate) const DATABASE: &str = "chinook";

/// The operations. Their page sizes are those of the clients that they were taken from.
pub(crate) const OPERATIONS: [Operation; 4] = [
    Operation {
        name: "Chinook: an album by key, artist, tracks",
        document: "query Album($id: Int!) { albumCollection(filter: {albumId: {eq: $id}}) { edges { node { \
                   title artist { name } trackCollection { edges { node { name } } } } } } }",
        variable: Some(Variable::Number("id")),
        numbers: 1..=347,
        by_hand: include_str!("by_hand/album.sql"),
    },
    Operation {
        name: "Chinook: 30 tracks, album and genre",
        document: "query Tracks($offset: Int!) { trackCollection(first: 30, offset: $offset) { edges { node { \
                   name album { title } genre { name } } } } }",
        variable: Some(Variable::Number("offset")),
        numbers: 0..=3400,
        by_hand: include_str!("by_hand/tracks.sql"),
    },
    Operation {
        name: "Chinook: 100 artists, albums, tracks",
        document: "query Artists { artistCollection(first: 100) { edges { node { name albumCollection { edges { node { \
                   title trackCollection { edges { node { name } } } } } } } } } }",
        variable: None,
        numbers: 0..=0,
        by_hand: include_str!("by_hand/artists.sql"),
    },
    Operation {
        name: "Chinook: a note inserted",
        document: "mutation Note($body: String!) { insertIntoNoteCollection(objects: [{body: $body}]) { records { id } } }",
        variable: Some(Variable::Text("body", "note ")),
        numbers: 100_000..=999_999,
        by_hand: include_str!("by_hand/note.sql"),
    },
];

/// What the operations need beside the sample: a table to write to, names as front ends have them, and long pages.
const ADDED: &str = r#"
create table note (id uuid default gen_random_uuid() primary key, body text, created_at timestamptz default now());
comment on schema public is '@graphql({"inflect_names": true, "max_rows": 1000})';
vacuum (analyze, freeze);
"#;

/// The file, if the environment names one.
pub(crate) fn file() -> Option<PathBuf> {
    std::env::var_os("CHINOOK_SQL").filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// Makes the database.
pub(crate) async fn fill(cluster: &Cluster, file: &PathBuf) {
    let script = std::fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("CHINOOK_SQL={}: {error}", file.display()));
    let server = connect(&cluster.url("postgres")).await;
    server.batch_execute(&format!("create database {DATABASE}")).await.expect("a database");
    let chinook = connect(&cluster.url(DATABASE)).await;
    // The file makes the database itself and goes there by a command of psql.
    let tables = script.split_once("\\c chinook;").map_or(script.as_str(), |(_, tables)| tables);
    chinook.batch_execute(tables).await.expect("the sample's tables and rows");
    for statement in ADDED.split_inclusive(";\n") {
        chinook.batch_execute(statement).await.expect("what is added to the sample");
    }
}
