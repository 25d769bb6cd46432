//! The API as apollo-compiler's schema, which validates documents, and as SDL for people.

#![warn(
    clippy::wildcard_enum_match_arm,
    reason = "a kind of field, operator or condition that is added has to be handled"
)]

mod composite;
mod conflicts;
mod document;
mod federation;
mod groups;
mod inputs;
mod json_filter;
mod measure;
mod nested;
mod objects;
mod related;
mod renderer;
mod roots;
mod semantic_non_null;
mod text;
mod updates;

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use apollo_compiler::collections::HashMap;
use apollo_compiler::schema::Implementers;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema as CompiledSchema};

use super::{Application, Options, Schema};
use crate::catalog::{Catalog, Oid, Problem};

/// A schema in apollo-compiler's form.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The compiled schema.
    pub compiled: Arc<Valid<CompiledSchema>>,
    /// Which types implement which interface; computed once, for introspection.
    pub implementers: Arc<HashMap<Name, Implementers>>,
    sdl: Arc<OnceLock<Arc<str>>>,
    subgraph: Arc<OnceLock<Arc<str>>>,
}

/// The API is not a valid schema. That is a defect of Glowplug, never of the database.
#[derive(Debug, thiserror::Error)]
#[error("the API made from the database is not a valid GraphQL schema: {0}")]
pub struct RenderError(String);

impl Rendered {
    /// Compiles the description.
    pub fn new(schema: &Schema) -> Result<Self, RenderError> {
        let document = document::document(schema).map_err(RenderError)?;
        let compiled = document.to_schema_validate().map_err(|invalid| {
            // The document was not parsed from a text, so errors cannot quote it.
            let errors = invalid.errors.iter().map(|error| error.unstable_to_json_compat().message);
            RenderError(errors.collect::<Vec<_>>().join("; "))
        })?;
        Ok(Self::from(compiled))
    }

    /// The schema in GraphQL's definition language, for people and code generators. It is printed at its
    /// first use, because for a thousand tables it has some megabytes.
    pub fn sdl(&self) -> Arc<str> {
        Arc::clone(self.sdl.get_or_init(|| self.compiled.serialize().to_string().into()))
    }

    /// Whether fields have the directive `@semanticNonNull`, which promises an error for each null.
    pub fn has_semantic_non_null(&self) -> bool {
        self.compiled.directive_definitions.contains_key("semanticNonNull")
    }

    /// The SDL that a supergraph is composed from: what a gateway may select, with the directives of
    /// Federation. `schema` is the one that this was made from.
    pub fn subgraph(&self, schema: &Schema) -> Arc<str> {
        Arc::clone(self.subgraph.get_or_init(|| federation::subgraph(schema, &self.compiled).into()))
    }

    /// The API of a catalog. If an object of the database makes it invalid, the API leaves out that object,
    /// and reports it as a problem.
    ///
    /// # Errors
    ///
    /// If not even the API of an empty database is valid: then the application's part is invalid.
    pub fn of(
        catalog: &Arc<Catalog>,
        options: Options,
        application: &Application,
    ) -> Result<(Schema, Self), RenderError> {
        let build = |catalog: Arc<Catalog>| {
            let schema = Schema::extended(catalog, options, application);
            Self::new(&schema).map(|rendered| (schema, rendered))
        };
        let error = match build(Arc::clone(catalog)) {
            Err(error) => error,
            complete => return complete,
        };
        let renders = |part: &Catalog| build(Arc::new(part.clone())).is_ok();
        let (part, left_out) = largest_part(catalog, renders);
        let (mut schema, rendered) = build(Arc::new(part))?;
        schema.problems.extend(
            left_out
                .into_iter()
                .map(|object| Problem { object, reason: format!("a defect of Glowplug: with it, {error}") }),
        );
        Ok((schema, rendered))
    }
}

impl From<Valid<CompiledSchema>> for Rendered {
    fn from(compiled: Valid<CompiledSchema>) -> Self {
        let implementers = Arc::new(compiled.implementers_map());
        Self { compiled: Arc::new(compiled), implementers, sdl: Arc::default(), subgraph: Arc::default() }
    }
}

/// The catalog without the objects that make it invalid, and the names of those. Objects are added in halves,
/// so a few bad ones cost few attempts.
fn largest_part(catalog: &Catalog, renders: impl Fn(&Catalog) -> bool) -> (Catalog, Vec<String>) {
    let objects: Vec<_> = catalog.objects().collect();
    let mut kept: HashSet<(&str, Oid)> = HashSet::new();
    let mut left_out = Vec::new();
    let part = |kept: &HashSet<(&str, Oid)>| catalog.with_objects(|object| kept.contains(&object.oid()));
    let mut chunks = vec![objects.as_slice()];
    while let Some(chunk) = chunks.pop() {
        let mut more = kept.clone();
        more.extend(chunk.iter().map(|object| object.oid()));
        if renders(&part(&more)) {
            kept = more;
        } else if let [object] = chunk {
            left_out.push(object.qualified_name());
        } else if !chunk.is_empty() {
            let (first, second) = chunk.split_at(chunk.len() / 2);
            chunks.extend([second, first]);
        }
    }
    (part(&kept), left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A catalog of tables with these names and a key each.
    fn catalogue(names: &[&str]) -> Catalog {
        let table = |(index, name): (usize, &&str)| {
            serde_json::json!({
                "oid": index + 1, "schema": "public", "name": name, "kind": "r", "is_readable": true, "is_partition": false,
                "has_children": false, "has_row_security": false, "can_select": true, "comment": null, "can_insert": false, "can_update": false,
                "can_delete": false, "updatable": 0, "primary_key": null, "unique_keys": [], "foreign_keys": [],
                "columns": [],
            })
        };
        let tables: Vec<_> = names.iter().enumerate().map(table).collect();
        let json = serde_json::json!({
            "schemas": [{"name": "public", "comment": null}], "types": [], "tables": tables, "functions": [],
        });
        Catalog::from_json(&json.to_string()).unwrap()
    }

    #[test]
    fn only_what_does_not_render_is_left_out() {
        let all = ["a", "b", "bad", "c", "d", "worse", "e"];
        let renders = |part: &Catalog| {
            let has = |name: &str| part.tables.iter().any(|table| table.name == name);
            !has("bad") && (!has("a") || !has("worse"))
        };
        let (part, left_out) = largest_part(&catalogue(&all), renders);
        let kept: Vec<_> = part.tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(kept, ["a", "b", "c", "d", "e"]);
        assert_eq!(left_out, ["public.bad", "public.worse"]);
    }

    #[test]
    fn nothing_is_left_out_of_what_renders() {
        let (part, left_out) = largest_part(&catalogue(&["a", "b"]), |_| true);
        assert_eq!((part.tables.len(), left_out.len()), (2, 0));
    }
}
