//! Full text search (PostgreSQL manual, chapter 12).

use super::ast::Expression;
use super::condition::parameter;
use super::{Compiler, TableRef};
use crate::catalog::{QualifiedName, SqlType};
use crate::plan::TextSearch;
use crate::schema::TypeFamily;

impl Compiler<'_> {
    /// Whether a column has the words.
    pub(super) fn search(&self, at: TableRef<'_>, column: usize, search: &TextSearch) -> Expression {
        self.search_vector(at, column, &search.configuration).binary("@@", search_query(search))
    }

    /// How well a column matches. A position in an order holds all digits of it.
    pub(super) fn text_rank(&self, at: TableRef<'_>, column: usize, search: &TextSearch) -> Expression {
        let words = self.search_vector(at, column, &search.configuration);
        Expression::Call("ts_rank", vec![words, search_query(search)]).cast(SqlType::system("float8"))
    }

    /// The words of a column with their places: the column itself, or what an index over that expression has.
    fn search_vector(&self, at: TableRef<'_>, column: usize, configuration: &QualifiedName) -> Expression {
        let value = self.column(at, column);
        let exposed = self.schema.column(at.table, column);
        if exposed.is_some_and(|exposed| exposed.column_type.family == TypeFamily::TextVector) {
            return value;
        }
        let configuration = configuration_name(configuration);
        Expression::Call("to_tsvector", vec![configuration, value.cast(SqlType::TEXT)])
    }
}

/// The words that are looked for. No text of a client is an error to this function.
fn search_query(search: &TextSearch) -> Expression {
    let configuration = configuration_name(&search.configuration);
    let words = parameter(search.query.clone(), Some(SqlType::TEXT));
    Expression::Call("websearch_to_tsquery", vec![configuration, words])
}

fn configuration_name(configuration: &QualifiedName) -> Expression {
    Expression::NameInLiteral(configuration.clone()).cast(SqlType::system("regconfig"))
}
