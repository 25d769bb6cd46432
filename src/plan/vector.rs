//! Vectors: lists of numbers in pgvector's text form. Does not know where the numbers come from.

use crate::request::{JsonValue, Leaf};

/// Refuses a list of another length, if the column declares one. `name` is the field that takes it.
pub(super) fn heed_length(name: &str, length: Option<usize>, given: usize) -> Result<(), String> {
    match length {
        _ if given == 0 => Err(format!("{name} takes at least one number")),
        Some(length) if length != given => {
            Err(format!("{name} takes {length} numbers, as its column has; here are {given}"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The text form of a vector in a variable.
pub(super) fn of_json(name: &str, numbers: &[JsonValue]) -> Result<String, String> {
    let number = |value| match Leaf::of_json(value) {
        Leaf::Number(number) => Ok(number),
        Leaf::Null | Leaf::Boolean(_) | Leaf::Text(_) | Leaf::Compound => {
            Err(format!("{name} takes a list of numbers"))
        }
    };
    Ok(text(numbers.iter().map(number).collect::<Result<Vec<_>, _>>()?))
}

/// The text form of a vector of numbers.
pub(super) fn text<T: AsRef<str>>(numbers: impl IntoIterator<Item = T>) -> String {
    let mut text = String::from("[");
    for number in numbers {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(number.as_ref());
    }
    text.push(']');
    text
}
