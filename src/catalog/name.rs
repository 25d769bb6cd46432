//! Names of database objects, each with its schema, so that their meaning does not depend on `search_path`.
//! Never quotes them: the SQL printer does that.

use std::borrow::Cow;

use serde::Deserialize;

/// The schema of PostgreSQL's own objects.
const SYSTEM: &str = "pg_catalog";

/// The name of a function, type, operator or collation, with its schema.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct QualifiedName {
    /// The schema.
    pub schema: Cow<'static, str>,
    /// The name within the schema.
    pub name: Cow<'static, str>,
}

impl QualifiedName {
    /// The name of one of PostgreSQL's own objects.
    pub const fn system(name: &'static str) -> Self {
        Self { schema: Cow::Borrowed(SYSTEM), name: Cow::Borrowed(name) }
    }

    /// The name of an object in any schema.
    pub fn new(schema: &str, name: &str) -> Self {
        let schema = if schema == SYSTEM { Cow::Borrowed(SYSTEM) } else { Cow::Owned(schema.to_owned()) };
        Self { schema, name: Cow::Owned(name.to_owned()) }
    }

    /// Whether it names one of PostgreSQL's own objects.
    pub fn is_system(&self) -> bool {
        self.schema == SYSTEM
    }
}

/// A type as a cast names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlType {
    /// The name of the type, or of the elements' type.
    pub name: QualifiedName,
    /// Whether it is an array of these elements.
    pub is_array: bool,
}

impl SqlType {
    /// `text`.
    pub const TEXT: Self = Self::system("text");

    /// `text[]`.
    pub const TEXT_ARRAY: Self = Self { name: QualifiedName::system("text"), is_array: true };

    /// One of PostgreSQL's own types.
    pub const fn system(name: &'static str) -> Self {
        Self { name: QualifiedName::system(name), is_array: false }
    }

    /// The type of arrays of its values. For an array type that is the type itself, because an array of
    /// arrays is an array with more dimensions.
    #[must_use]
    pub fn array(self) -> Self {
        Self { is_array: true, ..self }
    }
}

/// The operators of a type's default btree operator class. `ORDER BY` and unique indexes use them, so
/// comparisons with them agree with the order of rows (PostgreSQL manual, 11.10).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comparison {
    /// `<`.
    pub less: QualifiedName,
    /// `<=`.
    pub less_or_equal: QualifiedName,
    /// `=`.
    pub equal: QualifiedName,
    /// `>=`.
    pub greater_or_equal: QualifiedName,
    /// `>`.
    pub greater: QualifiedName,
    /// `<>`, the negator of `=`; a type may lack it.
    pub not_equal: Option<QualifiedName>,
}

/// An operator of a btree operator class, or the negator of its `=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonOperator {
    /// `<`.
    Less,
    /// `<=`.
    LessOrEqual,
    /// `=`.
    Equal,
    /// `<>`.
    NotEqual,
    /// `>=`.
    GreaterOrEqual,
    /// `>`.
    Greater,
}

impl Comparison {
    /// The name of an operator; `None` if the type lacks it.
    pub fn operator(&self, operator: ComparisonOperator) -> Option<&QualifiedName> {
        match operator {
            ComparisonOperator::Less => Some(&self.less),
            ComparisonOperator::LessOrEqual => Some(&self.less_or_equal),
            ComparisonOperator::Equal => Some(&self.equal),
            ComparisonOperator::NotEqual => self.not_equal.as_ref(),
            ComparisonOperator::GreaterOrEqual => Some(&self.greater_or_equal),
            ComparisonOperator::Greater => Some(&self.greater),
        }
    }

    /// The operators of PostgreSQL's own types, and of all arrays, enums and ranges.
    pub const SYSTEM: Self = Self {
        less: QualifiedName::system("<"),
        less_or_equal: QualifiedName::system("<="),
        equal: QualifiedName::system("="),
        greater_or_equal: QualifiedName::system(">="),
        greater: QualifiedName::system(">"),
        not_equal: Some(QualifiedName::system("<>")),
    };
}

/// The collation by which texts are compared.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Collation {
    /// Its name.
    #[serde(flatten)]
    pub name: QualifiedName,
    /// Whether the role may name it in a statement: `USAGE` of its schema.
    pub may_be_named: bool,
    /// Whether texts are equal only if their bytes are equal. If not, PostgreSQL refuses patterns.
    pub is_deterministic: bool,
    /// Whether it supports `like` all the same, as all collations do since PostgreSQL 18.
    pub takes_like: bool,
}
