//! Slots for values: where a value comes from, and how it is converted to PostgreSQL's text form.
//!
//! A plan is cached and used again for other variables. So it contains paths into the variables.
//! [`Slot::bind`] makes the values of one request, by the same rules as values in the document.

use std::sync::Arc;

use super::document::{JsonPiece, joined, pieces};
use super::path::ResponsePath;
use super::represented::{Part, Represented};
pub(super) use super::taken::Taken;
use super::{PlanError, Planner};
use crate::request::{Input, JsonMap, JsonValue, Leaf, Path, Source, identifier};
use crate::schema::{ColumnType, ExposedColumn, Schema};
use crate::statement::array_literal;

const NO_TENANT: &str = "the request names no tenant: send a token with the claim that the setting `tenant` names, a text or a number";

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    /// A known value, in PostgreSQL's text form; `None` is NULL.
    Known(Option<String>),
    /// A value from the variables.
    Variable(Arc<Variable>),
    /// An array of slots.
    Array(Vec<Slot>),
    /// A value with parts, some of which stand in the variables.
    Document(Arc<Document>),
}

/// A value in the variables, and its conversion.
#[derive(Debug, PartialEq)]
pub struct Variable {
    path: Path,
    reading: Reading,
    /// The field that has the argument, for errors.
    field: ResponsePath,
}

/// How a value in the variables is converted.
#[derive(Debug, PartialEq)]
enum Reading {
    /// A value of a type, or lists of them on so many levels: an array.
    Value { levels: usize, taken: Taken },
    /// An array of the values that the objects of a list have for a key.
    Column { key: Box<str>, levels: usize, taken: Taken },
    /// A value of a cursor.
    OfCursor(usize),
    /// A value of the key in a node id.
    OfNode(usize),
    /// A number of rows, with the name of its argument.
    Count(&'static str),
    /// An array with a part of each representation.
    Represented(Arc<Represented>, Part),
    /// The caller's tenant.
    Tenant,
    /// A rectangle around which a geometry's own rectangle is looked for.
    Rectangle(Taken),
}

/// A value with parts.
#[derive(Debug, PartialEq)]
pub struct Document {
    pieces: Vec<JsonPiece>,
    taking: Taking,
    /// The field that has the argument, for errors.
    field: ResponsePath,
}

/// What becomes of a value with parts.
#[derive(Debug, PartialEq)]
enum Taking {
    /// A JSON document.
    Json,
    /// A composite value, a vector or a geometry, or an array: lists on so many levels.
    Value { levels: usize, taken: Taken },
    /// A rectangle, like [`Reading::Rectangle`].
    Rectangle(Taken),
}

impl Planner<'_> {
    /// A single value.
    pub(super) fn one(&self, taken: Taken, input: &Input<'_>) -> Result<Slot, PlanError> {
        match input.source() {
            Source::Variable(path) => Ok(self.variable(path, Reading::Value { levels: 0, taken })),
            Source::Known(Leaf::Null) => Ok(Slot::NULL),
            Source::Known(_) | Source::Items(_) if taken.is_json_value(self.schema) => {
                self.document(Taking::Json, input)
            }
            Source::Known(_) | Source::Items(_) if taken.has_parts(self.schema) => {
                self.document(Taking::Value { levels: 0, taken }, input)
            }
            Source::Known(leaf) => self.known(taken.decode(self.schema, &leaf)),
            Source::Items(_) => self.known(taken.decode(self.schema, &Leaf::Compound)),
        }
    }

    /// A list of values, or null.
    pub(super) fn list(&self, taken: Taken, input: &Input<'_>) -> Result<Slot, PlanError> {
        match input.source() {
            Source::Known(Leaf::Null) => Ok(Slot::Known(None)),
            Source::Known(_) | Source::Items(_) if !taken.is_delimited_by_commas() => {
                self.document(Taking::Value { levels: 1, taken }, input)
            }
            Source::Known(_) => Ok(Slot::Array(vec![self.one(taken, input)?])),
            Source::Items(items) => {
                let items = items.iter().map(|item| self.one(taken.clone(), item));
                Ok(Slot::Array(items.collect::<Result<_, _>>()?))
            }
            Source::Variable(path) => Ok(self.variable(path, Reading::Value { levels: 1, taken })),
        }
    }

    /// A value of a column's type, or of its array.
    pub(super) fn slot(&self, taken: Taken, of: &ColumnType, input: &Input<'_>) -> Result<Slot, PlanError> {
        match of.levels() {
            0 => self.one(taken, input),
            1 => self.list(taken, input),
            levels => self.nested(taken, levels, input),
        }
    }

    /// An array of several dimensions, or null.
    fn nested(&self, taken: Taken, levels: usize, input: &Input<'_>) -> Result<Slot, PlanError> {
        match input.source() {
            Source::Variable(path) => Ok(self.variable(path, Reading::Value { levels, taken })),
            Source::Known(_) | Source::Items(_) => self.document(Taking::Value { levels, taken }, input),
        }
    }

    /// A value with parts. Where no variable stands in it, it is known.
    fn document(&self, taking: Taking, input: &Input<'_>) -> Result<Slot, PlanError> {
        let pieces = pieces(input);
        let is_known = pieces.iter().all(|piece| matches!(piece, JsonPiece::Text(_)));
        let document = Document { pieces, taking, field: self.path.clone() };
        if is_known {
            return document.bind(self.schema, &JsonMap::new()).map(Slot::Known);
        }
        Ok(Slot::Document(Arc::new(document)))
    }

    /// The rectangle of a bounding box.
    pub(super) fn rectangle(&self, taken: Taken, input: &Input<'_>) -> Result<Slot, PlanError> {
        match input.source() {
            Source::Variable(path) => Ok(self.variable(path, Reading::Rectangle(taken))),
            Source::Known(_) | Source::Items(_) => self.document(Taking::Rectangle(taken), input),
        }
    }

    /// An array of the values that the objects of a list have for a key.
    pub(super) fn column(&self, key: &str, column: &ExposedColumn, objects: &Input<'_>) -> Slot {
        match objects.source() {
            Source::Variable(path) => {
                let (taken, levels) = (Taken::of_column(key, column), column.column_type.levels());
                self.variable(path, Reading::Column { key: key.into(), levels, taken })
            }
            // Only lists in the variables have columns.
            Source::Known(_) | Source::Items(_) => Slot::Known(None),
        }
    }

    /// The values of a cursor; an inner `None` is null. `None` if it is not a cursor.
    pub(super) fn cursor(&self, input: &Input<'_>) -> Option<Vec<Option<Slot>>> {
        let nulls = input.cursor_nulls()?;
        Some(self.parts(input, &nulls, Reading::OfCursor, identifier::decode))
    }

    /// Schema and table of a node id, and the values of the key.
    pub(super) fn node_parts(&self, input: &Input<'_>) -> Option<(String, String, Vec<Option<Slot>>)> {
        let (schema, table, nulls) = input.node()?;
        let key = |text: &str| identifier::decode_node_id(text).map(|(_, _, values)| values);
        Some((schema, table, self.parts(input, &nulls, Reading::OfNode, key)))
    }

    fn parts(
        &self,
        input: &Input<'_>,
        nulls: &[bool],
        reading: impl Fn(usize) -> Reading,
        decode: impl Fn(&str) -> Option<Vec<Option<String>>>,
    ) -> Vec<Option<Slot>> {
        match input.source() {
            Source::Variable(path) => {
                let part = |(index, is_null): (usize, &bool)| {
                    (!is_null).then(|| self.variable(path, reading(index)))
                };
                nulls.iter().enumerate().map(part).collect()
            }
            Source::Known(Leaf::Text(text)) => {
                let values = decode(text).unwrap_or_default().into_iter();
                values.map(|value| value.map(|value| Slot::Known(Some(value)))).collect()
            }
            Source::Known(_) | Source::Items(_) => Vec::new(),
        }
    }

    /// A count of rows.
    pub(super) fn count_slot(&self, name: &'static str, input: &Input<'_>) -> Result<Slot, PlanError> {
        match input.source() {
            Source::Known(leaf) => self.known(count(name, &leaf).map(|count| Some(count.to_string()))),
            Source::Items(_) => self.known(count(name, &Leaf::Compound).map(|_| None)),
            Source::Variable(path) => Ok(self.variable(path, Reading::Count(name))),
        }
    }

    /// An array with a part of each representation.
    pub(super) fn represented(&self, path: &Path, represented: &Arc<Represented>, part: Part) -> Slot {
        self.variable(path, Reading::Represented(Arc::clone(represented), part))
    }

    fn known(&self, decoded: Result<Option<String>, String>) -> Result<Slot, PlanError> {
        decoded.map(Slot::Known).map_err(|message| self.error(message))
    }

    fn variable(&self, path: &Path, reading: Reading) -> Slot {
        Slot::Variable(Arc::new(Variable { path: path.clone(), reading, field: self.path.clone() }))
    }
}

impl Slot {
    /// NULL.
    pub const NULL: Self = Self::Known(None);

    /// The caller's tenant.
    pub fn tenant() -> Self {
        let (path, reading, field) = (Path::of_tenant(), Reading::Tenant, ResponsePath::nowhere());
        Self::Variable(Arc::new(Variable { path, reading, field }))
    }

    /// The number of values that it consists of.
    pub fn values(&self) -> usize {
        match self {
            Self::Known(_) | Self::Variable(_) | Self::Document(_) => 1,
            Self::Array(slots) => 1 + slots.iter().map(Self::values).sum::<usize>(),
        }
    }

    /// Its value in a request, in PostgreSQL's text form; `None` is NULL.
    pub fn bind(&self, schema: &Schema, variables: &JsonMap) -> Result<Option<String>, PlanError> {
        match self {
            Self::Known(value) => Ok(value.clone()),
            Self::Array(slots) => {
                let values = slots.iter().map(|slot| slot.bind(schema, variables));
                let values: Vec<_> = values.collect::<Result<_, _>>()?;
                Ok(Some(array_literal(values.iter().map(Option::as_deref))))
            }
            Self::Variable(variable) => variable.bind(schema, variables),
            Self::Document(document) => document.bind(schema, variables),
        }
    }
}

impl Document {
    fn bind(&self, schema: &Schema, variables: &JsonMap) -> Result<Option<String>, PlanError> {
        let text = joined(&self.pieces, variables);
        let value = || serde_json::from_str(&text).map_err(|error| error.to_string());
        let read = match &self.taking {
            Taking::Json => return Ok(Some(text)),
            Taking::Value { levels, taken } => value().and_then(|value| taken.read(schema, *levels, &value)),
            Taking::Rectangle(taken) => value().and_then(|value| taken.rectangle(&value)),
        };
        read.map_err(|message| self.field.error(message))
    }
}

impl Variable {
    fn bind(&self, schema: &Schema, variables: &JsonMap) -> Result<Option<String>, PlanError> {
        let value = self.path.find(variables).unwrap_or(&JsonValue::Null);
        self.read(schema, value).map_err(|message| self.field.error(message))
    }

    fn read(&self, schema: &Schema, value: &JsonValue) -> Result<Option<String>, String> {
        match &self.reading {
            Reading::Value { levels, taken } => taken.read(schema, *levels, value),
            Reading::Rectangle(taken) => taken.rectangle(value),
            Reading::Tenant => match value {
                JsonValue::String(text) => Ok(Some(text.as_str().to_owned())),
                JsonValue::Number(number) => Ok(Some(number.to_string())),
                JsonValue::Null | JsonValue::Bool(_) | JsonValue::Array(_) | JsonValue::Object(_) => {
                    Err(NO_TENANT.to_owned())
                }
            },
            Reading::Column { key, levels, taken } => {
                let objects = value.as_array().map(Vec::as_slice).unwrap_or_default().iter();
                let values = objects.map(|object| {
                    let value = object.as_object().and_then(|fields| fields.get(&**key));
                    taken.read(schema, *levels, value.unwrap_or(&JsonValue::Null))
                });
                let values: Vec<_> = values.collect::<Result<_, _>>()?;
                Ok(Some(array_literal(values.iter().map(Option::as_deref))))
            }
            Reading::OfCursor(index) => Ok(part(value.as_str().and_then(identifier::decode), *index)),
            Reading::OfNode(index) => {
                let decoded = value.as_str().and_then(identifier::decode_node_id);
                Ok(part(decoded.map(|(_, _, values)| values), *index))
            }
            Reading::Count(name) => count(name, &Leaf::of_json(value)).map(|count| Some(count.to_string())),
            Reading::Represented(represented, part) => Ok(Some(represented.array(schema, value, *part))),
        }
    }
}

fn part(values: Option<Vec<Option<String>>>, index: usize) -> Option<String> {
    values?.into_iter().nth(index)?
}

/// A count of rows.
pub(super) fn count(name: &str, leaf: &Leaf<'_>) -> Result<u64, String> {
    match leaf {
        Leaf::Number(number) => {
            number.parse().map_err(|_| format!("{name} is {number}; it must not be negative"))
        }
        Leaf::Null | Leaf::Boolean(_) | Leaf::Text(_) | Leaf::Compound => {
            Err(format!("{name} must be an integer"))
        }
    }
}
