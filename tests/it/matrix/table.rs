//! A table and its columns, and a role's rights on them.

use serde_json::Value;

use super::statement::{literal, quoted};

/// A table, and the role's rights on it.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) key: Vec<String>,
    pub(super) selectable: Vec<String>,
    /// Without columns that PostgreSQL numbers by itself.
    pub(super) insertable: Vec<String>,
    pub(super) updatable: Vec<String>,
    pub(super) is_deletable: bool,
    pub(super) columns: Vec<Column>,
    holds_rows: bool,
}

/// The kind of compared rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Rows that already existed.
    Read,
    /// Rows that were just inserted or changed, in two databases: varying columns are left out.
    Change,
}

#[expect(clippy::struct_excessive_bools, reason = "each is an independent fact of pg_attribute")]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) sql_type: String,
    /// Whether two runs of the same statement give the column different values.
    varies: bool,
    is_generated: bool,
    pub(super) is_numbered: bool,
    is_enum: bool,
}

impl Table {
    pub(super) fn new(name: String, key: Vec<String>, holds_rows: bool, columns: &Value) -> Self {
        let columns = columns.as_array().expect("columns").iter().map(Column::new).collect();
        let none = Vec::new;
        Self {
            name,
            key,
            holds_rows,
            columns,
            selectable: none(),
            insertable: none(),
            updatable: none(),
            is_deletable: false,
        }
    }

    /// Whether the API has the table: a row needs its key.
    pub(super) fn is_readable(&self) -> bool {
        !self.selectable.is_empty() && self.key.iter().all(|column| self.selectable.contains(column))
    }

    pub(super) fn is_enum(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name && column.is_enum)
    }

    /// The columns that can be read and compared.
    pub(super) fn compared(&self, after: After) -> impl Iterator<Item = &str> {
        let columns = self.columns.iter().filter(move |column| !(after == After::Change && column.varies));
        columns
            .map(|column| column.name.as_str())
            .filter(|name| self.selectable.iter().any(|column| column == name))
    }

    /// A row of the table, with that name in the statement, in the API's form.
    pub(super) fn json(&self, row: &str, after: After) -> String {
        let parts = self.compared(after).map(|name| {
            let column = self.columns.iter().find(|column| column.name == name).expect("one of its columns");
            let value = format!("{row}.{}", quoted(name));
            // In the API, JSON and numbers beyond JavaScript's range are texts.
            let is_text =
                matches!(column.sql_type.split('(').next(), Some("bigint" | "numeric" | "json" | "jsonb"));
            format!("{}, {value}{}", literal(&name.into()), if is_text { "::text" } else { "" })
        });
        format!("json_build_object({})", parts.collect::<Vec<_>>().join(", "))
    }

    /// The statements that save the content of the table, and those that restore it.
    pub(super) fn saved(&self) -> Option<(String, String)> {
        let name = quoted(&self.name);
        let held =
            self.columns.iter().filter(|column| !column.is_generated).map(|column| quoted(&column.name));
        let columns = held.collect::<Vec<_>>().join(", ");
        self.holds_rows.then(|| {
            (
                format!("create table saved.{name} as select {columns} from {name};"),
                format!(
                    "delete from {name};
                    insert into {name} ({columns}) overriding system value select {columns} from saved.{name};"
                ),
            )
        })
    }

    /// An expression: the content of the table as one text, except for varying columns.
    pub(super) fn text(&self) -> String {
        let held = self.columns.iter().filter(|column| !column.varies).map(|column| quoted(&column.name));
        let row = format!("concat_ws(' | ', {})", held.collect::<Vec<_>>().join(", "));
        format!(
            "(select {} || string_agg({row}, e'\\n' order by {row}) from {})",
            literal(&self.name.clone().into()),
            quoted(&self.name)
        )
    }
}

impl Column {
    fn new(found: &Value) -> Self {
        let text = |name: &str| found[name].as_str().expect("a text").to_owned();
        let is = |name: &str| found[name].as_bool().expect("a boolean");
        Self {
            name: text("name"),
            sql_type: text("type"),
            varies: is("varies"),
            is_numbered: is("is_numbered"),
            is_enum: is("is_enum"),
            is_generated: is("is_generated"),
        }
    }
}
