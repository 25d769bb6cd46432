//! Arrays in PostgreSQL's text form.

/// What stands between the values of most types.
pub const COMMA: char = ',';

/// An array in PostgreSQL's text form (PostgreSQL manual, 8.15.6).
pub fn array_literal<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> String {
    delimited_array(COMMA, values)
}

/// An array of a type whose values have something else between them than a comma (`pg_type.typdelim`).
pub fn delimited_array<'a>(delimiter: char, values: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let mut text = String::from("{");
    for value in values {
        if text.len() > 1 {
            text.push(delimiter);
        }
        push_element(&mut text, value);
    }
    text.push('}');
    text
}

/// Appends an element; `None` is null.
pub fn push_element(text: &mut String, value: Option<&str>) {
    match value {
        None => text.push_str("NULL"),
        Some(value) => {
            text.push('"');
            text.push_str(&value.replace('\\', "\\\\").replace('"', "\\\""));
            text.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::array_literal;

    #[test]
    fn array_elements_are_quoted() {
        let values = ["a\"b", "\\", "", "NULL", "{,}"].map(Some);
        assert_eq!(array_literal(values.into_iter().chain([None])), r#"{"a\"b","\\","","NULL","{,}",NULL}"#);
        assert_eq!(array_literal([]), "{}");
    }
}
