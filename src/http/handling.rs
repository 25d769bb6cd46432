//! How a client wants its operation handled: the headers `Idempotency-Key` and `Prefer`. Pure.
//!
//! Both have a meaning only where operations are queued. Elsewhere they are ignored, like unknown headers.

use http::{HeaderMap, HeaderName};
use uuid::Uuid;

use super::parameters::Requests;
use super::refusal::Refusal;
use crate::dispatch::Backend;
use crate::queue::{Handling, Wait};

/// Identifies an operation, so that it takes effect once however often it is sent (IETF draft "The Idempotency-Key HTTP
/// Header").
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// RFC 7240.
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// Reads the headers of a request. A batch has no key, because a key identifies one operation. Its client always waits.
pub(super) fn read(headers: &HeaderMap, backend: &Backend, requests: &Requests) -> Result<Handling, Refusal> {
    if !backend.is_queued() {
        return Ok(Handling::default());
    }
    let key = key(headers)?;
    match requests {
        Requests::Single(_) => Ok(Handling { key, wait: wait(headers) }),
        Requests::Batch(_) if key.is_some() => Err(Refusal::Malformed(
            "An Idempotency-Key names one operation; send the operations of the batch one by one.".into(),
        )),
        Requests::Batch(_) => Ok(Handling::default()),
    }
}

/// The draft has quotes around it, which many clients leave out.
fn key(headers: &HeaderMap) -> Result<Option<Uuid>, Refusal> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    match Uuid::try_parse(text) {
        Ok(key) if values.next().is_none() => Ok(Some(key)),
        _ => Err(Refusal::Malformed(
            "The header Idempotency-Key must be one UUID, such as 0192f0c4-5e1a-7c3e-9d51-2f6f5d1f9a10."
                .into(),
        )),
    }
}

/// An unknown preference is ignored (RFC 7240, section 2).
fn wait(headers: &HeaderMap) -> Wait {
    let preferences = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut names = preferences.flat_map(|value| value.split(',')).filter_map(|part| part.split(';').next());
    if names.any(|name| name.trim().eq_ignore_ascii_case("respond-async")) {
        Wait::No
    } else {
        Wait::ForAnswer
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use http::HeaderValue;

    use super::*;

    const ID: &str = "0192f0c4-5e1a-7c3e-9d51-2f6f5d1f9a10";

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_key_is_a_uuid_with_or_without_quotes() {
        for value in [ID.to_owned(), format!("\"{ID}\""), ID.to_uppercase()] {
            let key = key(&headers(&IDEMPOTENCY_KEY, &[&value])).unwrap();
            assert_eq!(key, Some(Uuid::parse_str(ID).unwrap()));
        }
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
        for wrong in [vec![""], vec!["order-17"], vec![ID, ID], vec!["\"\""]] {
            assert!(key(&headers(&IDEMPOTENCY_KEY, &wrong)).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_client_that_prefers_not_to_wait_is_understood() {
        for (values, expected) in [
            (vec!["respond-async"], Wait::No),
            (vec!["handling=lenient, Respond-Async; foo=1"], Wait::No),
            (vec!["wait=10", "respond-async"], Wait::No),
            (vec!["respond-asynchronously"], Wait::ForAnswer),
            (vec![], Wait::ForAnswer),
        ] {
            assert_eq!(wait(&headers(&PREFER, &values)), expected, "{values:?}");
        }
    }
}
