//! Values of clients -> PostgreSQL's text form, by what takes them.

use std::borrow::Cow;

use super::{geojson, vector};
use crate::catalog::{JsonForm, Oid};
use crate::request::{JsonValue, Leaf};
use crate::schema::{ColumnType, CompositeType, Declared, ExposedColumn, Scalar, Schema, ValueType};
use crate::statement::{COMMA, delimited_array, push_element};

/// The target of a value: its name, and the type of a single value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Taken {
    name: Box<str>,
    value_type: ValueType,
    /// What a column declares besides its type.
    declared: Declared,
    /// Whether a number may stand for a string that holds one.
    takes_numbers: bool,
    /// The composite type of the value, where that is an object type.
    composite: Option<Oid>,
    /// What stands between such values in an array.
    delimiter: char,
}

impl Taken {
    pub(super) fn new(name: &str, value_type: ValueType) -> Self {
        Self {
            name: name.into(),
            value_type,
            declared: Declared::Nothing,
            takes_numbers: false,
            composite: None,
            delimiter: COMMA,
        }
    }

    /// A value of a column type, or an element of its array.
    pub(super) fn of(name: &str, column_type: &ColumnType) -> Self {
        let ColumnType { composite, delimiter, .. } = *column_type;
        Self { composite, delimiter, ..Self::new(name, column_type.value) }
    }

    /// Whether arrays of it have commas between their values.
    pub(super) fn is_delimited_by_commas(&self) -> bool {
        self.delimiter == COMMA
    }

    /// A value of a column's type, or an element of its array.
    pub(super) fn of_column(name: &str, column: &ExposedColumn) -> Self {
        Self { declared: column.declared, ..Self::of(name, &column.column_type) }
    }

    /// The value that an aggregate is compared with. In answers these are numbers, too.
    pub(super) fn figure(name: &str, value_type: ValueType) -> Self {
        Self { takes_numbers: true, ..Self::new(name, value_type) }
    }

    fn is(&self, scalar: Scalar) -> bool {
        self.value_type == ValueType::Scalar(scalar)
    }

    /// Whether the value has parts that variables may stand in: JSON, a vector, a geometry, or a composite value.
    pub(super) fn has_parts(&self, schema: &Schema) -> bool {
        self.composite.is_some()
            || self.is(Scalar::Vector)
            || self.is(Scalar::GeoJson)
            || self.is_json_value(schema)
    }

    /// Whether it takes JSON values, and not strings that hold their text.
    pub(super) fn is_json_value(&self, schema: &Schema) -> bool {
        self.is(Scalar::Json) && schema.catalog.json_form() == JsonForm::Raw
    }

    /// A value of the variables: a single one, or lists of them on so many levels.
    pub(super) fn read(
        &self,
        schema: &Schema,
        levels: usize,
        value: &JsonValue,
    ) -> Result<Option<String>, String> {
        match levels {
            0 => self.one(schema, value),
            1 => self.list(schema, value),
            levels => self.nested(schema, levels, value),
        }
    }

    fn one(&self, schema: &Schema, value: &JsonValue) -> Result<Option<String>, String> {
        if self.is_json_value(schema) && !value.is_null() {
            return Ok(Some(value.to_string()));
        }
        if let JsonValue::Array(numbers) = value
            && self.is(Scalar::Vector)
        {
            self.heed_length(numbers.len())?;
            return vector::of_json(&self.name, numbers).map(Some);
        }
        if value.is_object() && self.is(Scalar::GeoJson) {
            return self.geometry(value);
        }
        match self.composite.and_then(|oid| schema.composites.get(&oid)) {
            Some(composite) => self.row(schema, composite, value),
            None => self.decode(schema, &Leaf::of_json(value)),
        }
    }

    fn heed_length(&self, given: usize) -> Result<(), String> {
        let length = match self.declared {
            Declared::Length(length) => Some(length),
            Declared::Nothing | Declared::ReferenceSystem(_) => None,
        };
        vector::heed_length(&self.name, length, given)
    }

    fn geometry(&self, value: &JsonValue) -> Result<Option<String>, String> {
        let text = geojson::ewkt(value, self.reference_system());
        text.map(Some).map_err(|reason| format!("{} takes a geometry as GeoJSON: {reason}", self.name))
    }

    /// The rectangle of a bounding box, or null.
    pub(super) fn rectangle(&self, value: &JsonValue) -> Result<Option<String>, String> {
        if value.is_null() {
            return Ok(None);
        }
        let text = geojson::rectangle(value, self.reference_system());
        text.map(Some).map_err(|reason| format!("{}: {reason}", self.name))
    }

    fn reference_system(&self) -> Option<i32> {
        match self.declared {
            Declared::ReferenceSystem(srid) => Some(srid),
            Declared::Nothing | Declared::Length(_) => None,
        }
    }

    /// A composite value, whose attributes that are left out are null (PostgreSQL manual, 8.16.6).
    fn row(
        &self,
        schema: &Schema,
        composite: &CompositeType,
        value: &JsonValue,
    ) -> Result<Option<String>, String> {
        if value.is_null() {
            return Ok(None);
        }
        let Some(fields) = value.as_object() else {
            return Err(format!("{} takes an object with the fields of {}", self.name, composite.name));
        };
        let mut text = String::from("(");
        for (place, attribute) in composite.attributes.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            let value = attribute.field.as_deref().and_then(|field| fields.get(field));
            let taken = Self::of(&attribute.name, &attribute.column_type);
            let read =
                taken.read(schema, attribute.column_type.levels(), value.unwrap_or(&JsonValue::Null))?;
            if let Some(read) = read {
                push_element(&mut text, Some(&read));
            }
        }
        text.push(')');
        Ok(Some(text))
    }

    /// An array of a list's items; a single value stands for a list of one.
    fn list(&self, schema: &Schema, value: &JsonValue) -> Result<Option<String>, String> {
        if value.is_null() {
            return Ok(None);
        }
        let values = items(value).iter().map(|item| self.one(schema, item));
        let values: Vec<_> = values.collect::<Result<_, _>>()?;
        Ok(Some(delimited_array(self.delimiter, values.iter().map(Option::as_deref))))
    }

    /// An array of several dimensions.
    fn nested(&self, schema: &Schema, levels: usize, value: &JsonValue) -> Result<Option<String>, String> {
        if value.is_null() {
            return Ok(None);
        }
        let (mut text, mut lengths) = (String::new(), vec![None; levels]);
        self.add_nested(schema, value, &mut lengths, &mut text)?;
        // PostgreSQL has one empty array, whatever its dimensions.
        let is_empty = lengths.contains(&Some(0));
        Ok(Some(if is_empty { "{}".to_owned() } else { text }))
    }

    /// Appends an array. `lengths` are those of the lists so far, for each level from this one on.
    fn add_nested(
        &self,
        schema: &Schema,
        value: &JsonValue,
        lengths: &mut [Option<usize>],
        text: &mut String,
    ) -> Result<(), String> {
        let Some((length, below)) = lengths.split_first_mut() else {
            push_element(text, self.one(schema, value)?.as_deref());
            return Ok(());
        };
        if value.is_null() {
            return Err(format!("{} has null in place of a list", self.name));
        }
        let items = items(value);
        if *length.get_or_insert(items.len()) != items.len() {
            return Err(format!(
                "{} has lists of different lengths on one level; PostgreSQL's arrays have none",
                self.name
            ));
        }
        text.push('{');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.push(self.delimiter);
            }
            self.add_nested(schema, item, below, text)?;
        }
        text.push('}');
        Ok(())
    }

    /// A value in PostgreSQL's text form.
    pub(super) fn decode(&self, schema: &Schema, leaf: &Leaf<'_>) -> Result<Option<String>, String> {
        let Self { name, value_type, takes_numbers, .. } = self;
        let wrong =
            |needed: &str| Err(format!("{name} takes a {}: {needed}", schema.value_name(*value_type)));
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
                self.heed_length(1)?;
                Ok(Some(vector::text([number])))
            }
            (ValueType::Scalar(Scalar::Vector), _) => wrong("a list of numbers"),
            (ValueType::Scalar(Scalar::GeoJson), Leaf::Text(text)) => match serde_json::from_str(text) {
                Ok(value) => self.geometry(&value),
                Err(_) => Err(format!("{name} takes a geometry as GeoJSON: it is not JSON")),
            },
            (ValueType::Scalar(Scalar::Int | Scalar::Float | Scalar::Boolean), _) => {
                wrong("it has another type")
            }
            (ValueType::Scalar(_), Leaf::Text(text)) => Ok(Some((*text).to_owned())),
            _ => wrong("a string"),
        }
    }
}

/// The items of a list, where a single value stands for a list of one.
fn items(value: &JsonValue) -> &[JsonValue] {
    match value {
        JsonValue::Array(items) => items,
        JsonValue::Null
        | JsonValue::Bool(_)
        | JsonValue::Number(_)
        | JsonValue::String(_)
        | JsonValue::Object(_) => std::slice::from_ref(value),
    }
}
