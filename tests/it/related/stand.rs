//! A database of a random model, the roles, and the queries in both languages.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::filter::{Filter, ties};
use super::model::{Model, Relation};
use super::order::Order;
use crate::harness;
use crate::random::Random;

/// A role, and the part of the model that it sees.
pub(super) struct Caller {
    pub(super) role: String,
    pub(super) model: Model,
}

pub(super) struct Stand {
    pub(super) engine: Engine,
    client: Client,
    pub(super) callers: [Caller; 2],
    rows: Vec<usize>,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.role)
    }
}

/// The key columns of the rows of a connection.
pub(super) fn keys(connection: &Value) -> Value {
    let edges = connection["edges"].as_array().unwrap_or_else(|| panic!("no edges: {connection}"));
    edges.iter().map(|edge| row_key(&edge["node"])).collect()
}

fn row_key(node: &Value) -> Value {
    node.as_object().expect("a row").values().filter(|value| !value.is_object()).cloned().collect()
}

impl Stand {
    pub(super) async fn new(seed: u64) -> Self {
        let role = format!("related_{seed}");
        let model = Model::new(&mut Random(seed), &role);
        // JIT compilation of a statement with many subselects would take longer than running it.
        let setup = format!(
            "{} comment on schema public is '@graphql({{\"max_rows\": 100}})'; analyze;
            do $$ begin execute format('alter database %I set jit = off', current_database()); end $$;",
            model.setup()
        );
        let database = harness::database(&setup).await;
        let url = harness::cluster().url(&database);
        let mut config = harness::config(&url, PoolMode::Direct);
        config.api.total_count = true;
        config.api.aggregate = true;
        let engine = Engine::new(&config).expect("an engine");
        let client = harness::connect(&url).await;
        let part = model.seen_by_role(&model.hidden(&role));
        let whole = model.seen_by_role(&[]);
        let mut rows = Vec::new();
        for table in &model.tables {
            let count = harness::ask(&client, &format!("select count(*) from {}", table.name)).await;
            rows.push(count.expect("a count").parse().expect("a number"));
        }
        let callers = [Caller { role: format!("all_{role}"), model: whole }, Caller { role, model: part }];
        Self { engine, client, callers, rows }
    }

    /// The number of rows of a table.
    pub(super) fn all_rows(&self, table: usize) -> usize {
        self.rows[table]
    }

    pub(super) async fn graphql(&self, who: &Caller, query: &str, variables: Value) -> Value {
        let identity = Identity { role: Some(who.role.as_str().into()), ..Identity::default() };
        let mut answer = harness::graphql_as(&self.engine, &identity, query, variables.clone()).await;
        assert!(answer["errors"].is_null(), "{who:?} {query} {variables}\n{answer}");
        answer["data"].take()
    }

    /// The result of a statement for a role, as JSON.
    pub(super) async fn sql(&self, who: &Caller, statement: &str) -> Value {
        let role = &who.role;
        let messages = self.client.simple_query(&format!("set role {role}; {statement}; reset role")).await;
        let messages = messages.unwrap_or_else(|error| panic!("{statement}\n{error:?}"));
        let text = messages.into_iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).expect("a value").to_owned()),
            _ => None,
        });
        serde_json::from_str(&text.expect("a row")).expect("JSON")
    }

    /// The rows that match a filter, in the order of their keys.
    pub(super) async fn filtered(&self, who: &Caller, table: usize, filter: &Value) -> Value {
        let (name, key) = named(who, table);
        let query = format!(
            "query ($filter: {name}Filter) {{ t: {name}Collection(filter: $filter) {{
                edges {{ node {{ {key} }} }} totalCount aggregate {{ count }} }} }}"
        );
        self.graphql(who, &query, json!({ "filter": filter })).await
    }

    /// The rows that an update with a filter changes, in the order of their keys.
    pub(super) async fn updated(&self, who: &Caller, table: usize, filter: &Value) -> Value {
        let (name, key) = named(who, table);
        let query = format!(
            "mutation ($filter: {name}Filter) {{ t: update{name}Collection(filter: $filter, set: {{ mark: 1 }}, atMost: 100) {{
                affectedCount records {{ {key} }} }} }}"
        );
        let answer = self.graphql(who, &query, json!({ "filter": filter })).await;
        let mut rows: Vec<Value> =
            answer["t"]["records"].as_array().expect("records").iter().map(row_key).collect();
        assert_eq!(answer["t"]["affectedCount"], json!(rows.len()));
        rows.sort_by_key(|row| (row[0].as_i64(), row[1].as_str().map(str::to_owned)));
        json!(rows)
    }

    /// The same by SQL.
    pub(super) async fn rows(&self, who: &Caller, table: usize, filter: &Filter) -> Value {
        let none = Order::none(&who.model, table);
        self.ordered(who, table, &none, filter).await
    }

    /// The rows that match a filter, in an order, by SQL.
    pub(super) async fn ordered(&self, who: &Caller, table: usize, order: &Order, filter: &Filter) -> Value {
        let rows = ranked(&who.model, table, "true", (order, filter));
        let statement = format!("select coalesce(json_agg(key order by rank), '[]') from ({rows}) as ranked");
        self.sql(who, &statement).await
    }

    /// For each row of a table, by key, the first three rows at the other end of a relation, by SQL.
    pub(super) async fn ordered_below(
        &self,
        who: &Caller,
        table: usize,
        relation: &Relation,
        asked: (&Order, &Filter),
    ) -> Value {
        let rows = ranked(&who.model, relation.table, &ties(relation, "p", "t"), asked);
        let list = format!(
            "(select coalesce(json_agg(key order by rank), '[]') from ({rows}) as ranked where rank <= 3)"
        );
        let key: Vec<_> = who.model.tables[table].key.iter().map(|column| format!("p.{column}")).collect();
        let statement = format!(
            "select coalesce(json_agg({list} order by {}), '[]') from {} as p",
            key.join(", "),
            who.model.tables[table].name
        );
        self.sql(who, &statement).await
    }

    /// The same by the API.
    pub(super) async fn below(
        &self,
        who: &Caller,
        table: usize,
        relation: &Relation,
        (order, filter): (&Order, &Filter),
    ) -> Value {
        let (name, key) = named(who, table);
        let (other, other_key) = named(who, relation.table);
        let query = format!(
            "query ($filter: {other}Filter, $order: [{other}OrderBy!]) {{ t: {name}Collection {{ edges {{ node {{
                {key} below: {}(filter: $filter, orderBy: $order, first: 3) {{ edges {{ node {{ {other_key} }} }} }} }} }} }} }}",
            relation.field
        );
        let variables = json!({ "filter": filter.graphql(), "order": order.graphql() });
        let answer = self.graphql(who, &query, variables).await;
        answer["t"]["edges"]
            .as_array()
            .expect("edges")
            .iter()
            .map(|edge| keys(&edge["node"]["below"]))
            .collect()
    }

    /// All rows, page by page, and the number of pages.
    pub(super) async fn walk(
        &self,
        who: &Caller,
        table: usize,
        (order, filter, distinct_on): (&Order, &Filter, &[String]),
        (is_forward, size): (bool, usize),
    ) -> (Value, usize) {
        let (name, key) = named(who, table);
        let (count, bound, end, more) = if is_forward {
            ("first", "after", "endCursor", "hasNextPage")
        } else {
            ("last", "before", "startCursor", "hasPreviousPage")
        };
        let query = format!(
            "query ($filter: {name}Filter, $order: [{name}OrderBy!], $on: [{name}DistinctColumn!], $size: Int, $bound: Cursor) {{
                t: {name}Collection(filter: $filter, orderBy: $order, distinctOn: $on, {count}: $size, {bound}: $bound) {{
                    edges {{ cursor node {{ {key} }} }} pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"
        );
        let (mut walked, mut position, mut pages) = (Vec::new(), Value::Null, 0);
        loop {
            let variables = json!({
                "filter": filter.graphql(), "order": order.graphql(), "on": distinct_on, "size": size, "bound": position
            });
            let answer = self.graphql(who, &query, variables).await;
            let page = &answer["t"];
            let found = keys(page).as_array().expect("keys").clone();
            walked = if is_forward { [walked, found].concat() } else { [found, walked].concat() };
            pages += 1;
            let edges = page["edges"].as_array().expect("edges");
            let at = if is_forward { edges.last() } else { edges.first() };
            position = at.map_or(Value::Null, |edge| edge["cursor"].clone());
            assert_eq!(page["pageInfo"][end], position);
            assert!(walked.len() <= 200, "the walk has no end: {}", order.graphql());
            if page["pageInfo"][more] == false {
                return (json!(walked), pages);
            }
        }
    }
}

/// The name of a table, and the fields of its key.
pub(super) fn named(who: &Caller, table: usize) -> (String, String) {
    let found = &who.model.tables[table];
    (found.name.clone(), found.key.join(" "))
}

/// A select of the keys of rows with their rank in an order.
fn ranked(model: &Model, table: usize, condition: &str, (order, filter): (&Order, &Filter)) -> String {
    let found = &model.tables[table];
    let key: Vec<_> = found.key.iter().map(|column| format!("t.{column}")).collect();
    let (joins, order) = order.sql(model, "t");
    format!(
        "select json_build_array({}) as key, row_number() over (order by {order}) as rank
        from {} as t{joins} where {condition} and ({})",
        key.join(", "),
        found.name,
        filter.sql(model, "t")
    )
}
