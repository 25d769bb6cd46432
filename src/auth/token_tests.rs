//! Tokens of every algorithm, those of the RFCs, and forged ones: which are accepted, and why the others are not.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto, encode};
use serde_json::{Value, json};

use super::InvalidToken;
use super::key::{Key, Publicity, from_jwk_set};
use super::token::Unverified;

const RSA: &str = include_str!("../../tests/it/auth/keys/rsa.pem");
const RSA_PRIVATE: &[u8] = include_bytes!("../../tests/it/auth/keys/rsa.private.pem");
const P256: &str = include_str!("../../tests/it/auth/keys/p256.pem");
const P256_PRIVATE: &[u8] = include_bytes!("../../tests/it/auth/keys/p256.private.pem");
const P384: &str = include_str!("../../tests/it/auth/keys/p384.pem");
const P384_PRIVATE: &[u8] = include_bytes!("../../tests/it/auth/keys/p384.private.pem");
const ED25519: &str = include_str!("../../tests/it/auth/keys/ed25519.pem");
const ED25519_PRIVATE: &[u8] = include_bytes!("../../tests/it/auth/keys/ed25519.private.pem");
const SECRET: &[u8] = b"a secret of more than thirty-two bytes";

/// Each algorithm, the key that signs, and the one that verifies.
fn pairs() -> Vec<(Algorithm, EncodingKey, Key)> {
    use Algorithm::{ES256, ES384, EdDSA, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512};
    let hmac = [HS256, HS384, HS512];
    let rsa = [RS256, RS384, RS512, PS256, PS384, PS512];
    let public = |text| Key::from_file(text).unwrap();
    let hmac = hmac.map(|algorithm| (algorithm, EncodingKey::from_secret(SECRET), Key::from_secret(SECRET)));
    let rsa = rsa.map(|algorithm| (algorithm, EncodingKey::from_rsa_pem(RSA_PRIVATE).unwrap(), public(RSA)));
    let others = [
        (ES256, EncodingKey::from_ec_pem(P256_PRIVATE).unwrap(), public(P256)),
        (ES384, EncodingKey::from_ec_pem(P384_PRIVATE).unwrap(), public(P384)),
        (EdDSA, EncodingKey::from_ed_pem(ED25519_PRIVATE).unwrap(), public(ED25519)),
    ];
    hmac.into_iter().chain(rsa).chain(others).collect()
}

fn sign(header: &Value, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let [header, claims] =
        [header.to_string().as_str(), claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{claims}");
    let signature = crypto::sign(signed.as_bytes(), key, algorithm).unwrap();
    format!("{signed}.{signature}")
}

fn verify(token: &str, keys: &[Key]) -> Result<Value, InvalidToken> {
    Unverified::parse(token)?.verify(keys.iter()).map(Value::Object)
}

#[test]
fn every_algorithm_is_verified_with_its_key_and_with_no_other() {
    let claims = json!({"sub": "ann", "role": "authenticated"});
    let pairs = pairs();
    for (algorithm, signing, verifying) in &pairs {
        let token = encode(&Header::new(*algorithm), &claims, signing).unwrap();
        assert_eq!(verify(&token, std::slice::from_ref(verifying)), Ok(claims.clone()), "{algorithm:?}");
        let all: Vec<Key> = pairs.iter().map(|(_, _, key)| key.clone()).collect();
        assert_eq!(verify(&token, &all), Ok(claims.clone()), "{algorithm:?} among others");
        for (_, _, other) in pairs.iter().filter(|(other, _, _)| other.family() != algorithm.family()) {
            let refused = verify(&token, std::slice::from_ref(other));
            assert_eq!(refused, Err(InvalidToken::UnknownKey), "{algorithm:?} with {other:?}");
        }
    }
}

#[test]
fn no_byte_of_a_token_can_be_changed() {
    for (algorithm, signing, verifying) in pairs() {
        let token = encode(&Header::new(algorithm), &json!({"role": "anon"}), &signing).unwrap();
        let keys = [verifying];
        for index in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(verify(&changed, &keys).is_err(), "{algorithm:?}: {changed}");
        }
        assert!(verify(&format!("{token}A"), &keys).is_err());
        assert!(verify(&token[..token.len() - 1], &keys).is_err());
    }
}

/// Appendix A.1 and A.3 of RFC 7515. The line breaks of the claims are part of the signed text.
#[test]
fn the_examples_of_rfc_7515_are_verified() {
    let claims = json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true});
    let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let secret = json!({"keys": [{"kty": "oct",
        "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]});
    let secret = from_jwk_set(&secret.to_string(), Publicity::Private).unwrap();
    let hmac = format!(
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{payload}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    assert_eq!(verify(&hmac, &secret), Ok(claims.clone()));

    let point = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]});
    let point = from_jwk_set(&point.to_string(), Publicity::Public).unwrap();
    let ecdsa = format!(
        "eyJhbGciOiJFUzI1NiJ9.{payload}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    );
    assert_eq!(verify(&ecdsa, &point), Ok(claims));
    let unsecured = format!("eyJhbGciOiJub25lIn0.{payload}.");
    assert_eq!(verify(&unsecured, &secret), Err(InvalidToken::Algorithm));
}

/// Appendix A.4 of RFC 8037: the signature is valid, but the signed text is not a set of claims.
#[test]
fn the_example_of_rfc_8037_is_verified() {
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
        hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(verify(token, &[Key::from_file(key).unwrap()]), Err(InvalidToken::Malformed));
}

/// CVE-2015-9235 and similar attacks: the token chooses the algorithm, and uses public information as the secret.
#[test]
fn a_public_key_is_no_secret() {
    for public in [RSA, P256, P384, ED25519] {
        let keys = [Key::from_file(public).unwrap()];
        for secret in [public, public.trim_end()] {
            let signing = EncodingKey::from_secret(secret.as_bytes());
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let token = encode(&Header::new(algorithm), &json!({"role": "postgres"}), &signing).unwrap();
                assert_eq!(verify(&token, &keys), Err(InvalidToken::UnknownKey));
            }
        }
    }
}

#[test]
fn a_token_without_a_signature_is_refused_however_it_is_written() {
    let keys: Vec<Key> = pairs().into_iter().map(|(_, _, key)| key).collect();
    let claims = BASE64_URL_SAFE_NO_PAD.encode(r#"{"role":"postgres"}"#);
    for algorithm in ["none", "None", "NONE", "nOnE", "", "none ", "HS1", "RS1", "ES256K", "dir"] {
        let header = BASE64_URL_SAFE_NO_PAD.encode(json!({"alg": algorithm}).to_string());
        let token = format!("{header}.{claims}.");
        assert_eq!(verify(&token, &keys), Err(InvalidToken::Algorithm), "{algorithm}");
    }
    for algorithm in ["HS256", "RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let header = BASE64_URL_SAFE_NO_PAD.encode(json!({"alg": algorithm}).to_string());
        let token = format!("{header}.{claims}.");
        assert_eq!(verify(&token, &keys), Err(InvalidToken::Signature), "{algorithm}");
    }
    // CVE-2022-21449: a signature of zeros satisfies the equation of ECDSA.
    let header = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#);
    let zeros = BASE64_URL_SAFE_NO_PAD.encode([0; 64]);
    assert_eq!(verify(&format!("{header}.{claims}.{zeros}"), &keys), Err(InvalidToken::Signature));
}

#[test]
fn keys_that_a_token_brings_along_are_not_used() {
    let forger = EncodingKey::from_secret(b"a secret that only the forger has, who is somebody else");
    let jwk = serde_json::to_value(Jwk::from_encoding_key(&forger, Algorithm::HS256).unwrap()).unwrap();
    let keys = [Key::from_secret(SECRET)];
    for header in [
        json!({"alg": "HS256", "jwk": jwk}),
        json!({"alg": "HS256", "jku": "https://forger.example/keys"}),
        json!({"alg": "HS256", "x5u": "https://forger.example/chain", "x5c": ["AAAA"]}),
        json!({"alg": "HS256", "kid": "../../../../dev/null"}),
        json!({"alg": "HS256", "kid": "' union select 'known secret"}),
    ] {
        let token = sign(&header, "{}", &forger, Algorithm::HS256);
        assert_eq!(verify(&token, &keys), Err(InvalidToken::Signature), "{header}");
        // They do no harm either: providers send such members with valid tokens.
        let token = sign(&header, "{}", &EncodingKey::from_secret(SECRET), Algorithm::HS256);
        assert_eq!(verify(&token, &keys), Ok(json!({})), "{header}");
    }
}

#[test]
fn headers_of_tokens_are_checked() {
    let (signing, keys) = (EncodingKey::from_secret(SECRET), [Key::from_secret(SECRET)]);
    for (header, refused) in [
        (json!({"alg": "HS256", "crit": ["exp"], "exp": 1}), InvalidToken::Critical),
        (json!({"alg": "HS256", "crit": ["b64"], "b64": false}), InvalidToken::Critical),
        (json!({"alg": "HS256", "crit": []}), InvalidToken::Critical),
        (json!({"alg": 256}), InvalidToken::Malformed),
        (json!({"alg": ["HS256"]}), InvalidToken::Malformed),
        (json!({"typ": "JWT"}), InvalidToken::Malformed),
        (json!({"alg": "HS256", "kid": 1}), InvalidToken::Malformed),
        (json!(["HS256"]), InvalidToken::Malformed),
        (json!("HS256"), InvalidToken::Malformed),
    ] {
        let token = sign(&header, "{}", &signing, Algorithm::HS256);
        assert_eq!(verify(&token, &keys), Err(refused), "{header}");
    }
}

#[test]
fn claims_are_an_object_of_json() {
    let (signing, keys) = (EncodingKey::from_secret(SECRET), [Key::from_secret(SECRET)]);
    let header = json!({"alg": "HS256"});
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for claims in ["", "[]", "1", "null", "\"{}\"", "{\"a\":1", "{} {}", "{\"exp\":1e999}", "{'a':1}", &deep]
    {
        let token = sign(&header, claims, &signing, Algorithm::HS256);
        assert_eq!(verify(&token, &keys), Err(InvalidToken::Malformed), "{claims}");
    }
    let token = sign(&header, r#"{"role":"anon","role":"editor"}"#, &signing, Algorithm::HS256);
    assert_eq!(verify(&token, &keys), Ok(json!({"role": "editor"})), "the last one is meant");
}

#[test]
fn a_token_has_three_parts_of_canonical_base64() {
    let (signing, keys) = (EncodingKey::from_secret(SECRET), [Key::from_secret(SECRET)]);
    let token = sign(&json!({"alg": "HS256"}), "{}", &signing, Algorithm::HS256);
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    for malformed in [
        String::new(),
        ".".into(),
        "..".into(),
        format!("{header}.{claims}"),
        format!("{header}..{claims}.{signature}"),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}.{signature}.{signature}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!(" {token}"),
        format!("\u{feff}{token}"),
        format!("e\u{301}.{claims}.{signature}"),
    ] {
        assert_eq!(verify(&malformed, &keys), Err(InvalidToken::Malformed), "{malformed}");
    }
    let padded = format!("{token}=");
    assert_eq!(verify(&padded, &keys), Err(InvalidToken::Signature));
    assert_eq!(verify(&"a".repeat(16 * 1024 + 1), &keys), Err(InvalidToken::TooLong));
}

#[test]
fn a_token_may_name_its_key() {
    let named = |id: &str| Key { id: Some(id.to_owned()), ..Key::from_secret(SECRET) };
    let other =
        Key { id: Some("b".to_owned()), ..Key::from_secret(b"another secret of more than thirty-two bytes") };
    let signing = EncodingKey::from_secret(SECRET);
    let token = |header: Value| sign(&header, "{}", &signing, Algorithm::HS256);
    let keys = [other.clone(), named("a")];
    assert!(verify(&token(json!({"alg": "HS256", "kid": "a"})), &keys).is_ok());
    assert!(verify(&token(json!({"alg": "HS256"})), &keys).is_ok(), "all are tried");
    assert_eq!(verify(&token(json!({"alg": "HS256", "kid": "b"})), &keys), Err(InvalidToken::Signature));
    assert_eq!(verify(&token(json!({"alg": "HS256", "kid": "c"})), &keys), Err(InvalidToken::UnknownKey));
    let nameless = [Key::from_secret(SECRET)];
    assert!(verify(&token(json!({"alg": "HS256", "kid": "c"})), &nameless).is_ok());
}
