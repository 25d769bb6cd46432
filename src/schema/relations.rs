//! The fields that lead from a row to other rows, and their names.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Join, KeySide, Schema, naming};
use crate::catalog::{Problem, Relation};

/// A field that leads from a row to another or to others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RelationField {
    pub(super) name: String,
    pub(super) join: Arc<Join>,
    pub(super) is_to_many: bool,
    pub(super) is_non_null: bool,
}

struct Candidate {
    field: RelationField,
    /// The name that is taken where the usual one is not unique: `…By<Column>`.
    longer_name: String,
    is_named_by_comment: bool,
    relation: String,
}

/// For each table of the catalogue: its relation fields, in the order of relations, to-one before to-many.
pub(super) fn relation_fields(schema: &mut Schema) -> Vec<Vec<RelationField>> {
    let catalog = schema.catalog.clone();
    let mut outgoing: Vec<Vec<Candidate>> = catalog.tables.iter().map(|_| Vec::new()).collect();
    let mut incoming: Vec<Vec<Candidate>> = catalog.tables.iter().map(|_| Vec::new()).collect();
    for relation in &catalog.relations {
        if is_visible(schema, relation) {
            outgoing[relation.table].push(to_referenced(schema, relation));
            incoming[relation.referenced_table].push(to_referring(schema, relation));
        }
    }
    let candidates = outgoing.into_iter().zip(incoming);
    let candidates = candidates.map(|(out, back)| out.into_iter().chain(back).collect::<Vec<_>>());
    candidates.enumerate().map(|(table, candidates)| settle_names(schema, table, candidates)).collect()
}

/// Both tables are exposed, and the role may read all columns that tie them.
fn is_visible(schema: &Schema, relation: &Relation) -> bool {
    let tables = &schema.catalog.tables;
    let can_select = |table: usize, columns: &[usize]| {
        schema.table(table).is_some()
            && columns.iter().all(|column| tables[table].columns[*column].can_select)
    };
    can_select(relation.table, &relation.columns)
        && can_select(relation.referenced_table, &relation.referenced_columns)
}

fn to_referenced(schema: &Schema, relation: &Relation) -> Candidate {
    let table = &schema.catalog.tables[relation.table];
    let referenced = &schema.catalog.tables[relation.referenced_table];
    let inflect = schema.catalog.namespace_directive(table).inflect_names.unwrap_or(false);
    let type_name = schema.table(relation.referenced_table).map_or("", |exposed| exposed.type_name.as_str());
    let by_column = match relation.columns.as_slice() {
        [column] => naming::to_one_name(&table.columns[*column].name, inflect),
        _ => None,
    };
    let usual = by_column.unwrap_or_else(|| naming::lower_first(type_name));
    let is_non_null =
        relation.columns.iter().all(|column| table.columns[*column].not_null) && !referenced.has_row_security;
    let columns = relation.columns.iter().copied().zip(relation.referenced_columns.iter().copied()).collect();
    let operators = relation.operators.clone();
    let join = Join { table: relation.referenced_table, side: KeySide::Referenced, columns, operators };
    Candidate::new(schema, relation, usual, relation.foreign_name.clone(), (join, false, is_non_null))
}

fn to_referring(schema: &Schema, relation: &Relation) -> Candidate {
    let type_name = schema.table(relation.table).map_or("", |exposed| exposed.type_name.as_str());
    let single = naming::lower_first(type_name);
    let usual = if relation.is_one_to_one { single } else { single + "Collection" };
    let columns = relation.referenced_columns.iter().copied().zip(relation.columns.iter().copied()).collect();
    let operators = relation.operators.clone();
    let join = Join { table: relation.table, side: KeySide::Referring, columns, operators };
    Candidate::new(
        schema,
        relation,
        usual,
        relation.local_name.clone(),
        (join, !relation.is_one_to_one, false),
    )
}

impl Candidate {
    fn new(
        schema: &Schema,
        relation: &Relation,
        usual: String,
        from_comment: Option<String>,
        (join, is_to_many, is_non_null): (Join, bool, bool),
    ) -> Self {
        let table = &schema.catalog.tables[relation.table];
        let columns: Vec<_> = relation
            .columns
            .iter()
            .map(|column| naming::type_name(&table.columns[*column].name, true))
            .collect();
        let longer_name = format!("{usual}By{}", columns.join("And"));
        let is_named_by_comment = from_comment.is_some();
        let name = from_comment.unwrap_or(usual);
        let relation = format!("{} on {}", relation.name, table.qualified_name());
        let field = RelationField { name, join: Arc::new(join), is_to_many, is_non_null };
        Self { field, longer_name, is_named_by_comment, relation }
    }
}

/// Gives each field a name of its own: what a comment says goes first, then columns; of several relations with one name
/// all get `…By<Column>`, so that none of them depends on the order of the others.
fn settle_names(schema: &mut Schema, table: usize, candidates: Vec<Candidate>) -> Vec<RelationField> {
    let mut taken: HashMap<String, usize> = HashMap::from([("nodeId".to_owned(), 2)]);
    for column in schema.table(table).iter().flat_map(|exposed| exposed.columns.iter().flatten()) {
        taken.insert(column.field.clone(), 2);
    }
    for candidate in &candidates {
        *taken.entry(candidate.field.name.clone()).or_default() += 1;
    }
    let mut used: Vec<String> = Vec::new();
    let mut fields = Vec::new();
    for mut candidate in candidates {
        if taken[&candidate.field.name] > 1 && !candidate.is_named_by_comment {
            let reason =
                format!("{} is not unique: its field is {}", candidate.field.name, candidate.longer_name);
            schema.problems.push(Problem { object: candidate.relation.clone(), reason });
            candidate.field.name.clone_from(&candidate.longer_name);
        }
        let name = &candidate.field.name;
        let is_column = taken.get(name).is_some_and(|count| *count > 1) && is_column(schema, table, name);
        if !naming::is_valid(name) || used.contains(name) || is_column {
            let reason = format!(
                "the field name {name} is taken or no GraphQL name; name it by a comment on the constraint"
            );
            schema.problems.push(Problem { object: candidate.relation, reason });
            continue;
        }
        used.push(name.clone());
        fields.push(candidate.field);
    }
    fields
}

fn is_column(schema: &Schema, table: usize, name: &str) -> bool {
    let columns = schema.table(table).map_or(&[][..], |exposed| &exposed.columns);
    name == "nodeId" || columns.iter().flatten().any(|column| column.field == name)
}
