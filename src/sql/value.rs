//! Values as JSON, each in the form of its type.
//!
//! The expression for a value returns JSON, whatever the value and its type are by now, or the statement
//! fails. It does not rely on columns being non-null: constraints do not apply to all rows, and may have been
//! dropped since the catalog was read. A value that breaks the schema's promise is marked ([`Violation`]).

use super::ast::{Expression, FunctionCall};
use super::json::{IfNull, JsonText, marked};
use super::{Compiler, TableRef};
use crate::catalog::{QualifiedName, SqlType};
use crate::schema::encoding::Form;
use crate::schema::violation::Violation;
use crate::schema::{ColumnType, EnumType, ValueType};
use crate::statement::array_literal;

impl Compiler<'_> {
    /// The JSON of a column.
    pub(super) fn column_json(&self, at: TableRef<'_>, column: usize) -> JsonText {
        // Only exposed columns are planned.
        let Some(exposed) = self.schema.column(at.table, column) else {
            return JsonText::known("null");
        };
        let if_null = IfNull::by(exposed.nullability, Violation::Null);
        self.value_json(self.column(at, column), &exposed.column_type, if_null)
    }

    /// The JSON of a value. The value is computed several times, so it should be a column, unless
    /// [`Compiler::computes_once`].
    pub(super) fn value_json(
        &self,
        value: Expression,
        column_type: &ColumnType,
        if_null: IfNull,
    ) -> JsonText {
        let sql_type = &column_type.encoding.sql_type;
        let cast = value.clone().cast(sql_type.clone());
        if let ValueType::Enum(oid) = &column_type.value
            && let Some(enum_type) = self.schema.enums.get(oid)
        {
            return JsonText::of_piece(if column_type.is_list {
                labels(enum_type, cast, column_type.dimensions, if_null)
            } else {
                label(enum_type, value, if_null)
            });
        }
        match column_type.encoding.form {
            Form::Integer | Form::Document => {
                JsonText::of_piece(if_null.in_place_of(cast.cast(SqlType::TEXT)))
            }
            Form::Boolean => {
                let boolean = value.cast(SqlType::system("bool")).cast(SqlType::TEXT);
                JsonText::of_piece(if_null.in_place_of(boolean))
            }
            Form::Quoted => match if_null {
                IfNull::Null => JsonText::leaf(cast.cast(SqlType::TEXT), if_null),
                // To quote the text costs less than to search it for characters that need escapes.
                IfNull::Violation(violation) => JsonText::quoted_or(cast.cast(SqlType::TEXT), violation),
            },
            Form::Json | Form::Text => JsonText::leaf(cast, if_null),
            Form::GeoJson => JsonText::leaf(geojson(value, sql_type), if_null),
            Form::GeoJsonDocument => {
                let document = geojson(value, sql_type).cast(SqlType::system("jsonb"));
                JsonText::of_piece(if_null.in_place_of(document.cast(SqlType::TEXT)))
            }
            Form::Output => JsonText::leaf(output(value), if_null),
            Form::Float => JsonText::of_piece(float(value, sql_type, if_null)),
            Form::List => {
                JsonText::of_piece(list((value, column_type.dimensions), Vec::new(), cast, if_null))
            }
            Form::FloatList => {
                let not_finite = (has_infinite(&value, sql_type), marked(Violation::NotFinite));
                let list = list((value, column_type.dimensions), vec![not_finite], cast, if_null);
                JsonText::of_piece(list)
            }
        }
    }

    /// Whether [`Compiler::value_json`] computes the value once.
    pub(super) fn computes_once(column_type: &ColumnType) -> bool {
        !matches!(column_type.value, ValueType::Enum { .. })
            && match column_type.encoding.form {
                Form::Integer
                | Form::Boolean
                | Form::Quoted
                | Form::Json
                | Form::Text
                | Form::Document
                | Form::GeoJson
                | Form::GeoJsonDocument => true,
                Form::Output | Form::Float | Form::List | Form::FloatList => false,
            }
    }
}

/// The text of the output function of a value's type; for some types a cast to text gives another text.
fn output(value: Expression) -> Expression {
    let is_not_null = Expression::Is(Box::new(value.clone()), "not null");
    let text = Expression::Call("concat", vec![value]);
    Expression::Case { branches: vec![(is_not_null, text)], otherwise: None }
}

/// The text of `GeoJSON` with all digits. The function stands in the schema of the type.
fn geojson(value: Expression, sql_type: &SqlType) -> Expression {
    const DIGITS: u64 = 15;
    Expression::FunctionCall(FunctionCall {
        schema: sql_type.name.schema.to_string(),
        name: "st_asgeojson".to_owned(),
        arguments: vec![(None, value), (None, Expression::Number(DIGITS))],
    })
}

fn float(value: Expression, sql_type: &SqlType, if_null: IfNull) -> Expression {
    let infinity = |text: &str| Expression::text(text).cast(sql_type.clone());
    // PostgreSQL treats NaN as greater than all other numbers.
    let is_finite = Expression::And(vec![
        value.clone().binary("<", infinity("Infinity")),
        value.clone().binary(">", infinity("-Infinity")),
    ]);
    let is_absent = Expression::Is(Box::new(value.clone()), "null");
    let number = value.cast(sql_type.clone()).cast(SqlType::TEXT);
    let branches = vec![(is_finite, number), (is_absent, if_null.json())];
    Expression::Case { branches, otherwise: Some(Box::new(marked(Violation::NotFinite))) }
}

fn has_infinite(list: &Expression, list_type: &SqlType) -> Expression {
    let of_element = SqlType { is_array: false, ..list_type.clone() };
    let is_in = ["NaN", "Infinity", "-Infinity"].map(|text| {
        let number = Expression::text(text).cast(of_element.clone());
        Expression::Any(Box::new(number), QualifiedName::system("="), Box::new(list.clone()))
    });
    Expression::Or(is_in.into())
}

/// An array; PostgreSQL's type does not say how many dimensions it has (PostgreSQL manual, 8.15.1).
/// `violations` are conditions, with the replacement of the array if they are true; `items` is the JSON of
/// the array otherwise.
fn list(
    (list, dimensions): (Expression, usize),
    violations: Vec<(Expression, Expression)>,
    items: Expression,
    if_null: IfNull,
) -> Expression {
    let symbol = if dimensions == 1 { ">" } else { "<>" };
    // An empty array has no dimensions, whatever its type in the API.
    let number = Expression::Number(dimensions.try_into().unwrap_or(u64::MAX));
    let is_other = Expression::Call("array_ndims", vec![list]).binary(symbol, number);
    let branches = std::iter::once((is_other, marked(Violation::Dimensions))).chain(violations).collect();
    let json = Expression::Call("to_json", vec![items]).cast(SqlType::TEXT);
    Expression::Case { branches, otherwise: Some(Box::new(if_null.in_place_of(json))) }
}

/// An enum label by its name in the API, which needs no escapes.
fn label(enum_type: &EnumType, value: Expression, if_null: IfNull) -> Expression {
    let names: serde_json::Map<_, _> =
        enum_type.values.iter().map(|(label, name)| (label.clone(), name.as_str().into())).collect();
    let names = Expression::text(serde_json::Value::Object(names).to_string()).cast(SqlType::system("jsonb"));
    let label = value.clone().cast(SqlType::TEXT);
    let name = Expression::Call("jsonb_object_field", vec![names, label]).cast(SqlType::TEXT);
    let is_absent = Expression::Is(Box::new(value), "null");
    let otherwise = Expression::Case {
        branches: vec![(is_absent, if_null.json())],
        otherwise: Some(Box::new(marked(Violation::UnknownLabel))),
    };
    Expression::Coalesce(vec![name, otherwise])
}

/// An array of labels by their names in the API.
fn labels(enum_type: &EnumType, list: Expression, dimensions: usize, if_null: IfNull) -> Expression {
    let known = array_literal(enum_type.values.iter().map(|(label, _)| Some(label.as_str())));
    let known = Expression::text(known).cast(SqlType::TEXT_ARRAY);
    let null = Expression::Word("null");
    let of_list = match enum_type.values.first() {
        // No element can be removed from several dimensions, but a known label is as good as none.
        Some((label, _)) if dimensions > 1 => {
            Expression::Call("array_replace", vec![list.clone(), null, Expression::text(label)])
        }
        _ => Expression::Call("array_remove", vec![list.clone(), null]),
    };
    let is_unknown = Expression::Not(Box::new(of_list.binary("<@", known)));
    let violations = vec![(is_unknown, marked(Violation::UnknownLabel))];
    self::list((list.clone(), dimensions), violations, renamed_labels(enum_type, list), if_null)
}

/// An array of labels, each replaced by its name in the API. If a name is also the label of another value,
/// labels are marked first, so that none is replaced twice.
fn renamed_labels(enum_type: &EnumType, labels: Expression) -> Expression {
    let replace = |array, from: &str, to: &str| {
        Expression::Call("array_replace", vec![array, Expression::text(from), Expression::text(to)])
    };
    let is_ambiguous =
        enum_type.renamed().any(|(_, name)| enum_type.values.iter().any(|(label, _)| label == name));
    if !is_ambiguous {
        return enum_type.renamed().fold(labels, |array, (label, name)| replace(array, label, name));
    }
    let hidden = |name: &str| format!("\u{2}{name}");
    let array = enum_type.renamed().fold(labels, |array, (label, name)| replace(array, label, &hidden(name)));
    enum_type.renamed().fold(array, |array, (_, name)| replace(array, &hidden(name), name))
}
