//! The answer of [`INTROSPECT`](super::INTROSPECT) -> the catalog.

use serde::Deserialize;

use super::{Catalog, Function, Namespace, Table, TextSearch, Type, directive, function, relation};

#[derive(Deserialize)]
struct CatalogJson {
    schemas: Vec<Namespace>,
    types: Vec<Type>,
    tables: Vec<Table>,
    functions: Vec<Function>,
    #[serde(default)]
    text_search: Box<TextSearch>,
    #[serde(default)]
    bit_distances: Option<String>,
    #[serde(default)]
    has_default_page_cost: bool,
    #[serde(default)]
    citus: Option<String>,
}

impl Catalog {
    /// Reads what [`INTROSPECT`](super::INTROSPECT) returned.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let json: CatalogJson = serde_json::from_str(text)?;
        let mut problems = directive::problems(&json.schemas, &json.types, &json.tables);
        problems.extend(function::directive_problems(&json.functions));
        let types = json.types.into_iter().map(|found| (found.oid, found)).collect();
        let relations = relation::relations(&types, &json.tables, &mut problems);
        let CatalogJson {
            schemas,
            tables,
            functions,
            text_search,
            bit_distances,
            has_default_page_cost,
            citus,
            ..
        } = json;
        Ok(Self {
            schemas,
            types,
            tables,
            relations,
            functions,
            text_search,
            bit_distances,
            has_default_page_cost,
            citus,
            problems,
        })
    }
}
