//! JSON documents: the fields of their filter and of the inputs below it, and the argument of a document
//! column.

use super::field::FixedFields;
use super::operator::{FilterOperator, operators};
use super::scalar::{Scalar, ValueType};

/// The argument of a document column: selects the value at the end of a path.
pub const JSON_PATH: &str = "path";

/// A field of the filter of JSON documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFilterField {
    /// `contains`.
    Contains,
    /// `containedBy`.
    ContainedBy,
    /// `hasKey`.
    HasKey,
    /// `hasAnyKeys`.
    HasAnyKeys,
    /// `hasAllKeys`.
    HasAllKeys,
    /// `matches`.
    Matches,
    /// `path`.
    Path,
    /// `is`.
    Is,
}

/// A field of a predicate in PostgreSQL's path language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPredicateField {
    /// `path`.
    Path,
    /// `vars`.
    Vars,
}

/// A field of the conditions on the value at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPathFilterField {
    /// `at`.
    At,
    /// `number`.
    Number,
}

impl FixedFields for JsonFilterField {
    const ALL: &'static [Self] = &[
        Self::Contains,
        Self::ContainedBy,
        Self::HasKey,
        Self::HasAnyKeys,
        Self::HasAllKeys,
        Self::Matches,
        Self::Path,
        Self::Is,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::ContainedBy => "containedBy",
            Self::HasKey => "hasKey",
            Self::HasAnyKeys => "hasAnyKeys",
            Self::HasAllKeys => "hasAllKeys",
            Self::Matches => "matches",
            Self::Path => "path",
            Self::Is => "is",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Contains => {
                "Matches if the value contains everything in this document, on the same level (PostgreSQL's `@>`)"
            }
            Self::ContainedBy => {
                "Matches if this document contains everything in the value, on the same level (`<@`)"
            }
            Self::HasKey => {
                "Matches if the value is an object with this key, or an array with this string (`?`)"
            }
            Self::HasAnyKeys => "Matches if the value has at least one of these keys or strings (`?|`)",
            Self::HasAllKeys => "Matches if the value has all of these keys or strings (`?&`)",
            Self::Matches => {
                "Matches if this predicate in PostgreSQL's path language holds for the value (`@@`)"
            }
            Self::Path => "Conditions on the values at the ends of paths; all of them must hold",
            Self::Is => "Whether the value is null in the database; JSON's `null` is not",
        }
    }
}

impl FixedFields for JsonPredicateField {
    const ALL: &'static [Self] = &[Self::Path, Self::Vars];

    fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Vars => "vars",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Path => {
                "A path that is true or false, as in `$.price > 10` or `exists($.tags[*] ? (@ == \"new\"))`"
            }
            Self::Vars => {
                "The values of the variables in the path, as an object with a member `low` for `$low`"
            }
        }
    }
}

impl FixedFields for JsonPathFilterField {
    const ALL: &'static [Self] = &[Self::At, Self::Number];

    fn name(self) -> &'static str {
        match self {
            Self::At => "at",
            Self::Number => "number",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::At => {
                "Keys of objects, and positions in arrays: from 0, or from the end if negative. The other fields compare \
                 the value there as text"
            }
            Self::Number => {
                "Conditions on the value as a number; a value that is no number matches none of them"
            }
        }
    }
}

/// The operator with that name on the text at the end of a path.
pub fn path_text_operator(name: &str) -> Option<FilterOperator> {
    FilterOperator::of(Scalar::String, name)
}

/// The operator with that name on the number at the end of a path.
pub fn path_number_operator(name: &str) -> Option<FilterOperator> {
    FilterOperator::of(Scalar::Float, name)
}

impl FilterOperator {
    /// The operator with that name in a scalar's filter.
    pub(super) fn of(scalar: Scalar, name: &str) -> Option<Self> {
        let all = operators(ValueType::Scalar(scalar), false);
        all.iter().find(|(found, _)| *found == name).map(|(_, operator)| *operator)
    }
}
