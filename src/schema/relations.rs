//! The fields that lead from a row to other rows, and their names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::claims::take_field;
use super::field::{Cardinality, Join, KeySide, RelationField};
use super::nullability::Declaration;
use super::{Nullability, Options, Schema, naming};
use crate::catalog::{Problem, Relation, Table};

struct Candidate {
    /// Empty until it is decided.
    name: String,
    field: RelationField,
    from_comment: Option<String>,
    usual: String,
    /// The names to use if the usual one is not unique: `…By<Column>`, then the same with the other type's
    /// unchanged name, because two types may differ only in the case of their first letter.
    longer: [String; 2],
    relation: String,
}

/// Gives each table its relation fields, in the order of relations, to-one before to-many.
pub(super) fn add(schema: &mut Schema, options: Options) {
    let catalog = schema.catalog.clone();
    let mut outgoing: Vec<Vec<Candidate>> = catalog.tables.iter().map(|_| Vec::new()).collect();
    let mut incoming: Vec<Vec<Candidate>> = catalog.tables.iter().map(|_| Vec::new()).collect();
    for relation in &catalog.relations {
        if is_visible(schema, relation) {
            outgoing[relation.table].push(to_referenced(schema, relation, options));
            incoming[relation.referenced_table].push(to_referring(schema, relation));
        }
    }
    let candidates = outgoing.into_iter().zip(incoming);
    let candidates = candidates.map(|(out, back)| out.into_iter().chain(back).collect::<Vec<_>>());
    for (table, candidates) in candidates.enumerate() {
        let fields = settle_names(schema, table, candidates);
        for field in fields.values() {
            if let Some(reached) = &mut schema.tables[field.join.table] {
                match field.cardinality {
                    Cardinality::One { .. } => reached.reached.by_one = true,
                    Cardinality::Many => reached.reached.by_many = true,
                }
            }
        }
        if let Some(exposed) = &mut schema.tables[table] {
            exposed.relations = fields;
        }
    }
}

/// Whether both tables are exposed, and the role may read all columns of the key.
fn is_visible(schema: &Schema, relation: &Relation) -> bool {
    let tables = &schema.catalog.tables;
    let can_select = |table: usize, columns: &[usize]| {
        schema.table(table).is_some()
            && columns.iter().all(|column| tables[table].columns[*column].can_select)
    };
    can_select(relation.table, &relation.columns)
        && can_select(relation.referenced_table, &relation.referenced_columns)
}

fn to_referenced(schema: &Schema, relation: &Relation, options: Options) -> Candidate {
    let table = &schema.catalog.tables[relation.table];
    let referenced = &schema.catalog.tables[relation.referenced_table];
    let inflect = schema.catalog.namespace_directive(table).inflect_names.unwrap_or(false);
    let type_name = schema.table(relation.referenced_table).map_or("", |exposed| &exposed.type_name);
    let by_column = match relation.columns.as_slice() {
        [column] => naming::to_one_name(&table.columns[*column].name, inflect),
        _ => None,
    };
    let usual = match by_column {
        Some(name) => [name.clone(), name],
        None => [naming::lower_first(type_name), type_name.to_owned()],
    };
    let nullability = Nullability::of(declaration(table, referenced, relation), options);
    let columns = relation.columns.iter().copied().zip(relation.referenced_columns.iter().copied()).collect();
    let operators = relation.operators.clone();
    let (table, is_only) = (relation.referenced_table, is_only(schema, relation));
    let join = Join { table, side: KeySide::Referenced, is_only, columns, operators };
    let field = RelationField { join: Arc::new(join), cardinality: Cardinality::One { nullability } };
    Candidate::new(schema, relation, usual, relation.foreign_name.clone(), field)
}

fn to_referring(schema: &Schema, relation: &Relation) -> Candidate {
    let type_name = schema.table(relation.table).map_or("", |exposed| &exposed.type_name);
    let usual = [naming::lower_first(type_name), type_name.to_owned()];
    let usual = usual.map(|name| if relation.is_one_to_one { name } else { name + "Collection" });
    let columns = relation.referenced_columns.iter().copied().zip(relation.columns.iter().copied()).collect();
    let operators = relation.operators.clone();
    let (table, is_only) = (relation.table, is_only(schema, relation));
    let join = Join { table, side: KeySide::Referring, is_only, columns, operators };
    let to_one = Cardinality::One { nullability: Nullability::Nullable };
    let cardinality = if relation.is_one_to_one { to_one } else { Cardinality::Many };
    let field = RelationField { join: Arc::new(join), cardinality };
    Candidate::new(schema, relation, usual, relation.local_name.clone(), field)
}

/// Whether each referencing row has a referenced one that the role can see. Policies can hide any row, constraints do
/// not cover the rows of children, and a comment may describe a key that leads nowhere.
fn declaration(table: &Table, referenced: &Table, relation: &Relation) -> Declaration {
    let columns = || relation.columns.iter().map(|column| &table.columns[*column]);
    if referenced.has_row_security || !relation.is_constraint {
        Declaration::Optional
    } else if relation.is_enforced && columns().all(|column| column.not_null) {
        Declaration::Guaranteed
    } else if !table.has_children && columns().all(|column| column.not_null || column.is_unverified_not_null)
    {
        Declaration::Unverified
    } else {
        Declaration::Optional
    }
}

/// Whether a relation leads only to rows of the table itself, although it has children.
fn is_only(schema: &Schema, relation: &Relation) -> bool {
    relation.is_constraint && schema.catalog.tables[relation.referenced_table].has_children
}

impl Candidate {
    /// `usual` is the usual name, and the same with the other type's unchanged name.
    fn new(
        schema: &Schema,
        relation: &Relation,
        usual: [String; 2],
        from_comment: Option<String>,
        field: RelationField,
    ) -> Self {
        let table = &schema.catalog.tables[relation.table];
        let columns: Vec<_> = relation
            .columns
            .iter()
            .map(|column| naming::type_name(&table.columns[*column].name, true))
            .collect();
        let columns = columns.join("And");
        let longer = usual.each_ref().map(|name| format!("{name}By{columns}"));
        let [usual, _] = usual;
        let relation = format!("{} on {}", relation.name, table.qualified_name());
        Self { name: String::new(), field, from_comment, usual, longer, relation }
    }

    /// Takes the first free name. Returns why the others are not free.
    fn take<'n>(
        &mut self,
        names: impl IntoIterator<Item = &'n String>,
        taken: &mut HashSet<String>,
    ) -> Vec<String> {
        let mut refused = Vec::new();
        for name in names {
            if !naming::is_valid(name) {
                refused.push(format!("the name {name:?} is no GraphQL name"));
            } else if let Err(reason) = take_field(taken, name) {
                refused.push(reason);
            } else {
                self.name.clone_from(name);
                break;
            }
        }
        refused
    }
}

/// Gives each field a unique name. Columns take precedence, then names by comments. If several relations have
/// one name, all of them get `…By<Column>`, so that no name depends on the order of the relations.
fn settle_names(
    schema: &mut Schema,
    table: usize,
    mut candidates: Vec<Candidate>,
) -> IndexMap<Arc<str>, RelationField> {
    let columns = schema.table(table).map_or(&[][..], |exposed| &exposed.columns);
    let fields = columns.iter().flatten().map(|column| &*column.field);
    let mut taken: HashSet<String> = fields.chain([schema.node_id]).map(str::to_owned).collect();
    let mut refused: Vec<Vec<String>> = Vec::new();
    for candidate in &mut candidates {
        let from_comment = candidate.from_comment.take();
        refused.push(candidate.take(&from_comment, &mut taken));
    }
    let mut wanted: HashMap<String, usize> = HashMap::new();
    for candidate in candidates.iter().filter(|candidate| candidate.name.is_empty()) {
        *wanted.entry(candidate.usual.clone()).or_default() += 1;
    }
    for (candidate, refused) in candidates.iter_mut().zip(&mut refused) {
        if !candidate.name.is_empty() {
            continue;
        }
        let is_unique = wanted.get(&candidate.usual) == Some(&1);
        if !is_unique {
            refused.push(format!("{} is not unique", candidate.usual));
        }
        let usual = is_unique.then(|| candidate.usual.clone());
        let longer = candidate.longer.clone();
        refused.extend(candidate.take(usual.iter().chain(&longer), &mut taken));
    }
    for (candidate, refused) in candidates.iter().zip(refused) {
        let reasons = refused.join(", and ");
        let reason = match candidate.name.as_str() {
            _ if refused.is_empty() => continue,
            "" => format!("{reasons}; name its field by a comment on the constraint"),
            name => format!("{reasons}: its field is {name}"),
        };
        schema.problems.push(Problem { object: candidate.relation.clone(), reason });
    }
    let named = candidates.into_iter().filter(|candidate| !candidate.name.is_empty());
    named.map(|candidate| (candidate.name.into(), candidate.field)).collect()
}
