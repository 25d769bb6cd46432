//! Compiled statements: a text, and the slots for the values of its placeholders.

use std::sync::Arc;

use crate::plan::{PlanError, Slot, Variables};
use crate::schema::Schema;
use crate::statement::{Statement, Template};

/// A compiled statement: its text, and the slots for its placeholders.
#[derive(Debug)]
pub struct CompiledStatement {
    template: Arc<Template>,
    slots: Box<[Slot]>,
}

impl CompiledStatement {
    pub(super) fn new(template: Template, slots: Vec<Slot>) -> Self {
        Self { template: Arc::new(template), slots: slots.into_boxed_slice() }
    }

    /// The text.
    pub fn template(&self) -> &Arc<Template> {
        &self.template
    }

    /// Bytes of memory, about.
    pub fn size(&self) -> usize {
        /// About how many bytes a slot takes.
        const SLOT: usize = 256;
        size_of::<Self>() + self.template.size() + self.slots.iter().map(Slot::values).sum::<usize>() * SLOT
    }

    /// The statement with the values of a request.
    pub fn bind(&self, schema: &Schema, variables: &Variables) -> Result<Statement, PlanError> {
        let values = self.slots.iter().map(|slot| slot.bind(schema, variables));
        Ok(Statement::compiled(Arc::clone(&self.template), values.collect::<Result<_, _>>()?))
    }
}
