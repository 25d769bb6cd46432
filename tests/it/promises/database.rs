//! Random databases that break the promises of their catalogs: foreign tables, children to which constraints
//! do not apply, rows that were loaded with triggers off, and, after the catalog was read, columns and
//! functions of other types.

use std::fmt::Write as _;

use tokio_postgres::Client;

use crate::harness;
use crate::random::Random;

/// A foreign server that leads back to the same database; for [`with_loopback`].
pub(crate) const LOOPBACK: &str = "
    create extension postgres_fdw;
    create server loop foreign data wrapper postgres_fdw options (host '@HOST@', port '@PORT@', dbname '@DATABASE@');
    create user mapping for public server loop options (user '@USER@');
";

/// The setup with the address of the connection's database.
pub(crate) async fn with_loopback(owner: &Client, setup: &str) -> String {
    let mut setup = setup.to_owned();
    for (name, value) in [
        ("@HOST@", "split_part(current_setting('unix_socket_directories'), ',', 1)"),
        ("@PORT@", "current_setting('port')"),
        ("@DATABASE@", "current_database()"),
        ("@USER@", "current_user"),
    ] {
        let value = harness::ask(owner, &format!("select {value}")).await.expect("a text");
        setup = setup.replace(name, &value);
    }
    setup
}

/// A type with literals, and an alteration of a column: a type and an expression.
struct Kind {
    name: &'static str,
    values: &'static [&'static str],
    altered: &'static [(&'static str, &'static str)],
}

const STRUCTURE: (&str, &str) = ("text", "'7, \"admin\": true'");
const OBJECT: (&str, &str) = ("jsonb", "'{\"admin\": [true]}'");
const BROKEN: (&str, &str) = ("text", "'\", \"admin\": \"'");

const KINDS: [Kind; 18] = [
    Kind {
        name: "int",
        values: &["1", "-5", "2147483647"],
        altered: &[STRUCTURE, OBJECT, ("bigint", "9007199254740993"), ("int[]", "'{1,2}'")],
    },
    Kind { name: "smallint", values: &["0", "7"], altered: &[STRUCTURE, ("boolean", "true")] },
    Kind {
        name: "bigint",
        values: &["9007199254740993", "0"],
        altered: &[BROKEN, ("numeric", "'NaN'"), OBJECT],
    },
    Kind { name: "numeric", values: &["'NaN'", "1.10", "'-Infinity'"], altered: &[BROKEN, OBJECT] },
    Kind {
        name: "float8",
        values: &["'NaN'", "'Infinity'", "0.1", "1e300", "5"],
        altered: &[STRUCTURE, ("int", "7"), OBJECT],
    },
    Kind { name: "real", values: &["'-Infinity'", "0.1", "'-0'"], altered: &[STRUCTURE] },
    Kind {
        name: "boolean",
        values: &["true", "false"],
        altered: &[("text", "'true, \"admin\": 1'"), ("int", "2")],
    },
    Kind {
        name: "text",
        values: &["''", "E'\\u0001null \"\\\\\\n'", "'{\"a\": 1}'", "'\\/null'"],
        altered: &[OBJECT, ("int[]", "'{{1},{2}}'"), ("int", "7")],
    },
    Kind { name: "char(4)", values: &["'ab'"], altered: &[OBJECT, BROKEN] },
    Kind { name: "uuid", values: &["gen_random_uuid()"], altered: &[BROKEN, OBJECT] },
    Kind {
        name: "date",
        values: &["'2024-02-29'", "'infinity'", "'0044-03-15 BC'"],
        altered: &[OBJECT, ("timestamptz", "now()"), STRUCTURE],
    },
    Kind {
        name: "timestamptz",
        values: &["'2024-02-29 12:00'", "'-infinity'"],
        altered: &[OBJECT, ("time", "'12:00'")],
    },
    Kind {
        name: "jsonb",
        values: &["'{\"a\": [1, null]}'", "'null'", "'\"text\"'"],
        altered: &[("text", "'{\"a\"'"), ("int", "7")],
    },
    Kind {
        name: "mood",
        values: &["'calm'", "'so-so'"],
        altered: &[("text", "'\", \"admin\": \"'"), ("int", "7"), ("text", "'calm'")],
    },
    Kind {
        name: "mood[]",
        values: &["'{calm,null}'", "'{{calm},{so-so}}'", "'{}'"],
        altered: &[("text[]", "'{other}'"), OBJECT],
    },
    Kind {
        name: "int[]",
        values: &["'{1,null}'", "'{{1,2},{3,4}}'", "'{}'", "'[5:6]={1,2}'"],
        altered: &[("int", "7"), ("text[]", "'{a}'"), OBJECT],
    },
    Kind {
        name: "float8[]",
        values: &["'{1.5,2}'", "'{NaN}'", "'{{Infinity}}'"],
        altered: &[STRUCTURE, ("jsonb[]", "'{\"{}\"}'")],
    },
    Kind { name: "share", values: &["5", "0"], altered: &[OBJECT, STRUCTURE] },
];

/// The statements that make a database, and those that break it after its catalog was read.
pub(super) struct Database {
    pub(super) setup: String,
    pub(super) breaks: Vec<String>,
}

const TABLES: usize = 6;

pub(super) fn database(seed: u64) -> Database {
    let mut random = Random(seed);
    let mut setup = format!(
        "{LOOPBACK} create schema far; create type mood as enum ('calm', 'so-so'); create domain share as int;
        comment on type mood is '@graphql({{\"mappings\": {{\"so-so\": \"SO_SO\"}}}})';"
    );
    let mut breaks = Vec::new();
    for number in 0..TABLES {
        let columns: Vec<_> =
            (0..4 + random.below(4)).map(|index| (format!("c{index}"), random.choose(&KINDS))).collect();
        table(&mut random, &mut setup, number, &columns);
        for (name, kind) in &columns {
            if random.once_in(4) {
                let (to, value) = random.choose(kind.altered);
                let table = if is_foreign(number) { format!("far.t{number}") } else { format!("t{number}") };
                breaks.push(format!("alter table {table} alter {name} type {to} using {value}"));
            } else if random.once_in(3) && !is_foreign(number) {
                breaks.push(format!("alter table t{number} alter {name} drop not null"));
                breaks.push(format!("update t{number} set {name} = null where id % 3 = 1"));
            }
        }
    }
    functions(&mut random, &mut setup, &mut breaks);
    Database { setup, breaks }
}

/// Every third table is a foreign one, and every third has children to which its constraints do not apply.
fn is_foreign(number: usize) -> bool {
    number % 3 == 1
}

fn table(random: &mut Random, setup: &mut String, number: usize, columns: &[(String, &Kind)]) {
    let referenced = number.saturating_sub(1 + random.below(2));
    let plain: Vec<_> = columns.iter().map(|(name, kind)| format!("{name} {}", kind.name)).collect();
    let strict: Vec<_> = plain.iter().map(|column| format!("{column} not null")).collect();
    let mut write = |text: String| setup.push_str(&text);
    let column_list =
        |columns: &[String]| format!("id int not null, other int not null, {}", columns.join(", "));
    let rows = rows(random, columns);
    if is_foreign(number) {
        write(format!(
            "create table far.t{number} ({});",
            column_list(&plain).replace("other int not null", "other int")
        ));
        write(format!(
            "create foreign table t{number} ({}) server loop options (schema_name 'far', table_name 't{number}');",
            column_list(&strict)
        ));
        write(format!(
            "comment on foreign table t{number} is '@graphql({{\"primary_key_columns\": [\"id\"]}})';"
        ));
        write(rows.replace("@TABLE@", &format!("far.t{number}")));
        return;
    }
    write(format!("create table t{number} ({}, primary key (id));", column_list(&plain)));
    let is_parent = number % 3 == 2;
    if is_parent {
        write(format!("create table t{number}_child () inherits (t{number});"));
    }
    if number > 0 && !is_foreign(referenced) {
        write(format!("alter table t{number} add foreign key (other) references t{referenced} (id);"));
    }
    // Rows are loaded with triggers off, as some tools do, so keys may lead nowhere.
    write("set session_replication_role = replica;".to_owned());
    write(rows.replace("@TABLE@", &format!("t{number}{}", if is_parent { "_child" } else { "" })));
    if is_parent {
        for (name, _) in columns {
            write(format!("alter table only t{number} alter {name} set not null;"));
        }
    } else {
        for (name, kind) in columns {
            let value = random.choose(kind.values);
            write(format!(
                "update t{number} set {name} = {value} where {name} is null; alter table t{number} alter {name} set not null;"
            ));
        }
    }
    write("set session_replication_role = origin;".to_owned());
}

/// Ten rows, some of whose values are null, and some of whose keys lead nowhere.
fn rows(random: &mut Random, columns: &[(String, &Kind)]) -> String {
    let mut text = String::new();
    for id in 1..=10 {
        let values = columns.iter().map(
            |(_, kind)| {
                if random.once_in(6) { "null" } else { *random.choose(kind.values) }
            },
        );
        let values = values.collect::<Vec<_>>().join(", ");
        let other = if random.once_in(5) { 77 } else { 1 + random.below(10) };
        write!(text, "insert into @TABLE@ values ({id}, {other}, {values});").expect("a string");
    }
    text
}

/// Functions that return values, rows and computed values, and replacements that return something else.
fn functions(random: &mut Random, setup: &mut String, breaks: &mut Vec<String>) {
    for (index, kind) in KINDS.iter().enumerate() {
        let body = |value: &str, to: &str| format!("language sql stable as $$ select {value}::{to} $$");
        let (value, name) = (random.choose(kind.values), kind.name);
        write!(setup, "create function f{index}() returns {name} {};", body(value, name)).expect("a string");
        write!(setup, "create function g{index}(t0) returns {name} {};", body(value, name))
            .expect("a string");
        let (to, value) = random.choose(kind.altered);
        let returns = if random.once_in(3) { "setof " } else { "" };
        for (function, arguments) in [("f", ""), ("g", "t0")] {
            if random.once_in(2) {
                breaks.push(format!(
                    "drop function {function}{index}({arguments});
                    create function {function}{index}({arguments}) returns {returns}{to} {}",
                    body(value, to)
                ));
            }
        }
    }
    setup.push_str(
        "create function several() returns setof t0 stable language sql as 'select * from t0 order by id limit 5';
        create function none_of_them() returns t0 stable language sql as 'select null::t0';
        create function holes() returns setof t0 stable language sql as
            $$ select (jsonb_populate_record(null::t0, jsonb_build_object('id', id))).* from t0 $$;
        create view v0 as select * from t0; comment on view v0 is '@graphql({\"primary_key_columns\": [\"id\"]})';",
    );
}
