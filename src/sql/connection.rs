//! Connections: a page of a table as JSON, with the selected fields.

use super::ast::{Expression, From, Select, SelectColumn};
use super::call::{is_called, needs_row};
use super::json::JsonText;
use super::page::{PageSite, Paged, Side, reversed};
use super::related_columns::RelatedColumns;
use super::rows::OneRow;
use super::{Compiler, RowShape, TableRef};
use crate::plan::{
    Bound, Connection, ConnectionField, Direction, EdgeField, KnownColumns, OrderTerm, Origin, RowField,
};

/// A connection during compilation.
pub(super) struct ConnectionSite<'a> {
    pub(super) connection: &'a Connection,
    pub(super) parent: Option<TableRef<'a>>,
    /// The order in which rows are counted; it is reversed if they are counted from the end.
    order: Vec<OrderTerm>,
    page: PageSite<'a>,
    /// The name in a `WITH` of the rows of a volatile function.
    pub(super) called: Option<String>,
    known: KnownColumns,
    /// What its page takes from other tables, if the page does that itself: the names, and the columns.
    related: RelatedColumns<'a>,
    related_columns: Vec<SelectColumn>,
}

impl Compiler<'_> {
    /// The select of a connection as JSON. `parent` is the row that it is related to.
    pub(super) fn connection_select(
        &mut self,
        connection: &Connection,
        parent: Option<TableRef<'_>>,
    ) -> OneRow {
        self.select_of_page(connection, parent, Self::connection_json)
    }

    /// The select of the list of a page's rows; `parent` is the group that they belong to.
    pub(super) fn nodes_select(&mut self, connection: &Connection, parent: TableRef<'_>) -> OneRow {
        self.select_of_page(connection, Some(parent), |compiler, site| {
            let fields = connection.nodes().next().unwrap_or_default();
            let row = compiler.row_json(site.page_at(), fields);
            site.page.list(row)
        })
    }

    fn select_of_page(
        &mut self,
        connection: &Connection,
        parent: Option<TableRef<'_>>,
        json: impl FnOnce(&mut Self, &ConnectionSite<'_>) -> JsonText,
    ) -> OneRow {
        let (base, page_alias) = (self.alias(), self.alias());
        let order = connection.page.counted(&connection.order);
        let number = self.number_column(connection);
        let with = self.called_once(&connection.origin, parent);
        let called = with.as_ref().map(|with| with.name.clone());
        let page_site = PageSite { page: &connection.page, alias: &page_alias, number };
        let known = self.known((connection.table, &connection.origin), parent, connection.condition.as_ref());
        let (related, related_columns) = (RelatedColumns::default(), Vec::new());
        let page = page_site;
        let mut site =
            ConnectionSite { connection, parent, order, page, called, known, related, related_columns };
        if self.shapes().relates_within_page() && site.reads_its_table() {
            let fields = connection.nodes().flatten().map(|(_, field)| field);
            let terms = if needs_cursor(connection) { connection.order.as_slice() } else { &[] };
            (site.related, site.related_columns) = self.related_columns(site.rows_at(&base), fields, terms);
        }
        let json = json(self, &site);
        let has_page = connection
            .fields
            .iter()
            .any(|(_, field)| matches!(field, ConnectionField::Edges(_) | ConnectionField::PageInfo(_)));
        let from = has_page.then(|| {
            From::Subselect(Box::new(self.page_select(&site, site.rows_at(&base))), page_alias.clone())
        });
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
        let limit = site.page.limit();
        let nearest = self.nearest_rows(site, at.alias, limit);
        let at = if nearest.is_some() { TableRef { shape: RowShape::Picked, ..at } } else { at };
        let mut columns = self.picked_columns(connection, &self.needed_columns(connection), at);
        // If the text is the same, PostgreSQL computes a value only once.
        let order = self.page_order(site, at, &site.order);
        if let Some(number) = &site.page.number {
            let expression = Expression::RowNumber(order.clone());
            columns.push(SelectColumn { expression, alias: Some(number.clone()) });
        }
        columns.extend(site.related_columns.iter().cloned());
        if columns.is_empty() {
            columns.push(Expression::Number(1).unnamed());
        }
        let mut conditions = if nearest.is_some() { Vec::new() } else { self.rows(site, at) };
        let (near, far) = site.page.bounds();
        conditions.extend(near.map(|bound| self.behind(at, &site.order, bound)));
        conditions.extend(far.map(|bound| self.behind(at, &reversed(&site.order), bound)));
        Select {
            columns,
            from: Some(nearest.unwrap_or_else(|| self.rows_of(site, at))),
            condition: Expression::all(conditions),
            order,
            limit: Some(limit),
            offset: site.page.offset(),
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
        for fields in connection.nodes() {
            row_columns(fields, key, &mut columns);
        }
        if needs_cursor(connection) {
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
        site.page.list(edge)
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
}

impl ConnectionSite<'_> {
    pub(super) fn is_distinct(&self) -> bool {
        !self.connection.distinct_on.is_empty()
    }

    /// The rows of the collection under an alias.
    pub(super) fn rows_at<'a>(&'a self, alias: &'a str) -> TableRef<'a> {
        let shape = if self.is_distinct() { RowShape::Picked } else { RowShape::Rows };
        let nulls = self.connection.origin.nulls();
        TableRef { shape, nulls, ..TableRef::of(self.connection.table, alias).knowing(&self.known) }
    }

    /// The rows of the page.
    fn page_at(&self) -> TableRef<'_> {
        TableRef { shape: RowShape::Picked, related: &self.related, ..self.rows_at(self.page.alias) }
    }
}

impl Paged for ConnectionSite<'_> {
    fn page(&self) -> &PageSite<'_> {
        &self.page
    }

    fn cursor(&self, compiler: &Compiler<'_>) -> Expression {
        compiler.cursor(self.page_at(), &self.connection.order)
    }

    fn others(&self, compiler: &Compiler<'_>, side: Side, bound: &Bound) -> Select {
        let alias = compiler.alias();
        let at = self.rows_at(&alias);
        let mut conditions = compiler.rows(self, at);
        let behind = match side {
            Side::Ahead => compiler.behind(at, &reversed(&self.order), bound),
            Side::Behind => compiler.behind(at, &self.order, bound),
        };
        conditions.push(Expression::Is(Box::new(behind), "not true"));
        Select {
            columns: vec![Expression::Number(1).unnamed()],
            from: Some(compiler.rows_of(self, at)),
            condition: Expression::all(conditions),
            ..Select::default()
        }
    }
}

/// Whether the answer contains cursors.
fn needs_cursor(connection: &Connection) -> bool {
    connection.fields.iter().any(|(_, field)| match field {
        ConnectionField::Edges(edges) => edges.iter().any(|(_, edge)| matches!(edge, EdgeField::Cursor)),
        ConnectionField::PageInfo(fields) => fields.iter().any(|(_, field)| field.is_cursor()),
        ConnectionField::Typename(_) | ConnectionField::TotalCount | ConnectionField::Aggregate(_) => false,
    })
}

/// The columns that the fields of a row need.
pub(super) fn row_columns(fields: &[(String, RowField)], key: &[usize], columns: &mut Vec<usize>) {
    for (_, field) in fields {
        match field {
            RowField::Typename(_) | RowField::Computed(..) => {}
            RowField::NodeId => columns.extend_from_slice(key),
            RowField::Column(column) | RowField::Composite(column, _) | RowField::JsonAt { column, .. } => {
                columns.push(*column);
            }
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
        Origin::Table | Origin::Group(_) | Origin::Called(_) => &[],
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
