//! A client's requests for its subscription: `extensions.live` of the request.

use serde_json::Value;

use crate::config::duration;
use crate::engine::Request;
use crate::live::{Connection, Wishes};

/// The wishes in a request; the error says what is wrong with them.
pub(super) fn wishes(request: &Request, connection: Option<Connection>) -> Result<Wishes, String> {
    let wished = request.extensions.get("live").and_then(|live| live.get("interval"));
    let interval = match wished {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => {
            Some(duration(text).map_err(|error| format!("extensions.live.interval: {error}"))?)
        }
        Some(_) => return Err("extensions.live.interval is a text such as \"250ms\" or \"5s\"".to_owned()),
    };
    Ok(Wishes { interval, connection })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use std::time::Duration;

    use serde_json::{Map, json};

    use super::*;
    use crate::engine::{AllowedOperations, ReadFrom};

    fn interval(extensions: &Value) -> Result<Option<Duration>, String> {
        let request = Request {
            document: "subscription { a }".to_owned().into(),
            operation_name: None,
            variables: Map::new(),
            extensions: extensions.as_object().unwrap().clone(),
            allowed: AllowedOperations::All,
            read_from: ReadFrom::default(),
        };
        wishes(&request, None).map(|wishes| wishes.interval)
    }

    #[test]
    fn an_interval_is_a_duration() {
        assert_eq!(interval(&json!({})), Ok(None));
        assert_eq!(interval(&json!({"live": {"interval": null}})), Ok(None));
        assert_eq!(interval(&json!({"live": {"interval": "250ms"}})), Ok(Some(Duration::from_millis(250))));
        for wrong in [json!("fast"), json!(250), json!("5")] {
            let error = interval(&json!({"live": {"interval": wrong}})).unwrap_err();
            assert!(error.starts_with("extensions.live.interval"), "{error}");
        }
    }
}
