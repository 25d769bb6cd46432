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
            Self::Contains => "Everything in this document is in it, on the same level (PostgreSQL's `@>`)",
            Self::ContainedBy => "Everything in it is in this document, on the same level (`<@`)",
            Self::HasKey => "It is an object with this key, or an array with this string (`?`)",
            Self::HasAnyKeys => "The same of at least one of these (`?|`)",
            Self::HasAllKeys => "The same of all of these (`?&`)",
            Self::Matches => "A predicate in PostgreSQL's path language holds for it (`@@`)",
            Self::Path => "Conditions on what stands at the end of paths; all of them must hold",
            Self::Is => "Whether it is null in the database; JSON's null is not",
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
                "An object with the values of the variables in the path: of `$low`, that under `low`"
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
                "Keys, and places in arrays: from 0, or from the end by a negative number. The other fields compare \
                 the value there as a text"
            }
            Self::Number => {
                "Conditions on the value as a number; what is no number there matches none of them"
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
