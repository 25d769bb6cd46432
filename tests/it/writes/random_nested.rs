//! Random nested inserts by two roles with different rights, each compared with inserts of single rows that
//! this test writes independently, on copies of the tables.

use std::pin::Pin;

use serde_json::{Map, Value, json};
use tokio_postgres::Client;

use super::World;
use super::random::inline;
use crate::harness;
use crate::random::Random;
use crate::ways::Route;

const REQUESTS: usize = 500;

const TABLES: &str = "
    create table @.owner (id integer generated always as identity primary key, name text);
    create table @.tag (code serial primary key, name text);
    create table @.item (
        id uuid primary key default gen_random_uuid(), owner_id integer references @.owner, parent_id uuid references @.item,
        tag_code integer references @.tag, name text, size integer default 7, note text
    );
    create table @.part (item_id uuid references @.item, number integer, name text, primary key (item_id, number));
    grant all on all tables in schema @ to writes_all#; grant usage on all sequences in schema @ to writes_all#;
    grant select on all tables in schema @ to writes_some#;
    grant insert on @.owner, @.part to writes_some#;
    grant insert (name, size, note, owner_id) on @.item to writes_some#;
";

/// The rows of both, by their unique names.
const LINES: &str = "select string_agg(line, ';' order by line) from (
    select 'owner ' || name as line from @.owner union all select 'tag ' || name from @.tag
    union all select concat_ws(' ', 'item', i.name, coalesce(i.size, -1), i.note, 'of', o.name, 'in', p.name, 'as', t.name) from @.item as i
        left join @.owner as o on o.id = i.owner_id left join @.item as p on p.id = i.parent_id left join @.tag as t on t.code = i.tag_code
    union all select concat_ws(' ', 'part', p.name, p.number, i.name) from @.part as p join @.item as i on i.id = p.item_id) as lines";

struct Twins {
    world: World,
    client: Client,
    random: Random,
    names: usize,
}

type Inserting<'a> = Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;

#[tokio::test(flavor = "multi_thread")]
async fn random_nested_inserts_do_what_inserts_of_single_rows_do() {
    let (mut done, mut refused) = (0, 0);
    for seed in 1..=3 {
        let mut twins = Twins::start(seed).await;
        for _ in 0..REQUESTS {
            if twins.compare().await { done += 1 } else { refused += 1 }
        }
    }
    assert!(done > 700 && refused > 100, "{done} were done and {refused} refused");
}

impl Twins {
    async fn start(seed: u64) -> Self {
        let setup = format!(
            "comment on schema public is '@graphql({{\"inflect_names\": true}})'; create schema twin;
             create role writes_all#; create role writes_some#; grant usage on schema twin to writes_all#, writes_some#; {} {}",
            TABLES.replace('@', "public"),
            TABLES.replace('@', "twin")
        );
        let world = World::start(Route::Direct, &setup).await;
        let client = harness::connect(&world.url).await;
        Self { world, client, random: Random(seed), names: 0 }
    }

    fn name(&mut self) -> Value {
        self.names += 1;
        json!(format!("n{}", self.names))
    }

    fn rows(&mut self, depth: usize, row: impl Fn(&mut Self, usize) -> Value) -> Value {
        (0..=self.random.below(3)).map(|_| row(self, depth.saturating_sub(1))).collect()
    }

    fn owner(&mut self, depth: usize, has_items: bool) -> Value {
        let mut owner = Map::from_iter([("name".to_owned(), self.name())]);
        if has_items && depth > 0 && !self.random.once_in(3) {
            let items = self.rows(depth, |twins, depth| twins.item(depth, "owner"));
            owner.insert("itemCollection".to_owned(), json!({ "objects": items }));
        }
        Value::Object(owner)
    }

    fn tag(&mut self, depth: usize, has_items: bool) -> Value {
        let mut tag = Map::from_iter([("name".to_owned(), self.name())]);
        if has_items && depth > 0 && self.random.once_in(2) {
            let items = self.rows(depth, |twins, depth| twins.item(depth, "tag"));
            tag.insert("itemCollection".to_owned(), json!({ "objects": items }));
        }
        Value::Object(tag)
    }

    /// An item; `above` is its relation to the row that contains it.
    fn item(&mut self, depth: usize, above: &str) -> Value {
        let mut item = Map::from_iter([("name".to_owned(), self.name())]);
        let is_ragged = self.random.once_in(3);
        if is_ragged && self.random.once_in(2) {
            let size = if self.random.once_in(4) { Value::Null } else { json!(self.random.below(9)) };
            item.insert("size".to_owned(), size);
        }
        if !is_ragged || self.random.once_in(2) {
            item.insert("note".to_owned(), json!(self.random.choose(&["", "it's", "{\"}"])));
        }
        if above != "owner" && self.random.once_in(3) {
            let owner = self.owner(depth, false);
            item.insert("owner".to_owned(), json!({ "object": owner }));
        }
        if above != "tag" && self.random.once_in(6) {
            let tag = self.tag(depth, false);
            item.insert("tag".to_owned(), json!({ "object": tag }));
        }
        if above != "parent" && depth > 0 && self.random.once_in(9) {
            let parent = self.item(depth - 1, "child");
            item.insert("parent".to_owned(), json!({ "object": parent }));
        }
        if above != "child" && depth > 0 && self.random.once_in(6) {
            let items = self.rows(depth, |twins, depth| twins.item(depth, "parent"));
            item.insert("itemCollection".to_owned(), json!({ "objects": items }));
        }
        if depth > 0 && !self.random.once_in(3) {
            let mut number = 0;
            let parts = (0..self.random.below(4)).map(|_| {
                number += 1;
                json!({"number": number, "name": self.name()})
            });
            let parts: Vec<_> = parts.collect();
            item.insert("partCollection".to_owned(), json!({ "objects": parts }));
        }
        Value::Object(item)
    }

    /// Inserts into both, and asserts the same result. Returns whether the insert was made.
    async fn compare(&mut self) -> bool {
        let (table, type_name) = *self.random.choose(&[("owner", "Owner"), ("item", "Item"), ("tag", "Tag")]);
        let role = *self.random.choose(&["all", "all", "some"]);
        let objects: Vec<_> = (0..=self.random.below(3))
            .map(|_| match table {
                "owner" => self.owner(3, true),
                "tag" => self.tag(2, true),
                _ => self.item(3, ""),
            })
            .collect();
        let is_done = self.by_sql(role, table, &objects).await;
        let response = "{ affectedCount records { name } }";
        let (document, variables) = if self.random.once_in(2) {
            let objects = inline(&json!(objects));
            (
                format!("mutation {{ insertInto{type_name}Collection(objects: {objects}) {response} }}"),
                Value::Null,
            )
        } else {
            let head = format!("mutation ($objects: [{type_name}InsertInput!]!)");
            (
                format!("{head} {{ insertInto{type_name}Collection(objects: $objects) {response} }}"),
                json!({ "objects": objects }),
            )
        };
        let answer = self.world.answer(role, &document, &variables).await;
        let context = format!("{role}: {document}\n{variables}\n{answer}");
        assert_eq!(answer["errors"].is_null(), is_done, "{context}");
        if is_done {
            let names: Vec<_> = objects.iter().map(|object| json!({"name": object["name"]})).collect();
            let expected = json!({"affectedCount": objects.len(), "records": names});
            assert_eq!(answer["data"][format!("insertInto{type_name}Collection")], expected, "{context}");
        }
        let same = format!(
            "select ({}) is not distinct from ({})",
            LINES.replace('@', "public"),
            LINES.replace('@', "twin")
        );
        let is_same = harness::ask(&self.client, &same).await;
        assert_eq!(is_same.as_deref(), Some("t"), "{context}");
        self.client
            .batch_execute("truncate public.owner, public.item, public.part, public.tag, twin.owner, twin.item, twin.part, twin.tag")
            .await
            .expect("no rows");
        is_done
    }

    async fn by_sql(&self, role: &str, table: &str, objects: &[Value]) -> bool {
        let role = self.world.role(role);
        self.client.batch_execute(&format!("begin; set local role {role}")).await.expect("a role");
        let mut is_done = true;
        for object in objects {
            is_done = is_done && self.insert(table, object, Vec::new()).await.is_some();
        }
        self.client.batch_execute(if is_done { "commit" } else { "rollback" }).await.expect("the end");
        is_done
    }

    /// Inserts a row, first the rows that it references, and then those that reference it. Returns its key.
    fn insert<'a>(
        &'a self,
        table: &'a str,
        object: &'a Value,
        above: Vec<(&'a str, String)>,
    ) -> Inserting<'a> {
        Box::pin(async move {
            let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
            let mut values = above;
            for name in ["name", "size", "note", "number"] {
                match &object[name] {
                    Value::String(text) => values.push((name, quoted(text))),
                    Value::Null if object.get(name).is_some() => values.push((name, "null".to_owned())),
                    Value::Null => {}
                    other => values.push((name, other.to_string())),
                }
            }
            for (relation, other, column) in
                [("owner", "owner", "owner_id"), ("tag", "tag", "tag_code"), ("parent", "item", "parent_id")]
            {
                if let Some(row) = object[relation].get("object") {
                    values.push((column, quoted(&self.insert(other, row, Vec::new()).await?)));
                }
            }
            let (columns, values): (Vec<_>, Vec<_>) = values.into_iter().unzip();
            let key = match table {
                "tag" => "code",
                "part" => "number",
                _ => "id",
            };
            let insert = format!(
                "insert into twin.{table} ({}) values ({}) returning {key}::text",
                columns.join(", "),
                values.join(", ")
            );
            let key: String = self.client.query_one(&insert, &[]).await.ok()?.get(0);
            let column = match table {
                "owner" => "owner_id",
                "tag" => "tag_code",
                _ => "parent_id",
            };
            for (relation, other, column) in
                [("itemCollection", "item", column), ("partCollection", "part", "item_id")]
            {
                for row in object[relation]["objects"].as_array().into_iter().flatten() {
                    self.insert(other, row, vec![(column, quoted(&key))]).await?;
                }
            }
            Some(key)
        })
    }
}
