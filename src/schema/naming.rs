//! Names: from SQL's to the API's, with and without inflection.

use std::sync::Arc;

/// The name of a type: `blog_post` becomes `BlogPost` if names are inflected, else it stays.
pub fn type_name(sql_name: &str, inflect: bool) -> String {
    if !inflect {
        return sql_name.to_owned();
    }
    sql_name.split('_').map(upper_first).collect()
}

/// The name of a field: `blog_post` becomes `blogPost` if names are inflected, else it stays.
pub fn field_name(sql_name: &str, inflect: bool) -> String {
    if inflect { lower_first(&type_name(sql_name, true)) } else { sql_name.to_owned() }
}

/// The name of the field that follows a foreign key of one column: the column's without `_id` or `Id`.
pub fn to_one_name(column: &str, inflect: bool) -> Option<String> {
    let stem = column.strip_suffix(if inflect { "_id" } else { "Id" })?;
    (!stem.is_empty()).then(|| field_name(stem, inflect))
}

/// The field that reads a page of a collection: `x` becomes `xCollection`.
pub(super) fn collection_field(root: &str) -> Arc<str> {
    [root, "Collection"].concat().into()
}

/// The field that reads one row by its key: `x` becomes `xByPk`.
pub(super) fn key_field(root: &str) -> Arc<str> {
    [root, "ByPk"].concat().into()
}

/// The field that reads the rows of a collection in groups.
pub(super) fn groups_field(root: &str) -> Arc<str> {
    [root, "Groups"].concat().into()
}

/// The field that inserts rows of a type.
pub(super) fn insert_field(type_name: &str) -> Arc<str> {
    ["insertInto", type_name, "Collection"].concat().into()
}

/// The field that updates rows of a type.
pub(super) fn update_field(type_name: &str) -> Arc<str> {
    ["update", type_name, "Collection"].concat().into()
}

/// The field that deletes rows of a type.
pub(super) fn delete_field(type_name: &str) -> Arc<str> {
    ["deleteFrom", type_name, "Collection"].concat().into()
}

/// With the first letter in lower case.
pub fn lower_first(name: &str) -> String {
    with_first(name, |first| first.to_lowercase().collect())
}

/// With the first letter in upper case.
pub fn upper_first(name: &str) -> String {
    with_first(name, |first| first.to_uppercase().collect())
}

fn with_first(name: &str, change: impl Fn(char) -> String) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| change(first) + letters.as_str()).unwrap_or_default()
}

/// Whether it is a valid GraphQL name, and not reserved for introspection (GraphQL specification, 2.1.9 and
/// 4.1).
pub fn is_valid(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
        && !name.starts_with("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflection_follows_the_convention() {
        let cases = [
            ("line_2", "line2"),
            ("_hidden", "hidden"),
            ("URL_link", "uRLLink"),
            ("camelCase", "camelCase"),
            ("trailing_", "trailing"),
            ("UPPER", "uPPER"),
            ("is_a_b", "isAB"),
        ];
        for (sql, api) in cases {
            assert_eq!(field_name(sql, true), api);
        }
        assert_eq!(type_name("legacy_import_2nd", true), "LegacyImport2nd");
        assert_eq!(type_name("loyalty_card", false), "loyalty_card");
    }

    #[test]
    fn a_reference_is_named_after_its_column() {
        assert_eq!(to_one_name("old_category_id", true).as_deref(), Some("oldCategory"));
        assert_eq!(to_one_name("originId", false).as_deref(), Some("origin"));
        assert_eq!(to_one_name("mentor_id", false), None);
        assert_eq!(to_one_name("_id", true), None);
    }

    #[test]
    fn reserved_and_odd_names_are_refused() {
        for name in ["", "2nd", "lost & found", "__typename", "é"] {
            assert!(!is_valid(name), "{name}");
        }
        assert!(is_valid("_hidden"));
    }
}
