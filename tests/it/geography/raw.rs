//! `GeoJSON` as values where the schema's comment asks for JSON as values, and live queries of where rows lie.

use glowplug::config::PoolMode;
use glowplug::engine::Identity;
use serde_json::{Value, json};

use super::{SETUP, engine, point, square};
use crate::every_way::changes_are_answered;
use crate::harness;
use crate::ways::{Answering, Route, on_every_way};

async fn geometries_go_as_values(route: Route) {
    let setup = format!(
        "{SETUP} comment on schema public is '@graphql({{\"json\": \"raw\"}})';
        create function same(g \"Geo 1\".geometry) returns \"Geo 1\".geometry immutable language sql as 'select g';"
    );
    let database = harness::database(&setup).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let answering = Answering::start(route, &config).await;
    let ask = async |query: &str, variables: Value| -> Value {
        let response = answering.respond(harness::request(query, &variables), &Identity::default()).await;
        serde_json::from_slice(&response.body).expect("the answer is JSON")
    };
    let found = ask("{ t: placeCollection { edges { node { spot geom several plan } } } }", json!({})).await;
    let edges = found["data"]["t"]["edges"].as_array().unwrap_or_else(|| panic!("{found}"));
    assert_eq!(edges[0]["node"]["spot"], point(1.0, 1.0));
    assert_eq!(edges[0]["node"]["plan"]["crs"]["properties"]["name"], "EPSG:3857");
    assert_eq!(edges[1]["node"]["geom"], json!({"type": "LineString", "coordinates": [[2, 2], [3, 3]]}));
    assert_eq!(edges[3]["node"], json!({"spot": null, "geom": null, "several": null, "plan": null}));
    let query = "mutation ($objects: [placeInsertInput!]!, $x: Float!) {
        insertIntoplaceCollection(objects: $objects) { records { id spot geom } }
        updateplaceCollection(set: {geom: {type: Point, coordinates: [$x, 8]}}, filter: {id: {eq: 4}}) { records { geom } } }";
    let objects = json!([
        {"id": 20, "spot": point(7.5, 8.0), "geom": square(1.0, 2.0)}, {"id": 21, "spot": null, "geom": point(1.0, 2.0).to_string()}
    ]);
    let found = ask(query, json!({"objects": objects, "x": 7})).await;
    let records = json!([
        {"id": 20, "spot": point(7.5, 8.0), "geom": {"type": "Polygon", "coordinates": [[[1, 1], [1, 2], [2, 2], [2, 1], [1, 1]]]}},
        {"id": 21, "spot": null, "geom": point(1.0, 2.0)}
    ]);
    assert_eq!(found["data"]["insertIntoplaceCollection"]["records"], records, "{found}");
    assert_eq!(found["data"]["updateplaceCollection"]["records"], json!([{"geom": point(7.0, 8.0)}]));
    for _ in 0..3 {
        let found = ask("query ($g: GeoJSON!) { same(g: $g) }", json!({"g": point(1.0, 2.0)})).await;
        assert_eq!(found, json!({"data": {"same": point(1.0, 2.0)}}));
    }
    // What GeoJSON does not know is an error, as it is where it is a string.
    let found = ask("mutation ($g: GeoJSON!) { updateplaceCollection(set: {free: $g}, filter: {id: {eq: 4}}) { affectedCount } }", json!({"g": "x"})).await;
    assert_eq!(found["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{found}");
}

on_every_way!(geometries_go_as_values);

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_orders_by_where_rows_lie_are_live() {
    let database = harness::database(SETUP).await;
    let config = harness::config(&harness::cluster().url(&database), PoolMode::Direct);
    let near = "query ($to: GeoJSON!) { placeCollection(first: 2, orderBy: [{spotDistance: {to: $to}}]) { edges { node { id spotDistance(to: $to) } } } }";
    let within = "query ($of: GeoJSON!) { placeCollection(filter: {geom: {withinDistance: {of: $of, distance: 2}}}) { edges { node { id } } } }";
    let inside = "query ($area: GeoJSON!) { placeCollection(filter: {geom: {intersects: $area}}) { edges { node { id geom } } } }";
    let operations = [
        (near, json!({"to": point(1.0, 1.0)})),
        (within, json!({"of": point(1.0, 1.0)})),
        (inside, json!({"area": square(0.0, 5.0)})),
    ];
    let change = "update place set spot = 'POINT(1 1)', geom = 'SRID=4326;POINT(1 1)' where id = 4; update place set spot = 'POINT(50 50)' where id = 1";
    changes_are_answered(&config, &operations, change).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_geojson_says_what_goes_out() {
    let raw =
        engine(&format!("{SETUP} comment on schema public is '@graphql({{\"json\": \"raw\"}})';")).await;
    let sdl = raw.sdl(&Identity::default()).await.expect("a schema");
    assert!(sdl.contains("A geometry as GeoJSON (RFC 7946): an object,"), "{sdl}");
}
