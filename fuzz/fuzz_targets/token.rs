//! Any `Authorization` header: no unsigned token is accepted, every accepted caller has a role, and nothing
//! panics.
#![no_main]

mod signed;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    assert!(signed::authenticate(&text).is_err(), "nobody can sign by chance");
    assert!(signed::authenticate(&format!("Bearer {text}")).is_err(), "nobody can sign by chance");
    // The first line as the token's header, the rest as its claims.
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, claims) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    if let Ok(caller) = signed::authenticate(&signed::signed(header, claims)) {
        let role = caller.role.as_deref().expect("whoever has a token has a role");
        assert!(!role.is_empty() && role != "none" && role.len() <= 63 && !role.contains('\0'), "{role:?}");
        assert_eq!(caller.claims["role"], role);
        let header = String::from_utf8_lossy(header);
        assert!(header.contains("HS256") || header.contains("\\u"), "only what was signed with: {header}");
    }
});
