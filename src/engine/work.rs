//! Request -> compiled operation: the computation itself, on any thread.

use std::sync::Arc;

use super::compile::{BoundOperation, CompiledOperation, ReadyAnswers};
use super::compiled::Id;
use super::snapshot::CachedDocument;
use super::snapshots::RoleSchema;
use crate::config::Limits;
use crate::error::Error;
use crate::event::Event;
use crate::request::{Document, Facts, JsonMap, Measure, Operation, RequestError};

/// The inputs for validating and compiling a request.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) role_schema: &'a Arc<RoleSchema>,
    pub(super) text: &'a str,
    pub(super) limits: &'a Limits,
}

/// An owned [`Work`], for another thread.
pub(super) struct SharedWork {
    role_schema: Arc<RoleSchema>,
    text: Arc<str>,
    limits: Limits,
}

/// The operation that a request selects.
pub(super) struct Selected {
    pub(super) operation: Operation,
    from: Origin,
}

/// Where its document comes from.
enum Origin {
    /// It is cached.
    Cached(Id),
    /// It is new, and not yet checked against the limits.
    New(Arc<Document>),
}

/// A compiled operation, and the ready answers.
type Compiled = Result<(Arc<CompiledOperation>, Arc<ReadyAnswers>), Error>;

impl Work<'_> {
    pub(super) fn shared(&self) -> SharedWork {
        SharedWork {
            role_schema: Arc::clone(self.role_schema),
            text: self.text.into(),
            limits: self.limits.clone(),
        }
    }

    /// The selected operation, with its variables.
    pub(super) fn select(
        &self,
        cached: Option<CachedDocument>,
        name: Option<&str>,
        variables: &JsonMap,
    ) -> Result<Selected, RequestError> {
        let snapshot = &self.role_schema.snapshot;
        let (document, from) = if let Some(CachedDocument { id, document }) = cached {
            (document, Origin::Cached(id))
        } else {
            let document = snapshot.document(self.text, self.limits)?;
            (Arc::clone(&document), Origin::New(document))
        };
        let operation = snapshot.operation(document, name, variables, self.limits)?;
        Ok(Selected { operation, from })
    }

    /// The statements of an operation, if it is within the limits. Then a new document is cached.
    pub(super) fn compile(&self, Selected { operation, from }: Selected) -> (Operation, Compiled) {
        let compiled = self.compiled(&operation, from).and_then(|compiled| {
            let known =
                self.role_schema.snapshot.ready_answers(&compiled, &operation, self.text, self.limits)?;
            Ok((compiled, known))
        });
        (operation, compiled)
    }

    /// The statements with the values of the request.
    pub(super) fn bind(
        &self,
        operation: Operation,
        compiled: &CompiledOperation,
    ) -> (Operation, Result<BoundOperation, Error>) {
        let bound = compiled.bind(&self.role_schema.snapshot.schema, &operation);
        (operation, bound)
    }

    fn compiled(&self, operation: &Operation, from: Origin) -> Result<Arc<CompiledOperation>, Error> {
        let (snapshot, limits) = (&self.role_schema.snapshot, self.limits);
        if let Origin::Cached(document) = from
            && let Some(compiled) = snapshot.compiled.find(document, operation, limits)
        {
            let measure = compiled.measure.with(operation.variables(), limits);
            let measured = || Measure::of(&snapshot.schema, &Facts::of(operation));
            measure.unwrap_or_else(measured).check(limits)?;
            Event::OperationHit.emit();
            return Ok(compiled);
        }
        let facts = Facts::of(operation);
        let measure = Measure::of(&snapshot.schema, &facts);
        measure.check(limits)?;
        let compiled = Arc::new(CompiledOperation::new(&snapshot.schema, &facts, measure)?);
        Event::OperationCompiled.emit();
        match from {
            // A statement that is used once is not worth its memory.
            Origin::New(document) => snapshot.cache_document(self.text, document),
            Origin::Cached(document) => {
                if let Some(questions) = facts.into_questions() {
                    snapshot.compiled.keep(document, (operation, limits), questions, Arc::clone(&compiled));
                }
            }
        }
        Ok(compiled)
    }
}

impl SharedWork {
    pub(super) fn borrowed(&self) -> Work<'_> {
        Work { role_schema: &self.role_schema, text: &self.text, limits: &self.limits }
    }
}
