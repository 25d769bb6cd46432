//! Slots for values: where a value comes from, and how it is converted to PostgreSQL's text form.
//!
//! A plan is cached and used again for other variables. So it contains paths into the variables.
//! [`Slot::bind`] makes the values of one request, by the same rules as values in the document.

use std::borrow::Cow;
use std::sync::Arc;

use super::array::array_literal;
use super::path::ResponsePath;
use super::represented::{Part, Represented};
use super::{PlanError, Planner, vector};
use crate::request::{Input, JsonMap, JsonValue, Leaf, Path, Source, identifier};
use crate::schema::{ColumnType, ExposedColumn, Scalar, Schema, ValueType};

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    /// A known value, in PostgreSQL's text form; `None` is NULL.
    Known(Option<String>),
    /// A value from the variables.
    Variable(Arc<Variable>),
    /// An array of slots.
    Array(Vec<Slot>),
    /// A vector of these numbers.
    Vector(Vec<Slot>),
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
    /// A value of a type.
    One(Taken),
    /// An array of a list's items; a single value stands for a list of one.
    List(Taken),
    /// An array of the values that the objects of a list have for a key.
    Column { key: Box<str>, is_list: bool, taken: Taken },
    /// A value of a cursor.
    OfCursor(usize),
    /// A value of the key in a node id.
    OfNode(usize),
    /// A number of rows, with the name of its argument.
    Count(&'static str),
    /// An array with a part of each representation.
    Represented(Arc<Represented>, Part),
}

/// The target of a value: its name, and the type of a single value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taken {
    name: Box<str>,
    value_type: ValueType,
    /// How many numbers a vector has.
    length: Option<usize>,
    /// Whether a number may stand for a string that holds one.
    takes_numbers: bool,
}

impl Taken {
    pub(super) fn new(name: &str, value_type: ValueType) -> Self {
        Self { name: name.into(), value_type, length: None, takes_numbers: false }
    }

    /// A value of a column's type, or an element of its array.
    pub(super) fn of_column(name: &str, column: &ExposedColumn) -> Self {
        Self { length: column.length, ..Self::new(name, column.column_type.value) }
    }

    /// The value that an aggregate is compared with. In answers these are numbers, too.
    pub(super) fn figure(name: &str, value_type: ValueType) -> Self {
        Self { takes_numbers: true, ..Self::new(name, value_type) }
    }

    fn heed_length(&self, given: usize) -> Result<(), String> {
        vector::heed_length(&self.name, self.length, given)
    }

    fn is_vector(&self) -> bool {
        self.value_type == ValueType::Scalar(Scalar::Vector)
    }
}

impl Planner<'_> {
    /// A single value.
    pub(super) fn one(&self, taken: Taken, input: &Input<'_>) -> Result<Slot, PlanError> {
        match input.source() {
            Source::Known(leaf) => self.known(decode(self.schema, &taken, &leaf)),
            Source::Items(items) if taken.is_vector() => self.vector(&taken, &items),
            Source::Items(_) => self.known(decode(self.schema, &taken, &Leaf::Compound)),
            Source::Variable(path) => Ok(self.variable(path, Reading::One(taken))),
        }
    }

    /// A vector of the items of a list in the document.
    fn vector(&self, taken: &Taken, items: &[Input<'_>]) -> Result<Slot, PlanError> {
        taken.heed_length(items.len()).map_err(|message| self.error(message))?;
        let number = |item| self.one(Taken::new(&taken.name, ValueType::Scalar(Scalar::Float)), item);
        let numbers: Vec<_> = items.iter().map(number).collect::<Result<_, _>>()?;
        let known = numbers.iter().map(|number| match number {
            Slot::Known(number) => number.as_deref(),
            Slot::Variable(_) | Slot::Array(_) | Slot::Vector(_) => None,
        });
        Ok(match known.collect::<Option<Vec<_>>>() {
            Some(known) => Slot::Known(Some(vector::text(known))),
            None => Slot::Vector(numbers),
        })
    }

    /// A list of values, or null.
    pub(super) fn list(&self, taken: Taken, input: &Input<'_>) -> Result<Slot, PlanError> {
        match input.source() {
            Source::Known(Leaf::Null) => Ok(Slot::Known(None)),
            Source::Known(leaf) => Ok(Slot::Array(vec![self.known(decode(self.schema, &taken, &leaf))?])),
            Source::Items(items) => {
                let items = items.iter().map(|item| self.one(taken.clone(), item));
                Ok(Slot::Array(items.collect::<Result<_, _>>()?))
            }
            Source::Variable(path) => Ok(self.variable(path, Reading::List(taken))),
        }
    }

    /// A value of a column's type, or of its array.
    pub(super) fn slot(&self, taken: Taken, of: &ColumnType, input: &Input<'_>) -> Result<Slot, PlanError> {
        if of.is_list { self.list(taken, input) } else { self.one(taken, input) }
    }

    /// An array of the values that the objects of a list have for a key.
    pub(super) fn column(&self, key: &str, column: &ExposedColumn, objects: &Input<'_>) -> Slot {
        match objects.source() {
            Source::Variable(path) => {
                let (taken, is_list) = (Taken::of_column(key, column), column.column_type.is_list);
                self.variable(path, Reading::Column { key: key.into(), is_list, taken })
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

    /// The number of values that it consists of.
    pub fn values(&self) -> usize {
        match self {
            Self::Known(_) | Self::Variable(_) => 1,
            Self::Array(slots) | Self::Vector(slots) => 1 + slots.iter().map(Self::values).sum::<usize>(),
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
            Self::Vector(numbers) => {
                let numbers = numbers.iter().map(|number| number.bind(schema, variables));
                let numbers: Vec<_> = numbers.collect::<Result<_, _>>()?;
                // pgvector refuses nulls in a vector, and says so.
                Ok(Some(vector::text(numbers.iter().map(|number| number.as_deref().unwrap_or("NULL")))))
            }
            Self::Variable(variable) => variable.bind(schema, variables),
        }
    }
}

impl Variable {
    fn bind(&self, schema: &Schema, variables: &JsonMap) -> Result<Option<String>, PlanError> {
        let value = self.path.find(variables).unwrap_or(&JsonValue::Null);
        self.read(schema, value).map_err(|message| self.field.error(message))
    }

    fn read(&self, schema: &Schema, value: &JsonValue) -> Result<Option<String>, String> {
        match &self.reading {
            Reading::One(taken) => one(schema, taken, value),
            Reading::List(taken) => list(schema, taken, value),
            Reading::Column { key, is_list, taken } => {
                let objects = value.as_array().map(Vec::as_slice).unwrap_or_default().iter();
                let values = objects.map(|object| {
                    let value = object.as_object().and_then(|fields| fields.get(&**key));
                    let value = value.unwrap_or(&JsonValue::Null);
                    if *is_list { list(schema, taken, value) } else { one(schema, taken, value) }
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

fn list(schema: &Schema, taken: &Taken, value: &JsonValue) -> Result<Option<String>, String> {
    let items = match value {
        JsonValue::Null => return Ok(None),
        JsonValue::Array(items) => items.as_slice(),
        JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::String(_) | JsonValue::Object(_) => {
            std::slice::from_ref(value)
        }
    };
    let values = items.iter().map(|item| decode(schema, taken, &Leaf::of_json(item)));
    let values: Vec<_> = values.collect::<Result<_, _>>()?;
    Ok(Some(array_literal(values.iter().map(Option::as_deref))))
}

/// A single value of the variables.
fn one(schema: &Schema, taken: &Taken, value: &JsonValue) -> Result<Option<String>, String> {
    if let JsonValue::Array(numbers) = value
        && taken.is_vector()
    {
        taken.heed_length(numbers.len())?;
        return vector::of_json(&taken.name, numbers).map(Some);
    }
    decode(schema, taken, &Leaf::of_json(value))
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

/// A value in PostgreSQL's text form.
fn decode(schema: &Schema, taken: &Taken, leaf: &Leaf<'_>) -> Result<Option<String>, String> {
    let Taken { name, value_type, takes_numbers, .. } = taken;
    let wrong = |needed: &str| Err(format!("{name} takes a {}: {needed}", schema.value_name(*value_type)));
    match (value_type, leaf) {
        (_, Leaf::Null) => Ok(None),
        (ValueType::Enum(oid), Leaf::Text(name)) => {
            match schema.enums.get(oid).and_then(|found| found.label(name)) {
                Some(label) => Ok(Some(label.to_owned())),
                None => wrong("one of its values"),
            }
        }
        (ValueType::Scalar(Scalar::BigFloat), Leaf::Number(_)) if !takes_numbers => {
            wrong("a string that holds a number")
        }
        (ValueType::Scalar(Scalar::Boolean | Scalar::Opaque), Leaf::Boolean(value)) => {
            Ok(Some(value.to_string()))
        }
        (ValueType::Scalar(scalar), Leaf::Number(number))
            if scalar.is_number() || *scalar == Scalar::Opaque =>
        {
            Ok(Some(Cow::clone(number).into_owned()))
        }
        (ValueType::Scalar(Scalar::Vector), Leaf::Number(number)) => {
            taken.heed_length(1)?;
            Ok(Some(vector::text([number])))
        }
        (ValueType::Scalar(Scalar::Vector), _) => wrong("a list of numbers"),
        (ValueType::Scalar(Scalar::Int | Scalar::Float | Scalar::Boolean), _) => wrong("it has another type"),
        (ValueType::Scalar(_), Leaf::Text(text)) => Ok(Some((*text).to_owned())),
        _ => wrong("a string"),
    }
}
