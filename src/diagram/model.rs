//! The tables, their keys, and what each role may do with them, as `diagram.sql` returns them.

use serde::Deserialize;

/// The tables of a database, and what roles may do with them.
#[derive(Debug, Deserialize)]
pub struct Diagram {
    pub(super) roles: Vec<Role>,
    pub(super) tables: Vec<Table>,
}

/// A role that is shown.
#[derive(Debug, Deserialize)]
pub(super) struct Role {
    pub(super) name: String,
    /// Whether no policy holds for it: a superuser, or a role with `BYPASSRLS`.
    pub(super) bypasses: bool,
}

/// A table or view.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Table {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) is_view: bool,
    pub(super) has_row_security: bool,
    pub(super) columns: Vec<Column>,
    pub(super) references: Vec<Reference>,
    /// One for each role, in their order.
    pub(super) access: Vec<Access>,
}

/// A column.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) type_name: String,
    pub(super) is_key: bool,
    pub(super) is_reference: bool,
}

/// A foreign key to another of the tables.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reference {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    /// Whether a row may refer to nothing.
    pub(super) is_optional: bool,
    /// Whether at most one row refers to another.
    pub(super) is_unique: bool,
}

/// What a role may do with a table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Access {
    /// Whether it may use the schema.
    may_use: bool,
    ignores_policies: bool,
    /// One for each of [`COMMANDS`].
    commands: Vec<Granted>,
}

/// The commands, in their order.
pub(super) const COMMANDS: [&str; 4] = ["select", "insert", "update", "delete"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Granted {
    /// Whether the privilege is one on the whole table.
    is_whole: bool,
    /// The columns that the role has the privilege on.
    columns: Vec<String>,
    /// The policies that hold for the role.
    policies: Vec<Policy>,
}

/// A policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Policy {
    pub(super) name: String,
    pub(super) is_permissive: bool,
    using: Option<String>,
    check: Option<String>,
}

impl Policy {
    /// Its conditions in SQL.
    pub(super) fn conditions(&self) -> String {
        let part = |word: &str, expression: &Option<String>| {
            let words: Vec<&str> = expression.as_deref()?.split_whitespace().collect();
            Some(format!("{word} {}", words.join(" ")))
        };
        let parts = [part("using", &self.using), part("with check", &self.check)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// What a role may do with a table by one command.
#[derive(Debug)]
pub(super) enum Allowed<'d> {
    /// Nothing: the privilege is missing.
    Nothing,
    /// The privilege is there, and no policy admits a row.
    NoRows,
    /// These columns (`None` is all of them), of all rows or of those that the policies admit.
    Rows { columns: Option<&'d [String]>, policies: &'d [Policy] },
}

impl Table {
    /// What the role in this place may do by the command in that place.
    pub(super) fn allowed(&self, role: usize, command: usize) -> Allowed<'_> {
        let Some(access) = self.access.get(role) else { return Allowed::Nothing };
        let Some(granted) = access.commands.get(command) else { return Allowed::Nothing };
        if !access.may_use || !granted.is_whole && granted.columns.is_empty() {
            return Allowed::Nothing;
        }
        let columns = (!granted.is_whole).then_some(&*granted.columns);
        let columns = columns.filter(|columns| columns.len() < self.columns.len());
        if !self.has_row_security || access.ignores_policies {
            return Allowed::Rows { columns, policies: &[] };
        }
        if granted.policies.iter().any(|policy| policy.is_permissive) {
            Allowed::Rows { columns, policies: &granted.policies }
        } else {
            Allowed::NoRows
        }
    }

    /// The same in words.
    pub(super) fn words(&self, role: usize, command: usize) -> String {
        match self.allowed(role, command) {
            Allowed::Nothing => "–".to_owned(),
            Allowed::NoRows => "no rows: no policy admits any".to_owned(),
            Allowed::Rows { columns, policies } => {
                let rows = match policies {
                    [] => "all rows".to_owned(),
                    policies => {
                        let names: Vec<_> = policies.iter().map(|policy| policy.name.as_str()).collect();
                        format!("rows by “{}”", names.join("”, “"))
                    }
                };
                columns.map_or(rows.clone(), |columns| format!("{} of {rows}", columns.join(", ")))
            }
        }
    }
}

impl Diagram {
    /// The name of a table, with its schema if there are tables of several.
    pub(super) fn name_of(&self, schema: &str, table: &str) -> String {
        if self.tables.iter().all(|other| other.schema == schema) {
            table.to_owned()
        } else {
            format!("{schema}.{table}")
        }
    }
}
