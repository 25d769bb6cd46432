//! Which origins the setting `cors-origins` names, for answers to pages and for websockets.

/// What the setting says for every origin of this machine, whatever its port.
const LOCALHOST: &str = "localhost";

/// Whether an entry of the setting names an origin.
pub(super) fn is_listed(entry: &str, origin: &str) -> bool {
    match entry {
        "*" => true,
        LOCALHOST => is_local(origin),
        listed => listed.eq_ignore_ascii_case(origin),
    }
}

/// Whether pages of an origin come from this machine, as the server of a front end under development does.
fn is_local(origin: &str) -> bool {
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|local| {
        host.and_then(|host| host.strip_prefix(local)).is_some_and(|port| {
            let digits = port.strip_prefix(':');
            port.is_empty()
                || digits.is_some_and(|digits| {
                    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
                })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_is_every_port_of_this_machine_and_nothing_else() {
        for origin in [
            "http://localhost:5173",
            "http://localhost",
            "https://localhost:3000",
            "http://127.0.0.1:8000",
            "http://[::1]:80",
        ] {
            assert!(is_listed("localhost", origin), "{origin}");
        }
        for origin in [
            "http://localhost.evil.example",
            "http://localhost:80.evil.example",
            "http://evil.example",
            "null",
            "http://localhost:",
            "http://evil.example/localhost",
            "file://localhost",
            "http://127.0.0.1.evil.example",
            "http://localhost:80@evil.example",
        ] {
            assert!(!is_listed("localhost", origin), "{origin}");
        }
    }
}
