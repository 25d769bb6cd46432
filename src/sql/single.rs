//! Root fields of at most one row: a key excludes a second one, or one row is inserted. Then nothing is
//! sorted, counted or aggregated, which is most of the cost of planning such a statement. If there is no row,
//! the statement returns none, and the answer for that case is known beforehand.

use super::ast::{Modify, Query, Select};
use super::json::JsonText;
use super::{Compiler, TableRef};
use crate::plan::{
    Change, Condition, Connection, ConnectionField, InsertedRows, Origin, Page, Write, WriteField,
};

/// A query that returns one JSON text or no row, and the text for no row.
pub(super) struct SingleRow {
    pub(super) query: Query,
    pub(super) if_no_row: Option<String>,
}

impl Compiler<'_> {
    /// The select of a root field's connection whose filter leaves at most one row, if only rows are
    /// selected.
    pub(super) fn single_row_select(&mut self, connection: &Connection) -> Option<SingleRow> {
        if !self.is_single_row(connection) {
            return None;
        }
        let alias = self.alias();
        let known = self.known((connection.table, &connection.origin), None, connection.condition.as_ref());
        let at = TableRef::of(connection.table, &alias).single().knowing(&known);
        let mut fields = Vec::with_capacity(connection.fields.len());
        for (key, field) in &connection.fields {
            let json = match field {
                ConnectionField::Edges(edges) => {
                    let edge = self.edge_json(at, &connection.order, edges);
                    (JsonText::list_of_one(edge), JsonText::known("[]"))
                }
                ConnectionField::Typename(name) => both(&format!("\"{name}\"")),
                ConnectionField::PageInfo(_)
                | ConnectionField::TotalCount
                | ConnectionField::Aggregate(_) => {
                    return None;
                }
            };
            fields.push((key.clone(), json));
        }
        let (json, if_no_row) = objects(fields);
        let query = Query::Select(Box::new(Select {
            columns: vec![json.into_expression().unnamed()],
            from: Some(self.table(at, false)),
            condition: self.within_tenant(
                at,
                connection.condition.as_ref().map(|condition| self.condition(at, condition)),
            ),
            // In a table so small that PostgreSQL reads all of it, it need not search for another row.
            limit: Some(1),
            ..Select::default()
        }));
        Some(SingleRow { query, if_no_row })
    }

    /// The insert of one row, which returns the response.
    pub(super) fn single_row_write(&mut self, write: &Write) -> Option<SingleRow> {
        if self.shapes().returns_columns_only() || self.schema.sharding_key.is_some() {
            return None;
        }
        // A key may have been dropped since the catalog was read, so an update or delete counts its rows:
        // `atMost` is a promise.
        match &write.change {
            Change::Insert { rows: InsertedRows::Each(rows), .. } if rows.len() == 1 => {}
            Change::Insert { .. } | Change::Update { .. } | Change::Delete { .. } => return None,
        }
        let alias = self.alias();
        let at = TableRef::of(write.table, &alias).single().knowing(&write.known);
        let mut fields = Vec::with_capacity(write.fields.len());
        for (key, field) in &write.fields {
            let json = match field {
                WriteField::Records(fields) => {
                    (JsonText::list_of_one(self.row_json(at, fields)), JsonText::known("[]"))
                }
                WriteField::AffectedCount => (JsonText::known("1"), JsonText::known("0")),
                WriteField::Typename(name) => both(&format!("\"{name}\"")),
            };
            fields.push((key.clone(), json));
        }
        let (json, if_no_row) = objects(fields);
        let returning = vec![json.into_expression().unnamed()];
        let query = Query::Modify(Modify { returning, ..self.modify(at, write) });
        Some(SingleRow { query, if_no_row })
    }

    fn is_single_row(&self, connection: &Connection) -> bool {
        let Page { limit, offset, after, before, direction: _ } = &connection.page;
        let is_of_rows = |field| matches!(field, &ConnectionField::Edges(_) | &ConnectionField::Typename(_));
        let needs_row = |field| matches!(field, &ConnectionField::Edges(_));
        matches!(connection.origin, Origin::Table)
            && *limit > 0
            && (offset, after, before) == (&None, &None, &None)
            && connection.fields.iter().all(|(_, field)| is_of_rows(field))
            && connection.fields.iter().any(|(_, field)| needs_row(field))
            && self.leaves_one_row(connection.table, connection.condition.as_ref())
    }

    /// Whether a condition compares each column of a unique key by equality.
    fn leaves_one_row(&self, table: usize, condition: Option<&Condition>) -> bool {
        let table = &self.schema.catalog.tables[table];
        let equal = condition.map(Condition::equalities).unwrap_or_default();
        let is_equal = |name: &String| equal.iter().any(|(column, _)| table.columns[*column].name == *name);
        !table.has_children && table.unique_keys.iter().any(|key| key.iter().all(is_equal))
    }
}

/// A text that is the same with and without a row.
fn both(known: &str) -> (JsonText, JsonText) {
    (JsonText::known(known), JsonText::known(known))
}

/// The objects with and without a row.
fn objects(fields: Vec<(String, (JsonText, JsonText))>) -> (JsonText, Option<String>) {
    let (mut of_row, mut of_none) = (Vec::new(), Vec::new());
    for (key, (json, if_no_row)) in fields {
        of_row.push((key.clone(), json));
        of_none.push((key, if_no_row));
    }
    (JsonText::object(of_row), JsonText::object(of_none).into_known())
}
