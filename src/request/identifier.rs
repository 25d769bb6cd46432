//! `nodeId` and `cursor`: base64 of a JSON array, as PostgreSQL prints it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

/// The values in a `nodeId` or cursor, in PostgreSQL's text form; `None` is null.
pub type Values = Vec<Option<String>>;

/// Decodes the base64 of a JSON array of scalars; `None` if it is anything else.
pub fn decode(text: &str) -> Option<Values> {
    let bytes = STANDARD.decode(text).ok()?;
    // Numbers keep their text, because a numeric does not fit into a double.
    let items: Vec<&RawValue> = serde_json::from_slice(&bytes).ok()?;
    let values = items.into_iter().map(|item| match item.get().as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => serde_json::from_str(item.get()).map(Some).map_err(|_| ()),
        Some(b'[' | b'{') | None => Err(()),
        Some(_) => Ok(Some(item.get().to_owned())),
    });
    values.collect::<Result<_, _>>().ok()
}

/// Splits the values of a `nodeId` into schema, table and key.
pub fn decode_node_id(text: &str) -> Option<(String, String, Values)> {
    let mut values = decode(text)?.into_iter();
    let schema = values.next()??;
    let table = values.next()??;
    Some((schema, table, values.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_id_holds_schema_table_and_key() {
        let key = vec![Some("101".to_owned()), Some("2".to_owned())];
        let expected = Some(("public".to_owned(), "order_line".to_owned(), key));
        assert_eq!(decode_node_id("WyJwdWJsaWMiLCAib3JkZXJfbGluZSIsIDEwMSwgMl0="), expected);
    }

    #[test]
    fn numbers_keep_every_digit() {
        let text = STANDARD.encode("[12345678901234567890.000000000123, null, true, \"a\\\"b\"]");
        let values =
            ["12345678901234567890.000000000123", "", "true", "a\"b"].map(|value| Some(value.to_owned()));
        let mut values = Vec::from(values);
        values[1] = None;
        assert_eq!(decode(&text), Some(values));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["no cursor", "", "bnVsbA==", "W1sxXV0=", "e30=", "WzEs"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
