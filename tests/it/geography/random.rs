//! Random filters and orders by where rows lie, for two roles, against SQL with PostGIS's own functions.

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use super::point;
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

#[tokio::test(flavor = "multi_thread")]
async fn random_filters_and_orders_are_those_of_sql() {
    let database = harness::database(SETUP).await;
    let url = harness::cluster().url(&database);
    let engine = Engine::new(&harness::config(&url, PoolMode::Direct)).expect("an engine");
    let client = harness::connect(&url).await;
    let mut random = Random(99);
    let query = "query ($filter: itemFilter, $order: [itemOrderBy!], $after: Cursor) {
        t: itemCollection(filter: $filter, orderBy: $order, first: 9, after: $after) {
            edges { node { id } } pageInfo { endCursor hasNextPage } } }";
    let (mut found, mut pages) = (0, 0);
    for number in 0..300 {
        let role = if number % 2 == 0 { "geography_all" } else { "geography_part" };
        let (filter, condition) = condition(&mut random);
        let column = *random.choose(&["spot", "geom", "flat"]);
        let (to, sql) = geometry(&mut random, column);
        let (direction, words) =
            *random.choose(&[("AscNullsLast", "asc nulls last"), ("DescNullsFirst", "desc nulls first")]);
        let measure = format!("{column}Distance");
        let order = json!([{ measure: {"to": to, "direction": direction} }, {"name": "DescNullsLast"}]);
        let statement = format!(
            "set role {role}; select coalesce(json_agg(id), '[]') from (select t.id from item as t where {condition}
                order by t.{column} operator(geo.<->) {sql} {words}, t.name desc nulls last, t.id) as t; reset role"
        );
        let expected = harness::ask(&client, &statement).await.expect("rows");
        let identity = Identity { role: Some(role.into()), ..Identity::default() };
        let (mut walked, mut after) = (Vec::new(), Value::Null);
        loop {
            let variables = json!({"filter": filter, "order": order, "after": after});
            let answer = harness::graphql_as(&engine, &identity, query, variables.clone()).await;
            assert!(answer["errors"].is_null(), "{variables}: {answer}");
            let page = &answer["data"]["t"];
            walked.extend(super::ids(page).as_array().expect("ids").clone());
            pages += 1;
            assert!(walked.len() <= 60, "the walk has no end: {variables}");
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        assert_eq!(json!(walked), expected, "{role} {filter} {order}\n{statement}");
        found += walked.len();
    }
    assert!(found > 600 && pages > 310, "{found} {pages}");
}
