//! `postgres://` URLs -> keywords and values, as the manual's section 34.1.1.2 has them.
//!
//! Does not know what the keywords mean.

use percent_encoding::percent_decode_str;

/// Keywords and values, in the order of the text.
pub(super) type Pairs = Vec<(String, String)>;

/// The text behind `postgres://`: `user:password@host:port,host:port/database?keyword=value`.
///
/// A password may contain an `@` that was not encoded: the host begins behind the last one.
pub(super) fn pairs(rest: &str) -> Result<Pairs, String> {
    let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
    let host_from = before.rfind('@').map_or(0, |at| at + 1);
    let (place, database) = match before[host_from..].split_once('/') {
        Some((place, database)) => (place, Some(database)),
        None => (&before[host_from..], None),
    };
    let mut pairs = Pairs::new();
    if host_from > 0 {
        let (user, password) = match before[..host_from - 1].split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (&before[..host_from - 1], None),
        };
        push(&mut pairs, "user", Some(user).filter(|user| !user.is_empty()))?;
        push(&mut pairs, "password", password)?;
    }
    let hosts = place.split(',').map(host_and_port).collect::<Result<Vec<_>, _>>()?;
    if !place.is_empty() {
        pairs.push(("host".to_owned(), join(hosts.iter().map(|(host, _)| decode(host)))?));
        if hosts.iter().any(|(_, port)| !port.is_empty()) {
            pairs.push(("port".to_owned(), join(hosts.iter().map(|(_, port)| decode(port)))?));
        }
    }
    push(&mut pairs, "dbname", database.filter(|database| !database.is_empty()))?;
    for parameter in query.into_iter().flat_map(|query| query.split('&')).filter(|text| !text.is_empty()) {
        let (name, value) = parameter
            .split_once('=')
            .ok_or_else(|| format!("the parameter {parameter:?} has no value: write {parameter}=…"))?;
        // The JDBC driver's spelling, which libpq accepts too.
        match (name, value) {
            ("ssl", "true") => pairs.push(("sslmode".to_owned(), "require".to_owned())),
            _ => pairs.push((decode(name)?, decode(value)?)),
        }
    }
    Ok(pairs)
}

fn push(pairs: &mut Pairs, name: &str, value: Option<&str>) -> Result<(), String> {
    if let Some(value) = value {
        pairs.push((name.to_owned(), decode(value)?));
    }
    Ok(())
}

/// `host`, `host:port`, `[2001:db8::1]:port`.
fn host_and_port(text: &str) -> Result<(&str, &str), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("an IPv6 address has no closing bracket")?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, port)),
            None if rest.is_empty() => Ok((host, "")),
            None => Err("behind an IPv6 address, only a port can stand".to_owned()),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            Err("an IPv6 address has to stand in brackets: [2001:db8::1]".to_owned())
        }
        Some((host, port)) => Ok((host, port)),
        None => Ok((text, "")),
    }
}

fn decode(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "a percent-encoded character is not UTF-8".to_owned())
}

fn join(parts: impl Iterator<Item = Result<String, String>>) -> Result<String, String> {
    Ok(parts.collect::<Result<Vec<_>, _>>()?.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rest: &str) -> String {
        let pairs = pairs(rest).unwrap();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_part_of_a_url_is_a_keyword() {
        for (rest, expected) in [
            ("", ""),
            ("db", "host=db"),
            ("ann@db:6543/app", "user=ann host=db port=6543 dbname=app"),
            ("ann:p%40ss%2F@db/app", "user=ann password=p@ss/ host=db dbname=app"),
            ("ann:p@ss@db", "user=ann password=p@ss host=db"),
            ("a,b:6543/app", "host=a,b port=,6543 dbname=app"),
            ("[::1]:5433,[2001:db8::1]/x", "host=::1,2001:db8::1 port=5433, dbname=x"),
            ("%2Fvar%2Frun:5433", "host=/var/run port=5433"),
            ("/app?host=/tmp&sslmode=disable", "dbname=app host=/tmp sslmode=disable"),
            ("db?ssl=true&application_name=a%20b", "host=db sslmode=require application_name=a b"),
        ] {
            assert_eq!(shown(rest), expected, "{rest}");
        }
    }

    #[test]
    fn unreadable_connection_strings_are_errors() {
        for rest in ["[::1", "[::1]x", "::1/app", "db?sslmode", "db/%ff"] {
            assert!(pairs(rest).is_err(), "{rest}");
        }
    }
}
