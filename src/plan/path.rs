//! The path of a field in the answer. It is written out only for an error.

use std::sync::Arc;

use super::{PlanError, PlanFault};

/// The response keys from the root to a field. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ResponsePath(Arc<Segment>);

#[derive(Debug, PartialEq)]
struct Segment {
    above: Option<ResponsePath>,
    key: String,
}

impl ResponsePath {
    pub(super) fn root(key: &str) -> Self {
        Self(Arc::new(Segment { above: None, key: key.to_owned() }))
    }

    /// The path of what belongs to no field.
    pub(super) fn nowhere() -> Self {
        Self::root("")
    }

    pub(super) fn below(&self, key: &str) -> Self {
        Self(Arc::new(Segment { above: Some(self.clone()), key: key.to_owned() }))
    }

    /// An error at the field.
    pub(super) fn error(&self, message: impl Into<String>) -> PlanError {
        let mut path = Vec::new();
        let mut next = Some(self);
        while let Some(Self(segment)) = next {
            // No response key is empty.
            path.extend(Some(&segment.key).filter(|key| !key.is_empty()).cloned());
            next = segment.above.as_ref();
        }
        path.reverse();
        PlanError { fault: PlanFault::Request, message: message.into(), path, location: None }
    }
}
