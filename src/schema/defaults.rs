//! Defaults of arguments: PostgreSQL's expressions -> GraphQL's literals, if they are simple constants.

use super::scalar::{Scalar, ValueType};
use super::{ColumnType, EnumType};

/// A default as a GraphQL literal; `None` if it is not a simple constant, or null.
///
/// Only numbers that every client can represent, booleans, texts and enums are shown. For a missing argument,
/// PostgreSQL uses its default in any case.
pub(super) fn literal(
    expression: &str,
    column_type: &ColumnType,
    enum_type: Option<&EnumType>,
) -> Option<String> {
    if column_type.is_list {
        return None;
    }
    let constant = constant(expression)?;
    match &column_type.value {
        ValueType::Scalar(Scalar::Int) => constant.parse::<i32>().ok().map(|number| number.to_string()),
        ValueType::Scalar(Scalar::Float) => {
            let number = serde_json::Number::from_f64(constant.parse().ok()?)?;
            Some(number.to_string())
        }
        ValueType::Scalar(Scalar::Boolean) => {
            matches!(constant.as_str(), "true" | "false").then_some(constant)
        }
        // A bare word is an expression: null, or current_user.
        ValueType::Scalar(Scalar::String) if expression.starts_with('\'') => {
            Some(serde_json::Value::from(constant).to_string())
        }
        ValueType::Enum(_) if expression.starts_with('\'') => {
            let values = &enum_type?.values;
            values.iter().find(|(label, _)| *label == constant).map(|(_, name)| name.clone())
        }
        ValueType::Scalar(_) | ValueType::Enum(_) => None,
    }
}

/// The value of a constant expression, with or without casts: `'it''s'::text` is `it's`.
fn constant(expression: &str) -> Option<String> {
    let Some(quoted) = expression.strip_prefix('\'') else {
        let (constant, casts) = expression.split_at(expression.find("::").unwrap_or(expression.len()));
        return are_casts(casts).then(|| constant.to_owned());
    };
    let mut text = String::new();
    let mut rest = quoted;
    loop {
        let (part, behind) = rest.split_once('\'')?;
        text.push_str(part);
        match behind.strip_prefix('\'') {
            Some(further) => {
                text.push('\'');
                rest = further;
            }
            None => return are_casts(behind).then_some(text),
        }
    }
}

/// Nothing, or `::type` once or more.
fn are_casts(text: &str) -> bool {
    let is_name = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '_' | ' ' | '.' | '"' | '(' | ')' | ',' | ':')
    };
    text.is_empty() || (text.starts_with("::") && text.chars().all(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::SqlType;
    use crate::schema::encoding::{Encoding, Form};

    fn shown(expression: &str, scalar: Scalar) -> Option<String> {
        let column_type = ColumnType {
            value: ValueType::Scalar(scalar),
            is_list: false,
            dimensions: 1,
            delimiter: ',',
            composite: None,
            sql_type: Some(SqlType::TEXT),
            encoding: Encoding { form: Form::Json, sql_type: SqlType::TEXT },
            family: crate::schema::TypeFamily::Other,
            is_orderable: true,
        };
        literal(expression, &column_type, None)
    }

    #[test]
    fn simple_constants_are_shown() {
        for (expression, scalar, expected) in [
            ("10", Scalar::Int, "10"),
            ("'-1'::integer", Scalar::Int, "-1"),
            ("3.14", Scalar::Float, "3.14"),
            ("'-2.5'::numeric", Scalar::Float, "-2.5"),
            ("false", Scalar::Boolean, "false"),
            ("'ring ring'::text", Scalar::String, "\"ring ring\""),
            ("'it''s \"so\"'::character varying(20)", Scalar::String, r#""it's \"so\"""#),
        ] {
            assert_eq!(shown(expression, scalar).as_deref(), Some(expected), "{expression}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        for (expression, scalar) in [
            ("NULL::text", Scalar::String),
            ("CURRENT_USER", Scalar::String),
            ("('a'::text || 'b'::text)", Scalar::String),
            ("'a'::text || 'b'::text", Scalar::String),
            (r"E'a\\b'::text", Scalar::String),
            ("NULL::integer", Scalar::Int),
            ("(1 + 1)", Scalar::Int),
            ("'NaN'::real", Scalar::Float),
            ("'12:00:00'::time without time zone", Scalar::Time),
            ("'{}'::jsonb", Scalar::Json),
        ] {
            assert_eq!(shown(expression, scalar), None, "{expression}");
        }
    }
}
