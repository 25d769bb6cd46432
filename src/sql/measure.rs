//! Measures: numbers that are computed of a column and of values.

use super::ast::Expression;
use super::condition::parameter;
use super::json::{IfNull, JsonText};
use super::order::SortValue;
use super::{Compiler, SessionSettings, TableRef};
use crate::catalog::{Comparison, QualifiedName, SqlType};
use crate::plan::{Measure, Measured};

impl Compiler<'_> {
    /// A measure as what rows are ordered by.
    pub(super) fn measure_value(&self, at: TableRef<'_>, measure: &Measure) -> SortValue<'_> {
        SortValue {
            expression: self.measure(at, measure),
            is_json_scalar: true,
            sql_type: Some(SqlType::system("float8")),
            comparison: const { &Comparison::SYSTEM },
            may_be_null: true,
        }
    }

    /// The JSON of a measure. It is null if it is not a number: the angle between a vector and one of zeros.
    pub(super) fn measure_json(&self, at: TableRef<'_>, measure: &Measure) -> JsonText {
        let infinity = |text| Expression::text(text).cast(SqlType::system("float8"));
        let value = self.measure(at, measure);
        // PostgreSQL takes NaN for greater than all other numbers.
        let is_number = Expression::And(vec![
            value.clone().binary("<", infinity("Infinity")),
            value.clone().binary(">", infinity("-Infinity")),
        ]);
        let text = value.cast(SqlType::system("float8")).cast(SqlType::TEXT);
        let number = Expression::Case { branches: vec![(is_number, text)], otherwise: None };
        JsonText::of_piece(IfNull::Null.in_place_of(number))
    }

    fn measure(&self, at: TableRef<'_>, measure: &Measure) -> Expression {
        // Texts of numbers stand in cursors.
        self.depend_on(SessionSettings::FLOAT_DIGITS);
        let column = self.column(at, measure.column);
        // Only columns whose type can be named have measures.
        let sql_type = self.comparison_type(at.table, measure.column);
        match &measure.what {
            Measured::TextRank(search) => self.text_rank(at, measure.column, search),
            Measured::TextSimilarity(to) => self.text_similarity(at, measure.column, to),
            Measured::VectorDistance { metric, to } => {
                let schema =
                    sql_type.as_ref().map(|sql_type| sql_type.name.schema.clone()).unwrap_or_default();
                let operator = QualifiedName { schema, name: metric.operator().into() };
                column.operator(operator, parameter(to.clone(), sql_type))
            }
        }
    }
}
