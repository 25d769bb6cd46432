//! Any `Authorization` header: no unsigned token is accepted, every caller with a token has a role, and nothing panics.

use super::signed::{authenticate, signed};

/// Takes the bytes as a header, and then its first line as a token's header and the rest as the claims.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for header in [text.to_string(), format!("Bearer {text}")] {
        // A publishable key is a request without a token.
        if let Ok(caller) = authenticate(&header) {
            assert!(header.contains("sb_publishable_"), "{header:?} has no signature");
            assert_eq!(caller.role.as_deref(), Some("anon"), "{header:?}");
        }
    }
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, claims) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    if let Ok(caller) = authenticate(&signed(header, claims)) {
        let role = caller.role.as_deref().expect("a caller with a token has a role");
        assert!(!role.is_empty() && role != "none" && role.len() <= 63 && !role.contains('\0'), "{role:?}");
        assert_eq!(caller.claims()["role"], role);
        let header = String::from_utf8_lossy(header);
        assert!(header.contains("HS256") || header.contains("\\u"), "only what was signed with: {header}");
    }
}
