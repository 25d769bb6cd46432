//! The data of a stand: callers, attempts, and outcomes.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// SQLSTATEs for missing privileges, and for changes that a relation or column does not support for any role:
/// generated columns, views that cannot be updated, columns of views that are expressions, materialized
/// views.
pub(super) const CANNOT: [&str; 5] = ["42501", "428C9", "55000", "0A000", "42809"];

/// The attempts on a database.
#[derive(Deserialize)]
pub(super) struct Data {
    /// Whether the API's names are inflected.
    pub(super) inflects: bool,
    pub(super) callers: Vec<Caller>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) reads: Vec<Read>,
}

/// The user of an attempt.
#[derive(Deserialize)]
pub(super) struct Caller {
    pub(super) role: String,
    claims: Option<Value>,
}

/// Something that may change the database.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Attempt {
    Insert {
        insert: String,
        values: Map<String, Value>,
    },
    Update {
        update: String,
        set: Map<String, Value>,
        #[serde(rename = "where")]
        condition: Map<String, Value>,
    },
    Delete {
        delete: String,
        #[serde(rename = "where")]
        condition: Map<String, Value>,
    },
    Call {
        call: String,
        #[serde(rename = "in")]
        operation: String,
        #[serde(default)]
        arguments: Map<String, Value>,
        returns: Returns,
        of: Option<String>,
    },
}

/// The result of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Returns {
    Value,
    Row,
    Rows,
}

/// The same query in both languages; the statement returns the API's `data`.
#[derive(Deserialize)]
pub(super) struct Read {
    pub(super) graphql: String,
    pub(super) sql: String,
}

/// What a change returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Only the number of rows.
    Count,
    /// The rows with all columns that can be read.
    Rows,
}

/// The outcome.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The result, and the content of the database afterwards.
    Done { returned: Value, state: Option<String> },
    /// Not in the API, and so not even tried.
    Absent,
    /// The database refused it with that SQLSTATE.
    Refused(String),
}

impl Attempt {
    pub(super) fn table(&self) -> Option<&str> {
        match self {
            Self::Insert { insert: table, .. }
            | Self::Update { update: table, .. }
            | Self::Delete { delete: table, .. } => Some(table),
            Self::Call { of, .. } => of.as_deref(),
        }
    }
}

impl Caller {
    /// The setting from which policies read the claims.
    pub(super) fn claims(&self) -> String {
        self.claims.as_ref().map(Value::to_string).unwrap_or_default()
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.role, self.claims())
    }
}

impl Outcome {
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }

    /// Whether both outcomes are the same, or the API does not have what SQL refuses.
    pub(super) fn agrees_with(&self, sql: &Self) -> bool {
        match (self, sql) {
            (Self::Done { returned, state }, Self::Done { returned: expected, state: held }) => {
                returned == expected && state == held
            }
            (Self::Absent, Self::Refused(code)) => CANNOT.contains(&code.as_str()),
            (Self::Refused(code), Self::Refused(expected)) => code == expected,
            _ => false,
        }
    }
}
