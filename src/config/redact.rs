//! Takes the passwords out of a connection string, for printing it.

/// The connection string with `***` for every password in it.
///
/// It may be a URL, with the password before the host or as a parameter, or libpq's `key=value` form. Of a text that is
/// neither, everything is removed, because a password may be anywhere in it.
pub fn redacted(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", redacted_url(rest)),
        None if text.contains('=') => redacted_pairs(text),
        None => "***".to_owned(),
    }
}

/// `user:password@host:port/database?name=value`. A password that was not encoded may contain `@`, `/` and `?`.
fn redacted_url(rest: &str) -> String {
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, rest),
    };
    let user = user.map(|user| match user.split_once(':') {
        Some((name, _)) => format!("{name}:***@"),
        None => format!("{user}@"),
    });
    let place = match place.split_once('?') {
        Some((address, parameters)) => {
            let parameters: Vec<String> = parameters.split('&').map(redacted_parameter).collect();
            format!("{address}?{}", parameters.join("&"))
        }
        None => place.to_owned(),
    };
    user.unwrap_or_default() + &place
}

fn redacted_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => parameter.to_owned(),
    }
}

/// `host=localhost password='it''s'`: only values that are known to be harmless stay, whatever the quoting.
fn redacted_pairs(text: &str) -> String {
    let shown = ["host", "hostaddr", "port", "dbname", "user", "sslmode", "application_name"];
    let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
    let kept: Vec<String> = pairs
        .filter(|(name, value)| shown.contains(name) && !value.contains(['\'', '\\']))
        .map(|(name, value)| format!("{name}={value}"))
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
            ("postgres://ann:hu@sh/h?ush@db/app", "postgres://ann:***@db/app"),
            (
                "postgres://ann@db/app?password=hush&sslmode=require",
                "postgres://ann@db/app?password=***&sslmode=require",
            ),
            ("postgres://ann@db/app?pass%77ord=hush", "postgres://ann@db/app?pass%77ord=***"),
            ("unix:///run/redis.sock?db=2&pass=hush", "unix:///run/redis.sock?db=2&pass=***"),
            ("postgresql://db/app", "postgresql://db/app"),
            ("host=db user=ann password=hush", "host=db user=ann password=***"),
            ("host=db password = 'hu host=sh'", "host=db password=***"),
            ("hush", "***"),
        ] {
            assert_eq!(redacted(text), shown);
            assert!(!redacted(text).contains("hush"), "{text}");
        }
    }
}
