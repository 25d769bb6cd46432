//! Catalog: the exposed part of a database as one role sees it, read from one JSON text.
//!
//! Pure: the caller runs [`INTROSPECT`] and passes its answer. Imports no other module of the crate.

mod column;
mod comparable;
pub mod directive;
pub mod function;
mod json;
mod key;
pub mod name;
pub mod relation;
mod text_search;

use std::collections::HashMap;

use serde::Deserialize;

pub use column::Column;
pub use directive::{Directive, JsonForm};
pub use function::{Function, FunctionArgument, FunctionKind};
pub use key::{ConflictTarget, ForeignKey};
pub use name::{Collation, Comparison, ComparisonOperator, QualifiedName, SqlType};
pub use relation::Relation;
pub use text_search::TextSearch;

/// The statement that returns the catalog as JSON, in one row with one text. `$1` is the array of the exposed schemas.
///
/// Its files are the common table expressions by subject, and the select list that makes the JSON of them.
pub const INTROSPECT: &str = concat!(
    include_str!("catalog/introspect/relations.sql"),
    include_str!("catalog/introspect/views.sql"),
    include_str!("catalog/introspect/functions.sql"),
    include_str!("catalog/introspect/values.sql"),
    include_str!("catalog/introspect/columns.sql"),
    include_str!("catalog/introspect/keys.sql"),
    include_str!("catalog/introspect/text_search.sql"),
    include_str!("catalog/introspect/answer.sql"),
);

/// A type's, table's or function's object identifier.
pub type Oid = i64;

/// The exposed part of a database, as one role sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    /// The exposed schemas that exist and that the role may use, in order of precedence.
    pub schemas: Vec<Namespace>,
    /// Every type of a column or function, with the types that these are composed of.
    pub types: HashMap<Oid, Type>,
    /// Tables and everything that can be read like one, in order of schema and name.
    pub tables: Vec<Table>,
    /// Foreign keys, including those that comments declare.
    pub relations: Vec<Relation>,
    /// Functions, except those of extensions, in order of schema and name.
    pub functions: Vec<Function>,
    /// The text search configurations, and `pg_trgm`.
    pub text_search: Box<TextSearch>,
    /// The schema of pgvector, if that has distances of bit strings and the role may use it.
    pub bit_distances: Option<String>,
    /// Whether `random_page_cost` is what PostgreSQL has if nobody sets it.
    pub has_default_page_cost: bool,
    /// The version of the extension Citus, if the database is distributed by it.
    pub citus: Option<String>,
    /// Directives that could not be applied, for `schema --explain`: their objects, and why.
    pub problems: Vec<Problem>,
}

/// Something that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The qualified name of the object.
    pub object: String,
    /// A sentence without its full stop.
    pub reason: String,
}

/// Why Diesel's table of applied migrations is left out.
pub(crate) const DIESELS_TABLE: &str =
    "Diesel's table of applied migrations; to expose it, name it by a comment";

/// Why a function that returns `trigger` or `event_trigger` is left out.
pub(crate) const FOR_TRIGGERS: &str = "it is a function for triggers";

impl Problem {
    /// Whether every project leaves out such an object, so that nothing is wrong: Diesel's own table, or a function for
    /// triggers.
    pub fn is_usual(&self) -> bool {
        [DIESELS_TABLE, FOR_TRIGGERS].contains(&self.reason.as_str())
    }
}

/// A schema of the database.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// From its comment.
    #[serde(rename = "comment")]
    pub directive: Directive,
}

/// A data type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Type {
    /// `pg_type.oid`.
    pub oid: Oid,
    /// Its schema.
    pub schema: String,
    /// `pg_type.typname`: `int4`, not `integer`.
    pub name: String,
    /// What sort of type it is.
    pub kind: TypeKind,
    /// Of an array: the type of its elements.
    pub element: Option<Oid>,
    /// What stands between values of it in the text of an array, if that is no comma: `;` between boxes.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// Of a domain: its base type.
    pub base: Option<Oid>,
    /// Of a row type: the table whose rows it describes.
    pub relation: Option<Oid>,
    /// Of a range or multirange: the type of its elements, if the role may name it.
    #[serde(default)]
    pub subtype: Option<QualifiedName>,
    /// From its comment.
    #[serde(rename = "comment")]
    pub directive: Directive,
    /// Of a composite type that is no table's: its attributes in their order.
    #[serde(default)]
    pub attributes: Option<Vec<Attribute>>,
    /// Of an enum: its labels in their order.
    pub labels: Option<Vec<String>>,
    /// The extension that it belongs to, in any schema.
    #[serde(default)]
    pub extension: Option<String>,
    /// Whether it is in an exposed schema and the role may use it.
    pub is_exposed: bool,
    /// Whether the role may name it in a statement: `USAGE` of its schema.
    pub may_be_named: bool,
    /// The operators of its default order, if it has one of its own (of arrays and domains, ask for their element or base).
    pub order: Option<Comparison>,
    /// Whether the role may name those operators.
    pub may_be_compared: bool,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_oid: Oid,
    /// Whether texts in it are equal only if their bytes are equal. If not, PostgreSQL refuses patterns.
    #[serde(default = "usual")]
    pub is_deterministic: bool,
    /// From its comment.
    #[serde(rename = "comment")]
    pub directive: Directive,
}

/// What most collations are.
fn usual() -> bool {
    true
}

/// `pg_type.typtype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum TypeKind {
    /// A base type or an array of something.
    #[serde(rename = "b")]
    Base,
    /// A row type.
    #[serde(rename = "c")]
    Composite,
    /// A domain.
    #[serde(rename = "d")]
    Domain,
    /// An enum.
    #[serde(rename = "e")]
    Enum,
    /// A pseudo-type.
    #[serde(rename = "p")]
    Pseudo,
    /// A range.
    #[serde(rename = "r")]
    Range,
    /// A multirange.
    #[serde(rename = "m")]
    Multirange,
}

/// A table, or what can be read like one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact of pg_class")]
pub struct Table {
    /// `pg_class.oid`.
    pub oid: Oid,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What sort of relation it is.
    pub kind: TableKind,
    /// Whether it can be read at all: foreign tables whose wrapper has no handler, and views on them, cannot.
    pub is_readable: bool,
    /// Whether it is a partition of another table.
    pub is_partition: bool,
    /// Whether other tables inherit from it, and it is not a partitioned table: then its rows include theirs,
    /// to which its keys do not apply (PostgreSQL manual, 5.10.1).
    pub has_children: bool,
    /// Whether row-level security is on: then a row that a key refers to may be hidden.
    pub has_row_security: bool,
    /// Whether a change of its rows runs no code of the application: no trigger, rule or check, and only
    /// constants, sequences, random ids and the time of the transaction as defaults.
    #[serde(default)]
    pub is_plain: bool,
    /// Whether a new or changed row contains the values that it was given: no trigger or rule of the table, or of one below it, can
    /// replace them.
    #[serde(default)]
    pub keeps_values: bool,
    /// From its comment.
    #[serde(rename = "comment")]
    pub directive: Directive,
    /// Whether the role may select all of its columns, including system columns.
    pub can_select: bool,
    /// Whether the role may insert into it, or into some columns of it.
    pub can_insert: bool,
    /// Whether the role may update it, or some columns of it.
    pub can_update: bool,
    /// Whether the role may delete from it.
    pub can_delete: bool,
    /// The commands that it supports with `RETURNING`, as bits of `CmdType`: those of
    /// `pg_relation_is_updatable` that no rule prevents.
    pub updatable: i32,
    /// Its columns in their order.
    pub columns: Vec<Column>,
    /// The columns of the primary key by name, in the key's order.
    pub primary_key: Option<Vec<String>>,
    /// The columns of each full unique index by name, the primary key among them.
    pub unique_keys: Vec<Vec<String>>,
    /// The unique indexes that an insert can name in `ON CONFLICT`.
    #[serde(default)]
    pub conflict_targets: Vec<ConflictTarget>,
    /// The foreign keys to exposed tables.
    pub foreign_keys: Vec<ForeignKey>,
}

/// `pg_class.relkind`, for relations that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum TableKind {
    /// An ordinary table.
    #[serde(rename = "r")]
    Table,
    /// A partitioned table.
    #[serde(rename = "p")]
    Partitioned,
    /// A view.
    #[serde(rename = "v")]
    View,
    /// A materialised view.
    #[serde(rename = "m")]
    MaterializedView,
    /// A foreign table.
    #[serde(rename = "f")]
    Foreign,
}

/// A database object that types or fields of the API are made from.
#[derive(Debug, Clone, Copy)]
pub enum Object<'c> {
    /// A table, or what can be read like one.
    Table(&'c Table),
    /// A function.
    Function(&'c Function),
    /// A type.
    Type(&'c Type),
}

impl Catalog {
    /// The schema of that name, if it is exposed.
    pub fn schema(&self, name: &str) -> Option<&Namespace> {
        self.schemas.iter().find(|schema| schema.name == name)
    }

    /// How JSON documents go in and out: as values if one of the exposed schemas says so, because all of them share
    /// the scalar.
    pub fn json_form(&self) -> JsonForm {
        let is_raw = self.schemas.iter().any(|schema| schema.directive.json == Some(JsonForm::Raw));
        if is_raw { JsonForm::Raw } else { JsonForm::String }
    }

    /// The directive of the table's schema.
    pub fn namespace_directive(&self, table: &Table) -> Directive {
        self.schema(&table.schema).map(|schema| schema.directive.clone()).unwrap_or_default()
    }

    /// The same catalog with only the tables, functions and enums of the schemas for which `keep` is true.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        let mut part = self.with_objects(|object| match object {
            Object::Table(table) => keep(&table.schema),
            Object::Function(function) => keep(&function.schema),
            Object::Type(found) => keep(&found.schema),
        });
        part.schemas.retain(|schema| keep(&schema.name));
        part
    }

    /// The same catalog with only the tables and functions for which `keep` is true; other types stay, but
    /// are not exposed.
    #[must_use]
    pub fn with_objects(&self, keep: impl Fn(Object<'_>) -> bool) -> Self {
        let mut part = self.clone();
        part.tables.retain(|table| keep(Object::Table(table)));
        part.functions.retain(|function| keep(Object::Function(function)));
        for found in part.types.values_mut() {
            found.is_exposed &= keep(Object::Type(found));
        }
        part.relations = relation::relations(&part.types, &part.tables, &mut Vec::new());
        part
    }

    /// The objects that types and fields are made from.
    pub fn objects(&self) -> impl Iterator<Item = Object<'_>> {
        let tables = self.tables.iter().map(Object::Table);
        let functions = self.functions.iter().map(Object::Function);
        tables.chain(functions).chain(self.types.values().filter(|found| found.is_exposed).map(Object::Type))
    }

    /// The type of a column; the catalog contains every column's type.
    pub fn type_of(&self, column: &Column) -> Option<&Type> {
        self.types.get(&column.type_oid)
    }

    /// The operators that agree with the order of a column's values.
    pub fn comparison(&self, column: &Column) -> &Comparison {
        self.comparison_of_type(column.type_oid)
    }

    /// The operators that agree with the order of a type's values.
    pub fn comparison_of_type(&self, oid: Oid) -> &Comparison {
        static SYSTEM: Comparison = Comparison::SYSTEM;
        let base = self.types.get(&oid).map(|found| base_type(&self.types, found));
        base.and_then(|base| base.order.as_ref()).unwrap_or(&SYSTEM)
    }
}

/// The base type of a domain, also through domains over domains; any other type is its own base type.
pub(crate) fn base_type<'a>(types: &'a HashMap<Oid, Type>, found: &'a Type) -> &'a Type {
    let mut base = found;
    while let Some(next) = base.base.and_then(|oid| types.get(&oid)) {
        base = next;
    }
    base
}

impl Object<'_> {
    /// Its kind and object identifier, which identify it.
    pub fn oid(self) -> (&'static str, Oid) {
        match self {
            Self::Table(table) => ("pg_class", table.oid),
            Self::Function(function) => ("pg_proc", function.oid),
            Self::Type(found) => ("pg_type", found.oid),
        }
    }

    /// Its qualified name, for people.
    pub fn qualified_name(self) -> String {
        match self {
            Self::Table(table) => table.qualified_name(),
            Self::Function(function) => function.qualified_name(),
            Self::Type(found) => format!("type {}.{}", found.schema, found.name),
        }
    }
}

impl Table {
    /// `schema.name`, for people.
    pub fn qualified_name(&self) -> String {
        format!("{}.{}", self.schema, self.name)
    }

    /// The index of the column with that name.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Whether the identity of a row includes the table that contains it, besides its key.
    pub fn tells_children_apart(&self) -> bool {
        self.has_children && self.can_select
    }

    /// A name that no column has: `name`, with underscores appended if necessary.
    pub fn unused_name(&self, name: &str) -> String {
        let mut unused = name.to_owned();
        while self.column_index(&unused).is_some() {
            unused.push('_');
        }
        unused
    }

    /// The indexes of the columns, if all of them exist.
    pub fn column_indexes(&self, names: &[String]) -> Option<Vec<usize>> {
        names.iter().map(|name| self.column_index(name)).collect()
    }

    /// The columns that identify its rows: the primary key, else the columns that the comment names. The
    /// error says why there are none: a sentence without its full stop.
    pub fn key(&self) -> Result<Vec<usize>, String> {
        if let Some(key) = self.primary_key.as_ref().and_then(|names| self.column_indexes(names)) {
            return Ok(key);
        }
        match self.directive.primary_key_columns.as_deref() {
            None => Err("no primary key; for a view, name the columns that identify its rows: @graphql({\"primary_key_columns\": [\"…\"]})"
                .to_owned()),
            Some(names) => {
                self.columns_named(names).map_err(|reason| format!("primary_key_columns {reason}"))
            }
        }
    }

    /// The indexes of the columns that a comment names: at least one, each of them once. The error says what
    /// is wrong with the comment.
    fn columns_named(&self, names: &[String]) -> Result<Vec<usize>, String> {
        if names.is_empty() {
            return Err("names no column".to_owned());
        }
        let mut columns = Vec::with_capacity(names.len());
        for name in names {
            let index = self.column_index(name).ok_or_else(|| {
                format!("names the column {name:?}, which {} does not have", self.qualified_name())
            })?;
            if columns.contains(&index) {
                return Err(format!("names the column {name:?} twice"));
            }
            columns.push(index);
        }
        Ok(columns)
    }
}
