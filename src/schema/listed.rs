//! `arrayAgg`: the values of a column as a list. Which columns have it, its arguments, and the type of the list.

use super::encoding::{Encoding, Form};
use super::field::FixedFields;
use super::further::TypeFamily;
use super::{ColumnType, DIRECTION, ExposedColumn, ExposedTable, Scalar, ValueType};
use crate::catalog::SqlType;

/// An argument of `arrayAgg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListArgument {
    /// `first`.
    First,
    /// `distinct`.
    Distinct,
    /// `direction`.
    Direction,
}

impl FixedFields for ListArgument {
    const ALL: &'static [Self] = &[Self::First, Self::Distinct, Self::Direction];

    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Distinct => "distinct",
            Self::Direction => DIRECTION,
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::First => "The first values, at most this many",
            Self::Distinct => "Whether equal values are in the list only once",
            Self::Direction => "The order of the values; the default is ascending",
        }
    }
}

impl ExposedColumn {
    /// The type of the list of its values; `None` if it has none. These are the types whose arrays have the same elements in
    /// JSON as their single values.
    pub fn listed(&self) -> Option<ColumnType> {
        let own = &self.column_type;
        if !self.can_order() {
            return None;
        }
        let encoding = match (own.value, own.encoding.form) {
            (ValueType::Enum(_), _) => Encoding::of_enum(true),
            // A vector is a list itself.
            (ValueType::Scalar(Scalar::Vector | Scalar::GeoJson), _) => return None,
            (_, Form::Float) => own.encoding.listed(Form::FloatList),
            // JSON numbers would lose digits.
            (ValueType::Scalar(Scalar::BigInt | Scalar::BigFloat), _) => {
                Encoding { form: Form::List, sql_type: SqlType::TEXT_ARRAY }
            }
            (_, Form::Integer | Form::Boolean | Form::Quoted | Form::Json) => own.encoding.listed(Form::List),
            (
                _,
                Form::Document
                | Form::Text
                | Form::Output
                | Form::GeoJson
                | Form::GeoJsonDocument
                | Form::List
                | Form::FloatList,
            ) => {
                return None;
            }
        };
        Some(ColumnType { is_list: true, encoding, family: TypeFamily::Other, ..ColumnType::clone(own) })
    }
}

impl ExposedTable {
    /// The column with that name, if its values can be listed.
    pub fn listed_column(&self, name: &str) -> Option<usize> {
        self.column_named(name, |column| column.listed().is_some())
    }
}
