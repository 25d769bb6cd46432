//! The record of an operation: one event when it ends, in whatever way.

use std::time::Instant;

use super::compile::{CompiledOperation, Source};
use crate::error::Code;
use crate::event::{Event, OperationKind, SUCCESS};
use crate::plan::Effect;
use crate::request::Operation;

/// One operation. If it is dropped before it is closed, its client has disconnected.
pub(super) struct Account<'r> {
    began: Instant,
    role: Option<&'r str>,
    kind: OperationKind,
    name: Option<String>,
    is_open: bool,
}

impl<'r> Account<'r> {
    /// Starts the record of an operation of a role.
    pub(super) fn open(role: Option<&'r str>) -> Self {
        Self { began: Instant::now(), role, kind: OperationKind::Unknown, name: None, is_open: true }
    }

    /// Records the operation, which is known to be valid.
    pub(super) fn of(&mut self, operation: &Operation) {
        self.name = operation.definition().name.as_ref().map(ToString::to_string);
        self.kind =
            if operation.definition().is_mutation() { OperationKind::Mutation } else { OperationKind::Query };
    }

    /// Records the size of the operation.
    pub(super) fn compiled(&mut self, compiled: &CompiledOperation) {
        let is_data = |source: &Source| matches!(source, Source::Database { .. } | Source::Application(_));
        if compiled.effect == Effect::Query && !compiled.roots.iter().any(|root| is_data(&root.source)) {
            self.kind = OperationKind::Introspection;
        }
    }

    /// Whether the operation is known to be a mutation.
    pub(super) fn is_mutation(&self) -> bool {
        self.kind == OperationKind::Mutation
    }

    /// Another process answers the operation, and records it.
    pub(super) fn hand_over(mut self) {
        self.is_open = false;
    }

    /// The operation was answered; the code is that of the answer's first error.
    pub(super) fn close(mut self, code: Option<Code>) {
        self.is_open = false;
        Event::OperationAnswered {
            kind: self.kind,
            name: self.name.as_deref(),
            role: self.role,
            outcome: code.map_or(SUCCESS, Code::name),
            took: self.began.elapsed(),
        }
        .emit();
    }
}

impl Drop for Account<'_> {
    fn drop(&mut self) {
        if self.is_open {
            Event::OperationAbandoned { kind: self.kind, role: self.role }.emit();
        }
    }
}
