//! Random upserts by two roles with different rights, each compared with single `UPDATE`s and `INSERT`s that
//! this test writes independently, on a copy of the table.

use std::collections::HashSet;

use serde_json::{Map, Value, json};
use tokio_postgres::Client;

use super::World;
use super::random::{inline, literal};
use crate::harness;
use crate::random::Random;
use crate::ways::Route;

const REQUESTS: usize = 1_000;

/// After this number of requests, the rows are replaced.
const FRESH: usize = 15;

const COLUMNS: [(&str, &str); 5] =
    [("id", "integer"), ("code", "text"), ("region", "integer"), ("note", "text"), ("amount", "integer")];

/// The conflict targets: the name, and the condition for the existing row with which a new one conflicts.
const TARGETS: [(&str, &str); 3] = [
    ("item_pkey", "t.id = n.id"),
    ("item_code_region_key", "t.code = n.code and t.region = n.region"),
    ("item_open", "lower(t.note) = lower(n.note) and t.amount > 0 and n.amount > 0"),
];

const TABLE: &str = "(id integer primary key, code text, region integer default 1, note text, amount integer default 5,
    constraint item_code_region_key unique (code, region));
    create unique index item_open on #t (lower(note)) where amount > 0;
    grant all on #t to writes_all#; grant select, insert, update (note, amount) on #t to writes_some#;
    alter table #t enable row level security;
    create policy everything on #t to writes_all# using (true);
    create policy seen on #t for select to writes_some# using (true);
    create policy made on #t for insert to writes_some# with check (region = 1);
    create policy changed on #t for update to writes_some# using (id <> 2) with check (amount is distinct from 13);";

struct Twins {
    world: World,
    client: Client,
    random: Random,
}

/// An insert with `onConflict`.
struct Upsert {
    role: &'static str,
    objects: Vec<Map<String, Value>>,
    target: (&'static str, &'static str),
    columns: Vec<&'static str>,
    /// The minimum amount of rows that are updated.
    least: Option<i32>,
}

#[tokio::test(flavor = "multi_thread")]
async fn random_upserts_do_what_single_statements_do() {
    let mut counts = [0, 0];
    for seed in 1..=3 {
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
        done > 800 && refused > 300,
        "{done} were done and {refused} refused: the values are too odd, or not odd enough"
    );
}

impl Twins {
    async fn start(seed: u64) -> Self {
        let tables = ["public.item", "twin.item"]
            .map(|name| format!("create table {name} {}", TABLE.replace("#t", name)));
        let setup = "create role writes_all#; create role writes_some#; create schema twin; grant usage on schema twin to writes_all#, writes_some#;";
        let world = World::start(Route::Direct, &(setup.to_owned() + &tables.join(" "))).await;
        let client = harness::connect(&world.url).await;
        Self { world, client, random: Random(seed) }
    }

    async fn refill(&mut self) {
        let rows: Vec<_> =
            (1..=4).map(|id| format!("({id}, '{id}', 1, 'n{id}', {})", self.random.below(3))).collect();
        let script = format!(
            "truncate public.item, twin.item; insert into twin.item values {}; insert into public.item select * from twin.item",
            rows.join(", ")
        );
        self.client.batch_execute(&script).await.expect("rows");
    }

    fn upsert(&mut self) -> Upsert {
        let objects = (0..=self.random.below(3)).map(|_| self.object()).collect();
        let updatable = ["id", "code", "region", "note", "amount"];
        let role = *self.random.choose(&["all", "some"]);
        let columns: Vec<_> = if self.random.once_in(4) {
            Vec::new()
        } else {
            let may = |column: &&&str| role == "all" || matches!(**column, "note" | "amount");
            let columns: Vec<_> = updatable.iter().filter(may).copied().collect();
            columns.into_iter().filter(|_| self.random.once_in(3)).collect()
        };
        let least = (!columns.is_empty() && self.random.once_in(3)).then_some(1);
        Upsert { role, objects, target: *self.random.choose(&TARGETS), columns, least }
    }

    fn object(&mut self) -> Map<String, Value> {
        let mut object = Map::from_iter([("id".to_owned(), json!(self.random.below(8) + 1))]);
        let mut give = |random: &mut Random, name: &str, value: Value| {
            if !random.once_in(5) {
                object.insert(name.to_owned(), if random.once_in(9) { Value::Null } else { value });
            }
        };
        let random = &mut self.random;
        let (code, region) = (
            json!((random.below(16) + 1).to_string()),
            json!(random.below(8).min(1) + 1 - random.below(2).min(1)),
        );
        let region = if random.once_in(5) { region } else { json!(1) };
        let (note, amount) = (
            json!(*random.choose(&["n1", "N2", "n5", "", "n9", "x", "y", "z"])),
            json!(*random.choose(&[0, 1, 7, 13])),
        );
        give(random, "code", code);
        give(random, "region", region);
        give(random, "note", note);
        give(random, "amount", amount);
        object
    }

    async fn compare(&mut self) -> bool {
        let upsert = self.upsert();
        let role = self.world.role(upsert.role);
        self.client.batch_execute(&format!("begin; set local role {role}")).await.expect("a role");
        let expected = self.by_sql(&upsert).await;
        let end = if expected.is_some() { "commit" } else { "rollback" };
        self.client.batch_execute(end).await.expect("the end");
        let (document, variables) = self.request(&upsert);
        let answer = self.world.answer(upsert.role, &document, &variables).await;
        let response = &answer["data"]["insertIntoitemCollection"];
        let records = response["records"].as_array();
        let found = records.map(|records| {
            let ids: Vec<_> = records.iter().filter_map(|record| record["id"].as_i64()).collect();
            assert_eq!(response["affectedCount"], json!(ids.len()));
            ids
        });
        assert_eq!(found, expected, "{}: {document}\n{variables}\n{answer}", upsert.role);
        let same = "select (select json_agg(a order by id)::text from public.item as a)
            is not distinct from (select json_agg(a order by id)::text from twin.item as a)";
        assert_eq!(
            harness::ask(&self.client, same).await.as_deref(),
            Some("t"),
            "{document}\n{variables}\n{answer}"
        );
        expected.is_some()
    }

    /// The ids of the written rows in order; `None` if one of the statements fails or a row is written twice.
    async fn by_sql(&self, upsert: &Upsert) -> Option<Vec<i64>> {
        let (mut written, mut touched) = (Vec::new(), HashSet::<String>::new());
        let (_, finds) = upsert.target;
        for object in &upsert.objects {
            let value = |(name, kind): &(&str, &str)| match (object.get(*name), *name) {
                (Some(value), _) => literal(value, kind),
                (None, "region") => "1".to_owned(),
                (None, "amount") => "5".to_owned(),
                (None, _) => format!("null::{kind}"),
            };
            let values: Vec<_> = COLUMNS.iter().map(value).collect();
            let new = format!("(values ({})) as n(id, code, region, note, amount)", values.join(", "));
            let find = format!("select t.ctid::text, t.id from twin.item as t, {new} where {finds}");
            let found = self.client.query(&find, &[]).await.ok()?;
            let insert =
                format!("insert into twin.item values ({}) returning ctid::text, id", values.join(", "));
            let row = match found.first() {
                None => self.client.query_one(&insert, &[]).await.ok()?,
                Some(_) if upsert.columns.is_empty() => {
                    // The new row must be allowed, too.
                    self.check(object).await?;
                    continue;
                }
                Some(row) => {
                    self.check(object).await?;
                    let place: String = row.get(0);
                    if touched.contains(&place) {
                        return None;
                    }
                    let set: Vec<_> =
                        upsert.columns.iter().map(|column| format!("{column} = n.{column}")).collect();
                    let least =
                        upsert.least.map_or(String::new(), |least| format!("and t.amount >= {least}"));
                    let update = format!(
                        "update twin.item as t set {} from {new} where t.ctid = '{place}' {least} returning t.ctid::text, t.id",
                        set.join(", ")
                    );
                    // If the filter is true, a row that the policy for updates hides is an error; it is not
                    // left as it is.
                    let is_meant = format!("select from twin.item as t where t.ctid = '{place}' {least}");
                    let is_hidden = upsert.role == "some"
                        && row.get::<_, i32>(1) == 2
                        && !self.client.query(&is_meant, &[]).await.ok()?.is_empty();
                    match self.client.query(&update, &[]).await.ok()?.into_iter().next() {
                        Some(row) => row,
                        None if is_hidden => return None,
                        None => continue,
                    }
                }
            };
            touched.insert(row.get(0));
            written.push(i64::from(row.get::<_, i32>(1)));
        }
        Some(written)
    }

    /// Whether the policy for inserts and the key allow a row.
    async fn check(&self, object: &Map<String, Value>) -> Option<()> {
        let role = harness::ask(&self.client, "select current_user::text").await?;
        let region = object.get("region").cloned().unwrap_or(json!(1));
        (role == self.world.role("all") || region == json!(1)).then_some(())
    }

    fn request(&mut self, upsert: &Upsert) -> (String, Value) {
        let mut on = Map::from_iter([("constraint".to_owned(), json!(upsert.target.0))]);
        if !upsert.columns.is_empty() || self.random.once_in(2) {
            on.insert("updateColumns".to_owned(), json!(upsert.columns));
        }
        if let Some(least) = upsert.least {
            on.insert("filter".to_owned(), json!({"amount": {"gte": least}}));
        }
        let answer = "{ affectedCount records { id } }";
        if self.random.once_in(2) {
            // Enum values have no quotation marks in a document.
            let names = TARGETS.iter().map(|(name, _)| *name).chain(COLUMNS.map(|(name, _)| name));
            let on = names
                .fold(inline(&Value::Object(on)), |text, name| text.replace(&format!("\"{name}\""), name));
            let objects = inline(&json!(upsert.objects));
            let document = format!(
                "mutation {{ insertIntoitemCollection(objects: {objects}, onConflict: {on}) {answer} }}"
            );
            return (document, Value::Null);
        }
        let document = format!(
            "mutation ($objects: [itemInsertInput!]!, $on: itemOnConflict!) {{ insertIntoitemCollection(objects: $objects, onConflict: $on) {answer} }}"
        );
        (document, json!({"objects": upsert.objects, "on": on}))
    }
}
