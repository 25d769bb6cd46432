//! Pages that begin with the smallest distances, so that an index that returns rows in that order can be
//! used.
//!
//! Such an index does not contain the key, which decides between equal distances, and before PostgreSQL 17 no
//! such index supports an order with more terms. So its rows are found first: as many as the page has, and
//! those with the same distance as the last one. Then they are sorted by the rest of the order.
//!
//! An index of pgvector returns the nearest rows only approximately, and at most as many as a setting allows
//! (`hnsw.ef_search`). Pages that begin elsewhere would end too early, or contain rows twice. So they are
//! read without such an index.

use super::ast::{Expression, From, Order, Select};
use super::connection::ConnectionSite;
use super::{Compiler, RowShape, TableRef};
use crate::catalog::SqlType;
use crate::plan::{Connection, Direction, Measured, OrderKey, OrderTerm, Origin};

impl Compiler<'_> {
    /// The nearest rows of a collection as a source of rows, if its page begins with them. `rows` is the
    /// number of needed rows.
    pub(super) fn nearest_rows(&self, site: &ConnectionSite<'_>, alias: &str, rows: u64) -> Option<From> {
        let connection = site.connection;
        let nearest = connection.order.first().filter(|_| begins_with_nearest(connection))?;
        let inner = self.alias();
        let at = TableRef { shape: RowShape::Rows, ..site.rows_at(&inner) };
        let mut columns = self.needed_columns(connection);
        columns.extend(connection.order.iter().flat_map(|term| term.key.columns()));
        columns.sort_unstable();
        columns.dedup();
        let select = Select {
            columns: self.picked_columns(connection, &columns, at),
            from: Some(self.all_rows_of(site, at)),
            condition: Expression::all(self.all_rows(site, at)),
            order: self.order_by(at, std::slice::from_ref(nearest)),
            limit: Some(rows),
            with_ties: true,
            ..Select::default()
        };
        Some(From::Subselect(Box::new(select), alias.to_owned()))
    }

    /// The `ORDER BY` of a page. If the page needs all rows, it uses no index that might leave some out.
    pub(super) fn page_order(
        &self,
        site: &ConnectionSite<'_>,
        at: TableRef<'_>,
        terms: &[OrderTerm],
    ) -> Vec<Order> {
        let mut order = self.order_by(at, terms);
        if begins_with_nearest(site.connection) {
            return order;
        }
        // The term that distinguishes rows of children comes after the terms of the connection.
        for (order, term) in order.iter_mut().zip(terms) {
            if is_approximate(&term.key) {
                let zero = Expression::Number(0).cast(SqlType::system("float8"));
                order.expression = order.expression.clone().binary("+", zero);
            }
        }
        order
    }
}

impl ConnectionSite<'_> {
    /// Whether its page reads its rows from their table, and not from another subselect.
    pub(super) fn reads_its_table(&self) -> bool {
        !self.is_distinct() && !begins_with_nearest(self.connection)
    }
}

/// Whether a page begins with the nearest rows.
fn begins_with_nearest(connection: &Connection) -> bool {
    let is_ascending = |term: &OrderTerm| !term.is_descending && !term.is_nulls_first;
    let first = connection.order.first().filter(|term| is_ascending(term));
    let comes_from_a_table = match connection.origin {
        Origin::Table | Origin::Joined(_) | Origin::Group(_) => true,
        Origin::Called(_) => false,
    };
    first.is_some_and(|term| is_distance(&term.key))
        && comes_from_a_table
        && connection.distinct_on.is_empty()
        && !begins_elsewhere(connection)
}

/// Whether a page may begin with another row than the first of its collection.
fn begins_elsewhere(connection: &Connection) -> bool {
    let page = &connection.page;
    page.after.is_some()
        || page.before.is_some()
        || page.offset.is_some()
        || page.direction == Direction::Backward
}

fn is_distance(key: &OrderKey) -> bool {
    match key {
        OrderKey::Measure(measure) => match measure.what {
            Measured::VectorDistance { .. } | Measured::GeometryDistance(_) => true,
            Measured::TextRank(_) | Measured::TextSimilarity(_) => false,
        },
        OrderKey::Column(_) | OrderKey::Row(..) | OrderKey::Count(_) | OrderKey::Figure(..) => false,
    }
}

/// Whether an index for this order may leave rows out.
fn is_approximate(key: &OrderKey) -> bool {
    match key {
        OrderKey::Measure(measure) => match measure.what {
            Measured::VectorDistance { .. } => true,
            Measured::TextRank(_) | Measured::TextSimilarity(_) | Measured::GeometryDistance(_) => false,
        },
        OrderKey::Column(_) | OrderKey::Row(..) | OrderKey::Count(_) | OrderKey::Figure(..) => false,
    }
}
