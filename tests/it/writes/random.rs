//! Random updates on random tables by two roles with different rights, each compared with an `UPDATE` that
//! this test writes independently, on a copy of the table.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use tokio_postgres::Client;

use super::World;
use crate::harness;
use crate::random::Random;
use crate::ways::Route;

/// Requests to each random table.
const REQUESTS: usize = 500;

/// After this number of requests, the rows are replaced.
const FRESH: usize = 20;

const KINDS: [&str; 8] = ["integer", "bigint", "smallint", "numeric", "text[]", "integer[]", "jsonb", "text"];

/// A table and its copy, with the roles that may change them.
struct Twins {
    world: World,
    client: Client,
    random: Random,
    kinds: Vec<&'static str>,
}

/// A change of one column: its argument with the value, and the equivalent SQL.
struct Change {
    argument: &'static str,
    value: Value,
    sql: String,
    /// Whether the API refuses the value, even if SQL accepts it.
    is_refused: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn random_updates_do_what_sql_does() {
    let mut counts = [0, 0];
    for seed in 1..=4 {
        let mut twins = Twins::start(seed).await;
        for request in 0..REQUESTS {
            if request % FRESH == 0 {
                twins.refill().await;
            }
            let is_done = twins.compare().await;
            counts[usize::from(is_done)] += 1;
        }
    }
    let [refused, done] = counts;
    assert!(
        done > 800 && refused > 200,
        "{done} were done and {refused} refused: the values are too odd, or not odd enough"
    );
}

impl Twins {
    async fn start(seed: u64) -> Self {
        let mut random = Random(seed);
        let kinds: Vec<_> = (0..6).map(|_| *random.choose(&KINDS)).collect();
        let columns: String = kinds.iter().enumerate().fold(String::new(), |mut text, (index, kind)| {
            let _ = write!(text, ", c{index} {kind}");
            text
        });
        let mut setup = "create role writes_all#; create role writes_some#; create schema twin;
            grant usage on schema twin to writes_all#, writes_some#;"
            .to_owned();
        let readable: Vec<_> =
            (0..6).filter(|_| !random.once_in(4)).map(|index| format!("c{index}")).collect();
        let changed: Vec<_> =
            (0..6).filter(|_| !random.once_in(3)).map(|index| format!("c{index}")).collect();
        for table in ["public.item", "twin.item"] {
            let _ = write!(
                setup,
                "create table {table} (id integer primary key{columns}); grant all on {table} to writes_all#;
                 grant select (id, {}), update ({}) on {table} to writes_some#;
                 alter table {table} enable row level security;
                 create policy everything on {table} to writes_all# using (true);
                 create policy even on {table} to writes_some# using (id % 2 = 0);",
                readable.join(", "),
                if changed.is_empty() { "id".to_owned() } else { changed.join(", ") }
            );
        }
        let world = World::start(Route::Direct, &setup).await;
        let client = harness::connect(&world.url).await;
        Self { world, client, random, kinds }
    }

    /// Replaces the rows of both tables.
    async fn refill(&mut self) {
        let mut script = "truncate public.item, twin.item;".to_owned();
        for id in 1..=6 {
            let values: Vec<_> = (0..self.kinds.len())
                .map(|index| {
                    let value = self.value(index);
                    literal(&value, self.kinds[index])
                })
                .collect();
            let _ = write!(script, "insert into twin.item values ({id}, {});", values.join(", "));
        }
        script.push_str("insert into public.item select * from twin.item");
        self.client.batch_execute(&script).await.expect("rows");
    }

    /// A value of a column, sometimes null.
    fn value(&mut self, column: usize) -> Value {
        if self.random.once_in(16) {
            return Value::Null;
        }
        match self.kinds[column] {
            "integer" => json!(*self.random.choose(&[0, 1, -7, 4, 40_000, -3, 20, i32::MAX])),
            "smallint" => json!(*self.random.choose(&[0, 1, -7, 4, -30, 20, i16::MAX])),
            "bigint" => {
                json!(self.random.choose(&["0", "5", "-9007199254740993", "-1", "9223372036854775807"]))
            }
            "numeric" => json!(self.random.choose(&["0", "0.25", "-12345678901234567890.5", "NaN"])),
            "jsonb" => json!(self.document(2).to_string()),
            "text" => json!(self.random.choose(&["", "a", "it's", "\\"])),
            kind => self.list(kind == "text[]"),
        }
    }

    fn list(&mut self, is_text: bool) -> Value {
        let item = |random: &mut Random| match (random.below(5), is_text) {
            (0, _) => Value::Null,
            (pick, true) => json!(["", "a", "b\"", "NULL", "{}"][pick]),
            (pick, false) => json!([0, 1, 2, 3, -4][pick]),
        };
        (0..self.random.below(5)).map(|_| item(&mut self.random)).collect()
    }

    fn document(&mut self, depth: usize) -> Value {
        let key = |random: &mut Random| (*random.choose(&["a", "b", "c", "d"])).to_owned();
        let below = depth.saturating_sub(1);
        match self.random.below(if depth == 0 { 3 } else { 6 }) {
            0 => json!(self.random.below(4)),
            1 => json!(key(&mut self.random)),
            2 => Value::Null,
            3 => (0..self.random.below(4)).map(|_| self.document(below)).collect(),
            _ => {
                let fields = (0..self.random.below(4)).map(|_| (key(&mut self.random), self.document(below)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }

    /// A change of a column, or none.
    fn change(&mut self, column: usize) -> Option<Change> {
        let (kind, name) = (self.kinds[column], format!("c{column}"));
        let operations: &[&str] = match kind {
            "text" => &["set"],
            "text[]" | "integer[]" | "jsonb" => &["set", "append", "prepend", "remove"],
            _ => &["set", "increment", "increment"],
        };
        if !self.random.once_in(3) {
            return None;
        }
        let argument = *self.random.choose(operations);
        if (argument, kind) == ("remove", "jsonb") {
            return Some(self.removal(&name));
        }
        let value = self.value(column);
        let new = literal(&value, kind);
        let sql = match (argument, kind) {
            ("increment", _) => format!("{name} + {new}"),
            ("append", "jsonb") => format!("jsonb_concat({name}, {new})"),
            ("prepend", "jsonb") => format!("jsonb_concat({new}, {name})"),
            ("append", _) => format!("array_cat({name}, {new})"),
            ("prepend", _) => format!("array_cat({new}, {name})"),
            ("remove", _) => format!(
                "case when {name} is not null then array(select u.x from unnest({name}) with ordinality as u(x, n)
                 where not exists (select from unnest({new}) as r(y) where r.y is not distinct from u.x) order by u.n) end"
            ),
            _ => new,
        };
        Some(Change { argument, is_refused: argument != "set" && value.is_null(), value, sql })
    }

    /// Removes parts of a document; in SQL, each key by a separate deletion.
    fn removal(&mut self, name: &str) -> Change {
        let (value, sql) = match self.random.below(4) {
            0 => {
                let place = *self.random.choose(&[-2, -1, 0, 1]);
                (json!({ "index": place }), format!("{name} - ({place})"))
            }
            1 => {
                let path: Vec<_> =
                    (0..self.random.below(3)).map(|_| *self.random.choose(&["a", "b", "0", "-1"])).collect();
                let quoted: Vec<_> = path.iter().map(|step| format!("'{step}'")).collect();
                (
                    json!({ "path": path }),
                    format!("jsonb_delete_path({name}, array[{}]::text[])", quoted.join(", ")),
                )
            }
            2 => (json!({ "index": 1, "path": ["a"] }), name.to_owned()),
            _ => {
                let keys: Vec<_> =
                    (0..=self.random.below(2)).map(|_| *self.random.choose(&["a", "b", "c"])).collect();
                let sql = keys.iter().fold(name.to_owned(), |sql, key| format!("({sql} - '{key}'::text)"));
                (json!({ "keys": keys }), sql)
            }
        };
        let is_refused = value.as_object().is_some_and(|fields| fields.len() != 1);
        Change { argument: "remove", value, sql, is_refused }
    }

    /// Changes both tables, and asserts the same result. Returns whether the change was made.
    async fn compare(&mut self) -> bool {
        let mut changes = Vec::new();
        while changes.is_empty() {
            changes =
                (0..self.kinds.len()).filter_map(|column| Some((column, self.change(column)?))).collect();
        }
        let role = *self.random.choose(&["all", "all", "some"]);
        let ids: Vec<_> = (1..=6).filter(|_| self.random.once_in(2)).collect();
        let at_most = if self.random.once_in(5) { self.random.below(6) } else { 6 };
        let expected = self.by_sql(role, &changes, &ids, at_most).await;
        let (document, variables) = self.request(&changes, &ids, at_most);
        let answer = self.world.answer(role, &document, &variables).await;
        let found = answer["data"]["updateitemCollection"]["affectedCount"].as_u64();
        assert_eq!(found, expected, "{role}: {document}\n{variables}\n{answer}");
        if let Some(error) = answer["errors"].get(0) {
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{document}\n{variables}\n{answer}");
        }
        let same = "select (select json_agg(a order by id)::text from public.item as a)
            is not distinct from (select json_agg(a order by id)::text from twin.item as a)";
        let is_same = harness::ask(&self.client, same).await;
        assert_eq!(is_same.as_deref(), Some("t"), "{role}: {document}\n{variables}\n{answer}");
        expected.is_some()
    }

    /// The number of rows that SQL changes, or `None` if it must be refused; then nothing has changed.
    async fn by_sql(
        &self,
        role: &str,
        changes: &[(usize, Change)],
        ids: &[i32],
        at_most: usize,
    ) -> Option<u64> {
        if changes.iter().any(|(_, change)| change.is_refused) {
            return None;
        }
        let set: Vec<_> =
            changes.iter().map(|(column, change)| format!("c{column} = {}", change.sql)).collect();
        let role = self.world.role(role);
        self.client.batch_execute(&format!("begin; set local role {role}")).await.expect("a role");
        let update = format!("update twin.item set {} where id = any ('{{{}}}')", set.join(", "), join(ids));
        let count = self.client.execute(&update, &[]).await.ok().filter(|count| *count <= at_most as u64);
        let end = if count.is_some() { "commit" } else { "rollback" };
        self.client.batch_execute(end).await.expect("the end");
        count
    }

    /// The mutation, with its values in the document or in variables.
    fn request(&mut self, changes: &[(usize, Change)], ids: &[i32], at_most: usize) -> (String, Value) {
        let (mut declared, mut given, mut variables) = (String::new(), String::new(), Map::new());
        for argument in ["set", "increment", "append", "prepend", "remove"] {
            let fields = changes.iter().filter(|(_, change)| change.argument == argument);
            let fields: Map<_, _> =
                fields.map(|(column, change)| (format!("c{column}"), change.value.clone())).collect();
            if fields.is_empty() {
                continue;
            }
            if self.random.once_in(2) {
                let _ = write!(given, "{argument}: {}, ", inline(&Value::Object(fields)));
            } else {
                let input = match argument {
                    "set" => "Update",
                    "increment" => "Increment",
                    "remove" => "Remove",
                    _ => "Append",
                };
                let _ = write!(declared, "${argument}: item{input}Input!, ");
                let _ = write!(given, "{argument}: ${argument}, ");
                variables.insert(argument.to_owned(), Value::Object(fields));
            }
        }
        let declared = if declared.is_empty() { declared } else { format!("({declared})") };
        let filter = format!("filter: {{id: {{in: [{}]}}}}, atMost: {at_most}", join(ids));
        let document =
            format!("mutation {declared} {{ updateitemCollection({given}{filter}) {{ affectedCount }} }}");
        (document, Value::Object(variables))
    }
}

fn join(ids: &[i32]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A value as an SQL literal of its type.
pub(super) fn literal(value: &Value, kind: &str) -> String {
    let text = match value {
        Value::Null => return format!("null::{kind}"),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| literal(item, kind.trim_end_matches("[]"))).collect();
            return format!("array[{}]::{kind}", items.join(", "));
        }
        other => other.to_string(),
    };
    format!("'{}'::{kind}", text.replace('\'', "''"))
}

/// A value as a GraphQL literal.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|(key, value)| format!("{key}: {}", inline(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
