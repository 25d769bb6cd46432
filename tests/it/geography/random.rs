//! Random filters and orders by where rows lie, for two roles, against SQL with PostGIS's own functions.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::point;
use crate::bad_input::repeated;
use crate::harness;
use crate::random::Random;

const SETUP: &str = "
    create schema geo; create extension postgis schema geo;
    create table item (id int primary key, name text, spot geo.geography, geom geo.geometry(Geometry, 4326), flat geo.geometry(Point, 3857));
    insert into item select n, 'n' || n % 4,
        case when n % 7 > 0 then format('POINT(%s %s)', n % 5, n % 3)::geo.geography end,
        case n % 6 when 0 then null when 1 then format('SRID=4326;LINESTRING(%s %s,%s %s)', n % 4, n % 5, n % 3, n % 7)
            when 2 then format('SRID=4326;POLYGON((%1$s %2$s,%1$s 5,6 6,%1$s %2$s))', n % 3, n % 4) else format('SRID=4326;POINT(%s %s)', n % 5, n % 4) end::geo.geometry,
        format('SRID=3857;POINT(%s %s)', n % 5, n % 4)::geo.geometry
        from generate_series(1, 60) as n;
    create role geography_all; create role geography_part;
    grant usage on schema geo, public to geography_all, geography_part;
    grant select on item to geography_all, geography_part;
    alter table item enable row level security;
    create policy everything on item to geography_all using (true);
    create policy a_part on item to geography_part using (id % 3 > 0);";

/// The SRID of a column's coordinates.
fn srid(column: &str) -> u32 {
    if column == "flat" { 3857 } else { 4326 }
}

/// A geometry as GeoJSON and as SQL of the column's type.
fn geometry(random: &mut Random, column: &str) -> (Value, String) {
    let mut number = || f64::from(u8::try_from(random.below(14)).expect("a small number")) / 2.0;
    let (x, y, width) = (number(), number(), number() + 0.5);
    let given = if random.once_in(2) {
        point(x, y)
    } else {
        json!({"type": "Polygon", "coordinates": [[[x, y], [x, y + width], [x + width, y + width], [x, y]]]})
    };
    let kind = if column == "spot" { "geography" } else { "geometry" };
    (
        given.clone(),
        format!("geo.st_setsrid(geo.st_geomfromgeojson('{given}'), {})::geo.{kind}", srid(column)),
    )
}

/// A condition in both languages.
fn condition(random: &mut Random) -> (Value, String) {
    let column = *random.choose(&["spot", "geom", "flat"]);
    let (given, sql) = geometry(random, column);
    let is_geography = column == "spot";
    let far = random.below(4);
    let (filter, sql) = match random.below(6) {
        0 => (json!({"intersects": given}), format!("geo.st_intersects(t.{column}, {sql})")),
        1 if is_geography => (json!({"contains": given}), format!("geo.st_covers(t.{column}, {sql})")),
        1 => (json!({"contains": given}), format!("geo.st_contains(t.{column}, {sql})")),
        2 if is_geography => (json!({"within": given}), format!("geo.st_coveredby(t.{column}, {sql})")),
        2 => (json!({"within": given}), format!("geo.st_within(t.{column}, {sql})")),
        3 if !is_geography => {
            let (west, south) = (random.below(5), random.below(5));
            let (east, north) = (west + random.below(3), south + random.below(3));
            let sides = format!(
                "geo.st_xmin(t.{column}::geo.box3d) <= {east} and geo.st_xmax(t.{column}::geo.box3d) >= {west}
                and geo.st_ymin(t.{column}::geo.box3d) <= {north} and geo.st_ymax(t.{column}::geo.box3d) >= {south}"
            );
            (json!({"bbox": [west, south, east, north]}), sides)
        }
        4 => (json!({"is": "NULL"}), format!("t.{column} is null")),
        _ if is_geography => {
            let metres = far * 120_000;
            let near = json!({"of": given, "distance": metres});
            (
                json!({ "withinDistance": near }),
                format!("geo.st_distance(t.{column}, {sql}, false) <= {metres}"),
            )
        }
        _ => (
            json!({"withinDistance": {"of": given, "distance": far}}),
            format!("geo.st_distance(t.{column}, {sql}) <= {far}"),
        ),
    };
    let filter = json!({ column: filter });
    if random.once_in(3) { (json!({ "not": filter }), format!("not ({sql})")) } else { (filter, sql) }
}

/// A filter and an order in GraphQL, and the rows that SQL finds.
struct Case {
    filter: Value,
    order: Value,
    sql: String,
}

fn case(random: &mut Random) -> Case {
    let (filter, condition) = condition(random);
    let column = *random.choose(&["spot", "geom", "flat"]);
    let (to, sql) = geometry(random, column);
    let (direction, words) =
        *random.choose(&[("AscNullsLast", "asc nulls last"), ("DescNullsFirst", "desc nulls first")]);
    let measure = format!("{column}Distance");
    let order = json!([{ measure: {"to": to, "direction": direction} }, {"name": "DescNullsLast"}]);
    let sql = format!(
        "(select coalesce(json_agg(id), '[]') from (select t.id from item as t where {condition}
            order by t.{column} operator(geo.<->) {sql} {words}, t.name desc nulls last, t.id) as t)"
    );
    Case { filter, order, sql }
}

/// So many cases in one request, each a field of its own.
const CASES: usize = 20;

fn document() -> String {
    let declared = repeated(CASES, "$f$i: itemFilter $o$i: [itemOrderBy!] $a$i: Cursor ");
    let fields = repeated(
        CASES,
        "t$i: itemCollection(filter: $f$i, orderBy: $o$i, first: 20, after: $a$i) {
            edges { node { id } } pageInfo { endCursor hasNextPage } } ",
    );
    format!("query ({declared}) {{ {fields} }}")
}

/// The ids of the rows of each case, page by page, and how many pages there were.
async fn walked(engine: &Engine, role: &str, cases: &[Case], document: &str) -> (Vec<Value>, usize) {
    let identity = Identity { role: Some(role.into()), ..Identity::default() };
    let mut variables = serde_json::Map::new();
    for (number, case) in cases.iter().enumerate() {
        variables.insert(format!("f{number}"), case.filter.clone());
        variables.insert(format!("o{number}"), case.order.clone());
    }
    let (mut found, mut is_over, mut pages) = (vec![Vec::new(); CASES], [false; CASES], 0);
    while is_over.contains(&false) {
        let answer = harness::graphql_as(engine, &identity, document, json!(variables)).await;
        assert!(answer["errors"].is_null(), "{answer}");
        let open: Vec<_> = (0..CASES).filter(|number| !is_over[*number]).collect();
        for number in open {
            let page = &answer["data"][format!("t{number}")];
            found[number].extend(super::ids(page).as_array().expect("ids").clone());
            assert!(found[number].len() <= 60, "the walk has no end: {}", cases[number].order);
            is_over[number] = page["pageInfo"]["hasNextPage"] == false;
            variables.insert(format!("a{number}"), page["pageInfo"]["endCursor"].clone());
            pages += 1;
        }
        for number in (0..CASES).filter(|number| is_over[*number]) {
            // Nothing more is asked of it.
            variables.insert(format!("f{number}"), json!({"id": {"lt": 0}}));
        }
    }
    (found.into_iter().map(Value::from).collect(), pages)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_filters_and_orders_are_those_of_sql() {
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let (mut random, document) = (Random(99), document());
    let (mut found, mut pages) = (0, 0);
    for number in 0..100 {
        let role = if number % 2 == 0 { "geography_all" } else { "geography_part" };
        let cases: Vec<_> = (0..CASES).map(|_| case(&mut random)).collect();
        let all: Vec<_> = cases.iter().map(|case| case.sql.as_str()).collect();
        let statement = format!("set role {role}; select json_build_array({}); reset role", all.join(", "));
        let expected = harness::ask(&client, &statement).await.expect("rows");
        let expected: Vec<Value> = serde_json::from_str(&expected).expect("JSON");
        let (answered, walked_pages) = walked(&engine, role, &cases, &document).await;
        for ((case, answered), expected) in cases.iter().zip(&answered).zip(&expected) {
            assert_eq!(answered, expected, "{role} {} {}\n{}", case.filter, case.order, case.sql);
            found += expected.as_array().map_or(0, Vec::len);
        }
        pages += walked_pages;
    }
    assert!(found > 10_000 && pages > 2_300, "{found} {pages}");
}
