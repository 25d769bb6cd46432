//! Sources of keys: files, and an identity provider that changes them, cannot be reached, or is hostile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use glowplug::auth::{Authenticator, Denied, InvalidToken};
use glowplug::config::{Auth, Jwks, Jwt};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::provider::Provider;
use super::{jwt, key_file};

/// The keys of the provider, by their identifiers.
fn signing(id: &str) -> (EncodingKey, Algorithm) {
    let pem = |name: &str| std::fs::read(key_file(name)).expect("a key");
    match id {
        "rsa" => (EncodingKey::from_rsa_pem(&pem("rsa.private.pem")).expect("a key"), Algorithm::RS256),
        "p256" => (EncodingKey::from_ec_pem(&pem("p256.private.pem")).expect("a key"), Algorithm::ES256),
        _ => (EncodingKey::from_ed_pem(&pem("ed25519.private.pem")).expect("a key"), Algorithm::EdDSA),
    }
}

/// A key set with the public keys.
fn set(ids: &[&str]) -> String {
    let keys: Vec<Value> = ids
        .iter()
        .map(|id| {
            let (key, algorithm) = signing(id);
            let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap();
            jwk["kid"] = json!(id);
            jwk["use"] = json!("sig");
            jwk
        })
        .collect();
    json!({ "keys": keys }).to_string()
}

/// A token that is signed with one key, and names a key in `kid`.
fn signed(key: &str, kid: Option<&str>) -> String {
    let (signing, algorithm) = signing(key);
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    format!("Bearer {}", encode(&header, &json!({"role": "member", "sub": key}), &signing).unwrap())
}

fn authenticator(jwt: Jwt) -> Authenticator {
    Authenticator::new(&Auth { jwt: Some(jwt), anon_role: None, ..Auth::default() })
        .expect("the keys can be used")
}

fn of(provider: &Provider) -> Authenticator {
    authenticator(Jwt { secret: None, jwks: Some(Jwks::Url(provider.url())), ..jwt() })
}

async fn role(authenticator: &Authenticator, token: &str) -> Result<String, Denied> {
    let caller = authenticator.authenticate(Some(token)).await?;
    Ok(caller.role.as_deref().expect("whoever has a token has a role").to_owned())
}

fn member() -> String {
    "member".to_owned()
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_a_withdrawn_one_ends() {
    let provider = Provider::start(&set(&["rsa"])).await;
    let authenticator = of(&provider);
    authenticator.reload().await;
    let (old, new) = (signed("rsa", Some("rsa")), signed("p256", Some("p256")));
    assert_eq!(role(&authenticator, &old).await, Ok(member()));
    assert_eq!(
        role(&authenticator, &signed("rsa", None)).await,
        Ok(member()),
        "a token need not name its key"
    );
    assert_eq!(provider.asked(), 1);
    provider.set(&set(&["p256"]));
    assert_eq!(role(&authenticator, &new).await, Ok(member()));
    assert_eq!(provider.asked(), 2);
    assert_eq!(role(&authenticator, &old).await, Err(Denied::Invalid(InvalidToken::UnknownKey)));
    assert_eq!(provider.asked(), 2, "once a minute at the most");
}

#[tokio::test]
async fn a_flood_of_unknown_keys_asks_the_provider_once() {
    let provider = Provider::start(&set(&["rsa"])).await;
    let authenticator = of(&provider);
    assert_eq!(role(&authenticator, &signed("rsa", Some("rsa"))).await, Ok(member()));
    assert_eq!(provider.asked(), 1, "the first token has the keys fetched");
    for number in 0..50 {
        let refused = role(&authenticator, &signed("p256", Some(&number.to_string()))).await;
        assert_eq!(refused, Err(Denied::Invalid(InvalidToken::UnknownKey)));
    }
    let forged = signed("ed25519", Some("rsa"));
    assert_eq!(role(&authenticator, &forged).await, Err(Denied::Invalid(InvalidToken::UnknownKey)));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_hundred_requests_at_the_start_fetch_the_keys_once() {
    let provider = Provider::start(&set(&["p256"])).await;
    provider.hold();
    let authenticator = Arc::new(of(&provider));
    let asking: Vec<_> = (0..100)
        .map(|_| {
            let authenticator = Arc::clone(&authenticator);
            tokio::spawn(async move { role(&authenticator, &signed("p256", Some("p256"))).await })
        })
        .collect();
    while provider.asked() == 0 {
        tokio::task::yield_now().await;
    }
    // The client whose token triggered the fetch disconnects; the others still get the keys.
    asking[0].abort();
    provider.let_go();
    for asked in asking.into_iter().skip(1) {
        assert_eq!(asked.await.unwrap(), Ok(member()));
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn the_keys_stay_while_the_provider_is_away() {
    let provider = Provider::start(&set(&["rsa", "p256"])).await;
    let authenticator = of(&provider);
    authenticator.reload().await;
    provider.set_response("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
    authenticator.reload().await;
    for response in ["", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", "SSH-2.0\r\n\r\n"] {
        provider.set_response(response);
        authenticator.reload().await;
    }
    for body in ["<html>", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#] {
        provider.set(body);
        authenticator.reload().await;
    }
    drop(provider);
    authenticator.reload().await;
    assert_eq!(role(&authenticator, &signed("rsa", Some("rsa"))).await, Ok(member()));
    assert_eq!(role(&authenticator, &signed("p256", None)).await, Ok(member()));
    let unknown = role(&authenticator, &signed("ed25519", Some("ed25519"))).await;
    assert_eq!(unknown, Err(Denied::Invalid(InvalidToken::UnknownKey)));
}

#[tokio::test]
async fn without_any_key_yet_the_server_is_not_available() {
    let provider = Provider::start("").await;
    let secret = json!({"keys": [{"kty": "oct", "kid": "rsa", "k": "A".repeat(64)}]}).to_string();
    let huge = format!("{{\"keys\":[{}]}}", " ".repeat(2 << 20));
    let redirect = "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n";
    for (body, response) in [(secret.as_str(), None), (huge.as_str(), None), ("", Some(redirect))] {
        match response {
            Some(response) => provider.set_response(response),
            None => provider.set(body),
        }
        let authenticator = of(&provider);
        let before = provider.asked();
        for _ in 0..3 {
            let refused = role(&authenticator, &signed("rsa", Some("rsa"))).await;
            assert_eq!(refused, Err(Denied::KeysUnavailable));
        }
        assert_eq!(provider.asked(), before + 1, "it is left in peace for a while");
    }
}

/// It accepts the connection, and never answers.
#[tokio::test]
async fn a_provider_that_does_not_answer_is_given_up_once_for_all_who_wait() {
    let provider = Provider::start("").await;
    provider.hold();
    let authenticator = Arc::new(of(&provider));
    let begin = Instant::now();
    let asking: Vec<_> = (0..30)
        .map(|_| {
            let authenticator = Arc::clone(&authenticator);
            tokio::spawn(async move { role(&authenticator, &signed("rsa", Some("rsa"))).await })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap(), Err(Denied::KeysUnavailable));
    }
    assert!(begin.elapsed() < Duration::from_secs(9), "{:?}", begin.elapsed());
    assert_eq!(role(&authenticator, &signed("rsa", Some("rsa"))).await, Err(Denied::KeysUnavailable));
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn keys_of_files_hold_beside_each_other_and_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (key, keys) = (folder.path().join("key.pem"), folder.path().join("keys.json"));
    std::fs::copy(key_file("rsa.certificate.pem"), &key).unwrap();
    std::fs::write(&keys, set(&["p256"])).unwrap();
    let both = Jwt { key: Some(key.clone()), jwks: Some(Jwks::File(keys.clone())), ..jwt() };
    let authenticator = authenticator(both);
    let of_secret = format!("Bearer {}", super::token(&json!({"role": "member"})));
    for token in [&of_secret, &signed("rsa", None), &signed("p256", Some("p256"))] {
        assert_eq!(role(&authenticator, token).await, Ok(member()));
    }
    std::fs::copy(key_file("ed25519.pem"), &key).unwrap();
    authenticator.reload().await;
    assert_eq!(role(&authenticator, &signed("ed25519", None)).await, Ok(member()));
    let withdrawn = role(&authenticator, &signed("rsa", None)).await;
    assert_eq!(withdrawn, Err(Denied::Invalid(InvalidToken::UnknownKey)));
    // A half-written file must not lock all clients out.
    std::fs::write(&keys, "{").unwrap();
    authenticator.reload().await;
    assert_eq!(role(&authenticator, &signed("p256", Some("p256"))).await, Ok(member()));
}

#[test]
fn a_bad_key_file_is_reported_with_its_path_and_the_reason() {
    let refused = |key: Option<&str>, jwks: Option<&str>| {
        let jwt = Jwt { key: key.map(key_file), jwks: jwks.map(|name| Jwks::File(key_file(name))), ..jwt() };
        match Authenticator::new(&Auth { jwt: Some(jwt), anon_role: None, ..Auth::default() }) {
            Ok(_) => panic!("it is no good"),
            Err(error) => error.to_string(),
        }
    };
    let missing = refused(Some("nowhere.pem"), None);
    assert!(missing.contains("nowhere.pem: No such file"), "{missing}");
    let private = refused(Some("rsa.private.pem"), None);
    assert!(private.contains("rsa.private.pem: it holds a private key"), "{private}");
    let short = refused(Some("short.pem"), None);
    assert!(short.contains("2048 to 4096 bits; this one has 1024"), "{short}");
    let no_set = refused(None, Some("rsa.pem"));
    assert!(no_set.contains("cannot use the keys in"), "{no_set}");
}
