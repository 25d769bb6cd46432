//! Connections: a page of a table as JSON, with the selected fields.

use super::ast::{Aggregate, Expression, From, Order, Select, SelectColumn};
use super::call::{is_called, needs_row};
use super::condition::parameter;
use super::json::{IfNull, JsonText};
use super::rows::OneRow;
use super::{Compiler, RowShape, TableRef};
use crate::catalog::SqlType;
use crate::plan::{
    Bound, Connection, ConnectionField, Direction, EdgeField, OrderTerm, Origin, PageInfoField, RowField,
    Slot,
};

/// A connection during compilation.
pub(super) struct ConnectionSite<'a> {
    pub(super) connection: &'a Connection,
    pub(super) parent: Option<TableRef<'a>>,
    /// The order in which rows are counted; it is reversed if they are counted from the end.
    order: Vec<OrderTerm>,
    /// The page's alias.
    page: &'a str,
    /// The name of the column that numbers the rows of the collection from 1, if they need numbers.
    number: Option<String>,
    /// The name in a `WITH` of the rows of a volatile function.
    pub(super) called: Option<String>,
}

impl Compiler<'_> {
    /// The select of a connection as JSON. `parent` is the row that it is related to.
    pub(super) fn connection_select(
        &mut self,
        connection: &Connection,
        parent: Option<TableRef<'_>>,
    ) -> OneRow {
        let (base, page) = (self.alias(), self.alias());
        let is_backward = connection.page.direction == Direction::Backward;
        let order = connection
            .order
            .iter()
            .map(|term| if is_backward { term.reversed() } else { term.clone() })
            .collect();
        let number = self.number_column(connection);
        let with = self.called_once(&connection.origin, parent);
        let called = with.as_ref().map(|with| with.name.clone());
        let site = ConnectionSite { connection, parent, order, page: &page, number, called };
        let json = self.connection_json(&site);
        let has_page = connection
            .fields
            .iter()
            .any(|(_, field)| matches!(field, ConnectionField::Edges(_) | ConnectionField::PageInfo(_)));
        let from = has_page
            .then(|| From::Subselect(Box::new(self.page_select(&site, site.rows_at(&base))), page.clone()));
        let select = OneRow::of_all(json, from, None);
        match with {
            Some(with) => {
                let is_called = is_called(&with.name);
                select.with(with, Some(is_called))
            }
            None => select,
        }
    }

    /// A name for the number of a row, if the page has to be reversed, or one more row than the page is read.
    fn number_column(&self, connection: &Connection) -> Option<String> {
        let is_asked = |(_, field): &(String, ConnectionField)| matches!(field, ConnectionField::PageInfo(_));
        let is_needed =
            connection.page.direction == Direction::Backward || connection.fields.iter().any(is_asked);
        is_needed.then(|| self.schema.catalog.tables[connection.table].unused_name("row_number"))
    }

    /// The rows of the page with the needed columns; with numbers, there is one more row than the page.
    fn page_select(&self, site: &ConnectionSite<'_>, at: TableRef<'_>) -> Select {
        let connection = site.connection;
        let limit = connection.page.limit.saturating_add(u64::from(site.number.is_some()));
        let nearest = self.nearest_rows(site, at.alias, limit);
        let at = if nearest.is_some() { TableRef { shape: RowShape::Picked, ..at } } else { at };
        let mut columns = self.picked_columns(connection, &self.needed_columns(connection), at);
        // If the text is the same, PostgreSQL computes a value only once.
        let order = self.page_order(site, at, &site.order);
        if let Some(number) = &site.number {
            let expression = Expression::RowNumber(order.clone());
            columns.push(SelectColumn { expression, alias: Some(number.clone()) });
        }
        if columns.is_empty() {
            columns.push(Expression::Number(1).unnamed());
        }
        let mut conditions = if nearest.is_some() { Vec::new() } else { self.rows(site, at) };
        let (near, far) = bounds(connection);
        conditions.extend(near.map(|bound| self.behind(at, &site.order, bound)));
        conditions.extend(far.map(|bound| self.behind(at, &reversed(&site.order), bound)));
        Select {
            columns,
            from: Some(nearest.unwrap_or_else(|| self.rows_of(site, at))),
            condition: Expression::all(conditions),
            order,
            limit: Some(limit),
            offset: connection.page.offset.clone().map(count),
            ..Select::default()
        }
    }

    /// Columns of a row, and everything else that its JSON needs.
    pub(super) fn picked_columns(
        &self,
        connection: &Connection,
        columns: &[usize],
        at: TableRef<'_>,
    ) -> Vec<SelectColumn> {
        let columns = columns.iter().map(|column| self.column(at, *column));
        let mut picked: Vec<_> = columns.chain(self.table_oid(at)).map(Expression::unnamed).collect();
        if connection.nodes().any(needs_row) {
            picked.push(self.row_as_column(at));
        }
        picked
    }

    /// The source of the collection's rows. They may be read several times.
    pub(super) fn rows_of(&self, site: &ConnectionSite<'_>, at: TableRef<'_>) -> From {
        if site.is_distinct() { self.distinct_rows(site, at.alias) } else { self.all_rows_of(site, at) }
    }

    /// The same without `distinctOn`.
    pub(super) fn all_rows_of(&self, site: &ConnectionSite<'_>, at: TableRef<'_>) -> From {
        match &site.called {
            Some(name) => From::With(name.clone(), at.alias.to_owned()),
            None => self.origin(&site.connection.origin, site.parent, at),
        }
    }

    /// The conditions on all rows of the collection, not only those of the page. With `distinctOn`, they
    /// apply to the rows that it keeps.
    pub(super) fn rows(&self, site: &ConnectionSite<'_>, at: TableRef<'_>) -> Vec<Expression> {
        if site.is_distinct() { Vec::new() } else { self.all_rows(site, at) }
    }

    /// The same without `distinctOn`.
    pub(super) fn all_rows(&self, site: &ConnectionSite<'_>, at: TableRef<'_>) -> Vec<Expression> {
        let mut conditions = self.join(&site.connection.origin, site.parent, at);
        conditions.extend(site.connection.condition.iter().map(|condition| self.condition(at, condition)));
        conditions
    }

    /// The columns that the JSON needs, in the order of the table.
    pub(super) fn needed_columns(&self, connection: &Connection) -> Vec<usize> {
        let mut columns = Vec::new();
        let key =
            self.schema.table(connection.table).map(|exposed| exposed.key.as_slice()).unwrap_or_default();
        let mut needs_cursor = false;
        for (_, field) in &connection.fields {
            match field {
                ConnectionField::Edges(edges) => {
                    for (_, edge) in edges {
                        match edge {
                            EdgeField::Cursor => needs_cursor = true,
                            EdgeField::Typename(_) => {}
                            EdgeField::Node(fields) => row_columns(fields, key, &mut columns),
                        }
                    }
                }
                ConnectionField::PageInfo(fields) => {
                    needs_cursor |= fields.iter().any(|(_, field)| is_cursor(field));
                }
                ConnectionField::Typename(_)
                | ConnectionField::TotalCount
                | ConnectionField::Aggregate(_) => {}
            }
        }
        if needs_cursor {
            columns.extend(connection.order.iter().flat_map(|term| term.key.columns()));
        }
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn connection_json(&mut self, site: &ConnectionSite<'_>) -> JsonText {
        let mut fields = Vec::with_capacity(site.connection.fields.len());
        for (key, field) in &site.connection.fields {
            let json = match field {
                ConnectionField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                ConnectionField::Edges(edges) => self.edges_json(site, edges),
                ConnectionField::PageInfo(fields) => self.page_info_json(site, fields),
                ConnectionField::TotalCount => self.over_all_rows(site, |_, _| JsonText::count()),
                ConnectionField::Aggregate(fields) => {
                    self.over_all_rows(site, |compiler, at| compiler.aggregate_json(at, fields))
                }
            };
            fields.push((key.clone(), json));
        }
        JsonText::object(fields)
    }

    fn edges_json(&mut self, site: &ConnectionSite<'_>, edges: &[(String, EdgeField)]) -> JsonText {
        let at = site.page_at();
        let edge = self.edge_json(at, &site.connection.order, edges);
        let is_backward = site.connection.page.direction == Direction::Backward;
        let order = site.number().filter(|_| is_backward).map(descending);
        JsonText::list(edge, order.into_iter().collect(), site.on_page())
    }

    /// The edge of a row; `order` is that of its connection.
    pub(super) fn edge_json(
        &mut self,
        at: TableRef<'_>,
        order: &[OrderTerm],
        edges: &[(String, EdgeField)],
    ) -> JsonText {
        let mut fields = Vec::with_capacity(edges.len());
        for (key, field) in edges {
            let json = match field {
                EdgeField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                EdgeField::Cursor => JsonText::quoted(self.cursor(at, order)),
                EdgeField::Node(fields) => self.row_json(at, fields),
            };
            fields.push((key.clone(), json));
        }
        JsonText::object(fields)
    }

    fn page_info_json(&mut self, site: &ConnectionSite<'_>, fields: &[(String, PageInfoField)]) -> JsonText {
        let is_forward = site.connection.page.direction == Direction::Forward;
        let mut json = Vec::with_capacity(fields.len());
        for (key, field) in fields {
            let value = match field {
                PageInfoField::Typename(name) => JsonText::known(&format!("\"{name}\"")),
                PageInfoField::HasNextPage if is_forward => self.has_more_ahead(site),
                PageInfoField::HasPreviousPage if !is_forward => self.has_more_ahead(site),
                PageInfoField::HasNextPage | PageInfoField::HasPreviousPage => self.has_more_behind(site),
                PageInfoField::StartCursor => self.end_of_page(site, is_forward),
                PageInfoField::EndCursor => self.end_of_page(site, !is_forward),
            };
            json.push((key.clone(), value));
        }
        JsonText::object(json)
    }

    /// Whether rows follow in the direction of counting: the extra row after the page, or rows beyond the
    /// bound.
    fn has_more_ahead(&mut self, site: &ConnectionSite<'_>) -> JsonText {
        let count = Expression::aggregate("count", Vec::new());
        let beyond_page = count.binary(">", Expression::Number(site.connection.page.limit));
        let (_, far) = bounds(site.connection);
        let ahead = match far {
            None => beyond_page,
            Some(bound) => {
                let beyond_bound = self.not_behind(site, &reversed(&site.order), bound);
                Expression::Or(vec![beyond_page, beyond_bound])
            }
        };
        JsonText::truth(ahead)
    }

    /// Whether there are rows before the page in the direction of counting. An empty page has none before it.
    fn has_more_behind(&mut self, site: &ConnectionSite<'_>) -> JsonText {
        let page = &site.connection.page;
        let (near, _) = bounds(site.connection);
        let behind = match near {
            _ if page.limit == 0 => return JsonText::known("false"),
            _ if page.offset.is_some() => {
                Expression::aggregate("count", Vec::new()).binary(">", Expression::Number(0))
            }
            Some(bound) => self.not_behind(site, &site.order, bound),
            None => return JsonText::known("false"),
        };
        JsonText::truth(behind)
    }

    /// The page has rows, and there are rows of the collection that are not after the bound.
    fn not_behind(&mut self, site: &ConnectionSite<'_>, order: &[OrderTerm], bound: &Bound) -> Expression {
        let alias = self.alias();
        let at = site.rows_at(&alias);
        let mut conditions = self.rows(site, at);
        conditions.push(Expression::Is(Box::new(self.behind(at, order, bound)), "not true"));
        let others = Select {
            columns: vec![Expression::Number(1).unnamed()],
            from: Some(self.rows_of(site, at)),
            condition: Expression::all(conditions),
            ..Select::default()
        };
        let has_rows = Expression::aggregate("count", Vec::new()).binary(">", Expression::Number(0));
        Expression::And(vec![has_rows, Expression::Exists(Box::new(others))])
    }

    /// The cursor of the row at one end of the page: the first or last in the direction of counting.
    fn end_of_page(&self, site: &ConnectionSite<'_>, is_first: bool) -> JsonText {
        let Some(number) = site.number() else { return JsonText::known("null") };
        let at = site.page_at();
        let cursor = self.cursor(at, &site.connection.order);
        let order = if is_first { Vec::new() } else { vec![descending(number.clone())] };
        let filter = if is_first && site.connection.page.limit > 0 {
            Some(number.binary("=", site.number_of(1)))
        } else {
            site.on_page()
        };
        let cursors = Aggregate { function: "array_agg", arguments: vec![cursor], order, filter };
        let cursor = Expression::First(Box::new(Expression::Aggregate(Box::new(cursors))));
        JsonText::leaf(cursor, IfNull::Null).aggregating()
    }
}

impl ConnectionSite<'_> {
    fn is_distinct(&self) -> bool {
        !self.connection.distinct_on.is_empty()
    }

    /// The rows of the collection under an alias.
    pub(super) fn rows_at<'a>(&self, alias: &'a str) -> TableRef<'a> {
        let shape = if self.is_distinct() { RowShape::Picked } else { RowShape::Rows };
        TableRef { table: self.connection.table, alias, shape, nulls: self.connection.origin.nulls() }
    }

    /// The rows of the page.
    fn page_at(&self) -> TableRef<'_> {
        TableRef { shape: RowShape::Picked, ..self.rows_at(self.page) }
    }

    /// The number of a row of the page.
    fn number(&self) -> Option<Expression> {
        self.number.as_ref().map(|name| Expression::column(self.page, name))
    }

    /// The number of the page's row with this index from 1. Rows that OFFSET skips have numbers, too.
    fn number_of(&self, row: u64) -> Expression {
        match &self.connection.page.offset {
            Some(offset) => count(offset.clone()).binary("+", Expression::Number(row)),
            None => Expression::Number(row),
        }
    }

    /// The condition that a row is not the extra one after the page.
    fn on_page(&self) -> Option<Expression> {
        self.number().map(|number| number.binary("<=", self.number_of(self.connection.page.limit)))
    }
}

/// The bounds of a page in the direction of counting: its beginning, and its end.
fn bounds(connection: &Connection) -> (Option<&Bound>, Option<&Bound>) {
    let page = &connection.page;
    match page.direction {
        Direction::Forward => (page.after.as_ref(), page.before.as_ref()),
        Direction::Backward => (page.before.as_ref(), page.after.as_ref()),
    }
}

fn count(slot: Slot) -> Expression {
    parameter(slot, Some(SqlType::system("int8")))
}

fn reversed(order: &[OrderTerm]) -> Vec<OrderTerm> {
    order.iter().map(OrderTerm::reversed).collect()
}

fn descending(expression: Expression) -> Order {
    Order { expression, is_descending: true, is_nulls_first: true }
}

fn is_cursor(field: &PageInfoField) -> bool {
    matches!(field, PageInfoField::StartCursor | PageInfoField::EndCursor)
}

/// The columns that the fields of a row need.
pub(super) fn row_columns(fields: &[(String, RowField)], key: &[usize], columns: &mut Vec<usize>) {
    for (_, field) in fields {
        match field {
            RowField::Typename(_) | RowField::Computed(_) => {}
            RowField::NodeId => columns.extend_from_slice(key),
            RowField::Column(column) | RowField::JsonAt { column, .. } => columns.push(*column),
            RowField::Measure(measure) => columns.push(measure.column),
            RowField::ToOne { row, .. } => columns.extend(joined_columns(&row.origin)),
            RowField::ToMany(connection) => columns.extend(joined_columns(&connection.origin)),
        }
    }
}

/// The columns of a row by which others are related to it.
fn joined_columns(origin: &Origin) -> impl Iterator<Item = usize> {
    let pairs = match origin {
        Origin::Joined(join) => join.columns.as_slice(),
        Origin::Table | Origin::Called(_) => &[],
    };
    pairs.iter().map(|pair| pair.0)
}

impl Connection {
    /// The selected fields of its rows, for each selection of them.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &[(String, RowField)]> {
        let edges = self.fields.iter().filter_map(|(_, field)| match field {
            ConnectionField::Edges(edges) => Some(edges),
            ConnectionField::Typename(_)
            | ConnectionField::PageInfo(_)
            | ConnectionField::TotalCount
            | ConnectionField::Aggregate(_) => None,
        });
        edges.flatten().filter_map(|(_, field)| match field {
            EdgeField::Node(fields) => Some(fields.as_slice()),
            EdgeField::Typename(_) | EdgeField::Cursor => None,
        })
    }
}
