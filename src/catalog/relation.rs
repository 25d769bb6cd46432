//! Relations between tables: foreign keys, and those that comments declare.

use std::collections::HashMap;

use super::directive::DeclaredForeignKey;
use super::{
    Column, Comparison, ForeignKey, Oid, Problem, QualifiedName, Table, Type, base_type, comparable,
};

/// A foreign key, real or declared, between two tables of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// The constraint's name, or `comment` for a declared one; for people.
    pub name: String,
    /// Whether it is a constraint of the database, not one of a comment.
    pub is_constraint: bool,
    /// The referencing table, as an index into the catalog's tables.
    pub table: usize,
    /// The referencing columns, as indexes into its columns.
    pub columns: Vec<usize>,
    /// The referenced table.
    pub referenced_table: usize,
    /// The referenced columns, in the same order.
    pub referenced_columns: Vec<usize>,
    /// The operators that compare them in the same order, with the referenced column on the left.
    pub operators: Vec<QualifiedName>,
    /// The name that a comment gives to the field on the referenced table.
    pub local_name: Option<String>,
    /// The name that a comment gives to the field on the referencing table.
    pub foreign_name: Option<String>,
    /// Whether a full unique index covers exactly the referencing columns: then both sides are single rows.
    pub is_one_to_one: bool,
    /// Whether the database guarantees that the referenced row exists, if none of the referencing columns is
    /// null.
    pub is_enforced: bool,
}

/// All relations, in the order of tables, foreign keys before declared ones.
pub(super) fn relations(
    types: &HashMap<Oid, Type>,
    tables: &[Table],
    problems: &mut Vec<Problem>,
) -> Vec<Relation> {
    let mut found = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let mut relations = Vec::with_capacity(table.foreign_keys.len());
        for key in &table.foreign_keys {
            if key.is_temporal {
                let object = format!("{} on {}", key.name, table.qualified_name());
                let reason =
                    "it is a temporal key, which does not find rows by equality: there is no field for it";
                problems.push(Problem { object, reason: reason.to_owned() });
            } else {
                relations.extend(from_constraint(tables, index, key).map(Ok));
            }
        }
        let declared = table.directive.foreign_keys.iter();
        relations.extend(declared.map(|declared| from_comment(types, tables, index, declared)));
        for relation in relations {
            match relation.and_then(|relation| can_be_followed(tables, relation)) {
                Ok(relation) => found.push(relation),
                Err(reason) => problems.push(Problem { object: table.qualified_name(), reason }),
            }
        }
    }
    found
}

fn from_constraint(tables: &[Table], index: usize, key: &ForeignKey) -> Option<Relation> {
    let table = &tables[index];
    let referenced_table = tables.iter().position(|other| other.oid == key.referenced_table)?;
    Some(Relation {
        name: key.name.clone(),
        is_constraint: true,
        table: index,
        columns: table.column_indexes(&key.columns)?,
        referenced_table,
        referenced_columns: tables[referenced_table].column_indexes(&key.referenced_columns)?,
        operators: key.operators.clone(),
        local_name: key.directive.local_name.clone(),
        foreign_name: key.directive.foreign_name.clone(),
        is_one_to_one: table.unique_keys.iter().any(|unique| is_same_set(unique, &key.columns)),
        is_enforced: key.is_enforced,
    })
}

fn from_comment(
    types: &HashMap<Oid, Type>,
    tables: &[Table],
    index: usize,
    declared: &DeclaredForeignKey,
) -> Result<Relation, String> {
    let table = &tables[index];
    let target = format!("{}.{}", declared.foreign_schema, declared.foreign_table);
    let wrong = |reason: String| format!("a declared foreign key to {target} {reason}");
    let referenced_table = tables
        .iter()
        .position(|other| other.schema == declared.foreign_schema && other.name == declared.foreign_table)
        .ok_or_else(|| format!("a declared foreign key refers to {target}, which is not exposed"))?;
    let referenced = &tables[referenced_table];
    let columns = table.columns_named(&declared.local_columns).map_err(wrong)?;
    let referenced_columns = referenced.columns_named(&declared.foreign_columns).map_err(wrong)?;
    if columns.len() != referenced_columns.len() {
        return Err(wrong("must name as many columns on both sides".to_owned()));
    }
    let mut operators = Vec::with_capacity(columns.len());
    for (ours, theirs) in columns.iter().zip(&referenced_columns) {
        let (ours, theirs) = (&table.columns[*ours], &referenced.columns[*theirs]);
        if !comparable::are_comparable(types, ours.type_oid, theirs.type_oid) {
            let reason = format!("ties {:?} to {:?}, whose types cannot be compared", ours.name, theirs.name);
            return Err(wrong(reason));
        }
        operators.extend(equality(types, theirs, ours));
    }
    Ok(Relation {
        name: "comment".to_owned(),
        is_constraint: false,
        table: index,
        columns,
        referenced_table,
        referenced_columns,
        operators,
        local_name: declared.local_name.clone(),
        foreign_name: declared.foreign_name.clone(),
        is_one_to_one: table.unique_keys.iter().any(|unique| is_same_set(unique, &declared.local_columns)),
        is_enforced: false,
    })
}

/// The relation, if the role may name the operators that compare its columns.
fn can_be_followed(tables: &[Table], relation: Relation) -> Result<Relation, String> {
    let refused = |what: &str| {
        format!("{} cannot be followed: the role may not use the schema of {what}", relation.name)
    };
    if relation.operators.len() < relation.columns.len() {
        return Err(refused("its operators"));
    }
    let referenced = &tables[relation.referenced_table].columns;
    let referring = &tables[relation.table].columns;
    let pairs = relation.referenced_columns.iter().zip(&relation.columns);
    for (to, from) in pairs.map(|(to, from)| (&referenced[*to].collation, &referring[*from].collation)) {
        if to.as_ref().map(|found| &found.name) != from.as_ref().map(|found| &found.name)
            && to.as_ref().is_some_and(|found| !found.may_be_named)
        {
            return Err(refused("its collation"));
        }
    }
    Ok(relation)
}

/// The operator that compares columns without a constraint: the one of their type, if the role may name it,
/// else one of PostgreSQL's own.
fn equality(types: &HashMap<Oid, Type>, referenced: &Column, referring: &Column) -> Option<QualifiedName> {
    let base = |column: &Column| types.get(&column.type_oid).map(|found| base_type(types, found));
    match (base(referenced), base(referring)) {
        (Some(Type { oid, order: Some(order), may_be_compared, .. }), Some(other)) if *oid == other.oid => {
            may_be_compared.then(|| order.equal.clone())
        }
        _ => Some(Comparison::SYSTEM.equal),
    }
}

fn is_same_set(left: &[String], right: &[String]) -> bool {
    left.len() == right.len() && left.iter().all(|name| right.contains(name))
}
