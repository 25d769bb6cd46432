//! The caller's tenant: with the setting `tenant`, every read and change of a table with the tenant's column is restricted to it, by a
//! value that is bound for each request. Known values lead it on through relations.

use super::ast::{Expression, SelectColumn};
use super::condition::parameter;
use super::{Compiler, TableRef};
use crate::catalog::SqlType;
use crate::plan::{KnownColumns, Slot};

/// The beginning of the text that is not a number. `error` finds it in PostgreSQL's message.
pub const OTHER_TENANT_MARK: &str = "a row would be of the tenant ";

impl Compiler<'_> {
    /// The condition that a row is of the caller's tenant, if its table has tenants.
    pub(super) fn is_of_tenant(&self, at: TableRef<'_>) -> Option<Expression> {
        let column = self.schema.tenant_column(at.table)?;
        let tenant = parameter(Slot::tenant(), self.comparison_type(at.table, column));
        let equal = self.comparison_of(at.table, column).equal.clone();
        Some(self.column(at, column).operator(equal, tenant))
    }

    /// The condition and the one on the tenant.
    pub(super) fn within_tenant(
        &self,
        at: TableRef<'_>,
        condition: Option<Expression>,
    ) -> Option<Expression> {
        Expression::all(self.is_of_tenant(at).into_iter().chain(condition).collect())
    }

    /// A column of changed rows that fails if one is of another tenant: it would be in the wrong shard.
    ///
    /// It depends on the row, so that PostgreSQL evaluates the cast for no other row, and not when it plans.
    pub(super) fn stays_in_shard(&self, at: TableRef<'_>) -> Option<SelectColumn> {
        self.schema.sharding_key?;
        let (column, is_own) = (self.schema.tenant_column(at.table)?, self.is_of_tenant(at)?);
        let text = vec![Expression::text(OTHER_TENANT_MARK), self.column(at, column)];
        let fail = Expression::Call("concat", text).cast(SqlType::system("int4"));
        let branches = vec![(is_own, Expression::Number(1))];
        let expression = Expression::Case { branches, otherwise: Some(Box::new(fail)) };
        let alias = self.schema.catalog.tables[at.table].unused_name("stays_in_shard");
        Some(SelectColumn { expression, alias: Some(alias) })
    }

    /// What is known of the rows of a table by its tenant.
    pub(super) fn known_tenant(&self, table: usize) -> KnownColumns {
        let column = self.schema.tenant_column(table);
        column.map_or_else(KnownColumns::default, |column| KnownColumns::one(column, Slot::tenant()))
    }
}
