//! Measures: numbers that are computed of a column and of values.

use std::borrow::Cow;

use super::ast::{Expression, FunctionCall};
use super::condition::parameter;
use super::json::{IfNull, JsonText};
use super::order::SortValue;
use super::{Compiler, SessionSettings, TableRef};
use crate::catalog::{Comparison, QualifiedName, SqlType};
use crate::plan::{Measure, Measured, Slot};
use crate::schema::SpatialTest;

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
        match &measure.what {
            Measured::TextRank(search) => self.text_rank(at, measure.column, search),
            Measured::TextSimilarity(to) => self.text_similarity(at, measure.column, to),
            Measured::VectorDistance { operator, to } => {
                self.extension_operator(at, measure.column, operator, to)
            }
            Measured::GeometryDistance(to) => self.extension_operator(at, measure.column, "<->", to),
        }
    }

    /// That a measure is no greater than a number.
    pub(super) fn within_distance(&self, at: TableRef<'_>, measure: &Measure, distance: &Slot) -> Expression {
        let distance = parameter(distance.clone(), Some(SqlType::system("float8")));
        match &measure.what {
            // Only distances are asked for.
            Measured::VectorDistance { .. } | Measured::TextRank(_) | Measured::TextSimilarity(_) => {
                self.measure(at, measure).binary("<=", distance)
            }
            Measured::GeometryDistance(to) if self.is_geography(at, measure.column) => {
                // On a sphere, as the operator of distance has it.
                let arguments = vec![distance, Expression::Word("false")];
                self.extension_function(at, measure.column, "st_dwithin", to, arguments)
            }
            Measured::GeometryDistance(to) => {
                self.extension_function(at, measure.column, "st_dwithin", to, vec![distance])
            }
        }
    }

    /// How a geometry in a column and another lie to each other.
    pub(super) fn spatial_test(
        &self,
        at: TableRef<'_>,
        column: usize,
        test: SpatialTest,
        other: &Slot,
    ) -> Expression {
        let is_geography = self.is_geography(at, column);
        let function = match test {
            SpatialTest::BoundingBox => return self.extension_operator(at, column, "&&", other),
            SpatialTest::Intersects => "st_intersects",
            SpatialTest::Contains if is_geography => "st_covers",
            SpatialTest::Contains => "st_contains",
            SpatialTest::Within if is_geography => "st_coveredby",
            SpatialTest::Within => "st_within",
        };
        self.extension_function(at, column, function, other, Vec::new())
    }

    fn is_geography(&self, at: TableRef<'_>, column: usize) -> bool {
        self.comparison_type(at.table, column).is_some_and(|found| found.name.name == "geography")
    }

    /// A column and a value of its type, combined by an operator of the extension that has the type.
    fn extension_operator(
        &self,
        at: TableRef<'_>,
        column: usize,
        symbol: &'static str,
        other: &Slot,
    ) -> Expression {
        let (schema, sql_type) = self.extension_type(at, column);
        let operator = QualifiedName { schema, name: symbol.into() };
        self.column(at, column).operator(operator, parameter(other.clone(), sql_type))
    }

    /// A function of that extension, of a column, a value of its type, and further arguments.
    fn extension_function(
        &self,
        at: TableRef<'_>,
        column: usize,
        function: &'static str,
        other: &Slot,
        further: Vec<Expression>,
    ) -> Expression {
        let (schema, sql_type) = self.extension_type(at, column);
        let arguments =
            [self.column(at, column), parameter(other.clone(), sql_type)].into_iter().chain(further);
        Expression::FunctionCall(FunctionCall {
            schema: schema.into_owned(),
            name: function.to_owned(),
            arguments: arguments.map(|argument| (None, argument)).collect(),
        })
    }

    /// The schema of the extension that has the column's type or, for bit strings, their operators; and the type. Only columns whose
    /// type can be named are asked for.
    fn extension_type(&self, at: TableRef<'_>, column: usize) -> (Cow<'static, str>, Option<SqlType>) {
        let sql_type = self.comparison_type(at.table, column);
        let schema = match &sql_type {
            Some(of) if of.name.is_system() => self.schema.catalog.bit_distances.clone().map(Cow::Owned),
            Some(of) => Some(of.name.schema.clone()),
            None => None,
        };
        (schema.unwrap_or_default(), sql_type)
    }
}
