//! Builds a schema: first what is exposed under which names, then the root fields.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::lookup::key_columns;
use super::{
    Application, ExposedTable, MutationFieldKind, Options, QueryFieldKind, SUBSCRIPTION, Schema, conflicts,
    expose, federation, functions, global_id, groups, limits, measure, naming, nested, optional, relations,
    reserved, updates,
};
use crate::catalog::{Catalog, Problem};

pub(super) fn build(catalog: Arc<Catalog>, options: Options, application: &Application) -> Schema {
    let mut claimed = reserved::type_names(options);
    application.claim_names(&mut claimed);
    let mut problems = catalog.problems.clone();
    let node_id = global_id::name(&catalog, &mut problems);
    let mut schema = Schema {
        query: IndexMap::from([(Arc::from("node"), QueryFieldKind::Node)]),
        mutation: IndexMap::new(),
        subscription: IndexMap::new(),
        node_id,
        tenant_column: None,
        sharding_key: None,
        tenant_template: None,
        marks_semantic_non_null: options.semantic_non_null,
        tables: Vec::new(),
        row_types: HashMap::new(),
        functions: Vec::new(),
        enums: HashMap::new(),
        optional_suffix: Arc::default(),
        composites: IndexMap::new(),
        application: Application::default(),
        problems,
        catalog,
    };
    expose::expose(&mut schema, options, &mut claimed);
    conflicts::add(&mut schema, &mut claimed);
    updates::add(&mut schema, &mut claimed);
    nested::add(&mut schema, &mut claimed);
    schema.optional_suffix = optional::underscores(&mut claimed);
    let exposed = schema.tables.iter().enumerate();
    let named = exposed.filter_map(|(index, found)| Some((Arc::clone(&found.as_ref()?.type_name), index)));
    schema.row_types = named.collect();
    relations::add(&mut schema, options);
    let catalog = Arc::clone(&schema.catalog);
    for (index, table) in catalog.tables.iter().enumerate() {
        let Some(exposed) = schema.tables[index].as_ref() else { continue };
        let has_key_field = key_columns(&catalog, index, exposed).is_some();
        let problems = [input_problems(&catalog, index, exposed), limits::problems(&catalog, table, exposed)];
        schema.problems.extend(problems.into_iter().flatten());
        schema.query.insert(naming::collection_field(&exposed.root), QueryFieldKind::Collection(index));
        if has_key_field {
            schema.query.insert(naming::key_field(&exposed.root), QueryFieldKind::ByKey(index));
        }
        add_mutations(&mut schema.mutation, index, exposed);
    }
    if options.federation {
        federation::add(&mut schema);
    }
    functions::add(&mut schema);
    measure::add(&mut schema);
    groups::add(&mut schema);
    application.add_to(&mut schema);
    if options.subscriptions {
        add_subscriptions(&mut schema);
    } else {
        leave_out_subscriptions(&mut schema);
    }
    schema
}

/// Adds the query fields that the database answers. It is unknown when the answers of a Rust program's query
/// fields change. The name of a program's subscription field takes precedence.
fn add_subscriptions(schema: &mut Schema) {
    for (name, kind) in schema.query.iter().filter(|(_, kind)| kind.is_of_database()) {
        schema.subscription.entry(Arc::clone(name)).or_insert_with(|| kind.clone());
    }
}

fn leave_out_subscriptions(schema: &mut Schema) {
    let left_out = schema.subscription.drain(..).map(|(name, _)| Problem {
        object: format!("{SUBSCRIPTION}.{name}"),
        reason: "there are no subscriptions: setting live is off".to_owned(),
    });
    schema.problems.extend(left_out);
}

fn add_mutations(
    fields: &mut IndexMap<Arc<str>, MutationFieldKind>,
    index: usize,
    ExposedTable { type_name, changes, .. }: &ExposedTable,
) {
    if changes.insert {
        fields.insert(naming::insert_field(type_name), MutationFieldKind::Insert(index));
    }
    if changes.update {
        fields.insert(naming::update_field(type_name), MutationFieldKind::Update(index));
    }
    if changes.delete {
        fields.insert(naming::delete_field(type_name), MutationFieldKind::Delete(index));
    }
}

/// Reports the columns and relations of a table that are in no filter, and the table if it has no `orderBy`.
fn input_problems(catalog: &Catalog, index: usize, exposed: &ExposedTable) -> Vec<Problem> {
    let table = &catalog.tables[index];
    let lists = exposed.readable_columns().filter(|(_, column)| column.is_incomparable_list());
    let lists = lists.map(|(column, _)| Problem {
        object: format!("{}.{}", table.qualified_name(), table.columns[column].name),
        reason: "its elements cannot be compared, so it is in no filter".to_owned(),
    });
    let unordered = (!exposed.has_order()).then(|| Problem {
        object: table.qualified_name(),
        reason: "none of its columns can be ordered by, so it has no orderBy".to_owned(),
    });
    let words =
        exposed.row_conditions().filter(|word| exposed.relations.contains_key(exposed.condition_name(*word)));
    let words = words.map(|word| Problem {
        object: table.qualified_name(),
        reason: format!(
            "its relation {} is not in the filter, where its name has another meaning; give it another name by a comment on the constraint",
            exposed.condition_name(word)
        ),
    });
    lists.chain(unordered).chain(words).collect()
}
