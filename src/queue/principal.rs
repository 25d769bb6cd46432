//! How to tell whether two requests have the same sender, and whether they are the same request. Pure.
//!
//! Tokens are renewed, so that a person's tokens differ. If a token has a `sub` (RFC 7519, section 4.1.2), the role, `iss`
//! and `sub` identify the sender. Otherwise the role and all claims do, except those about the token itself.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::message::{Operation, Sender};
use crate::config::CLAIMS_SETTING;

/// Claims that differ in every token (RFC 7519, section 4.1).
const OF_TOKEN: [&str; 4] = ["exp", "nbf", "iat", "jti"];

/// A SHA-256 hash, as the ledger stores it.
pub(super) type Fingerprint = Vec<u8>;

/// The sender of the operation.
pub(super) fn principal(sender: &Sender) -> Fingerprint {
    let claims = sender.settings.iter().find(|(name, _)| name == CLAIMS_SETTING);
    let who = match claims.and_then(|(_, text)| serde_json::from_str(text).ok()) {
        Some(Value::Object(claims)) => named_by(claims),
        _ => Value::Null,
    };
    match &sender.tenant {
        None => fingerprint(&json!([sender.role, who])),
        // Of two tenants, the same person is two senders.
        Some(tenant) => fingerprint(&json!([sender.role, who, tenant])),
    }
}

/// The request.
pub(super) fn content(operation: &Operation) -> Fingerprint {
    fingerprint(&json!([operation.query, operation.name, operation.variables]))
}

fn named_by(mut claims: Map<String, Value>) -> Value {
    if let Some(subject) = claims.get("sub") {
        return json!({ "iss": claims.get("iss"), "sub": subject });
    }
    claims.retain(|name, _| !OF_TOKEN.contains(&name.as_str()));
    Value::Object(claims)
}

fn fingerprint(value: &Value) -> Fingerprint {
    let mut hasher = Sha256::new();
    feed(&mut hasher, value);
    hasher.finalize().to_vec()
}

/// Writes JSON with the keys of objects sorted: a client's retry may have them in another order.
fn feed(hasher: &mut Sha256, value: &Value) {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            hasher.update("{");
            for (key, value) in entries {
                hasher.update(Value::from(key.as_str()).to_string());
                hasher.update(":");
                feed(hasher, value);
                hasher.update(",");
            }
            hasher.update("}");
        }
        Value::Array(items) => {
            hasher.update("[");
            for item in items {
                feed(hasher, item);
                hasher.update(",");
            }
            hasher.update("]");
        }
        scalar => hasher.update(scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(role: &str, claims: &Value) -> Sender {
        Sender {
            role: Some(role.to_owned()),
            settings: vec![(CLAIMS_SETTING.to_owned(), claims.to_string())],
            tenant: None,
        }
    }

    #[test]
    fn a_renewed_token_is_the_same_person() {
        let first =
            principal(&sender("user", &json!({ "sub": "ann", "iss": "here", "exp": 1, "session_id": 1 })));
        let renewed = principal(&sender("user", &json!({ "exp": 2, "iss": "here", "sub": "ann" })));
        assert_eq!(first, renewed);
        for other in [
            sender("user", &json!({ "sub": "bob", "iss": "here" })),
            sender("user", &json!({ "sub": "ann", "iss": "there" })),
            sender("admin", &json!({ "sub": "ann", "iss": "here" })),
            sender("user", &json!({})),
        ] {
            assert_ne!(first, principal(&other), "{other:?}");
        }
    }

    #[test]
    fn a_person_of_two_tenants_is_two_senders() {
        let ann = sender("user", &json!({ "sub": "ann" }));
        let of = |tenant: &str| principal(&Sender { tenant: Some(tenant.to_owned()), ..ann.clone() });
        assert_eq!(of("acme"), of("acme"));
        assert_ne!(of("acme"), of("other"));
        assert_ne!(of("acme"), principal(&ann));
    }

    #[test]
    fn a_caller_without_a_subject_is_known_by_the_claims() {
        let first = principal(&sender("user", &json!({ "tenant": 1, "exp": 1, "jti": "a" })));
        assert_eq!(first, principal(&sender("user", &json!({ "jti": "b", "tenant": 1 }))));
        assert_ne!(first, principal(&sender("user", &json!({ "tenant": 2 }))));
    }

    #[test]
    fn the_order_of_variables_does_not_matter_but_their_values_do() {
        let operation = |variables: &str| Operation {
            query: "mutation { a }".to_owned(),
            name: None,
            variables: serde_json::from_str(variables).unwrap_or_default(),
        };
        let first = content(&operation(r#"{"a": 1, "b": [{"c": 2, "d": 3}]}"#));
        assert_eq!(first, content(&operation(r#"{"b": [{"d": 3, "c": 2}], "a": 1}"#)));
        assert_ne!(first, content(&operation(r#"{"b": [{"d": 3, "c": "2"}], "a": 1}"#)));
    }
}
