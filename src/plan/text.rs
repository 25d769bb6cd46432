//! Full text search.

use super::slot::Taken;
use super::{PlanError, Planner, Slot};
use crate::catalog::QualifiedName;
use crate::request::{Input, Inputs, Leaf};
use crate::schema::{FixedFields, Scalar, TextSearchField, ValueType};

/// What a full text search looks for.
#[derive(Debug, Clone, PartialEq)]
pub struct TextSearch {
    /// The configuration. The statement names it, so that PostgreSQL finds an index over an expression with it: a plan is for one.
    pub configuration: QualifiedName,
    /// The words, as people type them.
    pub query: Slot,
}

impl Planner<'_> {
    /// What the search of a filter looks for. Null finds nothing.
    pub(super) fn text_search_filter(&self, value: &Input<'_>) -> Result<TextSearch, PlanError> {
        if value.is_null() {
            return Ok(TextSearch { configuration: QualifiedName::system("simple"), query: Slot::NULL });
        }
        self.text_search(&value.fields())
    }

    /// What a search looks for.
    pub(super) fn text_search(&self, fields: &Inputs<'_>) -> Result<TextSearch, PlanError> {
        let configuration = self.configuration(fields.get(TextSearchField::Config.name()))?;
        let taken = Taken::new("query", ValueType::Scalar(Scalar::String));
        let query = fields.get(TextSearchField::Query.name()).map(|query| self.one(taken, query));
        Ok(TextSearch { configuration, query: query.transpose()?.unwrap_or(Slot::NULL) })
    }

    fn configuration(&self, given: Option<&Input<'_>>) -> Result<QualifiedName, PlanError> {
        let known = &self.schema.catalog.text_search;
        let (found, reason) = match given.map(Input::value) {
            None | Some(Leaf::Null) => (known.default.as_ref(), "config is needed".to_owned()),
            Some(Leaf::Text(name)) => {
                (known.configuration(name), format!("{name:?} is no text search configuration"))
            }
            Some(Leaf::Boolean(_) | Leaf::Number(_) | Leaf::Compound) => {
                (None, "config takes the name of a text search configuration".to_owned())
            }
        };
        found.cloned().ok_or_else(|| self.error(format!("{reason}; there are {}", known.names().join(", "))))
    }
}
