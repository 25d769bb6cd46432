//! A parameter of ours in a connection string, beside those of PostgreSQL.
//!
//! Reads a connection string only as far as needed to find it. What else is wrong in it is reported where it is used.

use std::ops::Range;

use super::super::pairs::pairs;

/// The connection string without the parameter, and the parameter's value.
pub(super) fn taken(text: &str, name: &str) -> Result<(String, Option<String>), String> {
    let found = if text.contains("://") { in_url(text, name) } else { in_pairs(text, name) };
    match found.as_slice() {
        [] => Ok((text.to_owned(), None)),
        [(place, value)] => {
            let rest = format!("{}{}", &text[..place.start], &text[place.end..]);
            Ok((rest.trim_end_matches(['?', '&', ' ']).to_owned(), Some(value.clone())))
        }
        _ => Err(format!("{name} is there twice")),
    }
}

/// In `postgres://host/database?name=value&name=value`.
fn in_url(url: &str, name: &str) -> Vec<(Range<usize>, String)> {
    let Some((before, query)) = url.split_once('?') else { return Vec::new() };
    let mut start = before.len() + 1;
    let mut found = Vec::new();
    for parameter in query.split('&') {
        // With the `&` behind it.
        let end = (start + parameter.len() + 1).min(url.len());
        if let Some((_, value)) = parameter.split_once('=').filter(|(known, _)| *known == name) {
            found.push((start..end, value.to_owned()));
        }
        start = end;
    }
    found
}

/// In `host=db name=value`.
fn in_pairs(text: &str, name: &str) -> Vec<(Range<usize>, String)> {
    let found = pairs(text).filter(|pair| pair.name == name);
    found.map(|pair| (pair.place, pair.value.trim_matches('\'').to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::taken;

    #[test]
    fn only_a_parameter_of_that_name_is_taken() {
        for (text, rest, value) in [
            ("postgres://a:x@h/d", "postgres://a:x@h/d", None),
            ("postgres://a:x@h/d?max_lag=5s", "postgres://a:x@h/d", Some("5s")),
            ("postgres://h/d?max_lag=off&sslmode=require", "postgres://h/d?sslmode=require", Some("off")),
            ("postgres://h/d?sslmode=require&max_lag=1m", "postgres://h/d?sslmode=require", Some("1m")),
            ("postgres://h/d?a=1&max_lag=1m&b=2", "postgres://h/d?a=1&b=2", Some("1m")),
            ("postgres://h/d?password=max_lag=5s", "postgres://h/d?password=max_lag=5s", None),
            ("host=h max_lag=5s user=a", "host=h user=a", Some("5s")),
            ("max_lag = '5s' host=h", "host=h", Some("5s")),
            ("host=h  max_lag=off", "host=h", Some("off")),
            ("host=h password='x max_lag=5s'", "host=h password='x max_lag=5s'", None),
            (r"host=h password='x\' max_lag=5s'", r"host=h password='x\' max_lag=5s'", None),
            (r"host=h password=x\ max_lag=5s", r"host=h password=x\ max_lag=5s", None),
            ("host=h password = max_lag=5s", "host=h password = max_lag=5s", None),
        ] {
            let expected = (rest.to_owned(), value.map(str::to_owned));
            assert_eq!(taken(text, "max_lag"), Ok(expected), "{text}");
        }
        for twice in ["postgres://h/d?max_lag=1s&max_lag=2s", "max_lag=1s max_lag=2s"] {
            assert_eq!(taken(twice, "max_lag"), Err("max_lag is there twice".to_owned()));
        }
    }
}
