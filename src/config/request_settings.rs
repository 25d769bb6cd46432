//! Which parts of an HTTP request SQL can read, by the names of PostgREST's settings (`request.method`, `request.headers`,
//! …).
//!
//! An allow list, empty by default. Each listed part is sent in each message to PostgreSQL, and so is in its logs.

/// The headers that carry credentials. Cookies have an item of their own.
const CREDENTIALS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "apikey"];

/// Which parts of an HTTP request SQL can read. None by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestSettings {
    /// `request.method`.
    pub method: bool,
    /// `request.path`.
    pub path: bool,
    /// The members that `request.headers` can have, in lower case. Without any, the setting is not made.
    pub headers: Vec<String>,
    /// The members that `request.cookies` can have. Without any, the setting is not made.
    pub cookies: Vec<String>,
}

impl RequestSettings {
    /// Reads `method, path, header:x-tenant, cookie:theme`.
    pub(super) fn parse<'t>(items: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        let mut settings = Self::default();
        for item in items {
            match item.split_once(':') {
                None if item == "method" => settings.method = true,
                None if item == "path" => settings.path = true,
                Some(("header", name)) => settings.headers.push(header(name)?),
                Some(("cookie", name)) => settings.cookies.push(token(name, "cookie")?),
                _ => {
                    return Err(format!(
                        "`{item}` is not a part of a request; write for example method,path,header:x-tenant,cookie:theme"
                    ));
                }
            }
        }
        Ok(settings)
    }
}

fn header(name: &str) -> Result<String, String> {
    let name = token(name, "header")?.to_ascii_lowercase();
    if name == "cookie" {
        return Err(
            "`header:cookie` would show all cookies; name those that SQL may read, as in cookie:theme"
                .to_owned(),
        );
    }
    if CREDENTIALS.contains(&name.as_str()) {
        return Err(format!(
            "`header:{name}` carries credentials, which are kept out of SQL and PostgreSQL's logs; policies read the token's claims \
             from request.jwt.claims"
        ));
    }
    Ok(name)
}

/// A name of a header or a cookie (RFC 9110, section 5.6.2).
fn token(name: &str, kind: &str) -> Result<String, String> {
    let is_of_token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'+-.^_`|~".contains(letter);
    if name.is_empty() || !name.chars().all(is_of_token) {
        return Err(format!(
            "`{kind}:{name}` names no {kind}; each is named on its own, as in {kind}:theme (there is no pattern)"
        ));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<RequestSettings, String> {
        RequestSettings::parse(text.split(',').filter(|item| !item.is_empty()))
    }

    #[test]
    fn each_part_of_a_request_is_named_on_its_own() {
        assert_eq!(parse("").unwrap(), RequestSettings::default());
        let all = parse("path,header:X-Tenant,cookie:Theme,method,header:x-ip").unwrap();
        let strings = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!((all.method, all.path), (true, true));
        assert_eq!((all.headers, all.cookies), (strings(&["x-tenant", "x-ip"]), strings(&["Theme"])));
    }

    #[test]
    fn credentials_and_patterns_are_refused() {
        for (text, hint) in [
            ("header:Authorization", "request.jwt.claims"),
            ("header:proxy-authorization", "credentials"),
            ("header:apikey", "credentials"),
            ("header:Cookie", "cookie:theme"),
            ("header:*", "no pattern"),
            ("header:", "names no header"),
            ("cookie:a b", "names no cookie"),
            ("body", "header:x-tenant"),
            ("headers", "header:x-tenant"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(hint), "{text}: {refused}");
        }
    }
}
