//! The building of a schema: what is exposed under which names, then the types.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{
    Application, Options, Schema, expose, fields, functions, inputs, limits, mutations, relations, shared,
};
use crate::catalog::Catalog;

pub(super) fn build(catalog: Arc<Catalog>, options: Options, application: &Application) -> Schema {
    let mut claimed = shared::reserved_names();
    application.claim_names(&mut claimed);
    let mut schema = Schema {
        types: IndexMap::new(),
        tables: Vec::new(),
        functions: Vec::new(),
        enums: HashMap::new(),
        problems: catalog.problems.clone(),
        catalog,
    };
    let catalog = Arc::clone(&schema.catalog);
    expose::expose(&mut schema, options, claimed);
    let relation_fields = relations::relation_fields(&mut schema);
    shared::add(&mut schema);
    for (index, table) in catalog.tables.iter().enumerate() {
        let Some(exposed) = schema.tables[index].clone() else { continue };
        let switches = fields::Switches {
            total_count: table.directive.total_count.unwrap_or(options.total_count),
            aggregate: table.directive.aggregate.unwrap_or(options.aggregate),
        };
        fields::add(&mut schema, index, &exposed, &relation_fields[index], switches);
        inputs::add(&mut schema, index, &exposed);
        mutations::add(&mut schema, index, &exposed);
        schema.problems.extend(limits::problems(&catalog, table, &exposed));
    }
    functions::add(&mut schema);
    application.add_to(&mut schema);
    shared::complete(&mut schema);
    schema
}
