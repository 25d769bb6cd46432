//! Body or query string -> the engine's requests. Pure.
//!
//! Rules: GraphQL over HTTP (draft), section "Request Parameters": `query` is a string, `operationName` a string or null,
//! `variables` and `extensions` are objects or null. Other parameters are ignored. `document` has the alternatives to
//! `query`.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::document::{self, Named};
use super::refusal::Refusal;
use crate::config::Limits;
use crate::engine::{AllowedOperations, DocumentSource, ReadFrom, Request};

/// The parameter of a `GET` that queries an operation's state. It is in the answer to `respond-async`.
pub(super) const OPERATION: &str = "operation";

/// The query for it.
const OPERATION_DOCUMENT: &str =
    "query ($id: UUID!) { operation(id: $id) { state result attempts enqueuedAt startedAt finishedAt } }";

/// The content of a body.
#[derive(Debug)]
pub(super) enum Requests {
    /// One request. Its answer is one object.
    Single(Request),
    /// An array of requests. Its answer is an array.
    Batch(Vec<Request>),
}

impl Requests {
    /// The same requests, which may only read.
    pub(super) fn only_reading(self) -> Self {
        let with = |request| Request { allowed: AllowedOperations::QueriesOnly, ..request };
        match self {
            Self::Single(request) => Self::Single(with(request)),
            Self::Batch(requests) => Self::Batch(requests.into_iter().map(with).collect()),
        }
    }

    /// The same requests, with their queries reading from there.
    pub(super) fn read_from(self, read_from: ReadFrom) -> Self {
        let with = |request| Request { read_from, ..request };
        match self {
            Self::Single(request) => Self::Single(with(request)),
            Self::Batch(requests) => Self::Batch(requests.into_iter().map(with).collect()),
        }
    }
}

/// The parameters of a `GET`: `variables` and `extensions` are JSON texts.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UrlParameters {
    query: Option<String>,
    document_id: Option<String>,
    #[serde(rename = "doc_id")]
    relay_id: Option<String>,
    id: Option<String>,
    operation: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

/// The parameters of a `POST`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    query: Option<String>,
    document_id: Option<String>,
    #[serde(rename = "doc_id")]
    relay_id: Option<String>,
    /// If it is not a string, it is not the parameter that is meant here.
    id: Option<Value>,
    operation_name: Option<String>,
    variables: Option<Map<String, Value>>,
    extensions: Option<Map<String, Value>>,
}

/// Decodes a body within the limits on the number of operations and of values.
pub(super) fn from_json(body: &[u8], limits: &Limits) -> Result<Requests, Refusal> {
    check_values(body, limits.values)?;
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(malformed("The request body is empty; it must be a JSON object with a `query`.")),
        Some(b'[') => batch(body, limits.batch).map(Requests::Batch),
        Some(_) => one(body).map(Requests::Single),
    }
}

/// Decodes the query string of a `GET`, which may only read.
pub(super) fn from_url(parameters: UrlParameters, limits: &Limits) -> Result<Request, Refusal> {
    if let UrlParameters { operation: Some(id), query: None, document_id: None, .. } = parameters {
        return Ok(Request {
            document: DocumentSource::Own(OPERATION_DOCUMENT),
            operation_name: None,
            variables: Map::from_iter([("id".to_owned(), Value::String(id))]),
            extensions: Map::new(),
            allowed: AllowedOperations::QueriesOnly,
            read_from: ReadFrom::Primary,
        });
    }
    for text in parameters.variables.iter().chain(&parameters.extensions) {
        check_values(text.as_bytes(), limits.values)?;
    }
    let parameters = Parameters {
        query: parameters.query,
        document_id: parameters.document_id,
        relay_id: parameters.relay_id,
        id: parameters.id.map(Value::String),
        operation_name: parameters.operation_name.filter(|name| !name.is_empty()),
        variables: map_in_url("variables", parameters.variables)?,
        extensions: map_in_url("extensions", parameters.extensions)?,
    };
    request(parameters, AllowedOperations::QueriesOnly)
}

/// Refuses a JSON text of too many values before it is decoded: an empty object has two characters, and takes some hundred bytes
/// in memory.
fn check_values(json: &[u8], allowed: usize) -> Result<(), Refusal> {
    // Each takes at least one byte.
    if json.len() <= allowed {
        return Ok(());
    }
    let (mut values, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            // One of these characters is in front of every value; both are in front of a value that opens a list or object.
            b'[' | b'{' | b',' if !is_in_string => values += 1,
            _ => {}
        }
    }
    if values <= allowed {
        return Ok(());
    }
    Err(malformed(format!(
        "The request has {values} values; {allowed} are allowed (setting max-values). Send it in several requests."
    )))
}

/// Each element is decoded separately, so that an error can name it.
fn batch(body: &[u8], limit: usize) -> Result<Vec<Request>, Refusal> {
    let elements: Vec<&RawValue> = serde_json::from_slice(body).map_err(|_| diagnose(body))?;
    if elements.is_empty() {
        return Err(malformed("The batch is empty."));
    }
    if elements.len() > limit {
        let count = elements.len();
        return Err(malformed(format!("The batch has {count} operations; {limit} are allowed.")));
    }
    let decoded = elements.iter().enumerate().map(|(index, element)| {
        one(element.get().as_bytes()).map_err(|refusal| match refusal {
            Refusal::Malformed(message) => malformed(format!("Operation {index} of the batch: {message}")),
            other => other,
        })
    });
    decoded.collect()
}

/// Decodes one request in one pass. Only if that fails, a second pass finds out what is wrong.
fn one(body: &[u8]) -> Result<Request, Refusal> {
    // A derived structure would also accept an array of its fields.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(diagnose(body));
    }
    let parameters: Parameters = serde_json::from_slice(body).map_err(|_| diagnose(body))?;
    request(parameters, AllowedOperations::All)
}

fn request(parameters: Parameters, allowed: AllowedOperations) -> Result<Request, Refusal> {
    let document = document::document(Named {
        query: parameters.query,
        document_id: parameters.document_id.or(parameters.relay_id),
        id: parameters.id.and_then(|id| id.as_str().map(str::to_owned)),
        extensions: parameters.extensions.as_ref(),
    })?;
    Ok(Request {
        document,
        operation_name: parameters.operation_name,
        variables: parameters.variables.unwrap_or_default(),
        extensions: parameters.extensions.unwrap_or_default(),
        allowed,
        read_from: ReadFrom::default(),
    })
}

/// A JSON object, or nothing, in a parameter of the query string.
fn map_in_url(name: &str, text: Option<String>) -> Result<Option<Map<String, Value>>, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let value = serde_json::from_str(&text)
        .map_err(|error| malformed(format!("The parameter `{name}` is not valid JSON: {error}.")))?;
    match value {
        Value::Null => Ok(None),
        Value::Object(map) => Ok(Some(map)),
        other => Err(wrong_type(name, "an object or null", &other)),
    }
}

/// The error of a body that could not be decoded.
fn diagnose(body: &[u8]) -> Refusal {
    if let Err(error) = std::str::from_utf8(body) {
        let position = error.valid_up_to();
        return malformed(format!("The request body is not valid UTF-8, from byte {position} on."));
    }
    let object = match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => object,
        Ok(other) => {
            return malformed(format!(
                "The request must be a JSON object with a `query`, not {}.",
                kind(&other)
            ));
        }
        Err(error) => return malformed(format!("The request body is not valid JSON: {error}.")),
    };
    for (name, value) in &object {
        let (expected, fits) = match name.as_str() {
            "query" | "operationName" | "documentId" | "doc_id" => {
                ("a string", value.is_string() || value.is_null())
            }
            "variables" | "extensions" => ("an object or null", value.is_object() || value.is_null()),
            _ => continue,
        };
        if !fits {
            return wrong_type(name, expected, value);
        }
    }
    // The only remaining case is a parameter that occurs twice.
    malformed("The request body gives a parameter more than once.")
}

fn wrong_type(name: &str, expected: &str, value: &Value) -> Refusal {
    malformed(format!("The parameter `{name}` must be {expected}, not {}.", kind(value)))
}

/// The name of a JSON value's type.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn malformed(message: impl Into<String>) -> Refusal {
    Refusal::Malformed(message.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    /// A batch of two is allowed, and twenty values.
    fn limits() -> Limits {
        Limits {
            depth: 1,
            complexity: 1,
            aliases: 1,
            root_fields: 1,
            fields: 1,
            values: 20,
            message_bytes: 1,
            answer_bytes: 1,
            directives: 1,
            tokens: 1,
            batch: 2,
            errors: 1,
            body_bytes: 1,
            page_size: None,
            concurrency: None,
            subscriptions: 1,
        }
    }

    fn refused(body: &[u8]) -> String {
        match from_json(body, &limits()) {
            Err(Refusal::Malformed(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_is_decoded() {
        let body = br#" {"query": "{ a }", "operationName": null, "variables": {"b": [1]}, "more": 1}"#;
        let Requests::Single(request) = from_json(body, &limits()).unwrap() else {
            panic!("a single request")
        };
        assert_eq!(request.document, "{ a }".into());
        assert_eq!(request.operation_name, None);
        assert_eq!(Value::Object(request.variables), serde_json::json!({"b": [1]}));
        assert_eq!(request.allowed, AllowedOperations::All);
    }

    #[test]
    fn a_batch_keeps_its_order_and_its_limit() {
        let Requests::Batch(requests) = from_json(br#"[{"query": "a"}, {"query": "b"}]"#, &limits()).unwrap()
        else {
            panic!("a batch")
        };
        assert_eq!(
            requests.into_iter().map(|request| request.document).collect::<Vec<_>>(),
            ["a".into(), "b".into()]
        );
        assert_eq!(refused(b"[]"), "The batch is empty.");
        assert_eq!(refused(b"[1, 2, 3]"), "The batch has 3 operations; 2 are allowed.");
    }

    #[test]
    fn malformed_requests_are_refused_with_the_reason() {
        let cases: [(&[u8], &str); 12] = [
            (b"", "The request body is empty; it must be a JSON object with a `query`."),
            (b"{\"query\": \"\xff\"}", "The request body is not valid UTF-8, from byte 11 on."),
            (b"7", "The request must be a JSON object with a `query`, not a number."),
            (
                b"[[\"{ a }\"]]",
                "Operation 0 of the batch: The request must be a JSON object with a `query`, not an array.",
            ),
            (
                b"[{\"query\": \"a\"}, {}]",
                "Operation 1 of the batch: The parameter `query` is missing; it must be a string with a GraphQL document.",
            ),
            (b"{}", "The parameter `query` is missing; it must be a string with a GraphQL document."),
            (
                b"{\"query\": null}",
                "The parameter `query` is missing; it must be a string with a GraphQL document.",
            ),
            (b"{\"query\": 1}", "The parameter `query` must be a string, not a number."),
            (
                b"{\"query\": \"a\", \"operationName\": false}",
                "The parameter `operationName` must be a string, not a boolean.",
            ),
            (
                b"{\"query\": \"a\", \"variables\": []}",
                "The parameter `variables` must be an object or null, not an array.",
            ),
            (
                b"{\"query\": \"a\", \"extensions\": \"b\"}",
                "The parameter `extensions` must be an object or null, not a string.",
            ),
            (b"{\"query\": \"a\", \"query\": \"b\"}", "The request body gives a parameter more than once."),
        ];
        for (body, message) in cases {
            assert_eq!(refused(body), message);
        }
    }

    #[test]
    fn broken_json_is_placed() {
        let message = refused(b"{\"query\": ");
        assert!(message.starts_with("The request body is not valid JSON: EOF while parsing"), "{message}");
        let deep = format!(r#"{{"query": "a", "variables": {{"a": {}}}}}"#, "[".repeat(1_000));
        let Err(Refusal::Malformed(message)) =
            from_json(deep.as_bytes(), &Limits { values: 10_000, ..limits() })
        else {
            panic!("too deep")
        };
        assert!(message.contains("recursion limit exceeded"), "{message}");
    }

    #[test]
    fn values_are_counted_before_they_are_decoded() {
        let body = |values: usize, text: &str| {
            let list = vec!["{}"; values].join(",");
            format!(r#"{{"query": "a", "variables": {{"t": "{text}", "a": [{list}]}}}}"#)
        };
        assert!(from_json(body(7, "").as_bytes(), &limits()).is_ok());
        assert!(from_json(body(7, r#"[,,[{\",,,,,,,,,,,,,,,,,,"#).as_bytes(), &limits()).is_ok());
        assert!(refused(body(9, "").as_bytes()).starts_with("The request has 22 values; 20 are allowed"));
        let parameters = UrlParameters {
            query: Some("a".into()),
            variables: Some(format!("[{}]", vec!["1"; 30].join(","))),
            ..UrlParameters::default()
        };
        assert!(from_url(parameters, &limits()).is_err());
    }

    #[test]
    fn a_url_holds_its_maps_as_json() {
        let parameters = UrlParameters {
            query: Some("{ a }".into()),
            operation_name: Some(String::new()),
            variables: Some(r#"{"b": 1}"#.into()),
            extensions: Some(String::new()),
            ..UrlParameters::default()
        };
        let request = from_url(parameters, &limits()).unwrap();
        assert_eq!(request.allowed, AllowedOperations::QueriesOnly);
        assert_eq!(request.operation_name, None);
        assert_eq!(request.variables["b"], 1);
        let parameters = UrlParameters { variables: Some("[1]".into()), ..UrlParameters::default() };
        let message = "The parameter `variables` must be an object or null, not an array.".into();
        assert_eq!(from_url(parameters, &limits()).unwrap_err(), Refusal::Malformed(message));
    }
}
