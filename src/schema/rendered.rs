//! The API as apollo-compiler's schema, which documents are validated against, and as the SDL that people read.

use std::sync::Arc;

use apollo_compiler::collections::HashMap;
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema as CompiledSchema};

use super::{Schema, sdl};

/// A schema in the form that apollo-compiler works with.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The compiled schema.
    pub compiled: Arc<Valid<CompiledSchema>>,
    /// Which types implement which interface; worked out once, for introspection.
    pub implementers: Arc<HashMap<Name, Implementers>>,
    /// The schema definition language text, as printed for people and code generators.
    pub sdl: Arc<str>,
}

/// The description is not a valid schema. That is a defect of Glowplug, never of the database; it is told, not hidden.
#[derive(Debug, thiserror::Error)]
#[error("the API made from the database is not a valid GraphQL schema: {0}")]
pub struct RenderError(String);

impl Rendered {
    /// Compiles the description.
    pub fn new(schema: &Schema) -> Result<Self, RenderError> {
        let source = sdl::write(schema);
        let compiled = CompiledSchema::parse_and_validate(source, "schema.graphql")
            .map_err(|invalid| RenderError(invalid.errors.to_string()))?;
        let sdl = compiled.serialize().to_string();
        let implementers = compiled.implementers_map();
        Ok(Self { compiled: Arc::new(compiled), implementers: Arc::new(implementers), sdl: sdl.into() })
    }
}
