//! `host=… user=…` -> keywords and values, as the manual's section 34.1.1.1 has them.
//!
//! Does not know what the keywords mean.

use super::url::Pairs;

/// Reads `keyword = value` pairs. A value with a space is in single quotes, and `\` escapes the next character.
pub(super) fn pairs(text: &str) -> Result<Pairs, String> {
    let mut rest = text.trim_start();
    let mut pairs = Pairs::new();
    while !rest.is_empty() {
        let (name, behind) = rest.split_once('=').ok_or_else(|| {
            "it is neither a URL (postgres://user@host/database) nor keyword=value pairs".to_owned()
        })?;
        let name = name.trim();
        if name.contains(char::is_whitespace) {
            return Err("a value with a blank in it has to be in single quotes".to_owned());
        }
        let (value, behind) = value(behind.trim_start())?;
        pairs.push((name.to_owned(), value));
        rest = behind.trim_start();
    }
    Ok(pairs)
}

/// A value, and the text behind it.
fn value(text: &str) -> Result<(String, &str), String> {
    let quoted = text.strip_prefix('\'');
    let text = quoted.unwrap_or(text);
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((position, letter)) = letters.next() {
        match letter {
            '\'' if quoted.is_some() => return Ok((value, &text[position + 1..])),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter if quoted.is_none() && letter.is_whitespace() => return Ok((value, &text[position..])),
            letter => value.push(letter),
        }
    }
    if quoted.is_some() { Err("a quote does not end".to_owned()) } else { Ok((value, "")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_be_quoted_and_escaped() {
        let text = r"host=db  password = 'it\'s a \\' user=a\ b dbname=''";
        let expected = [("host", "db"), ("password", r"it's a \"), ("user", "a b"), ("dbname", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs(text).unwrap(), expected);
        assert!(pairs("host='db").is_err());
        assert!(pairs("host").is_err());
        // The second word of an unquoted password is not shown.
        assert!(pairs("password=my secret host=db").is_err_and(|error| !error.contains("secret")));
        assert_eq!(pairs("  ").unwrap(), []);
    }
}
