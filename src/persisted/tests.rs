//! Which documents requests get, by policy, and which files are lists.

use super::*;

const TEXT: &str = "query Hello { __typename }";

/// As `printf '%s' 'query Hello { __typename }' | sha256sum` says.
const HASH: &str = "e21b91483eaf0d4f85ac736a9dd636f74b25e6a48a66ae342edbbc420f119dcf";

fn persisted(policy: DocumentPolicy, list: &str) -> Persisted {
    Persisted::new(policy, AllowList::parse(list).unwrap())
}

fn id(id: &str) -> DocumentSource {
    DocumentSource::Id(id.to_owned())
}

fn hash(sha256: &str, text: Option<&str>) -> DocumentSource {
    DocumentSource::Hash { sha256: sha256.to_owned(), text: text.map(str::to_owned) }
}

#[test]
fn a_document_of_the_list_is_found_by_its_id_and_by_its_hash() {
    for list in [
        format!(r#"{{"abc": "{TEXT}"}}"#),
        format!(
            r#"{{"format": "apollo-persisted-query-manifest", "version": 1,
                "operations": [{{"id": "abc", "name": "Hello", "type": "query", "body": "{TEXT}"}}]}}"#
        ),
    ] {
        for policy in [DocumentPolicy::Automatic, DocumentPolicy::Any, DocumentPolicy::ListOnly] {
            let persisted = persisted(policy, &list);
            for source in [
                id("abc"),
                id(HASH),
                id(&format!("sha256:{HASH}")),
                hash("abc", None),
                hash(HASH, None),
                hash(HASH, Some(TEXT)),
                TEXT.into(),
            ] {
                assert_eq!(persisted.text(&source).as_deref(), Ok(TEXT), "{policy:?} {source:?}");
            }
            assert_eq!(persisted.text(&id("../abc")), Err(PersistedError::UnknownId));
            assert_eq!(persisted.text(&hash("other", None)), Err(PersistedError::UnknownHash));
        }
    }
}

#[test]
fn only_the_list_is_only_the_list() {
    let persisted = persisted(DocumentPolicy::ListOnly, &format!(r#"{{"abc": "{TEXT}"}}"#));
    let other = "query Hello  { __typename }";
    assert_eq!(persisted.text(&other.into()), Err(PersistedError::NotInList));
    let registering = hash(&sha256_hex(other), Some(other));
    assert_eq!(persisted.text(&registering), Err(PersistedError::NotInList));
    assert_eq!(persisted.text(&hash(&sha256_hex(other), None)), Err(PersistedError::UnknownHash));
    persisted.replace_list(AllowList::default());
    assert_eq!(persisted.text(&TEXT.into()), Err(PersistedError::NotInList));
    assert_eq!(persisted.text(&id("abc")), Err(PersistedError::UnknownId));
}

#[test]
fn a_text_is_registered_under_its_own_hash_alone() {
    let persisted = persisted(DocumentPolicy::Automatic, "{}");
    assert_eq!(persisted.text(&hash(HASH, None)), Err(PersistedError::UnknownHash));
    let forged = hash(HASH, Some("mutation { deleteEverything }"));
    assert_eq!(persisted.text(&forged), Err(PersistedError::HashMismatch));
    assert_eq!(persisted.text(&hash(HASH, None)), Err(PersistedError::UnknownHash));
    assert_eq!(persisted.text(&hash(HASH, Some(TEXT))).as_deref(), Ok(TEXT));
    assert_eq!(persisted.text(&hash(HASH, None)).as_deref(), Ok(TEXT));
    assert_eq!(persisted.text(&id(&format!("sha256:{HASH}"))).as_deref(), Ok(TEXT));
}

#[test]
fn without_automatic_queries_the_error_asks_for_texts() {
    let persisted = persisted(DocumentPolicy::Any, "{}");
    assert_eq!(persisted.text(&hash(HASH, None)), Err(PersistedError::NotSupported));
    assert_eq!(persisted.text(&hash(HASH, Some(TEXT))).as_deref(), Ok(TEXT));
    assert_eq!(persisted.text(&hash(HASH, None)), Err(PersistedError::NotSupported));
}

#[test]
fn registered_documents_are_bounded_by_their_bytes() {
    let persisted = persisted(DocumentPolicy::Automatic, "{}");
    for number in 0..200 {
        let text = format!("{{ a{number} }} #{}", "x".repeat(1 << 18));
        persisted.text(&hash(&sha256_hex(&text), Some(&text))).unwrap();
    }
    assert!(persisted.registered.weight() <= REGISTERED_BYTES, "{}", persisted.registered.weight());
    assert!(!persisted.registered.is_empty());
}

#[test]
fn an_invalid_list_is_an_error_with_its_place() {
    let manifest = |version: &str, operations: &str| {
        format!(
            r#"{{"format": "apollo-persisted-query-manifest", "version": {version}, "operations": {operations}}}"#
        )
    };
    for (file, message) in [
        (String::new(), "it is not valid JSON: EOF while parsing a value at line 1 column 0"),
        ("{\n  \"a\": }".to_owned(), "it is not valid JSON: expected value at line 2 column 8"),
        ("[1]".to_owned(), "it is a list; a list of persisted operations is an object"),
        (
            r#"{"a": "{ b }", "c": 1}"#.to_owned(),
            "the document with the id \"c\" is a number; it must be a text",
        ),
        (
            r#"{"operations": []}"#.to_owned(),
            "its `format` is null; only \"apollo-persisted-query-manifest\" can be read",
        ),
        (manifest("2", "[]"), "its `version` is 2; only 1 can be read"),
        (manifest("1", "{}"), "its `operations` is {}; only a list can be read"),
        (manifest("1", r#"[{"id": "a"}]"#), "operations[0].body is missing; it must be a text"),
        (manifest("1", r#"[{"id": null, "body": "{ a }"}]"#), "operations[0].id is null; it must be a text"),
        (manifest("1", "[7]"), "operations[0].id is missing; it must be a text"),
        (
            manifest("1", r#"[{"id": "a", "body": "{ a }"}, {"id": "a", "body": "{ b }"}]"#),
            "operations[1] has the id \"a\", which another document has already",
        ),
    ] {
        let error = AllowList::parse(&file).unwrap_err().to_string();
        assert!(error.starts_with(message), "{file}\n{error}");
    }
    assert!(AllowList::parse("{}").unwrap().is_empty());
}
