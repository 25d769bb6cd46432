//! Limits on what one operation may ask for. Fragments count wherever they are spread, but are measured once each.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::executable::{Selection, SelectionSet};

use super::{Field, Input, Operation, RequestError};
use crate::config::Limits;
use crate::schema::{Meaning, Returns, Schema};

/// What a selection set asks for.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    depth: usize,
    aliases: usize,
    /// Objects that it can return for each object that it is asked of.
    complexity: usize,
    /// Fields of the selection set itself.
    roots: usize,
    /// Fields at any depth.
    fields: usize,
}

/// Refuses operations that ask for more than the limits allow.
pub(super) fn check(schema: &Schema, operation: &Operation, limits: &Limits) -> Result<(), RequestError> {
    let mut meter = Meter { schema, operation, fragments: HashMap::new() };
    let size = meter.selections(&operation.definition().selection_set);
    let refuse = |limit, found, allowed| {
        if found > allowed {
            Err(RequestError::TooLarge { limit, found: Some(found), allowed })
        } else {
            Ok(())
        }
    };
    refuse("root-fields", size.roots, limits.root_fields)?;
    refuse("fields", size.fields, limits.fields)?;
    refuse("aliases", size.aliases, limits.aliases)?;
    refuse("depth", size.depth, limits.depth)?;
    refuse("complexity", size.complexity, limits.complexity)
}

struct Meter<'a> {
    schema: &'a Schema,
    operation: &'a Operation,
    fragments: HashMap<&'a Name, Size>,
}

impl<'a> Meter<'a> {
    fn selections(&mut self, selections: &'a SelectionSet) -> Size {
        let mut total = Size::default();
        for selection in &selections.selections {
            let size = match selection {
                Selection::Field(field) => self.field(&selections.ty, field),
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name),
            };
            total.depth = total.depth.max(size.depth);
            total.aliases = total.aliases.saturating_add(size.aliases);
            total.complexity = total.complexity.saturating_add(size.complexity);
            total.roots = total.roots.saturating_add(size.roots);
            total.fields = total.fields.saturating_add(size.fields);
        }
        total
    }

    fn fragment(&mut self, name: &'a Name) -> Size {
        if let Some(size) = self.fragments.get(name) {
            return *size;
        }
        let operation = self.operation;
        let Some(fragment) = operation.document().fragments.get(name) else { return Size::default() };
        let size = self.selections(&fragment.selection_set);
        self.fragments.insert(name, size);
        size
    }

    fn field(&mut self, parent: &str, field: &'a Field) -> Size {
        let aliases = usize::from(field.alias.is_some());
        // Introspection has a limit of its own, and is answered from memory.
        if field.selection_set.is_empty() || field.name.starts_with("__") {
            return Size { depth: 1, aliases, complexity: 0, roots: 1, fields: 1 };
        }
        let inner = self.selections(&field.selection_set);
        let rows = self.rows(parent, field);
        Size {
            depth: inner.depth.saturating_add(1),
            aliases: inner.aliases.saturating_add(aliases),
            complexity: rows.saturating_mul(inner.complexity.saturating_add(usize::from(rows > 0))),
            roots: 1,
            fields: inner.fields.saturating_add(1),
        }
    }

    /// How many rows a field can return for each object; 1 for everything that is no collection.
    fn rows(&self, parent: &str, field: &Field) -> usize {
        let table = match self.schema.field(parent, &field.name).map(|found| &found.meaning) {
            Some(Meaning::Collection(table)) => Some(*table),
            Some(Meaning::ToMany(join)) => Some(join.table),
            Some(Meaning::Computed(function)) => self.table_of_rows(*function),
            // All overloads return the same.
            Some(Meaning::Call(overloads)) => overloads.first().and_then(|first| self.table_of_rows(*first)),
            _ => None,
        };
        let Some(table) = table else { return 1 };
        let page_size = self.operation.page_size(self.schema, table);
        let page_size = usize::try_from(page_size).unwrap_or(usize::MAX);
        let arguments = self.operation.arguments(&field.arguments);
        let asked = ["first", "last"].iter().filter_map(|name| match arguments.get(*name) {
            Some(Input::Number(number)) => number.parse().ok(),
            _ => None,
        });
        asked.fold(page_size, usize::min)
    }

    /// The table whose rows a function returns.
    fn table_of_rows(&self, function: usize) -> Option<usize> {
        match self.schema.function(function)?.returns {
            Returns::Rows(table) => Some(table),
            Returns::Nothing | Returns::Value(_) | Returns::Row(_) => None,
        }
    }
}
