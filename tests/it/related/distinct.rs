//! Random `distinctOn` with random filters and orders, compared with SQL that numbers the rows of each group.

use serde_json::{Value, json};

use super::filter::{Filter, ties};
use super::model::{Model, Relation};
use super::order::Order;
use super::stand::{Caller, Stand, keys, named};
use crate::random::Random;

/// The number of schemas; both roles query each of them.
const SCHEMAS: u64 = 4;

/// A request for a collection.
struct Asked {
    order: Order,
    filter: Filter,
    distinct_on: Vec<String>,
}

impl Asked {
    fn random(random: &mut Random, model: &Model, table: usize) -> Self {
        let found = &model.tables[table];
        let columns: Vec<_> =
            found.columns.iter().map(|column| &column.name).chain(&found.key).cloned().collect();
        // Some columns are named twice, which has no further effect.
        let distinct_on = (0..=random.below(3)).map(|_| random.choose(&columns).clone()).collect();
        let depth = random.below(3);
        Self {
            order: Order::random(random, model, table),
            filter: Filter::random(random, model, table, depth),
            distinct_on,
        }
    }

    /// The first row of each group, as a select of its key, its value of a column and the columns of the
    /// group. Within a group these are equal, so only the client's order decides.
    fn first_rows(&self, model: &Model, table: usize, (condition, value): (&str, &str)) -> String {
        let found = &model.tables[table];
        let key: Vec<_> = found.key.iter().map(|column| format!("t.{column}")).collect();
        let (joins, order) = self.order.sql(model, "t");
        let group: Vec<_> = self.distinct_on.iter().map(|column| format!("t.{column}")).collect();
        let named = self.distinct_on.iter().enumerate();
        let named: Vec<_> = named.map(|(place, column)| format!("t.{column} as g{place}")).collect();
        format!(
            "select * from (select json_build_array({}) as key, t.{value} as value, {},
                row_number() over (partition by {} order by {order}) as place
            from {} as t{joins} where {condition} and ({})) as numbered where place = 1",
            key.join(", "),
            named.join(", "),
            group.join(", "),
            found.name,
            self.filter.sql(model, "t")
        )
    }

    /// The order of the groups: no two have equal columns.
    fn order_of_groups(&self) -> String {
        let columns = self.distinct_on.iter().enumerate();
        let terms: Vec<_> =
            columns.map(|(place, column)| format!("g{place} {}", self.order.direction(column))).collect();
        terms.join(", ")
    }

    /// The keys in their order, their number, and the maximum of a column, by SQL.
    async fn expected(&self, stand: &Stand, who: &Caller, table: usize, column: &str) -> Value {
        let rows = self.first_rows(&who.model, table, ("true", column));
        let statement = format!(
            "select json_build_object('keys', coalesce(json_agg(key order by {}), '[]'), 'count', count(*), 'max', max(value)) from ({rows}) as r",
            self.order_of_groups()
        );
        stand.sql(who, &statement).await
    }

    /// `totalCount` and `aggregate`, for any page.
    async fn figures(&self, stand: &Stand, who: &Caller, table: usize, column: &str) -> Value {
        let (name, _) = named(who, table);
        let query = format!(
            "query ($filter: {name}Filter, $order: [{name}OrderBy!], $on: [{name}DistinctColumn!]) {{
                t: {name}Collection(filter: $filter, orderBy: $order, distinctOn: $on, first: 1) {{
                    totalCount aggregate {{ count max {{ {column} }} }} }} }}"
        );
        stand.graphql(who, &query, self.variables()).await["t"].take()
    }

    fn variables(&self) -> Value {
        json!({ "filter": self.filter.graphql(), "order": self.order.graphql(), "on": self.distinct_on })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_distinct_rows_page_both_ways_and_count_as_by_sql() {
    let (mut walks, mut pages, mut fewer) = (0, 0, 0);
    for seed in 0..SCHEMAS {
        let stand = Stand::new(110 + seed).await;
        let mut random = Random(4000 + seed);
        for who in &stand.callers {
            for _ in 0..50 {
                let table = random.below(who.model.tables.len());
                let asked = Asked::random(&mut random, &who.model, table);
                let found = &who.model.tables[table];
                let column = found.columns.first().map_or(found.key[0].as_str(), |column| &column.name);
                let expected = asked.expected(&stand, who, table, column).await;
                let size = 1 + random.below(5);
                let by = (&asked.order, &asked.filter, asked.distinct_on.as_slice());
                for is_forward in [true, false] {
                    let (walked, steps) = stand.walk(who, table, by, (is_forward, size)).await;
                    let variables = asked.variables();
                    assert_eq!(walked, expected["keys"], "{who:?} {table} {is_forward} {size}: {variables}");
                    pages += steps;
                    walks += 1;
                }
                let figures = asked.figures(&stand, who, table, column).await;
                assert_eq!(figures["totalCount"], expected["count"], "{}", asked.variables());
                assert_eq!(figures["aggregate"]["count"], expected["count"], "{}", asked.variables());
                assert_eq!(figures["aggregate"]["max"][column], expected["max"], "{}", asked.variables());
                let all = stand.ordered(who, table, &asked.order, &asked.filter).await;
                fewer += usize::from(all.as_array().map(Vec::len) > walked_length(&expected));
            }
        }
    }
    assert!(walks == SCHEMAS * 200 && pages > 1_000 && fewer > 150, "{walks} {pages} {fewer}");
}

fn walked_length(expected: &Value) -> Option<usize> {
    expected["keys"].as_array().map(Vec::len)
}

/// For each row of a table the first three at the other end of a relation, by SQL.
async fn expected_below(
    asked: &Asked,
    stand: &Stand,
    who: &Caller,
    (table, relation): (usize, &Relation),
) -> Value {
    let key = &who.model.tables[relation.table].key[0];
    let rows = asked.first_rows(&who.model, relation.table, (&ties(relation, "p", "t"), key));
    let order = asked.order_of_groups();
    let found = &who.model.tables[table];
    let keys: Vec<_> = found.key.iter().map(|column| format!("p.{column}")).collect();
    let statement = format!(
        "select coalesce(json_agg((select coalesce(json_agg(key order by {order}), '[]')
            from (select * from ({rows}) as r order by {order} limit 3) as r) order by {}), '[]') from {} as p",
        keys.join(", "),
        found.name
    );
    stand.sql(who, &statement).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_distinct_rows_are_those_of_sql() {
    let mut compared = 0;
    for seed in 0..SCHEMAS {
        let stand = Stand::new(140 + seed).await;
        let mut random = Random(5000 + seed);
        for who in &stand.callers {
            for _ in 0..40 {
                let table = random.below(who.model.tables.len());
                let relations = &who.model.tables[table].relations;
                let many: Vec<_> = relations.iter().filter(|relation| relation.is_many).collect();
                if many.is_empty() {
                    continue;
                }
                let relation = *random.choose(&many);
                let asked = Asked::random(&mut random, &who.model, relation.table);
                let expected = expected_below(&asked, &stand, who, (table, relation)).await;
                let ((name, key), (other, other_key)) = (named(who, table), named(who, relation.table));
                let query = format!(
                    "query ($filter: {other}Filter, $order: [{other}OrderBy!], $on: [{other}DistinctColumn!]) {{
                        t: {name}Collection {{ edges {{ node {{ {key}
                            below: {}(filter: $filter, orderBy: $order, distinctOn: $on, first: 3) {{
                                edges {{ node {{ {other_key} }} }} }} }} }} }} }}",
                    relation.field
                );
                let answer = stand.graphql(who, &query, asked.variables()).await;
                let edges = answer["t"]["edges"].as_array().expect("edges");
                let below: Value = edges.iter().map(|edge| keys(&edge["node"]["below"])).collect();
                assert_eq!(below, expected, "{who:?} {table} {}: {}", relation.field, asked.variables());
                compared += 1;
            }
        }
    }
    assert!(compared > 80, "{compared}");
}
