//! Takes the passwords out of a connection string, for printing it.

use super::pairs::pairs;

/// The connection string with `***` for every password in it.
///
/// It may be a URL, with the password before the host or as a parameter, or libpq's `key=value` form. Of a text that is
/// neither, everything is removed, because a password may be anywhere in it.
pub fn redacted(text: &str) -> String {
    match text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        Some((scheme, rest)) => format!("{scheme}://{}", redacted_url(rest)),
        None if text.contains('=') => redacted_pairs(text),
        None => "***".to_owned(),
    }
}

/// Whether it can be a URL's scheme (RFC 3986, section 3.1): `://` may also stand in a value of the other form.
fn is_scheme(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
}

/// `user:password@host:port/database?name=value`. A password that was not encoded may contain `@`, `/` and `?`.
fn redacted_url(rest: &str) -> String {
    let (before, query) = rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
    // This is a password with a `?`, or a parameter with an `@`: either may be what ends with that `@`, or begins behind it.
    if query.is_some_and(|query| query.contains('@')) {
        let user = rest.split([':', '@', '/', '?']).next().unwrap_or_default();
        return format!("{user}:***");
    }
    let (user, place) = match before.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, before),
    };
    let user = user.map(|user| match user.split_once(':') {
        Some((name, _)) => format!("{name}:***@"),
        None => format!("{user}@"),
    });
    // An address is divided at its commas, of which its password may be one.
    let place = if user.is_none() && !has_ports(place) { "***" } else { place };
    let query = query.map(|query| {
        let parameters: Vec<String> = query.split('&').map(redacted_parameter).collect();
        format!("?{}", parameters.join("&"))
    });
    user.unwrap_or_default() + place + &query.unwrap_or_default()
}

/// Whether a number follows each host, if anything does.
fn has_ports(place: &str) -> bool {
    let hosts = place.split_once('/').map_or(place, |(hosts, _)| hosts);
    hosts.split(',').all(|host| {
        let behind = host.rsplit_once(']').map_or(host, |(_, behind)| behind);
        behind.split_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn redacted_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => parameter.to_owned(),
    }
}

/// `host=localhost password='it\'s'`: only values that are known to be harmless stay.
fn redacted_pairs(text: &str) -> String {
    let shown = ["host", "hostaddr", "port", "dbname", "user", "sslmode", "application_name"];
    let kept: Vec<String> = pairs(text)
        .filter(|pair| shown.contains(&pair.name))
        .map(|pair| format!("{}={}", pair.name, pair.value))
        .collect();
    if text.to_ascii_lowercase().contains("password") {
        return format!("{} password=***", kept.join(" ")).trim_start().to_owned();
    }
    kept.join(" ")
}

/// Names are compared in their decoded form: `pass%77ord` is a password too. So is the `pass` of a Unix socket of Redis.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains('%') || name.contains("password") || name == "pass"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_shows_a_password() {
        for (text, shown) in [
            ("postgres://ann:hush@db:6543/app", "postgres://ann:***@db:6543/app"),
            ("postgres://ann:hu@sh/hush@db/app", "postgres://ann:***@db/app"),
            ("postgres://ann:hu@sh/h?hush@db/app", "postgres://ann:***"),
            ("postgres://ann@db/app?password=hush@x&a=b", "postgres://ann:***"),
            ("redis://:hush", "redis://***"),
            ("redis://one:6379/2", "redis://one:6379/2"),
            ("postgres://[::1]:5432,db/app", "postgres://[::1]:5432,db/app"),
            (
                "postgres://ann@db/app?password=hush&sslmode=require",
                "postgres://ann@db/app?password=***&sslmode=require",
            ),
            ("postgres://ann@db/app?pass%77ord=hush", "postgres://ann@db/app?pass%77ord=***"),
            ("unix:///run/redis.sock?db=2&pass=hush", "unix:///run/redis.sock?db=2&pass=***"),
            ("postgresql://db/app", "postgresql://db/app"),
            ("host=db user=ann password=hush", "host=db user=ann password=***"),
            ("host=db password = 'hu host=sh'", "host=db password=***"),
            ("password='x host=hush y' user=ann", "user=ann password=***"),
            (r"password=x\ host=hush user='a b'", "user='a b' password=***"),
            ("host=db password=hush application_name=a://b", "host=db application_name=a://b password=***"),
            ("hush", "***"),
        ] {
            assert_eq!(redacted(text), shown);
            assert!(!redacted(text).contains("hush"), "{text}");
        }
    }
}
