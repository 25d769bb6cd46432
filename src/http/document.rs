//! Which document the parameters of a request mean: its text, or one of the names that clients use. Pure.
//!
//! | who | sends |
//! | --- | --- |
//! | GraphQL over HTTP, proposed appendix "Persisted Documents" | `documentId` |
//! | Relay | `doc_id`, in older versions `id` |
//! | Apollo | `extensions.persistedQuery: {version: 1, sha256Hash}`, and `query` if it was asked for |

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::engine::DocumentSource;

/// The parameters that can name the document.
#[derive(Debug, Default)]
pub(super) struct Named<'e> {
    pub(super) query: Option<String>,
    /// `documentId` or `doc_id`.
    pub(super) document_id: Option<String>,
    /// `id` names a document only if no other parameter does, because other clients send parameters of that name.
    pub(super) id: Option<String>,
    pub(super) extensions: Option<&'e Map<String, Value>>,
}

/// The document that the request means. An empty text beside a name is no text: graphql-ws and graphql-sse put a `query` into every
/// message.
pub(super) fn document(named: Named<'_>) -> Result<DocumentSource, Refusal> {
    let Named { query, document_id, id, extensions } = named;
    let persisted = persisted_query(extensions)?;
    let is_named = document_id.is_some() || id.is_some() || persisted.is_some();
    let query = query.filter(|text| !text.is_empty() || !is_named);
    if query.is_some() && document_id.is_some() {
        return Err(malformed("The request has both a `query` and the id of a document; send one of them."));
    }
    if let Some(id) = document_id {
        return Ok(DocumentSource::Id(id));
    }
    match (persisted, query, id) {
        (Some(sha256), text, _) => Ok(DocumentSource::Hash { sha256, text }),
        (None, Some(text), _) => Ok(DocumentSource::Text(text)),
        (None, None, Some(id)) => Ok(DocumentSource::Id(id)),
        (None, None, None) => {
            Err(malformed("The parameter `query` is missing; it must be a string with a GraphQL document."))
        }
    }
}

/// The hash in Apollo's extension, if there is one.
fn persisted_query(extensions: Option<&Map<String, Value>>) -> Result<Option<String>, Refusal> {
    let extension = match extensions.and_then(|extensions| extensions.get("persistedQuery")) {
        None | Some(Value::Null) => return Ok(None),
        Some(extension) => extension,
    };
    match (&extension["version"], &extension["sha256Hash"]) {
        (version, Value::String(hash)) if *version == 1 => Ok(Some(hash.clone())),
        _ => Err(malformed(
            "The extension `persistedQuery` must be {\"version\": 1, \"sha256Hash\": \"…\"}; there is no other version.",
        )),
    }
}

fn malformed(message: &str) -> Refusal {
    Refusal::Malformed(message.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(
        query: Option<&str>,
        document_id: Option<&str>,
        id: Option<&str>,
    ) -> Result<DocumentSource, Refusal> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        document(Named { query: own(query), document_id: own(document_id), id: own(id), extensions: None })
    }

    fn hashed(query: Option<&str>, extension: &Value) -> Result<DocumentSource, Refusal> {
        let Value::Object(extensions) = json!({ "persistedQuery": extension }) else { unreachable!() };
        let query = query.map(str::to_owned);
        document(Named { query, extensions: Some(&extensions), ..Named::default() })
    }

    #[test]
    fn every_client_names_documents_in_its_way() {
        let id = |id: &str| DocumentSource::Id(id.to_owned());
        assert_eq!(named(Some("{ a }"), None, None).unwrap(), "{ a }".into());
        assert_eq!(named(None, Some("x"), None).unwrap(), id("x"));
        assert_eq!(named(None, None, Some("x")).unwrap(), id("x"));
        assert_eq!(named(Some("{ a }"), None, Some("7")).unwrap(), "{ a }".into());
        let hash = |text: Option<&str>| DocumentSource::Hash {
            sha256: "ab".to_owned(),
            text: text.map(str::to_owned),
        };
        let extension = json!({"version": 1, "sha256Hash": "ab"});
        assert_eq!(hashed(None, &extension).unwrap(), hash(None));
        assert_eq!(hashed(Some("{ a }"), &extension).unwrap(), hash(Some("{ a }")));
        assert_eq!(hashed(Some("{ a }"), &Value::Null).unwrap(), "{ a }".into());
    }

    #[test]
    fn an_empty_text_beside_a_name_is_no_text() {
        let id = DocumentSource::Id("x".to_owned());
        assert_eq!(named(Some(""), Some("x"), None).unwrap(), id);
        assert_eq!(named(Some(""), None, Some("x")).unwrap(), id);
        let hash = DocumentSource::Hash { sha256: "ab".to_owned(), text: None };
        assert_eq!(hashed(Some(""), &json!({"version": 1, "sha256Hash": "ab"})).unwrap(), hash);
        assert_eq!(named(Some(""), None, None).unwrap(), "".into());
    }

    #[test]
    fn requests_with_two_documents_or_none_are_refused() {
        let message = |refused: Result<DocumentSource, Refusal>| match refused {
            Err(Refusal::Malformed(message)) => message,
            other => panic!("{other:?}"),
        };
        assert!(message(named(Some("{ a }"), Some("x"), None)).contains("send one of them"));
        assert!(message(named(None, None, None)).contains("`query` is missing"));
        for extension in
            [json!({"version": 2, "sha256Hash": "ab"}), json!({"version": 1}), json!("ab"), json!([])]
        {
            assert!(message(hashed(Some("{ a }"), &extension)).contains("\"version\": 1"), "{extension}");
        }
    }
}
