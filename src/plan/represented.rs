//! Representations -> arrays of values. Each representation is checked against its key here, so that a wrong
//! one is a separate error, and does not fail the statement for all of them.

use std::sync::Arc;

use crate::request::{JsonValue, Leaf, RepresentationSort, identifier, items};
use crate::schema::violation::Violation;
use crate::schema::{EntityKey, Schema, TYPE_NAME};
use crate::statement::array_literal;

/// The values of a key in PostgreSQL's text form; `None` is null.
type Values = Vec<Option<String>>;

/// The number by which a statement distinguishes the groups of representations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupNumber {
    /// It is wrong.
    Mistake(Mistake),
    /// It belongs to the group with that index.
    Group(usize),
}

/// What is wrong with a representation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// Its `__typename` is not a type of rows.
    UnknownType,
    /// It has no key of its type.
    NoKey,
    /// A value of its key does not have the key's type.
    WrongValue,
}

impl Mistake {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::UnknownType, Self::NoKey, Self::WrongValue];

    /// The violation that marks it in the answer.
    pub fn violation(self) -> Violation {
        match self {
            Self::UnknownType => Violation::UnknownEntity,
            Self::NoKey => Violation::NoEntityKey,
            Self::WrongValue => Violation::WrongEntityKey,
        }
    }
}

impl GroupNumber {
    /// The number.
    pub fn number(self) -> usize {
        match self {
            Self::Mistake(Mistake::UnknownType) => 0,
            Self::Mistake(Mistake::NoKey) => 1,
            Self::Mistake(Mistake::WrongValue) => 2,
            Self::Group(place) => Mistake::ALL.len() + place,
        }
    }
}

/// Representations of one type that name rows by the same key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    type_name: Arc<str>,
    table: usize,
    key: EntityKey,
}

/// The groups of all representations of a field.
#[derive(Debug, PartialEq)]
pub(super) struct Represented(pub(super) Vec<Group>);

/// A part of each representation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// The number of its group.
    Number,
    /// The value of its key with that index.
    Value(usize),
}

impl Group {
    /// The group of a sort of representations, if that has a key.
    pub(super) fn of(schema: &Schema, sort: &RepresentationSort<'_>) -> Option<Self> {
        let has = |field: &str| sort.fields.contains(field);
        let (table, exposed) = schema.entity(sort.type_name)?;
        let key = schema.key_of_entity(table, has)?;
        Some(Self { type_name: Arc::clone(&exposed.type_name), table, key })
    }

    pub(super) fn table(&self) -> usize {
        self.table
    }

    pub(super) fn key(&self) -> EntityKey {
        self.key
    }

    /// The number of values that its key can have. In a table with children, the last value of a `nodeId` is
    /// the child.
    pub(super) fn values(&self, schema: &Schema) -> usize {
        let columns = schema.table(self.table).map_or(0, |exposed| exposed.key.len());
        let children = schema.catalog.tables[self.table].tells_children_apart();
        columns + usize::from(children && self.key == EntityKey::NodeId)
    }

    /// The values of a representation's key.
    fn read(&self, schema: &Schema, value: &JsonValue) -> Result<Values, Mistake> {
        let values = match self.key {
            EntityKey::Primary => self.fields(schema, value),
            EntityKey::NodeId => self.decoded(schema, value),
        };
        values.ok_or(Mistake::WrongValue)
    }

    fn fields(&self, schema: &Schema, value: &JsonValue) -> Option<Values> {
        let exposed = schema.table(self.table)?;
        let read = |column: &usize| {
            let name = &exposed.columns[*column].as_ref()?.field;
            let text = match Leaf::of_json(value.get(&**name)?) {
                Leaf::Text(text) => text.to_owned(),
                Leaf::Number(number) => number.into_owned(),
                Leaf::Null | Leaf::Boolean(_) | Leaf::Compound => return None,
            };
            Some(Some(schema.key_value(self.table, *column, text)?))
        };
        exposed.key.iter().map(read).collect()
    }

    fn decoded(&self, schema: &Schema, value: &JsonValue) -> Option<Values> {
        let key = &schema.table(self.table)?.key;
        let table = &schema.catalog.tables[self.table];
        let (namespace, name, values) = identifier::decode_node_id(value.get(schema.node_id)?.as_str()?)?;
        let is_complete = values.len() == key.len() || values.len() == self.values(schema);
        if (&namespace, &name) != (&table.schema, &table.name) || !is_complete {
            return None;
        }
        let read = |(place, value): (usize, Option<String>)| match (value, key.get(place)) {
            (None, _) => Some(None),
            (Some(text), Some(column)) => Some(Some(schema.key_value(self.table, *column, text)?)),
            // The child table that contains the row.
            (Some(text), None) => Some(Some(text.parse::<u32>().ok()?.to_string())),
        };
        values.into_iter().enumerate().map(read).collect()
    }
}

impl Represented {
    /// An array with one item for each representation, in PostgreSQL's text form.
    pub(super) fn array(&self, schema: &Schema, value: &JsonValue, part: Part) -> String {
        let read = items(value).iter().map(|item| self.read(schema, item));
        let parts = read.map(|(number, values)| match part {
            Part::Number => Some(number.number().to_string()),
            Part::Value(place) => values.into_iter().nth(place).flatten(),
        });
        let parts: Vec<_> = parts.collect();
        array_literal(parts.iter().map(Option::as_deref))
    }

    fn read(&self, schema: &Schema, value: &JsonValue) -> (GroupNumber, Values) {
        match self.group(schema, value).and_then(|(place, group)| Ok((place, group.read(schema, value)?))) {
            Ok((place, values)) => (GroupNumber::Group(place), values),
            Err(mistake) => (GroupNumber::Mistake(mistake), Values::new()),
        }
    }

    fn group(&self, schema: &Schema, value: &JsonValue) -> Result<(usize, &Group), Mistake> {
        let type_name = value.get(TYPE_NAME).and_then(JsonValue::as_str).unwrap_or_default();
        let (table, _) = schema.entity(type_name).ok_or(Mistake::UnknownType)?;
        let key = schema.key_of_entity(table, |field| value.get(field).is_some()).ok_or(Mistake::NoKey)?;
        let mut groups = self.0.iter().enumerate();
        groups.find(|(_, group)| (group.table, group.key) == (table, key)).ok_or(Mistake::NoKey)
    }
}
