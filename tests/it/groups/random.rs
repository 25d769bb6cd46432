//! Random groups by two roles, paged both ways, against `group by … having … order by` that is written here.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Map, Value, json};
use tokio_postgres::Client;

use crate::harness;
use crate::random::Random;

const ROWS: usize = 60;

/// The columns with the SQL of their JSON.
const COLUMNS: [(&str, &str); 10] = [
    ("i", "#"),
    ("b", "#::text"),
    ("n", "#::text"),
    ("f", "#"),
    ("t", "#"),
    ("o", "#"),
    ("d", "#"),
    ("ts", "#"),
    ("tz", "#"),
    ("e", "#"),
];

/// Figures: the field, the column, the SQL, and whether groups can be ordered by it.
const FIGURES: [(&str, &str, &str, bool); 17] = [
    ("sum", "i", "sum(i)", true),
    ("sum", "f", "sum(f)", true),
    ("avg", "n", "avg(n)", true),
    ("avg", "b", "avg(b)", true),
    ("min", "t", "min(t)", true),
    ("min", "tz", "min(tz)", true),
    ("max", "d", "max(d)", true),
    ("max", "f", "max(f)", true),
    ("countDistinct", "e", "count(distinct e)", true),
    ("countDistinct", "o", "count(distinct o)", true),
    ("countNonNull", "e", "count(e)", true),
    ("countNonNull", "tz", "count(tz)", true),
    ("stddev", "i", "stddev(i)", true),
    ("variance", "b", "variance(b)", true),
    ("boolAnd", "o", "bool_and(o)", false),
    ("boolOr", "o", "bool_or(o)", false),
    ("max", "ts", "max(ts)", true),
];

/// Rows and lists of a group: a name, the selection, and the SQL, which cuts arrays that are made in the order of the page.
const PARTS: [(&str, &str, &str); 6] = [
    (
        "first",
        "nodes(first: 2, orderBy: [{i: DescNullsLast}]) { id t }",
        "coalesce(to_json((array_agg(json_build_object('id', id, 't', t) order by i desc nulls last, id))[1:2]), '[]')",
    ),
    (
        "low",
        "nodes(filter: {e: {eq: low}}, offset: 1, first: 2, orderBy: [{tz: AscNullsFirst}]) { big: b }",
        "coalesce(to_json((array_agg(json_build_object('big', b::text) order by tz nulls first, id) filter (where e = 'low'))[2:3]), '[]')",
    ),
    (
        "last",
        "nodes(last: 1, orderBy: [{d: AscNullsLast}]) { id }",
        "to_json((array_agg(json_build_object('id', id) order by d desc nulls first, id desc))[1:1])",
    ),
    (
        "one",
        "nodes(distinctOn: [o], orderBy: [{i: AscNullsFirst}, {o: DescNullsLast}], first: 1) { o i }",
        "to_json((array_agg(json_build_object('o', o, 'i', i) order by o desc nulls last, i nulls first, id))[1:1])",
    ),
    (
        "list",
        "arrayAgg(first: 3) { i b e }",
        "json_build_object('i', coalesce(to_json((array_agg(i order by i) filter (where i is not null))[1:3]), '[]'),
            'b', coalesce(to_json((array_agg(b::text order by b) filter (where b is not null))[1:3]), '[]'),
            'e', coalesce(to_json((array_agg(e order by e) filter (where e is not null))[1:3]), '[]'))",
    ),
    (
        "set",
        "arrayAgg(distinct: true, direction: DescNullsLast) { t f tz o n }",
        "json_build_object('t', coalesce(to_json(array_agg(distinct t order by t desc) filter (where t is not null)), '[]'),
            'f', coalesce(to_json(array_agg(distinct f order by f desc) filter (where f is not null)), '[]'),
            'tz', coalesce(to_json(array_agg(distinct tz order by tz desc) filter (where tz is not null)), '[]'),
            'o', coalesce(to_json(array_agg(distinct o order by o desc) filter (where o is not null)), '[]'),
            'n', coalesce(to_json(array_agg(distinct n order by n desc) filter (where n is not null)::text[]), '[]'))",
    ),
];

/// Conditions on figures with their SQL.
const TESTS: [(&str, &str); 17] = [
    (r#"{"count": {"gt": 2}}"#, "count(*) > 2"),
    (r#"{"count": {"in": [1, 3, 5, 8]}}"#, "count(*) in (1, 3, 5, 8)"),
    (r#"{"sum": {"i": {"gte": 0}}}"#, "sum(i) >= 0"),
    (r#"{"sum": {"f": {"lt": 100.5}}}"#, "sum(f) < 100.5"),
    (r#"{"avg": {"n": {"gt": 0.25}}}"#, "avg(n) > 0.25"),
    (r#"{"avg": {"n": {"neq": "0.25"}, "b": {"is": "NOT_NULL"}}}"#, "avg(n) <> 0.25 and avg(b) is not null"),
    (r#"{"min": {"t": {"like": "x%"}}}"#, "min(t) like 'x%'"),
    (r#"{"min": {"t": {"in": ["", "x"]}}}"#, "min(t) in ('', 'x')"),
    (r#"{"max": {"d": {"gt": "2024-02-29"}}}"#, "max(d) > '2024-02-29'"),
    (r#"{"max": {"f": {"lte": 0.5}}}"#, "max(f) <= 0.5"),
    (r#"{"max": {"tz": {"lt": "2025-01-01T00:00:00Z"}}}"#, "max(tz) < '2025-01-01T00:00:00Z'"),
    (
        r#"{"countDistinct": {"e": {"eq": 1}, "t": {"gte": 1}}}"#,
        "count(distinct e) = 1 and count(distinct t) >= 1",
    ),
    (r#"{"countNonNull": {"n": {"lt": 2}}}"#, "count(n) < 2"),
    (r#"{"stddev": {"i": {"is": "NULL"}}}"#, "stddev(i) is null"),
    (r#"{"variance": {"b": {"gt": 1}}}"#, "variance(b) > 1"),
    (r#"{"boolAnd": {"o": {"eq": true}}}"#, "bool_and(o)"),
    (r#"{"boolOr": {"o": {"is": "NOT_NULL"}}}"#, "bool_or(o) is not null"),
];

const DIRECTIONS: [(&str, &str); 4] = [
    ("AscNullsFirst", "asc nulls first"),
    ("AscNullsLast", "asc nulls last"),
    ("DescNullsFirst", "desc nulls first"),
    ("DescNullsLast", "desc nulls last"),
];

const UNITS: [&str; 8] = ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];

/// Values with ties and nulls everywhere; a role that sees all rows, and one that does not.
fn setup(random: &mut Random, name: &str) -> String {
    let rows = (0..ROWS).map(|id| {
        let mut value = |values: &[&'static str]| *random.choose(values);
        format!(
            "({id}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})",
            value(&["null", "1", "2", "-7"]),
            value(&["null", "9007199254740993", "5", "6"]),
            value(&["null", "0.25", "0.5", "12345678901234567890.5"]),
            value(&["null", "0.5", "2.25", "-1e3"]),
            value(&["null", "''", "'x'", "'xy'", "'Z'"]),
            value(&["null", "true", "true", "false"]),
            value(&["null", "'2024-02-29'", "'2024-03-01'", "'2023-12-31'"]),
            value(&["null", "'2024-02-29 10:20:30.5'", "'2024-02-29 10:59:00'", "'2023-07-01'"]),
            value(&[
                "null",
                "'2024-12-31 23:30:00+00'",
                "'2025-01-01 00:10:00+00'",
                "'2024-06-30 22:45:10+00'"
            ]),
            value(&["null", "'low'", "'high'"]),
        )
    });
    let rows: Vec<_> = rows.collect();
    format!(
        "create type level as enum ('low', 'high');
        create table sample (id int primary key, i int, b bigint, n numeric, f float8, t text, o boolean, d date, ts timestamp,
            tz timestamptz, e level);
        comment on table sample is '@graphql({{\"aggregate\": {{\"enabled\": true}}}})';
        insert into sample values {};
        create role all_{name}; create role some_{name};
        grant select on sample to all_{name}, some_{name};
        alter table sample enable row level security;
        create policy everything on sample to all_{name} using (true);
        create policy few on sample to some_{name} using (i is null or i <> 1);",
        rows.join(", ")
    )
}

/// A request, and what it means in SQL.
struct Asked {
    /// `by`, and for each column its name, the expression and its JSON.
    by: Value,
    keys: Vec<(&'static str, String, String)>,
    having: (Value, String),
    order: (Value, Vec<String>),
    figures: Vec<(&'static str, &'static str, &'static str, bool)>,
    parts: Vec<(&'static str, &'static str, &'static str)>,
    from: usize,
}

impl Asked {
    fn random(random: &mut Random) -> Self {
        let (mut by, mut keys) = (Vec::new(), Vec::<(&str, String, String)>::new());
        for _ in 0..=random.below(3) {
            let (column, json) = *random.choose(&COLUMNS);
            if keys.iter().all(|(known, ..)| *known != column) {
                let (input, expression) = key(random, column);
                by.push(input);
                keys.push((column, expression.clone(), json.replace('#', &expression)));
            }
        }
        let figures = FIGURES.into_iter().filter(|_| random.once_in(4)).collect();
        let parts = PARTS.into_iter().filter(|_| random.once_in(4)).collect();
        let having = if random.once_in(3) { (Value::Null, "true".to_owned()) } else { having(random, 2) };
        let order = order(random, &keys);
        Self { by: json!(by), keys, having, order, figures, parts, from: random.below(ROWS / 2) }
    }

    /// All groups in their order, by SQL.
    fn sql(&self) -> String {
        let keys: Vec<_> = self.keys.iter().map(|(name, _, json)| format!("'{name}', {json}")).collect();
        let mut figures = Map::<String, Value>::new();
        for (field, column, sql, _) in &self.figures {
            let of = figures.entry((*field).to_owned()).or_insert_with(|| json!([]));
            of.as_array_mut().expect("a list").push(json!(format!("'{column}', {sql}")));
        }
        let figures: Vec<_> = figures
            .iter()
            .map(|(field, of)| {
                let of: Vec<_> = of.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
                format!(", '{field}', json_build_object({})", of.join(", "))
            })
            .collect();
        let parts: Vec<_> = self.parts.iter().map(|(name, _, sql)| format!(", '{name}', {sql}")).collect();
        let expressions: Vec<_> = self.keys.iter().map(|(_, expression, _)| expression.as_str()).collect();
        let rest = expressions.iter().map(|expression| format!("{expression} asc nulls last"));
        let order: Vec<_> = self.order.1.iter().cloned().chain(rest).collect();
        format!(
            "select coalesce(json_agg(node), '[]') from (
                select json_build_object('key', json_build_object({}), 'count', count(*){}{}) as node
                from sample where id >= {} group by {} having {} order by {}) as g",
            keys.join(", "),
            figures.concat(),
            parts.concat(),
            self.from,
            expressions.join(", "),
            self.having.1,
            order.join(", ")
        )
    }

    /// The fields of a group.
    fn node(&self) -> String {
        let names: Vec<_> = self.keys.iter().map(|(name, ..)| *name).collect();
        let mut fields = Vec::new();
        for (field, ..) in &self.figures {
            let columns: Vec<_> =
                self.figures.iter().filter(|found| found.0 == *field).map(|found| found.1).collect();
            fields.push(format!("{field} {{ {} }}", columns.join(" ")));
        }
        fields.dedup();
        fields.extend(self.parts.iter().map(|(name, selection, _)| format!("{name}: {selection}")));
        format!("key {{ {} }} count {}", names.join(" "), fields.join(" "))
    }
}

/// A column to group by, and its SQL: where a time zone is given, by another way than the server's.
fn key(random: &mut Random, column: &'static str) -> (Value, String) {
    let units = match column {
        "d" => &UNITS[3..],
        "ts" | "tz" => &UNITS[..],
        _ => &[],
    };
    if units.is_empty() || random.once_in(4) {
        return (json!({ "column": column }), column.to_owned());
    }
    let unit = *random.choose(units);
    let lower = unit.to_lowercase();
    match column {
        "d" => (json!({"column": "d", "truncate": unit}), format!("date_trunc('{lower}', d)::date")),
        "ts" => (json!({"column": "ts", "truncate": unit}), format!("date_trunc('{lower}', ts)")),
        _ => {
            let zone = *random.choose(&[
                None,
                Some("Europe/Lisbon"),
                Some("America/New_York"),
                Some("Asia/Kathmandu"),
            ]);
            let name = zone.unwrap_or("UTC");
            let expression =
                format!("(date_trunc('{lower}', tz at time zone '{name}') at time zone '{name}')");
            (json!({"column": "tz", "truncate": unit, "timeZone": zone}), expression)
        }
    }
}

fn having(random: &mut Random, depth: usize) -> (Value, String) {
    if depth == 0 || random.once_in(2) {
        let (input, sql) = *random.choose(&TESTS);
        return (serde_json::from_str(input).expect("JSON"), format!("({sql})"));
    }
    match random.below(3) {
        0 => {
            let (input, sql) = having(random, depth - 1);
            (json!({ "not": input }), format!("(not {sql})"))
        }
        kind => {
            let parts: Vec<_> = (0..=random.below(3)).map(|_| having(random, depth - 1)).collect();
            let (inputs, sqls): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
            let (field, word) = if kind == 1 { ("and", " and ") } else { ("or", " or ") };
            (json!({ field: inputs }), format!("({})", sqls.join(word)))
        }
    }
}

fn order(random: &mut Random, keys: &[(&'static str, String, String)]) -> (Value, Vec<String>) {
    let (mut inputs, mut terms) = (Vec::new(), Vec::new());
    for _ in 0..random.below(4) {
        let (name, direction) = *random.choose(&DIRECTIONS);
        let (input, expression) = match random.below(4) {
            0 => (json!({ "count": name }), "count(*)".to_owned()),
            1 => {
                let (column, expression, _) = random.choose(keys);
                (json!({ "key": { *column: name } }), expression.clone())
            }
            _ => match *random.choose(&FIGURES) {
                (field, column, sql, true) => (json!({ field: { column: name } }), sql.to_owned()),
                _ => continue,
            },
        };
        inputs.push(input);
        terms.push(format!("{expression} {direction}"));
    }
    (json!(inputs), terms)
}

struct Stand {
    engine: Engine,
    client: Client,
}

impl Stand {
    async fn sql(&self, role: &str, select: &str) -> Value {
        let messages = self.client.simple_query(&format!("set role {role}; {select}; reset role")).await;
        let messages = messages.unwrap_or_else(|error| panic!("{error}: {select}"));
        let text = messages.into_iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        serde_json::from_str(&text.expect("a row")).expect("JSON")
    }

    /// All groups, page by page, and the number of pages.
    async fn walk(
        &self,
        role: &str,
        asked: &Asked,
        (is_forward, size): (bool, usize),
    ) -> (Vec<Value>, usize) {
        let identity = Identity { role: Some(role.into()), ..Identity::default() };
        let (count, bound, end, more, less) = if is_forward {
            ("first", "after", "endCursor", "hasNextPage", "hasPreviousPage")
        } else {
            ("last", "before", "startCursor", "hasPreviousPage", "hasNextPage")
        };
        let query = format!(
            "query ($by: [sampleGroupBy!]!, $from: Int, $having: sampleGroupFilter, $order: [sampleGroupOrderBy!], $size: Int, $bound: Cursor) {{
                t: sampleGroups(by: $by, filter: {{id: {{gte: $from}}}}, having: $having, orderBy: $order, {count}: $size, {bound}: $bound) {{
                    totalCount edges {{ cursor node {{ {} }} }} pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}",
            asked.node()
        );
        let (mut walked, mut position, mut pages) = (Vec::new(), Value::Null, 0);
        loop {
            let variables = json!({
                "by": asked.by, "from": asked.from, "having": asked.having.0, "order": asked.order.0, "size": size, "bound": position
            });
            let answer = harness::graphql_as(&self.engine, &identity, &query, variables.clone()).await;
            assert!(answer["errors"].is_null(), "{query} {variables}: {answer}");
            let page = &answer["data"]["t"];
            let edges = page["edges"].as_array().expect("edges");
            let found: Vec<_> = edges.iter().map(|edge| edge["node"].clone()).collect();
            assert_eq!(
                page["pageInfo"][less],
                json!(pages > 0 && !edges.is_empty()),
                "{query} {variables}: {answer}"
            );
            walked = if is_forward { [walked, found].concat() } else { [found, walked].concat() };
            pages += 1;
            let at = if is_forward { edges.last() } else { edges.first() };
            position = at.map_or(Value::Null, |edge| edge["cursor"].clone());
            assert_eq!(page["pageInfo"][end], position);
            assert!(walked.len() <= ROWS, "the walk has no end: {variables}");
            if page["pageInfo"][more] == false {
                assert_eq!(page["totalCount"], json!(walked.len()), "{query} {variables}: {answer}");
                return (walked, pages);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_groups_page_both_ways_as_by_sql() {
    let (mut requests, mut found, mut restricted) = (0, 0, 0);
    for seed in 0..2 {
        let name = format!("grouped_{seed}");
        let url = harness::cluster().url(&harness::database(&setup(&mut Random(60 + seed), &name)).await);
        let config = harness::config(&url, PoolMode::Direct);
        let stand =
            Stand { engine: Engine::new(&config).expect("an engine"), client: harness::connect(&url).await };
        let mut random = Random(70 + seed);
        for _ in 0..120 {
            let asked = Asked::random(&mut random);
            let select = asked.sql();
            let mut answers = Vec::new();
            for role in [format!("all_{name}"), format!("some_{name}")] {
                let expected = stand.sql(&role, &select).await;
                let size = 1 + random.below(8);
                for is_forward in [true, false] {
                    let (walked, pages) = stand.walk(&role, &asked, (is_forward, size)).await;
                    assert_eq!(json!(walked), expected, "{role} {is_forward} {size}: {select}");
                    requests += pages;
                }
                found += usize::from(expected.as_array().is_some_and(|groups| groups.len() > 1));
                answers.push(expected);
            }
            restricted += usize::from(answers[0] != answers[1]);
        }
    }
    assert!(requests > 2_000 && found > 250 && restricted > 100, "{requests} {found} {restricted}");
}
