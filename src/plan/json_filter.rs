//! JSON documents: filters -> tests, and selected paths.

use super::slot::Taken;
use super::{Condition, Operand, PlanError, Planner, RowField, Slot};
use crate::request::{Field, Input};
use crate::schema::{
    FilterOperator, FixedFields, JSON_PATH, JsonFilterField, JsonPathFilterField, JsonPredicateField,
    OperandKind, Operator, Scalar, ValueType, path_number_operator, path_text_operator,
};

/// A condition on a JSON document.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTest {
    /// It contains that document.
    Contains(Slot),
    /// It is contained in that document.
    ContainedBy(Slot),
    /// It has that key.
    HasKey(Slot),
    /// It has one of these keys: an array of texts.
    HasAnyKeys(Slot),
    /// It has all of these keys: an array of texts.
    HasAllKeys(Slot),
    /// A predicate in PostgreSQL's path language is true for it.
    Matches {
        /// The predicate.
        path: Slot,
        /// A document with the values of the path's variables.
        vars: Option<Slot>,
    },
    /// A condition on the value at the end of a path.
    At {
        /// The path: an array of texts.
        at: Slot,
        /// The tested part of the value.
        part: JsonPart,
        /// The condition.
        test: PartTest,
    },
}

/// The tested part of the value at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPart {
    /// The text of the value.
    Text,
    /// The value, if it is a number.
    Number,
}

/// A condition on the text or number at the end of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum PartTest {
    /// It is null, or is not.
    IsNull(bool),
    /// It satisfies a comparison.
    Compare(&'static Operator, Operand),
}

impl Planner<'_> {
    /// A column, or the value at the end of a path in its document. Null counts as no path.
    pub(super) fn column_field(&self, column: usize, field: &Field) -> Result<RowField, PlanError> {
        let arguments = self.facts.arguments(field);
        let Some(path) = arguments.get(JSON_PATH).filter(|path| !path.is_null()) else {
            return Ok(RowField::Column(column));
        };
        let taken = Taken::new(JSON_PATH, ValueType::Scalar(Scalar::String));
        Ok(RowField::JsonAt { column, path: self.list(taken, path)? })
    }

    /// The conditions of the filter of a document column.
    pub(super) fn json_filter(
        &self,
        column: usize,
        name: &str,
        filter: &Input<'_>,
    ) -> Result<Vec<Condition>, PlanError> {
        let mut conditions = Vec::new();
        for (operator, value) in filter.fields() {
            let field = JsonFilterField::named(operator);
            let field = field.ok_or_else(|| self.error(format!("{operator} is no operator on {name}")))?;
            let taken = |scalar| Taken::new(operator, ValueType::Scalar(scalar));
            let test = match field {
                JsonFilterField::Contains => JsonTest::Contains(self.one(taken(Scalar::Json), &value)?),
                JsonFilterField::ContainedBy => JsonTest::ContainedBy(self.one(taken(Scalar::Json), &value)?),
                JsonFilterField::HasKey => JsonTest::HasKey(self.one(taken(Scalar::String), &value)?),
                JsonFilterField::HasAnyKeys => {
                    JsonTest::HasAnyKeys(self.list(taken(Scalar::String), &value)?)
                }
                JsonFilterField::HasAllKeys => {
                    JsonTest::HasAllKeys(self.list(taken(Scalar::String), &value)?)
                }
                JsonFilterField::Is => {
                    let is_null = self.is_null(name, &value)?;
                    conditions.push(Condition::IsNull { column, is_null });
                    continue;
                }
                // As in all filters, null adds no condition.
                JsonFilterField::Matches | JsonFilterField::Path if value.is_null() => continue,
                JsonFilterField::Matches => self.json_predicate(&value)?,
                JsonFilterField::Path => {
                    let paths = value.items().into_iter().map(|path| self.path_tests(name, &path));
                    let tests = paths.collect::<Result<Vec<_>, _>>()?.into_iter().flatten();
                    conditions.extend(tests.map(|test| Condition::Json { column, test: Box::new(test) }));
                    continue;
                }
            };
            conditions.push(Condition::Json { column, test: Box::new(test) });
        }
        Ok(conditions)
    }

    fn json_predicate(&self, value: &Input<'_>) -> Result<JsonTest, PlanError> {
        let (mut path, mut vars) = (Slot::NULL, None);
        for (name, value) in value.fields() {
            let taken = |scalar| Taken::new(name, ValueType::Scalar(scalar));
            match JsonPredicateField::named(name) {
                Some(JsonPredicateField::Path) => path = self.one(taken(Scalar::String), &value)?,
                Some(JsonPredicateField::Vars) if value.is_null() => {}
                Some(JsonPredicateField::Vars) => vars = Some(self.one(taken(Scalar::Json), &value)?),
                None => return Err(self.error(format!("{name} is no part of a predicate"))),
            }
        }
        Ok(JsonTest::Matches { path, vars })
    }

    /// The conditions at the end of one path.
    fn path_tests(&self, column: &str, conditions: &Input<'_>) -> Result<Vec<JsonTest>, PlanError> {
        let fields = conditions.fields();
        let taken = Taken::new(JsonPathFilterField::At.name(), ValueType::Scalar(Scalar::String));
        let at = fields.get(JsonPathFilterField::At.name()).map(|at| self.list(taken, at)).transpose()?;
        let at =
            at.ok_or_else(|| self.error(format!("path on {column} needs at, a list of keys and places")))?;
        let mut tests = Vec::new();
        let mut add = |part, found: Vec<_>| {
            tests.extend(found.into_iter().map(|test| JsonTest::At { at: at.clone(), part, test }));
        };
        for (name, value) in &fields {
            match JsonPathFilterField::named(name) {
                Some(JsonPathFilterField::At) => {}
                Some(JsonPathFilterField::Number) => {
                    let operators = value.fields().into_iter();
                    let found = operators.map(|(name, value)| {
                        self.part_test(column, (name, path_number_operator(name)), Scalar::Float, &value)
                    });
                    add(JsonPart::Number, found.collect::<Result<_, _>>()?);
                }
                None => {
                    let operator = (*name, path_text_operator(name));
                    add(JsonPart::Text, vec![self.part_test(column, operator, Scalar::String, value)?]);
                }
            }
        }
        Ok(tests)
    }

    fn part_test(
        &self,
        column: &str,
        (name, operator): (&str, Option<FilterOperator>),
        scalar: Scalar,
        value: &Input<'_>,
    ) -> Result<PartTest, PlanError> {
        let taken = Taken::new(name, ValueType::Scalar(scalar));
        match operator {
            Some(FilterOperator::Null) => Ok(PartTest::IsNull(self.is_null(column, value)?)),
            Some(FilterOperator::Compare(operator)) => {
                let operand = match operator.operand {
                    OperandKind::AnyOf => Operand::List(self.list(taken, value)?),
                    OperandKind::Value | OperandKind::Text | OperandKind::Element => {
                        Operand::Value(self.one(taken, value)?)
                    }
                };
                Ok(PartTest::Compare(operator, operand))
            }
            Some(
                FilterOperator::Search
                | FilterOperator::Similar(_)
                | FilterOperator::WithinDistance
                | FilterOperator::Spatial(_),
            )
            | None => Err(self.error(format!("{name} is no operator at a path of {column}"))),
        }
    }
}
