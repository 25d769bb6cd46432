//! The header `Glowplug-Read-From`: a client that has just written reads from the primary, because replicas may lack that
//! write.
//!
//! Without replicas it has no effect, so that a client need not know whether there are any.

use http::{HeaderMap, HeaderValue};

use super::refusal::Refusal;
use crate::engine::ReadFrom;

/// `primary` or `replica`, which is the default.
const HEADER: &str = "glowplug-read-from";

/// Where a request's queries read from.
pub(super) fn read_from(headers: &HeaderMap) -> Result<ReadFrom, Refusal> {
    let mut values = headers.get_all(HEADER).iter();
    let (value, other) = (values.next(), values.next());
    match (value.map(HeaderValue::as_bytes), other) {
        (None | Some(b"replica"), None) => Ok(ReadFrom::Replica),
        (Some(b"primary"), None) => Ok(ReadFrom::Primary),
        _ => Err(Refusal::Malformed(
            "The header Glowplug-Read-From must be `primary` or `replica`.".to_owned(),
        )),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn of(values: &[&'static str]) -> Result<ReadFrom, Refusal> {
        read_from(&values.iter().map(|value| (HEADER.parse().unwrap(), value.parse().unwrap())).collect())
    }

    #[test]
    fn only_two_words_are_known() {
        assert_eq!(of(&[]).unwrap(), ReadFrom::Replica);
        assert_eq!(of(&["replica"]).unwrap(), ReadFrom::Replica);
        assert_eq!(of(&["primary"]).unwrap(), ReadFrom::Primary);
        for wrong in [&["master"][..], &[""], &["Primary"], &["primary", "replica"]] {
            assert!(of(wrong).is_err(), "{wrong:?}");
        }
    }
}
