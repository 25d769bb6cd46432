//! Random databases with conflicting names: with each other, with the API's own names, and with GraphQL's
//! rules.

use std::fmt::Write as _;

use serde_json::json;

use crate::random::Random;

/// Names that differ only in case or underscores, names of the API's own types and fields, and names that are
/// not valid in GraphQL.
const NAMES: [&str; 60] = [
    "account",
    "Account",
    "_account",
    "ACCOUNT",
    "account_",
    "account_filter",
    "AccountFilter",
    "accountFilter",
    "AccountConnection",
    "account_edge",
    "AccountInsertInput",
    "AccountListFilter",
    "AccountOrderBy",
    "account_collection",
    "accountCollection",
    "AccountCollection",
    "account_by_pk",
    "accountByPk",
    "String",
    "string",
    "StringFilter",
    "Int",
    "int_list_filter",
    "Query",
    "query",
    "Mutation",
    "Subscription",
    "Node",
    "node",
    "nodeId",
    "node_id",
    "PageInfo",
    "page_info",
    "OrderByDirection",
    "FilterIs",
    "BigInt",
    "UUID",
    "Cursor",
    "Opaque",
    "ID",
    "id",
    "_id",
    "Id",
    "_i_d",
    "and",
    "or",
    "not",
    "true",
    "null",
    "select",
    "user",
    "__typename",
    "__schema",
    "2nd",
    "a b",
    "é",
    "南",
    "it's \"odd\" \\",
    "x_id",
    "xId",
];

/// A database in two schemas, `one` and `two`, as SQL; one row in each table.
pub(super) struct Generated {
    random: Random,
    pub(super) sql: String,
    tables: Vec<Table>,
}

struct Table {
    name: String,
    columns: Vec<String>,
}

pub(super) fn database(seed: u64, [one, two]: [&str; 2]) -> String {
    let mut generated = Generated { random: Random(seed), sql: String::new(), tables: Vec::new() };
    for schema in [one, two] {
        let inflect = generated.random.below(2) == 1;
        let _ = write!(generated.sql, "create schema {schema}; comment on schema {schema} is ");
        generated.directive(&json!({ "inflect_names": inflect }).to_string());
        generated.enums(schema);
        generated.tables(schema);
        generated.views(schema);
        generated.functions(schema);
    }
    generated.sql
}

impl Generated {
    fn name(&mut self) -> String {
        (*self.random.choose(&NAMES)).to_owned()
    }

    /// Different names.
    fn names(&mut self, most: usize) -> Vec<String> {
        let mut names: Vec<String> = (0..=self.random.below(most)).map(|_| self.name()).collect();
        names.sort();
        names.dedup();
        names
    }

    fn directive(&mut self, json: &str) {
        let _ = writeln!(self.sql, "'@graphql({})';", json.replace('\'', "''"));
    }

    /// Sometimes a comment that gives another name.
    fn rename(&mut self, object: &str) {
        if self.random.once_in(4) {
            let name = self.name();
            let _ = write!(self.sql, "comment on {object} is ");
            self.directive(&json!({ "name": name }).to_string());
        }
    }

    fn enums(&mut self, schema: &str) {
        for name in self.names(2) {
            let (labels, object) = (self.names(4), format!("type {schema}.{}", quoted(&name)));
            let list: Vec<_> =
                labels.iter().map(|label| format!("'{}'", label.replace('\'', "''"))).collect();
            let _ = writeln!(self.sql, "create {object} as enum ({});", list.join(", "));
            // Columns and arguments bring it into the catalog.
            let function = format!("{schema}.{}", quoted(&format!("takes {name}")));
            let _ = writeln!(
                self.sql,
                "create function {function}(given {schema}.{}) returns int language sql stable as 'select 1';",
                quoted(&name)
            );
            if self.random.once_in(2) {
                let value = self.name();
                let mappings = json!({ labels[0].as_str(): value, "no such label": "X" });
                let _ = write!(self.sql, "comment on {object} is ");
                self.directive(&json!({ "mappings": mappings }).to_string());
            } else {
                self.rename(&object);
            }
        }
    }

    fn tables(&mut self, schema: &str) {
        self.tables.clear();
        for name in self.names(6) {
            let name = format!("t {name}").replacen("t ", if self.random.once_in(9) { "t " } else { "" }, 1);
            let columns = self.names(7);
            let table = format!("{schema}.{}", quoted(&name));
            // An enum with that name already has the row type's name.
            let _ = writeln!(self.sql, "drop type if exists {table} cascade;");
            let list: Vec<_> = columns.iter().map(|column| format!("{} int", quoted(column))).collect();
            let key = quoted(&columns[0]);
            let _ = writeln!(self.sql, "create table {table} ({}, primary key ({key}));", list.join(", "));
            let values: Vec<_> = (1..=columns.len()).map(|value| value.to_string()).collect();
            let _ = writeln!(self.sql, "insert into {table} values ({});", values.join(", "));
            self.rename(&format!("table {table}"));
            for column in &columns {
                self.rename(&format!("column {table}.{}", quoted(column)));
            }
            self.foreign_keys(schema, &name, &columns);
            self.tables.push(Table { name, columns });
        }
    }

    /// Foreign keys to the existing tables; the rows need not satisfy them.
    fn foreign_keys(&mut self, schema: &str, name: &str, columns: &[String]) {
        let (table, others) = (format!("{schema}.{}", quoted(name)), std::mem::take(&mut self.tables));
        for other in &others {
            let column = self.random.choose(columns);
            let constraint = format!("key to {}", other.name);
            let _ = writeln!(
                self.sql,
                "alter table {table} add constraint {} foreign key ({}) references {schema}.{} not valid;",
                quoted(&constraint),
                quoted(column),
                quoted(&other.name)
            );
            if self.random.once_in(3) {
                let (local, foreign) = (self.name(), self.name());
                let _ = write!(self.sql, "comment on constraint {} on {table} is ", quoted(&constraint));
                self.directive(&json!({ "local_name": local, "foreign_name": foreign }).to_string());
            }
        }
        self.tables = others;
    }

    /// Views with keys, and with invalid comments.
    fn views(&mut self, schema: &str) {
        let tables = std::mem::take(&mut self.tables);
        for (index, table) in tables.iter().enumerate() {
            let view = format!("{schema}.\"view {index}\"");
            let column = &table.columns[0];
            let _ =
                writeln!(self.sql, "create view {view} as select * from {schema}.{};", quoted(&table.name));
            let foreign = |ours: &[&str], theirs: &[&str]| {
                json!([{
                    "local_columns": ours, "foreign_columns": theirs, "foreign_schema": schema, "foreign_table": table.name,
                }])
            };
            let comments = [
                json!({ "primary_key_columns": [column], "name": format!("View{index}") }),
                json!({ "primary_key_columns": [column, column], "name": "Twice" }),
                json!({ "primary_key_columns": [], "name": "None" }),
                json!({ "primary_key_columns": ["no such column"] }),
                json!({ "primary_key_columns": [column], "name": "a b", "max_rows": 2 }),
                json!({ "primary_key_columns": [column], "name": "Keys", "foreign_keys": foreign(&[column], &[column]) }),
                json!({ "primary_key_columns": [column], "name": "Odd", "foreign_keys": foreign(&[column], &["none"]) }),
                json!({ "primary_key_columns": [column], "name": "Empty", "foreign_keys": foreign(&[], &[]) }),
                json!({ "primary_key_columns": [column], "foreign_keys": foreign(&[column, column], &[column, column]) }),
                json!({ "primary_key_columns": column }),
            ];
            let comment = self.random.choose(&comments).to_string();
            let _ = write!(self.sql, "comment on view {view} is ");
            self.directive(&comment);
        }
        self.tables = tables;
    }

    fn functions(&mut self, schema: &str) {
        for name in self.names(4) {
            let arguments: Vec<_> =
                self.names(3).iter().map(|name| format!("{} int", quoted(name))).collect();
            let function = format!("{schema}.{}({})", quoted(&name), arguments.join(", "));
            let _ = writeln!(
                self.sql,
                "create function {function} returns int language sql stable as 'select 1';"
            );
            self.rename(&format!("function {function}"));
        }
        let tables = std::mem::take(&mut self.tables);
        for table in &tables {
            let function = format!("{schema}.{}({schema}.{})", quoted(&self.name()), quoted(&table.name));
            let _ = writeln!(
                self.sql,
                "create or replace function {function} returns int language sql stable as 'select 1';"
            );
            self.rename(&format!("function {function}"));
        }
        self.tables = tables;
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
