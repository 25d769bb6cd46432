//! Any address with a password: whatever is around the password, no error and no printed setting shows it, and nothing panics.

use glowplug::config::{Profile, Raw, Settled, Text, redacted};
use glowplug::db::Connector;

const PASSWORD: &str = "hushhush";

/// Takes the bytes as what stands before or behind the password in addresses of PostgreSQL and of Redis.
pub fn connection(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for before in ["postgres://ann:", "redis://:", "rediss://:", "redis+cluster://ann:"] {
        hides(&format!("{before}{PASSWORD}@{text}"));
    }
    hides(&format!("postgres://ann@host/app?password={PASSWORD}&{text}"));
    hides(&format!("host=db password={PASSWORD} {text}"));
    // A comma would end the address in a list.
    let without = |ends: &[char]| text.replace(',', "").replace(ends, "");
    hides(&format!("postgres://ann:{}{PASSWORD}@host/app", without(&[])));
    hides(&format!("postgres://ann@host/app?password={}{PASSWORD}&sslmode=require", without(&['&'])));
    hides(&format!("host=db password='{}{PASSWORD}' user=ann", without(&['\'', '\\'])));
    hides(&format!("unix:///run/redis.sock?pass={PASSWORD}&{text}"));
}

fn hides(address: &str) {
    let text = || Some(Text(address.to_owned()));
    let usual = Some(Text("postgres://localhost/app".to_owned()));
    for raw in [
        Raw { database_url: text(), ..Raw::default() },
        Raw { database_url: usual.clone(), direct_url: text(), replica_url: text(), ..Raw::default() },
        Raw { database_url: usual, redis_url: text(), ..Raw::default() },
    ] {
        let Ok(settled) = Settled::gather(&raw, |_| None, None, Profile::Serve) else { continue };
        is_hidden(&settled.to_string(), address);
        match settled.check() {
            Ok(config) => is_hidden(&format!("{config:?}"), address),
            Err(problems) => is_hidden(&problems.to_string(), address),
        }
    }
    is_hidden(&redacted(address), address);
    if let Err(error) = Connector::new(address) {
        is_hidden(&error.to_string(), address);
    }
}

fn is_hidden(shown: &str, address: &str) {
    assert!(!shown.contains(PASSWORD), "{address:?} shows its password: {shown}");
}
