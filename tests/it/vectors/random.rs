//! Random orders by distance, beside other terms and filters, paged both ways, against SQL.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::random::Random;

const OPERATORS: [(&str, &str); 4] =
    [("L2", "<->"), ("COSINE", "<=>"), ("INNER_PRODUCT", "<#>"), ("L1", "<+>")];
const DIRECTIONS: [(&str, &str); 4] = [
    ("AscNullsFirst", "asc nulls first"),
    ("AscNullsLast", "asc nulls last"),
    ("DescNullsFirst", "desc nulls first"),
    ("DescNullsLast", "desc nulls last"),
];

/// Few different vectors, so that many rows are equally far away.
const SETUP: &str = "
    create schema ext; create extension vector schema ext;
    create table kind (id int primary key, centre ext.vector(2));
    insert into kind select n, case when n > 1 then format('[%s,%s]', n % 2, n % 3)::ext.vector end from generate_series(1, 5) as n;
    create table item (id int primary key, name text, kind_id int references kind, e ext.vector(3), h ext.halfvec(2), s ext.sparsevec(5), b bit(6));
    insert into item select n, 'n' || n % 4, nullif(n % 6, 0),
        case when n % 7 > 0 then format('[%s,%s,%s]', n % 3, n % 2 - 0.1, n % 5 / 3.0)::ext.vector end,
        case when n % 5 > 0 then format('[%s,%s]', n % 4 - 1.5, n % 3)::ext.halfvec end,
        case when n % 9 > 0 then format('{1:%s,%s:2}/5', n % 3, n % 4 + 2)::ext.sparsevec end, case when n % 8 > 0 then (n % 13 * 5)::bit(6) end
        from generate_series(1, 60) as n;
    create role vector_all; create role vector_part;
    grant usage on schema ext, public to vector_all, vector_part;
    grant select on item, kind to vector_all;
    grant select (id, name, kind_id, e) on item to vector_part; grant select on kind to vector_part;
    alter table item enable row level security;
    create policy everything on item to vector_all using (true);
    create policy a_part on item to vector_part using (id % 3 > 0);";

/// A term of an order, in both languages.
fn term(random: &mut Random, has_half: bool) -> (Value, String) {
    let (direction, words) = *random.choose(&DIRECTIONS);
    let (metric, operator) = *random.choose(&OPERATORS);
    let mut vector = |length: usize| -> Vec<f64> {
        // A quarter of them is exact in every type.
        (0..length)
            .map(|_| f64::from(u8::try_from(random.below(12)).expect("a small number")) / 4.0 - 1.0)
            .collect()
    };
    let (two, three) = (vector(2), vector(3));
    let order = |to: &[f64]| json!({"to": to, "metric": metric, "direction": direction});
    match random.below(if has_half { 7 } else { 3 }) {
        0 => (json!({ "name": direction }), format!("t.name {words}")),
        1 => (
            json!({"kind": {"centreDistance": order(&two)}}),
            format!(
                "(select k.centre operator(ext.{operator}) '{two:?}' from kind as k where k.id = t.kind_id) {words}"
            ),
        ),
        2 => {
            (json!({"eDistance": order(&three)}), format!("t.e operator(ext.{operator}) '{three:?}' {words}"))
        }
        3 => {
            let bits = format!("{:06b}", random.below(64));
            let (metric, operator) = *random.choose(&[("HAMMING", "<~>"), ("JACCARD", "<%>")]);
            let order = json!({"to": bits, "metric": metric, "direction": direction});
            (json!({ "bDistance": order }), format!("t.b operator(ext.{operator}) '{bits}'::bit(6) {words}"))
        }
        4 | 5 => {
            let to = format!("{{1:{},4:{}}}/5", random.below(4), random.below(3));
            let order = json!({"to": to, "metric": metric, "direction": direction});
            (
                json!({ "sDistance": order }),
                format!("t.s operator(ext.{operator}) '{to}'::ext.sparsevec {words}"),
            )
        }
        _ => (json!({"hDistance": order(&two)}), format!("t.h operator(ext.{operator}) '{two:?}' {words}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_orders_by_distance_page_both_ways_as_by_sql() {
    let cluster = harness::newer_cluster();
    let database = harness::database_of(cluster, SETUP).await;
    let url = cluster.url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let mut random = Random(77);
    let (mut walks, mut pages) = (0, 0);
    for number in 0..160 {
        let role = if number % 2 == 0 { "vector_all" } else { "vector_part" };
        let terms: Vec<_> = (0..=random.below(2)).map(|_| term(&mut random, number % 2 == 0)).collect();
        let order: Vec<_> = terms.iter().map(|(order, _)| order.clone()).collect();
        let sql: Vec<_> = terms.iter().map(|(_, sql)| sql.clone()).chain(["t.id".to_owned()]).collect();
        let least = random.below(40);
        let statement = format!(
            "set role {role}; select coalesce(json_agg(json_build_array(id, d)), '[]') from (
                select t.id, nullif(t.e operator(ext.<=>) '[1,0,0]', 'NaN') as d from item as t where t.id >= {least} order by {}) as t; reset role",
            sql.join(", ")
        );
        let expected = harness::ask(&client, &statement).await.expect("rows");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        let size = 1 + random.below(12);
        for is_forward in [true, false] {
            let identity = Identity { role: Some(role.into()), ..Identity::default() };
            let asked = json!({"order": order, "least": least, "size": size});
            let (walked, steps) = walk(&engine, &identity, asked.clone(), is_forward).await;
            assert_eq!(walked, expected, "{role} {is_forward} {asked}");
            walks += 1;
            pages += steps;
        }
    }
    assert!(walks == 320 && pages > 1_500, "{walks} {pages}");
}

/// All rows, page by page, each with its distance to a vector, and how many pages there were.
async fn walk(engine: &Engine, who: &Identity, mut variables: Value, is_forward: bool) -> (Value, usize) {
    let (count, bound, end, more) = if is_forward {
        ("first", "after", "endCursor", "hasNextPage")
    } else {
        ("last", "before", "startCursor", "hasPreviousPage")
    };
    let query = format!(
        "query ($order: [itemOrderBy!], $least: Int, $size: Int, $bound: Cursor) {{
            t: itemCollection(orderBy: $order, filter: {{id: {{gte: $least}}}}, {count}: $size, {bound}: $bound) {{
                edges {{ node {{ id eDistance(to: [1, 0, 0], metric: COSINE) }} }} pageInfo {{ {end} {more} }} }} }}"
    );
    let (mut walked, mut pages) = (Vec::new(), 0);
    loop {
        let answer = harness::graphql_as(engine, who, &query, variables.clone()).await;
        assert!(answer["errors"].is_null(), "{variables}: {answer}");
        let page = &answer["data"]["t"];
        let edges = page["edges"].as_array().expect("edges").iter();
        let found =
            edges.map(|edge| json!([edge["node"]["id"], edge["node"]["eDistance"]])).collect::<Vec<_>>();
        walked = if is_forward { [walked, found].concat() } else { [found, walked].concat() };
        pages += 1;
        assert!(walked.len() <= 60, "the walk has no end: {variables}");
        if page["pageInfo"][more] == false {
            return (json!(walked), pages);
        }
        variables["bound"] = page["pageInfo"][end].clone();
    }
}
