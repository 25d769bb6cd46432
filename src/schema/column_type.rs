//! The type of a column: its values, their form in JSON, and how they are compared.

use super::encoding::{Encoding, Form};
use super::further::{TypeFamily, further_operators};
use super::operator::{FilterOperator, OperandKind, Operator, Symbol, operators};
use super::scalar::{Scalar, ValueType, nameable};
use crate::catalog::{Catalog, Oid, SqlType, Type, base_type};
use crate::statement::COMMA;

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// The type of the value, or of the array's elements.
    pub value: ValueType,
    /// Whether it is an array.
    pub is_list: bool,
    /// Of an array: its dimensions, which are one unless a comment declares more.
    pub dimensions: usize,
    /// What stands between its values in the text of an array.
    pub delimiter: char,
    /// The SQL type that a value is compared as: a domain's base, an array's element. `None` if the role may
    /// not name it; PostgreSQL then infers the type from the other operand.
    pub sql_type: Option<SqlType>,
    /// The composite type of its values, if that is an object type.
    pub composite: Option<Oid>,
    /// How its values become JSON.
    pub encoding: Encoding,
    /// Whether it can be ordered by, and compared.
    pub is_orderable: bool,
    /// What filters can ask of it besides what all values of its scalar are asked.
    pub family: TypeFamily,
}

/// What a column declares of its values besides their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// Nothing that an input has to heed.
    Nothing,
    /// How many numbers a vector has.
    Length(usize),
    /// The reference system of a geometry's coordinates: its SRID.
    ReferenceSystem(i32),
}

/// The SRID in the modifier of a type of `PostGIS` (`TYPMOD_GET_SRID`); 0 is none.
fn reference_system(modifier: i32) -> i32 {
    ((modifier & 0x0fff_ff00) - (modifier & 0x1000_0000)) >> 8
}

impl ColumnType {
    /// The column type for a type. `is_enum` says which types are exposed enums.
    pub(super) fn of(catalog: &Catalog, found: &Type, is_enum: impl Fn(Oid) -> bool) -> Self {
        let element = found.element.and_then(|oid| catalog.types.get(&oid));
        let is_list = element.is_some();
        let value = element.unwrap_or(found);
        let base = base_type(&catalog.types, value);
        let value_type = if is_enum(value.oid) {
            ValueType::Enum(value.oid)
        } else {
            match Scalar::of_base_type(value) {
                // Arrays of these are lists of texts.
                Scalar::Vector | Scalar::GeoJson if is_list => ValueType::Scalar(Scalar::Opaque),
                scalar => ValueType::Scalar(scalar),
            }
        };
        let encoding = match value_type {
            ValueType::Enum(_) => Encoding::of_enum(is_list),
            ValueType::Scalar(scalar) if is_list => Encoding::of_list(scalar, base, catalog.json_form()),
            ValueType::Scalar(scalar) => Encoding::of_value(scalar, base, catalog.json_form()),
        };
        let is_json = value_type == ValueType::Scalar(Scalar::Json);
        Self {
            is_list,
            dimensions: 1,
            delimiter: base.delimiter.unwrap_or(COMMA),
            // Operators on arrays need two arrays with the same element type, but accept the base type of a
            // domain.
            sql_type: nameable(if is_list { value } else { base }),
            composite: None,
            encoding,
            family: if is_list { TypeFamily::Other } else { TypeFamily::of_base_type(catalog, base) },
            is_orderable: base.order.is_some() && base.may_be_compared && base.element.is_none() && !is_json,
            value: value_type,
        }
    }

    /// What a column declares besides its type.
    pub(super) fn declared(&self, modifier: Option<i32>) -> Declared {
        let is_geography = self.sql_type.as_ref().is_some_and(|found| found.name.name == "geography");
        match (self.value, modifier) {
            (ValueType::Scalar(Scalar::Vector), Some(length)) => {
                usize::try_from(length).map_or(Declared::Nothing, Declared::Length)
            }
            (ValueType::Scalar(Scalar::GeoJson), modifier) => match modifier.map_or(0, reference_system) {
                0 if is_geography => Declared::ReferenceSystem(4326),
                0 => Declared::Nothing,
                srid => Declared::ReferenceSystem(srid),
            },
            _ => Declared::Nothing,
        }
    }

    /// The scalar, if it is one and not an array.
    pub fn single_scalar(&self) -> Option<Scalar> {
        match self.value {
            ValueType::Scalar(scalar) if !self.is_list => Some(scalar),
            _ => None,
        }
    }
}

impl ColumnType {
    /// How many levels of lists the API has for it: 0 for a single value.
    pub fn levels(&self) -> usize {
        if self.is_list { self.dimensions } else { 0 }
    }

    /// Whether it is a document that goes out as a JSON value, so that JSON's null is GraphQL's, too.
    pub fn is_json_value(&self) -> bool {
        self.encoding.form == Form::Document
    }

    /// Whether an operator takes a value of a type that the role may not name, and that PostgreSQL cannot conclude from the column.
    pub fn lacks_name_for(&self, operator: &Operator) -> bool {
        let element = match &self.family {
            TypeFamily::Range { element } => element.as_ref(),
            TypeFamily::Text { .. }
            | TypeFamily::TextVector
            | TypeFamily::SparseVector
            | TypeFamily::Bits
            | TypeFamily::Other => None,
        };
        match (operator.symbol, operator.operand) {
            (Symbol::OfRanges(_), OperandKind::Element) => element.is_none(),
            (Symbol::OfRanges(_), _) => self.sql_type.is_none(),
            _ => false,
        }
    }

    /// The operator with that name in its filter.
    pub fn operator(&self, name: &str) -> Option<FilterOperator> {
        let usual = operators(self.value, self.is_list).iter().find(|(found, _)| *found == name);
        usual.map(|(_, operator)| *operator).or_else(|| {
            let further = further_operators(self.value, self.is_list);
            let found =
                further.iter().find(|further| further.name == name && further.applies_to(&self.family));
            found.map(|further| further.operator)
        })
    }
}
