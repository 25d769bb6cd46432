//! GeoJSON (RFC 7946) -> PostGIS's text form, the EWKT (PostGIS manual, 4.2.1). Every value that is none is refused here, with what is
//! wrong, because PostGIS reports all of them as internal errors.
//!
//! Coordinates are those of the column's reference system, which the member `crs` may name, as PostGIS writes it.

use std::fmt::Write as _;

use crate::request::{JsonMap, JsonValue, Leaf};

/// The reference system of GeoJSON: longitude and latitude of WGS 84.
const WGS84: i32 = 4326;

/// What geometries are made of: how many lists of positions stand in each other.
const KINDS: [(&str, usize); 6] = [
    ("Point", 0),
    ("MultiPoint", 1),
    ("LineString", 1),
    ("MultiLineString", 2),
    ("Polygon", 2),
    ("MultiPolygon", 3),
];

/// The text form of a geometry in a column of that reference system, or of any.
pub(super) fn ewkt(value: &JsonValue, srid: Option<i32>) -> Result<String, String> {
    let object = value.as_object().ok_or("it is not a JSON object")?;
    let given = match object.get("crs") {
        None | Some(JsonValue::Null) => None,
        Some(crs) => Some(reference_system(crs).ok_or("its crs is not a name such as EPSG:4326")?),
    };
    let srid = match (srid, given) {
        (Some(srid), Some(given)) if srid != given => {
            return Err(format!("its crs is EPSG:{given}, but the column's is EPSG:{srid}"));
        }
        (Some(srid), _) | (None, Some(srid)) => srid,
        (None, None) => WGS84,
    };
    let mut writer = Writer { text: format!("SRID={srid};"), dimensions: None };
    writer.geometry(object)?;
    Ok(writer.text)
}

/// The text form of the rectangle between west, south, east and north, as in GeoJSON's `bbox`.
pub(super) fn rectangle(value: &JsonValue, srid: Option<i32>) -> Result<String, String> {
    let bounds = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let bounds: Option<Vec<_>> = bounds.iter().map(number).collect();
    let Some([west, south, east, north]) = bounds.as_deref() else {
        return Err("a bounding box is [west, south, east, north]".to_owned());
    };
    let srid = srid.unwrap_or(WGS84);
    Ok(format!(
        "SRID={srid};POLYGON(({west} {south},{west} {north},{east} {north},{east} {south},{west} {south}))"
    ))
}

fn reference_system(crs: &JsonValue) -> Option<i32> {
    let name = crs.as_object()?.get("properties")?.as_object()?.get("name")?.as_str()?;
    if name.ends_with("CRS84") {
        return Some(WGS84);
    }
    name.contains("EPSG").then(|| name.rsplit(':').next()?.parse().ok())?
}

fn number(value: &JsonValue) -> Option<String> {
    match Leaf::of_json(value) {
        Leaf::Number(number) => Some(number.into_owned()),
        Leaf::Null | Leaf::Boolean(_) | Leaf::Text(_) | Leaf::Compound => None,
    }
}

fn list(value: &JsonValue) -> Result<&[JsonValue], String> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| "its coordinates are not nested as its type asks".to_owned())
}

struct Writer {
    text: String,
    /// How many numbers a position has.
    dimensions: Option<usize>,
}

impl Writer {
    fn geometry(&mut self, object: &JsonMap) -> Result<(), String> {
        let kind = object.get("type").and_then(JsonValue::as_str).ok_or("it has no type")?;
        self.text.push_str(&kind.to_uppercase());
        if kind == "GeometryCollection" {
            let geometries = object.get("geometries").and_then(JsonValue::as_array);
            return self.list(geometries.ok_or("it has no geometries")?, |writer, geometry| {
                writer.geometry(geometry.as_object().ok_or("one of its geometries is not a JSON object")?)
            });
        }
        let Some((_, depth)) = KINDS.iter().find(|(name, _)| *name == kind) else {
            return Err(match kind {
                "Feature" | "FeatureCollection" => format!("it is a {kind}: give a geometry"),
                _ => format!("{kind:.40} is not a type of geometry"),
            });
        };
        let coordinates = object.get("coordinates").ok_or("it has no coordinates")?;
        match depth {
            // An empty point.
            0 if list(coordinates)?.is_empty() => self.text.push_str(" EMPTY"),
            0 => {
                self.text.push('(');
                self.position(coordinates)?;
                self.text.push(')');
            }
            depth => self.nested(coordinates, *depth, kind)?,
        }
        Ok(())
    }

    /// Lists in lists, down to positions.
    fn nested(&mut self, value: &JsonValue, depth: usize, kind: &str) -> Result<(), String> {
        let items = list(value)?;
        if depth > 1 {
            return self.list(items, |writer, item| writer.nested(item, depth - 1, kind));
        }
        let has_ends = items.first() == items.last();
        match kind {
            "LineString" | "MultiLineString" if items.len() == 1 => {
                Err("a line has at least two positions".to_owned())
            }
            "Polygon" | "MultiPolygon" if !items.is_empty() && (items.len() < 4 || !has_ends) => {
                Err("a ring of a polygon has at least four positions, and its last one is its first"
                    .to_owned())
            }
            _ => self.list(items, Self::position),
        }
    }

    fn list(
        &mut self,
        items: &[JsonValue],
        item: impl Fn(&mut Self, &JsonValue) -> Result<(), String>,
    ) -> Result<(), String> {
        if items.is_empty() {
            self.text.push_str(" EMPTY");
            return Ok(());
        }
        let mut separator = '(';
        for value in items {
            self.text.push(separator);
            item(self, value)?;
            separator = ',';
        }
        self.text.push(')');
        Ok(())
    }

    fn position(&mut self, value: &JsonValue) -> Result<(), String> {
        let numbers: Option<Vec<_>> = list(value)?.iter().map(number).collect();
        let numbers = numbers.filter(|numbers| matches!(numbers.len(), 2 | 3));
        let numbers = numbers.ok_or("a position is a list of two or three numbers")?;
        if *self.dimensions.get_or_insert(numbers.len()) != numbers.len() {
            return Err("some of its positions have two numbers, and some have three".to_owned());
        }
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{}", numbers.join(" "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, srid: Option<i32>) -> Result<String, String> {
        ewkt(&serde_json::from_str(text).unwrap(), srid)
    }

    #[test]
    fn geometries_become_text() {
        for (json, text) in [
            (r#"{"type": "Point", "coordinates": [1, 2.5]}"#, "POINT(1 2.5)"),
            (r#"{"type": "Point", "coordinates": []}"#, "POINT EMPTY"),
            (r#"{"type": "Point", "coordinates": [1, 2, -3e-7]}"#, "POINT(1 2 -3e-7)"),
            (r#"{"type": "LineString", "coordinates": [[1, 2], [3, 4]]}"#, "LINESTRING(1 2,3 4)"),
            (r#"{"type": "MultiPoint", "coordinates": [[1, 2]]}"#, "MULTIPOINT(1 2)"),
            (
                r#"{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}"#,
                "POLYGON((0 0,1 0,1 1,0 0))",
            ),
            (
                r#"{"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]], []]}"#,
                "MULTIPOLYGON(((0 0,1 0,1 1,0 0)), EMPTY)",
            ),
            (
                r#"{"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}], "crs": null}"#,
                "GEOMETRYCOLLECTION(POINT(1 2))",
            ),
        ] {
            assert_eq!(read(json, None), Ok(format!("SRID=4326;{text}")), "{json}");
        }
    }

    #[test]
    fn the_reference_system_is_the_columns() {
        let point = |crs: &str| {
            format!(
                r#"{{"type": "Point", "coordinates": [1, 2], "crs": {{"type": "name", "properties": {{"name": "{crs}"}}}}}}"#
            )
        };
        for (crs, srid, expected) in [
            ("EPSG:3857", None, "SRID=3857;POINT(1 2)"),
            ("urn:ogc:def:crs:EPSG::3857", Some(3857), "SRID=3857;POINT(1 2)"),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", Some(4326), "SRID=4326;POINT(1 2)"),
        ] {
            assert_eq!(read(&point(crs), srid), Ok(expected.to_owned()), "{crs}");
        }
        assert!(read(&point("EPSG:3857"), Some(4326)).unwrap_err().contains("EPSG:4326"));
        assert!(read(&point("elsewhere"), None).unwrap_err().contains("crs"));
        assert_eq!(
            read(r#"{"type": "Point", "coordinates": [1, 2]}"#, Some(25832)),
            Ok("SRID=25832;POINT(1 2)".to_owned())
        );
    }

    #[test]
    fn malformed_geometries_are_refused() {
        for (json, words) in [
            ("5", "not a JSON object"),
            ("[]", "not a JSON object"),
            ("{}", "no type"),
            (r#"{"type": "Pint", "coordinates": [1, 2]}"#, "Pint is not a type"),
            (
                r#"{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}"#,
                "give a geometry",
            ),
            (r#"{"type": "Point"}"#, "no coordinates"),
            (r#"{"type": "Point", "coordinates": 5}"#, "nested"),
            (r#"{"type": "Point", "coordinates": [1]}"#, "two or three numbers"),
            (r#"{"type": "Point", "coordinates": [1, "2"]}"#, "two or three numbers"),
            (r#"{"type": "Point", "coordinates": [1, 2, 3, 4]}"#, "two or three numbers"),
            (r#"{"type": "LineString", "coordinates": [[1, 2]]}"#, "two positions"),
            (r#"{"type": "LineString", "coordinates": [1, 2]}"#, "nested"),
            (r#"{"type": "LineString", "coordinates": [[1, 2], [1, 2, 3]]}"#, "some have three"),
            (r#"{"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [1, 2]]]}"#, "four positions"),
            (
                r#"{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}"#,
                "its last one is its first",
            ),
            (r#"{"type": "GeometryCollection"}"#, "no geometries"),
            (r#"{"type": "GeometryCollection", "geometries": [5]}"#, "not a JSON object"),
        ] {
            let error = read(json, None).unwrap_err();
            assert!(error.contains(words), "{json}: {error}");
        }
        for bounds in ["[1, 2, 3]", "[1, 2, 3, \"4\"]", "{}", "null"] {
            assert!(rectangle(&serde_json::from_str(bounds).unwrap(), None).is_err(), "{bounds}");
        }
    }
}
