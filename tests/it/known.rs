//! Values that are known of a relation's columns: the answers are the same as without them, for columns of any types, and PostgreSQL
//! reads only the partition that the value is in.

use std::fmt::Write as _;

use glowplug::config::PoolMode;
use glowplug::engine::Engine;
use serde_json::{Value, json};

use crate::harness::{self, graphql};
use crate::plans::plans;
use crate::random::Random;

/// Types of a referenced and a referencing column, with values in SQL and in GraphQL.
type Pair = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const TYPES: [Pair; 12] = [
    ("int4", "int4", &[("1", "1"), ("2", "2"), ("3", "3")]),
    ("int4", "int8", &[("1", "1"), ("2", "2"), ("3", "3")]),
    ("share", "int4", &[("1", "1"), ("2", "2"), ("3", "3")]),
    ("text", "text", &[("'a'", "\"a\""), ("'A'", "\"A\""), ("'a '", "\"a \"")]),
    (
        "text collate any_case",
        "text collate any_case",
        &[("'a'", "\"A\""), ("'B'", "\"b\""), ("'c'", "\"c\"")],
    ),
    ("text", "text collate any_case", &[("'a'", "\"a\""), ("'A'", "\"A\""), ("'b'", "\"b\"")]),
    ("text collate any_case", "text", &[("'a'", "\"a\""), ("'b'", "\"B\""), ("'c'", "\"c\"")]),
    ("citext", "citext", &[("'a'", "\"A\""), ("'b'", "\"b\""), ("'c'", "\"C\"")]),
    ("char(2)", "char(4)", &[("'a'", "\"a\""), ("'a1'", "\"a1\""), ("'b'", "\"b  \"")]),
    ("varchar(2)", "text", &[("'a'", "\"a\""), ("'a '", "\"a \""), ("'b'", "\"b\"")]),
    ("numeric(6,2)", "numeric", &[("1.5", "\"1.50\""), ("2", "\"2\""), ("2.25", "\"2.25\"")]),
    ("mood", "mood", &[("'good'", "good"), ("'bad'", "bad"), ("'odd'", "odd")]),
];

/// Rounds for each pair of types.
const ROUNDS: usize = 12;

fn setup() -> String {
    let mut setup = String::from(
        "create extension citext;
        create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        create domain share as integer; create type mood as enum ('good', 'bad', 'odd');",
    );
    for (number, (referenced, referring, values)) in TYPES.iter().enumerate() {
        let keys: Vec<_> = values.iter().map(|(sql, _)| format!("({sql})")).collect();
        write!(
            setup,
            "create table p{number} (k {referenced}, id int, name text, primary key (k, id));
            create table c{number} (id int primary key, k {referring}, p int, foreign key (k, p) references p{number});
            insert into p{number} select v.k::{referenced}, i, v.k || ' ' || i
                from (values {keys}) as v(k), generate_series(1, 3) as i on conflict do nothing;
            insert into c{number} select row_number() over (), p.k, p.id from p{number} as p, generate_series(1, 2);
            insert into c{number} select 100 + row_number() over (), p.k, null from p{number} as p;
            insert into c{number} values (200, null, 1);
            comment on table c{number} is '@graphql({{\"totalCount\": {{\"enabled\": true}}}})';",
            keys = keys.join(", "),
        )
        .expect("a string takes everything");
    }
    setup
}

/// A table of a pair.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Referenced,
    Referring,
}

/// A random request of a pair of tables.
struct Requests<'r> {
    random: &'r mut Random,
    number: usize,
}

impl Requests<'_> {
    /// A filter in two forms with the same meaning: only the first one makes a value known.
    fn filter(&mut self, side: Side, depth: usize) -> [String; 2] {
        let mut fields = vec![self.key()];
        if depth > 0 {
            let related = self.related(side, depth - 1);
            fields.push(match self.random.below(5) {
                0 => related.map(|related| format!("not: {{ {related} }}")),
                1 => {
                    let key = self.key();
                    both(&related, &key, |related, key| format!("or: [{{ {related} }}, {{ {key} }}]"))
                }
                2 => related.map(|related| format!("and: [{{ {related} }}]")),
                _ => related,
            });
        }
        if self.random.once_in(4) {
            fields.remove(0);
        }
        [0, 1].map(|form| {
            let fields = fields.iter().map(|forms| format!("{{ {} }}", forms[form]));
            format!("and: [{}]", fields.collect::<Vec<_>>().join(", "))
        })
    }

    fn key(&mut self) -> [String; 2] {
        let (_, value) = *self.random.choose(TYPES[self.number].2);
        let equal = format!("k: {{ eq: {value} }}");
        [equal.clone(), format!("not: {{ not: {{ {equal} }} }}")]
    }

    fn related(&mut self, side: Side, depth: usize) -> [String; 2] {
        let number = self.number;
        match side {
            Side::Referring => {
                self.filter(Side::Referenced, depth).map(|inner| format!("p{number}: {{ {inner} }}"))
            }
            Side::Referenced => {
                let quantifier = *self.random.choose(&["some", "none", "every"]);
                let inner = self.filter(Side::Referring, depth);
                inner.map(|inner| format!("c{number}Collection: {{ {quantifier}: {{ {inner} }} }}"))
            }
        }
    }

    /// A query with relations below and in the order, in both forms.
    fn query(&mut self) -> [String; 2] {
        let number = self.number;
        let inner = self.filter(Side::Referring, 1);
        if self.random.once_in(2) {
            let filter = self.filter(Side::Referring, 2);
            return both(&filter, &inner, |filter, inner| {
                format!(
                    "{{ c{number}Collection(filter: {{ {filter} }}, orderBy: [{{ p{number}: {{ name: DescNullsLast }} }}]) {{
                        edges {{ cursor node {{ id p{number} {{ name c{number}Collection(filter: {{ {inner} }}) {{
                            totalCount edges {{ node {{ id }} }} }} }} }} }} pageInfo {{ hasNextPage }} }} }}"
                )
            });
        }
        let filter = self.filter(Side::Referenced, 2);
        both(&filter, &inner, |filter, inner| {
            format!(
                "{{ p{number}Collection(filter: {{ {filter} }}, orderBy: [{{ c{number}Collection: {{ count: DescNullsLast }} }}]) {{
                    edges {{ node {{ name c{number}Collection(filter: {{ {inner} }}, last: 2) {{
                        totalCount edges {{ node {{ id p{number} {{ name }} }} }} }} }} }} }} }}"
            )
        })
    }
}

fn both(one: &[String; 2], other: &[String; 2], joined: impl Fn(&str, &str) -> String) -> [String; 2] {
    [0, 1].map(|form| joined(&one[form], &other[form]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_value_changes_no_answer_whatever_the_types_of_the_columns() {
    let url = harness::cluster().url(&harness::database(&setup()).await);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let (mut random, mut found) = (Random(18), 0);
    for number in 0..TYPES.len() {
        for _ in 0..ROUNDS {
            let [known, unknown] = Requests { random: &mut random, number }.query();
            let answer = graphql(&engine, &known, json!({})).await;
            assert!(answer["errors"].is_null(), "{known}\n{answer}");
            assert_eq!(answer, graphql(&engine, &unknown, json!({})).await, "{known}\n{unknown}");
            let lists = answer["data"].as_object().expect("an object").values();
            found +=
                usize::from(lists.filter_map(|list| list["edges"].as_array()).any(|edges| !edges.is_empty()));
        }
    }
    assert!(found * 3 > TYPES.len() * ROUNDS, "only {found} answers have rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn records_have_the_related_rows_that_a_query_finds() {
    let url = harness::cluster().url(&harness::database(&setup()).await);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let mut random = Random(81);
    for (number, (_, _, values)) in TYPES.iter().enumerate() {
        for round in 0..6 {
            let ids: Vec<_> = (0..3).map(|row| 1000 + round * 10 + row).collect();
            // Sometimes all rows have one value, sometimes not; an enum's name is a string in variables.
            let same = *random.choose(values);
            let objects = ids.iter().map(|id| {
                let (_, value) = if round % 2 == 0 { same } else { *random.choose(values) };
                let value: Value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
                json!({ "id": id, "k": value, "p": 1 + random.below(3) })
            });
            let objects: Value = objects.collect();
            let insert = format!(
                "mutation ($objects: [c{number}InsertInput!]!) {{
                    insertIntoc{number}Collection(objects: $objects) {{ records {{ id p{number} {{ name }} }} }} }}"
            );
            let inserted = graphql(&engine, &insert, json!({ "objects": objects })).await;
            let records = &inserted["data"][format!("insertIntoc{number}Collection")]["records"];
            let query = format!(
                "{{ c{number}Collection(filter: {{ id: {{ in: {ids:?} }} }}) {{ edges {{ node {{ id p{number} {{ name }} }} }} }} }}"
            );
            let read = graphql(&engine, &query, json!({})).await;
            let edges =
                read["data"][format!("c{number}Collection")]["edges"].as_array().expect("edges").iter();
            let read: Value = edges.map(|edge| edge["node"].clone()).collect();
            assert_eq!(*records, read, "{objects}\n{inserted}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn relations_of_a_known_tenant_read_one_partition() {
    let setup = "
        create table project (tenant int, id int, name text, primary key (tenant, id)) partition by hash (tenant);
        create table task (tenant int, id int, project int, title text, primary key (tenant, id),
            foreign key (tenant, project) references project) partition by hash (tenant);
        create index on task (tenant, project);
        do $$ begin for n in 0..3 loop
            execute format('create table project_%s partition of project for values with (modulus 4, remainder %s)', n, n);
            execute format('create table task_%s partition of task for values with (modulus 4, remainder %s)', n, n);
        end loop; end $$;
        insert into project select t, p, 'p' from generate_series(1, 20) as t, generate_series(1, 50) as p;
        insert into task select t, i, 1 + i % 50, 't' from generate_series(1, 20) as t, generate_series(1, 100) as i;
        analyze project; analyze task;
        comment on table task is '@graphql({\"totalCount\": {\"enabled\": true}})'";
    let url = harness::cluster().url(&harness::database(setup).await);
    for query in [
        "query ($t: Int!) { projectByPk(tenant: $t, id: 1) { taskCollection { totalCount edges { node { title } } } } }",
        "query ($t: Int!) { projectCollection(filter: { tenant: { eq: $t } }) { edges { node { taskCollection(first: 1) { edges { node { title } } } } } } }",
        "query ($t: Int!) { projectCollection(filter: { tenant: { eq: $t }, taskCollection: { some: { title: { eq: \"t\" } } } }) { edges { node { name } } } }",
        "query ($t: Int!) { projectCollection(filter: { tenant: { eq: $t } }, orderBy: [{ taskCollection: { count: AscNullsLast } }]) { edges { node { name } } } }",
    ] {
        let [plan, generic] = plans(&url, "set enable_seqscan = off", query, &json!({ "t": 7 })).await;
        let read = |table: &str| {
            let partitions = (0..4).map(|part| format!(" {table}_{part} "));
            partitions.filter(|name| plan.contains(name.as_str())).count()
        };
        assert_eq!((read("project"), read("task")), (1, 1), "{query}\n{plan}");
        assert!(generic.contains("Subplans Removed: 3"), "{query}\n{generic}");
        // Without a limit, one index is the best.
        let is_by_both = plan.contains("Index Cond: ((tenant = 7) AND (project =");
        assert!(is_by_both || !query.contains("count:"), "{query}\n{plan}");
    }
}
