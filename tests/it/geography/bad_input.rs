//! GeoJSON that is none, in wrong reference systems, and what PostGIS itself refuses.

use serde_json::json;

use super::{SETUP, engine, point};
use crate::harness;
use crate::vectors::bad_input::refused;

#[tokio::test(flavor = "multi_thread")]
async fn wrong_geometries_are_not_written() {
    let engine = engine(SETUP).await;
    let inserted = "mutation ($g: GeoJSON) { insertIntoplaceCollection(objects: [{id: 9, geom: $g}]) { affectedCount } }";
    let planned = "mutation ($g: GeoJSON) { insertIntoplaceCollection(objects: [{id: 9, plan: $g}]) { affectedCount } }";
    let rows =
        "mutation ($g: [placeInsertInput!]!) { insertIntoplaceCollection(objects: $g) { affectedCount } }";
    let mercator = json!({"type": "Point", "coordinates": [1, 2], "crs": {"type": "name", "properties": {"name": "EPSG:3857"}}});
    for (query, variables, words) in [
        (inserted, json!({"g": "nonsense"}), "geom takes a geometry as GeoJSON: it is not JSON"),
        (inserted, json!({"g": 5}), "geom takes a GeoJSON"),
        (inserted, json!({"g": [1, 2]}), "geom takes a GeoJSON"),
        (inserted, json!({"g": {}}), "it has no type"),
        (inserted, json!({"g": "{}"}), "it has no type"),
        (
            inserted,
            json!({"g": {"type": "Circle", "coordinates": [1, 2]}}),
            "Circle is not a type of geometry",
        ),
        (inserted, json!({"g": {"type": "Point", "coordinates": ["1", 2]}}), "two or three numbers"),
        (
            inserted,
            json!({"g": {"type": "Feature", "geometry": point(1.0, 2.0)}}),
            "it is a Feature: give a geometry",
        ),
        (inserted, json!({"g": mercator}), "its crs is EPSG:3857, but the column's is EPSG:4326"),
        (inserted, json!({"g": {"type": "Point", "coordinates": [1, 2, 3]}}), "Z dimension"),
        (planned, json!({"g": point(1.0, 2.0)}), "Z dimension"),
        (
            planned,
            json!({"g": {"type": "LineString", "coordinates": [[1, 2, 3], [2, 3, 4]]}}),
            "does not match column type",
        ),
        (
            rows,
            json!({"g": [{"id": 9, "geom": point(1.0, 2.0)}, {"id": 10, "geom": {"type": "Point"}}]}),
            "it has no coordinates",
        ),
    ] {
        refused(&engine, query, variables, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_objects_name_their_reference_systems() {
    let setup = format!(
        "{SETUP}
        create type site as (spot \"Geo 1\".geometry(Point, 3857)); comment on type site is '@graphql({{\"object\": true}})';
        create table visit (id int primary key, site site);"
    );
    let engine = engine(&setup).await;
    let query = "mutation ($crs: GeoJSON) { insertIntovisitCollection(
        objects: [{id: 1, site: {spot: {type: \"Point\", coordinates: [1, 2], crs: $crs}}}]) { affectedCount } }";
    refused(&engine, query, json!({}), "SRID").await;
    let crs = json!({"type": "name", "properties": {"name": "EPSG:3857"}});
    let answer = harness::graphql(&engine, query, json!({ "crs": crs })).await;
    assert_eq!(answer["data"]["insertIntovisitCollection"]["affectedCount"], json!(1), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_geometries_are_not_compared_with() {
    let engine = engine(SETUP).await;
    let near = "query ($g: GeoJSON!, $d: Float!) { placeCollection(filter: {spot: {withinDistance: {of: $g, distance: $d}}}) { edges { cursor } } }";
    let within = "query ($x: Float!) { placeCollection(filter: {geom: {intersects: {type: \"Point\", coordinates: [$x, 2]}}}) { edges { cursor } } }";
    let bounds =
        "query ($b: Float!) { placeCollection(filter: {geom: {bbox: [1, 2, 3, $b]}}) { edges { cursor } } }";
    let part = "query ($c: [Float!]!) { placeCollection(filter: {geom: {intersects: {type: \"Point\", coordinates: $c}}}) { edges { cursor } } }";
    let filtered =
        |filter: &str| format!("{{ placeCollection(filter: {{{filter}}}) {{ edges {{ cursor }} }} }}");
    for (query, variables, words) in [
        (near.to_owned(), json!({"g": point(1.0, 2.0)}), "$d"),
        (
            near.to_owned(),
            json!({"g": {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, "d": 1}),
            "a ring of a polygon",
        ),
        (within.to_owned(), json!({"x": "1"}), "$x"),
        (bounds.to_owned(), json!({"b": "1"}), "$b"),
        (part.to_owned(), json!({"c": [1]}), "a position is a list of two or three numbers"),
        (
            filtered("geom: {bbox: [1, 2, 3]}"),
            json!({}),
            "geom: a bounding box is [west, south, east, north]",
        ),
        (filtered("geom: {bbox: 1}"), json!({}), "geom: a bounding box is [west, south, east, north]"),
        (filtered("geom: {bbox: \"1\"}"), json!({}), "Float"),
        (
            filtered("geom: {withinDistance: {of: \"x\", distance: 1}}"),
            json!({}),
            "of takes a geometry as GeoJSON: it is not JSON",
        ),
        (filtered("geom: {withinDistance: {distance: 1}}"), json!({}), "of"),
        (filtered("geom: {withinDistance: {of: \"x\"}}"), json!({}), "distance"),
        (filtered("geom: {intersects: 5}"), json!({}), "geom takes a GeoJSON"),
        (filtered("geom: {gt: \"x\"}"), json!({}), "gt"),
        (
            filtered("free: {intersects: {type: \"Point\", coordinates: [1, 2]}}"),
            json!({}),
            "different reference systems",
        ),
        (
            "{ placeCollection(orderBy: [{spotDistance: {}}]) { edges { cursor } } }".to_owned(),
            json!({}),
            "to",
        ),
        (
            "{ placeCollection(orderBy: [{spotDistance: {to: null}}]) { edges { cursor } } }".to_owned(),
            json!({}),
            "to",
        ),
    ] {
        refused(&engine, &query, variables, words).await;
    }
}
