//! Root values and errors -> the body of a response. The JSON that PostgreSQL made goes in unchanged.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::error::{Code, GraphqlError, Violated};

/// The value of a root field, by its key in the answer: a JSON text.
pub type RootValue<'a> = (&'a str, &'a str);

/// The body of a response.
#[derive(Debug, Clone)]
pub struct Body {
    /// The whole JSON text.
    pub json: Bytes,
    /// The code of its first error.
    pub code: Option<Code>,
}

impl Body {
    fn new(json: String, errors: &[GraphqlError]) -> Self {
        Self { json: json.into(), code: errors.first().map(|error| error.code) }
    }

    /// The same with the map `extensions` (GraphQL specification, 7.1).
    #[must_use]
    pub fn with_extensions(self, extensions: &Value) -> Self {
        let object = self.json.strip_suffix(b"}").unwrap_or(&self.json);
        let json = [object, b",\"extensions\":", extensions.to_string().as_bytes(), b"}"].concat();
        Self { json: json.into(), ..self }
    }
}

/// A response with data.
pub fn with_data(roots: &[RootValue<'_>], errors: &[GraphqlError]) -> Body {
    let size: usize = roots.iter().map(|(key, value)| key.len() + value.len() + 4).sum();
    let mut body = String::with_capacity(size + 32);
    body.push_str("{\"data\":{");
    for (index, (key, value)) in roots.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        // Keys are GraphQL names: nothing in them needs an escape.
        body.push('"');
        body.push_str(key);
        body.push_str("\":");
        body.push_str(value);
    }
    body.push('}');
    push_errors(&mut body, errors);
    body.push('}');
    Body::new(body, errors)
}

/// A response whose data is null, because a non-null field has failed.
pub fn with_null_data(errors: &[GraphqlError]) -> Body {
    let mut body = String::from("{\"data\":null");
    push_errors(&mut body, errors);
    body.push('}');
    Body::new(body, errors)
}

/// A response without data: the request was refused before anything ran.
pub fn refused(errors: &[GraphqlError]) -> Body {
    let body = json!({ "errors": errors.iter().map(error_json).collect::<Vec<_>>() });
    Body::new(body.to_string(), errors)
}

fn push_errors(body: &mut String, errors: &[GraphqlError]) {
    if !errors.is_empty() {
        body.push_str(",\"errors\":");
        body.push_str(&Value::from(errors.iter().map(error_json).collect::<Vec<_>>()).to_string());
    }
}

fn error_json(error: &GraphqlError) -> Value {
    let mut object = json!({ "message": error.message });
    if !error.locations.is_empty() {
        let locations =
            error.locations.iter().map(|(line, column)| json!({ "line": line, "column": column }));
        object["locations"] = locations.collect();
    }
    if !error.path.is_empty() {
        object["path"] = json!(error.path);
    }
    object["extensions"] = json!({ "code": error.code.name() });
    if let Some(sqlstate) = &error.sqlstate {
        object["extensions"]["sqlstate"] = json!(sqlstate);
    }
    match &error.violated {
        Some(Violated::Constraint(name)) => object["extensions"]["constraint"] = json!(name),
        Some(Violated::NotNull { column }) => object["extensions"]["column"] = json!(column),
        None => {}
    }
    if let Some(id) = &error.request_id {
        object["extensions"]["requestId"] = json!(id);
    }
    object
}
