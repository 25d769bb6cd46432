//! The caller's tenant: with the setting `tenant`, every read and change of a table with the tenant's column is restricted to it, by a
//! value that is bound for each request. Known values lead it on through relations.

use super::ast::Expression;
use super::condition::parameter;
use super::{Compiler, TableRef};
use crate::plan::{KnownColumns, Slot};

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

    /// What is known of the rows of a table by its tenant.
    pub(super) fn known_tenant(&self, table: usize) -> KnownColumns {
        let column = self.schema.tenant_column(table);
        column.map_or_else(KnownColumns::default, |column| KnownColumns::one(column, Slot::tenant()))
    }
}
