//! What a column holds: its value, how that becomes JSON, and what it can be compared by.

use super::encoding::Encoding;
use super::operator::{FilterOperator, operators};
use super::scalar::{Scalar, ValueType, nameable};
use crate::catalog::{Catalog, Oid, SqlType, Type, base_type};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// The value, or the element of the array.
    pub value: ValueType,
    /// Whether it is an array.
    pub is_list: bool,
    /// The SQL type that a value is compared as: a domain's base, an array's element. `None` where the role may not name it:
    /// PostgreSQL takes the type from what stands beside the value then.
    pub sql_type: Option<SqlType>,
    /// How its values become JSON.
    pub encoding: Encoding,
    /// Whether it can be ordered by, and compared.
    pub is_orderable: bool,
}

impl ColumnType {
    /// What a column of that type holds. `is_enum` tells which types are exposed enums.
    pub(super) fn of(catalog: &Catalog, found: &Type, is_enum: impl Fn(Oid) -> bool) -> Self {
        let element = found.element.and_then(|oid| catalog.types.get(&oid));
        let is_list = element.is_some();
        let value = element.unwrap_or(found);
        let base = base_type(&catalog.types, value);
        let value_type = if is_enum(value.oid) {
            ValueType::Enum(value.oid)
        } else {
            ValueType::Scalar(Scalar::of_base_type(value))
        };
        let encoding = match value_type {
            ValueType::Enum(_) => Encoding::of_enum(is_list),
            ValueType::Scalar(scalar) if is_list => Encoding::of_list(scalar, base),
            ValueType::Scalar(scalar) => Encoding::of_value(scalar, base),
        };
        let is_json = value_type == ValueType::Scalar(Scalar::Json);
        Self {
            is_list,
            // Operators on arrays take two of the same elements: those of a domain are no others to them.
            sql_type: nameable(if is_list { value } else { base }),
            encoding,
            is_orderable: base.order.is_some() && base.may_be_compared && base.element.is_none() && !is_json,
            value: value_type,
        }
    }

    /// The scalar, if it is one and no array.
    pub fn single_scalar(&self) -> Option<Scalar> {
        match self.value {
            ValueType::Scalar(scalar) if !self.is_list => Some(scalar),
            _ => None,
        }
    }
}

impl ColumnType {
    /// The operator of that name of its filter.
    pub fn operator(&self, name: &str) -> Option<FilterOperator> {
        operators(self.value, self.is_list)
            .iter()
            .find(|(found, _)| *found == name)
            .map(|(_, operator)| *operator)
    }
}
