//! PostGIS: geometries go in and come out as GeoJSON; filters and orders by where they lie, the indexes that serve them, and what
//! is wrong with them.

mod bad_input;
mod random;
mod raw;

use glowplug::config::PoolMode;
use glowplug::engine::{Engine, Identity};
use serde_json::{Value, json};

use crate::harness;
use crate::vectors::index;
use crate::ways::{Answering, Route, on_every_way};

/// The extension stands in a schema that is neither exposed nor in `search_path`.
const SETUP: &str = "
    create schema \"Geo 1\"; create extension postgis schema \"Geo 1\";
    create table area (id int primary key, shape \"Geo 1\".geometry(Polygon, 4326));
    create table place (
        id int primary key, name text, area_id int references area, spot \"Geo 1\".geography(Point), geom \"Geo 1\".geometry(Geometry, 4326),
        plan \"Geo 1\".geometry(PointZ, 3857), free \"Geo 1\".geometry, several \"Geo 1\".geometry[]
    );
    insert into area values (1, 'SRID=4326;POLYGON((0 0,0 10,10 10,10 0,0 0))'), (2, 'SRID=4326;POLYGON((20 20,20 30,30 30,30 20,20 20))');
    insert into place values
        (1, 'a', 1, 'POINT(1 1)', 'SRID=4326;POINT(1 1)', 'SRID=3857;POINT(1.5 2 3)', 'POINT(1 2)', null),
        (2, 'b', 1, 'POINT(2 2)', 'SRID=4326;LINESTRING(2 2,3 3)', null, 'SRID=25832;POINT(1 2)', null),
        (3, 'c', 2, 'POINT(25 25)', 'SRID=4326;POLYGON((24 24,24 26,26 26,24 24))', null, null, array['POINT(1 2)', 'POINT(3 4)']::\"Geo 1\".geometry[]),
        (4, 'd', null, null, null, null, null, null);";

async fn engine(setup: &str) -> Engine {
    let database = harness::database(setup).await;
    Engine::new(&harness::config(&harness::cluster().url(&database), PoolMode::Direct)).expect("an engine")
}

/// A point, whose whole numbers are written as such.
fn point(x: f64, y: f64) -> Value {
    let plain = |number: f64| -> Value { number.to_string().parse().expect("a number") };
    json!({"type": "Point", "coordinates": [plain(x), plain(y)]})
}

/// A square.
fn square(from: f64, to: f64) -> Value {
    json!({"type": "Polygon", "coordinates": [[[from, from], [from, to], [to, to], [to, from], [from, from]]]})
}

/// The ids of the rows of a connection.
fn ids(connection: &Value) -> Value {
    let edges = connection["edges"].as_array().unwrap_or_else(|| panic!("no edges: {connection}"));
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

/// The GeoJSON in a field's string.
fn geometry(field: &Value) -> Value {
    field.as_str().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found_and_ordered_by_where_they_lie() {
    let engine = engine(SETUP).await;
    let query = "query ($filter: placeFilter, $order: [placeOrderBy!]) { t: placeCollection(filter: $filter, orderBy: $order) {
        edges { node { id } } } }";
    for (filter, order, expected) in [
        (
            json!({"spot": {"withinDistance": {"of": point(1.0, 1.0), "distance": 160_000}}}),
            json!([]),
            json!([1, 2]),
        ),
        (
            json!({"spot": {"withinDistance": {"of": point(1.0, 1.0).to_string(), "distance": 1}}}),
            json!([]),
            json!([1]),
        ),
        (
            json!({"geom": {"withinDistance": {"of": point(1.0, 1.0), "distance": 1.5}}}),
            json!([]),
            json!([1, 2]),
        ),
        (json!({"geom": {"intersects": square(2.5, 25.0)}}), json!([]), json!([2, 3])),
        (json!({"geom": {"contains": point(24.5, 25.5)}}), json!([]), json!([3])),
        (json!({"geom": {"within": square(0.0, 5.0)}}), json!([]), json!([1, 2])),
        (json!({"geom": {"bbox": [2.5, 0, 24, 24]}}), json!([]), json!([2, 3])),
        (json!({"geom": {"eq": point(1.0, 1.0)}}), json!([]), json!([1])),
        (json!({"geom": {"is": "NULL"}}), json!([]), json!([4])),
        (json!({"geom": {"intersects": null}}), json!([]), json!([])),
        (json!({"geom": {"bbox": null}}), json!([]), json!([])),
        (json!({"geom": {"withinDistance": null}}), json!([]), json!([])),
        (json!({"spot": {"within": square(0.5, 3.0)}}), json!([]), json!([1, 2])),
        (json!({"spot": {"contains": point(25.0, 25.0)}}), json!([]), json!([3])),
        (json!({"spot": {"intersects": square(1.5, 30.0)}}), json!([]), json!([2, 3])),
        (json!({"spot": {"bbox": [0, 0, 3, 3]}}), json!([]), json!([1, 2])),
        (json!({"area": {"shape": {"contains": point(5.0, 5.0)}}}), json!([]), json!([1, 2])),
        (json!({}), json!([{"spotDistance": {"to": point(3.0, 3.0)}}]), json!([2, 1, 3, 4])),
        (
            json!({}),
            json!([{"spotDistance": {"to": point(3.0, 3.0), "direction": "DescNullsFirst"}}]),
            json!([4, 3, 1, 2]),
        ),
        (json!({}), json!([{"geomDistance": {"to": point(24.0, 25.0)}}]), json!([3, 2, 1, 4])),
        (
            json!({}),
            json!([{"area": {"shapeDistance": {"to": point(25.0, 25.0)}}}, {"id": "DescNullsLast"}]),
            json!([3, 2, 1, 4]),
        ),
    ] {
        let answer = harness::graphql(&engine, query, json!({"filter": filter, "order": order})).await;
        assert!(answer["errors"].is_null(), "{filter} {order}: {answer}");
        assert_eq!(ids(&answer["data"]["t"]), expected, "{filter} {order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn geometries_are_variables_literals_and_texts() {
    let engine = engine(SETUP).await;
    let query = "query ($area: GeoJSON!, $east: Float!, $at: [Float!]!, $crs: GeoJSON) { t: placeCollection(
            filter: {geom: {intersects: $area, bbox: [0, 0, $east, 9]}},
            orderBy: [{spotDistance: {to: {type: \"Point\", coordinates: [3, 0]}, direction: DescNullsLast}}]) {
        edges { node { id geomDistance(to: {type: \"Point\", coordinates: $at, crs: $crs}) spotDistance(to: \"{\\\"type\\\": \\\"Point\\\", \\\"coordinates\\\": [1, 1]}\") } } } }";
    for (variables, expected) in [
        (json!({"area": square(0.0, 3.0), "east": 9}), json!([1, 2])),
        (json!({"area": square(0.0, 3.0), "east": 1.5}), json!([1])),
        (json!({"area": square(0.0, 1.0), "east": 9}), json!([1])),
    ] {
        let mut given = variables.clone();
        given["at"] = json!([1, 1]);
        let answer = harness::graphql(&engine, query, given).await;
        assert!(answer["errors"].is_null(), "{variables}: {answer}");
        let found = &answer["data"]["t"];
        let mut sorted = ids(found).as_array().expect("ids").clone();
        sorted.sort_by_key(Value::as_i64);
        assert_eq!(json!(sorted), expected, "{variables}");
        let one = found["edges"]
            .as_array()
            .expect("edges")
            .iter()
            .find(|edge| edge["node"]["id"] == 1)
            .expect("the first");
        assert_eq!((&one["node"]["geomDistance"], &one["node"]["spotDistance"]), (&json!(0), &json!(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_has_geojson_where_the_extension_is() {
    let setup = format!(
        "{SETUP} create role geography_none; grant select on all tables in schema public to geography_none;
        create table \"GeoJSON\" (id int primary key);"
    );
    let engine = engine(&setup).await;
    let sdl = engine.sdl(&Identity::default()).await.expect("a schema");
    for line in [
        "scalar GeoJSON_\n",
        "type GeoJSON implements Node {\n",
        "  spot: GeoJSON_\n",
        "  several: [Opaque]\n",
        "  spot: GeoJSONFilter_\n",
        "  spotDistance: GeoJSONDistanceOrderBy_\n",
        "  withinDistance: GeoJSONWithinDistance_\n",
        "  bbox: [Float!]\n",
    ] {
        assert!(sdl.contains(line), "{line} is missing in {sdl}");
    }
    let none = Identity { role: Some("geography_none".into()), ..Identity::default() };
    let sdl = engine.sdl(&none).await.expect("a schema");
    assert!(sdl.contains("  spot: Opaque\n") && !sdl.contains("spotDistance"), "{sdl}");
    let without = harness::database("create table t (id int primary key, p point, b box)").await;
    let without = Engine::new(&harness::config(&harness::cluster().url(&without), PoolMode::Direct))
        .expect("an engine");
    let sdl = without.sdl(&Identity::default()).await.expect("a schema");
    assert!(!sdl.contains("GeoJSON") && !sdl.contains("Vector") && !sdl.contains("istance"), "{sdl}");
}

#[tokio::test(flavor = "multi_thread")]
async fn geometries_are_keys_of_groups_and_parts_of_objects() {
    let setup = format!(
        "{SETUP}
        create type site as (label text, spot \"Geo 1\".geometry(Point, 4326)); comment on type site is '@graphql({{\"object\": true}})';
        create table visit (id int primary key, spot \"Geo 1\".geometry, site site);
        comment on table visit is '@graphql({{\"aggregate\": {{\"enabled\": true}}}})';
        insert into visit select n, \"Geo 1\".st_setsrid(\"Geo 1\".st_point(n % 2, 1), 4326) from generate_series(1, 5) as n;"
    );
    let engine = engine(&setup).await;
    let ask = async |query: &str, variables: Value| {
        let answer = harness::graphql(&engine, query, variables).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"]["t"].clone()
    };
    let query = "query ($after: Cursor) { t: visitGroups(by: [{column: spot}], orderBy: [{count: DescNullsLast}], first: 1, after: $after) {
        edges { cursor node { count key { spot } } } } }";
    let mut after = Value::Null;
    for (count, x) in [(3, 1.0), (2, 0.0)] {
        let found = ask(query, json!({ "after": after })).await;
        let edge = &found["edges"][0];
        assert_eq!(
            (&edge["node"]["count"], geometry(&edge["node"]["key"]["spot"])),
            (&json!(count), point(x, 1.0))
        );
        after = edge["cursor"].clone();
    }
    let query = "mutation ($x: Float!, $whole: siteInput!) { t: insertIntovisitCollection(objects: [
            {id: 10, site: {label: \"a\", spot: {type: \"Point\", coordinates: [$x, 2]}}}, {id: 11, site: $whole}]) { records { site { label spot } } } }";
    let whole = json!({"label": "b", "spot": point(3.0, 4.0).to_string()});
    let written = ask(query, json!({"x": 1.5, "whole": whole})).await;
    for (index, (label, spot)) in [("a", point(1.5, 2.0)), ("b", point(3.0, 4.0))].into_iter().enumerate() {
        let site = &written["records"][index]["site"];
        assert_eq!((&site["label"], geometry(&site["spot"])), (&json!(label), spot));
    }
}

async fn answering(route: Route, setup: &str) -> Answering {
    let database = harness::database(setup).await;
    Answering::start(route, &harness::config(&harness::cluster().url(&database), PoolMode::Direct)).await
}

/// The data that a request is answered with.
async fn asked(answering: &Answering, query: &str, variables: Value) -> Value {
    let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
    let mut answer: Value = serde_json::from_slice(&response.body).expect("the answer is JSON");
    assert!(answer["errors"].is_null(), "{query} {variables}: {answer}");
    answer["data"].take()
}

async fn geometries_go_in_and_come_out(route: Route) {
    let setup = format!(
        "{SETUP}
        create table stop (id int generated always as identity primary key, place_id int references place, spot \"Geo 1\".geography, b box);"
    );
    let answering = answering(route, &setup).await;
    let ask = async |query: &str, variables: Value| asked(&answering, query, variables).await;
    let found =
        ask("{ placeCollection { edges { node { spot geom plan free several } } } }", json!({})).await;
    let node = |index: usize| &found["placeCollection"]["edges"][index]["node"];
    assert_eq!(geometry(&node(0)["spot"]), point(1.0, 1.0));
    let plan = geometry(&node(0)["plan"]);
    assert_eq!(
        (&plan["coordinates"], &plan["crs"]["properties"]["name"]),
        (&json!([1.5, 2, 3]), &json!("EPSG:3857"))
    );
    assert_eq!(geometry(&node(1)["free"])["crs"]["properties"]["name"], json!("EPSG:25832"));
    assert_eq!((&node(3)["spot"], node(2)["several"].as_array().map(Vec::len)), (&Value::Null, Some(2)));
    let insert = "mutation ($objects: [placeInsertInput!]!) { insertIntoplaceCollection(objects: $objects) {
        records { spot geom plan free } } }";
    // What came out goes in again, as a string or as an object.
    let exact = json!({"type": "Point", "coordinates": [0.1, 52.123_456_789_012_34]});
    let objects = json!([
        {"id": 10, "spot": exact, "geom": node(2)["geom"], "plan": node(0)["plan"], "free": node(1)["free"]},
        {"id": 11, "spot": point(5.0, 6.0), "geom": null, "plan": null, "free": point(1.0, 2.0).to_string()},
    ]);
    let written = ask(insert, json!({ "objects": objects })).await;
    let records = &written["insertIntoplaceCollection"]["records"];
    assert_eq!(geometry(&records[0]["spot"]), exact);
    assert_eq!(
        (&records[0]["geom"], &records[0]["plan"], &records[0]["free"]),
        (&node(2)["geom"], &node(0)["plan"], &node(1)["free"])
    );
    assert_eq!(
        (geometry(&records[1]["spot"]), geometry(&records[1]["free"])),
        (point(5.0, 6.0), point(1.0, 2.0))
    );
    let query = "mutation ($x: Float!, $stops: [stopInsertInput!]!) {
        insertIntoplaceCollection(objects: [{id: 12, spot: {type: \"Point\", coordinates: [$x, 2]}, stopCollection: {objects: $stops}}]) {
            records { spot stopCollection { edges { node { spot b } } } } }
        updateplaceCollection(set: {geom: {type: \"Point\", coordinates: [9, 9]}}, filter: {id: {eq: 1}}) { records { geom } } }";
    let stops =
        json!([{"spot": point(1.0, 2.0), "b": "(1,1),(0,0)"}, {"spot": point(3.0, 4.0), "b": "(2,2),(1,1)"}]);
    let written = ask(query, json!({"x": 9, "stops": stops})).await;
    let record = &written["insertIntoplaceCollection"]["records"][0];
    assert_eq!(geometry(&record["spot"])["coordinates"], json!([9, 2]));
    let stop = |index: usize| &record["stopCollection"]["edges"][index]["node"];
    assert_eq!((geometry(&stop(1)["spot"]), &stop(1)["b"]), (point(3.0, 4.0), &json!("(2,2),(1,1)")));
    assert_eq!(
        geometry(&written["updateplaceCollection"]["records"][0]["geom"])["coordinates"],
        json!([9, 9])
    );
}

async fn nearest_rows_come_by_each_way(route: Route) {
    let setup = format!(
        "{SETUP} create function moved(g \"Geo 1\".geometry, by float8) returns \"Geo 1\".geometry immutable
            language sql as 'select \"Geo 1\".st_translate(g, by, by)';"
    );
    let answering = answering(route, &setup).await;
    let ask = async |query: &str, variables: Value| asked(&answering, query, variables).await;
    for _ in 0..3 {
        let found =
            ask("query ($g: GeoJSON!) { moved(g: $g, by: 1.5) }", json!({"g": point(1.0, 2.0)})).await;
        assert_eq!(geometry(&found["moved"]), point(2.5, 3.5));
        let query = "query ($to: GeoJSON!, $near: Float!, $after: Cursor) {
            t: placeCollection(orderBy: [{spotDistance: {to: $to}}], filter: {spot: {withinDistance: {of: $to, distance: $near}}}, first: 2, after: $after) {
                edges { node { id spotDistance(to: $to) } } pageInfo { hasNextPage endCursor } } }";
        let page = ask(query, json!({"to": point(1.0, 1.0), "near": 4e6})).await;
        assert_eq!((ids(&page["t"]), &page["t"]["pageInfo"]["hasNextPage"]), (json!([1, 2]), &json!(true)));
        let after = &page["t"]["pageInfo"]["endCursor"];
        let page = ask(query, json!({"to": point(1.0, 1.0), "near": 4e6, "after": after})).await;
        assert_eq!((ids(&page["t"]), &page["t"]["pageInfo"]["hasNextPage"]), (json!([3]), &json!(false)));
    }
}

on_every_way!(geometries_go_in_and_come_out, nearest_rows_come_by_each_way);

#[tokio::test(flavor = "multi_thread")]
async fn gist_indexes_serve_filters_and_orders() {
    let setup = "
        create schema geo; create extension postgis schema geo;
        create table item (id int primary key, kind int, spot geo.geography(Point), geom geo.geometry(Point, 4326));
        insert into item select n, n % 3, format('POINT(%s %s)', n % 71 / 10.0, n / 710.0)::geo.geography,
            format('SRID=4326;POINT(%s %s)', n % 71 / 10.0, n / 710.0)::geo.geometry
            from generate_series(1, 5000) as n;
        create index item_spot on item using gist (spot geo.gist_geography_ops);
        create index item_geom on item using gist (geom geo.gist_geometry_ops_2d);
        analyze item;";
    let database = harness::database(setup).await;
    let client = harness::connect(&harness::cluster().url(&database)).await;
    let catalog = index::catalog(&client).await;
    let at = "{type: \"Point\", coordinates: [1.05, 1.05]}";
    for (arguments, expected) in [
        (format!("first: 10, orderBy: [{{spotDistance: {{to: {at}}}}}]"), "Index Scan using item_spot"),
        (format!("first: 10, orderBy: [{{geomDistance: {{to: {at}}}}}, {{kind: DescNullsLast}}]"), "Index Scan using item_geom"),
        (format!("filter: {{spot: {{withinDistance: {{of: {at}, distance: 9000}}}}}}"), "item_spot"),
        (format!("filter: {{geom: {{withinDistance: {{of: {at}, distance: 0.1}}}}}}"), "item_geom"),
        (format!("filter: {{geom: {{intersects: {at}}}}}"), "item_geom"),
        (format!("filter: {{geom: {{contains: {at}}}}}"), "item_geom"),
        (format!("filter: {{spot: {{intersects: {at}}}}}"), "item_spot"),
        ("filter: {geom: {bbox: [1, 1, 1.1, 1.1]}}".to_owned(), "item_geom"),
        ("filter: {geom: {within: {type: \"Polygon\", coordinates: [[[1, 1], [1, 1.2], [1.2, 1.2], [1, 1]]]}}}".to_owned(), "item_geom"),
    ] {
        let query = format!("{{ itemCollection({arguments}) {{ edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage }} }} }}");
        let found = index::explained(&client, &catalog, &query).await;
        assert!(found.contains(expected), "{arguments}: {expected} is missing:\n{found}");
    }
}
