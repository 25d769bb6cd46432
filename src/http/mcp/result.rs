//! The engine's answer -> the result of a tool. Pure.

use std::collections::BTreeMap;

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::engine::Response;

/// The longest answer that an agent gets. Its model could not read more, and the answer is in memory several times.
const LONGEST_ANSWER: usize = 1 << 20;

/// The parts of an answer.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    errors: Vec<GraphqlError>,
}

/// The parts of an error that an agent can use.
#[derive(Deserialize)]
struct GraphqlError {
    message: String,
    #[serde(default)]
    path: Vec<Value>,
    #[serde(default)]
    extensions: BTreeMap<String, Value>,
}

/// The data as text and as a structure. If there is an error, the messages with their codes, and the rest of the data.
pub(super) fn of_answer(response: &Response) -> CallToolResult {
    if response.body.len() > LONGEST_ANSWER {
        return failed(format!(
            "The answer is longer than {LONGEST_ANSWER} bytes, so it is left out. The operation has run. Ask for fewer rows or fields."
        ));
    }
    let Ok(answer) = serde_json::from_slice::<Answer<'_>>(&response.body) else {
        return failed("the answer is no JSON, which is a defect of the server".to_owned());
    };
    let data = answer.data.map(RawValue::get);
    if !answer.errors.is_empty() {
        let mut told = told(&answer.errors);
        if let Some(data) = data.filter(|data| *data != "null") {
            told.push_str("\nThe data without what failed: ");
            told.push_str(data);
        }
        return failed(told);
    }
    let data = data.unwrap_or("null");
    let mut result = text(data.to_owned());
    // Values as deep as no schema is are not parsed; their text is there all the same.
    result.structured_content = serde_json::from_str(data).ok();
    result
}

/// The messages of an answer that is an error.
pub(super) fn messages(response: &Response) -> String {
    match serde_json::from_slice::<Answer<'_>>(&response.body) {
        Ok(answer) => told(&answer.errors),
        Err(_) => "the request could not be answered".to_owned(),
    }
}

fn told(errors: &[GraphqlError]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|GraphqlError { message, path, extensions }| {
            let path: Vec<String> = path.iter().map(|step| step.to_string().replace('"', "")).collect();
            let at = if path.is_empty() { String::new() } else { format!(" (at {})", path.join(".")) };
            match extensions.get("code").and_then(Value::as_str) {
                Some(code) => format!("{code}: {message}{at}"),
                None => format!("{message}{at}"),
            }
        })
        .collect();
    lines.join("\n")
}

/// A result that is a text.
pub(super) fn text(text: String) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

/// An error that an agent can read.
pub(super) fn failed(message: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(message)])
}

/// A client's text for a message.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::Outcome;

    fn of(body: &str) -> Value {
        let response = Response { outcome: Outcome::Executed, body: body.to_owned().into() };
        serde_json::to_value(of_answer(&response)).unwrap_or_default()
    }

    #[test]
    fn data_keeps_its_text_and_becomes_a_structure() {
        let found = of("{\"data\":{\"a\": 1.50, \"b\":123456789012345678901234567890}}");
        assert_eq!(found["content"][0]["text"], "{\"a\": 1.50, \"b\":123456789012345678901234567890}");
        assert_eq!(found["structuredContent"]["a"], 1.5);
        assert_eq!(found["isError"], false);
    }

    #[test]
    fn an_error_is_a_text_with_codes_and_the_rest_of_the_data() {
        let body = json!({
            "data": {"a": null, "b": 1},
            "errors": [
                {"message": "too late", "path": ["a", 0, "c"], "extensions": {"code": "TIMEOUT"}},
                {"message": "no code"},
            ],
        });
        let found = of(&body.to_string());
        let expected =
            "TIMEOUT: too late (at a.0.c)\nno code\nThe data without what failed: {\"a\":null,\"b\":1}";
        assert_eq!(found["content"][0]["text"], expected);
        assert_eq!((&found["isError"], found.get("structuredContent")), (&json!(true), None));
        let refused = of("{\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":\"FORBIDDEN\"}}]}");
        assert_eq!(refused["content"][0]["text"], "FORBIDDEN: no");
    }

    #[test]
    fn an_answer_that_no_model_can_read_is_left_out() {
        let found = of(&format!("{{\"data\":{{\"a\":\"{}\"}}}}", "a".repeat(LONGEST_ANSWER)));
        assert_eq!(found["isError"], true);
        let deep = format!("{{\"data\":{{\"a\":{}1{}}}}}", "[".repeat(200), "]".repeat(200));
        assert!(of(&deep).get("structuredContent").is_none(), "its text is there all the same");
    }
}
