//! The failure of an operation -> what the client may see of it, by what the role knows of the database. Pure.

use super::sqlstate::{is_of_constraint, is_schema_change, violated};
use super::{Code, GraphqlError, of_database};
use crate::db;
use crate::schema::Schema;
use crate::sql::TenantSchema;

/// The part of a failure that the client may see. The role may not know the table of a violated constraint: it may refer to
/// a row that is being deleted, or a trigger may write to it. PostgreSQL's text would name that table. Errors of foreign servers
/// and of shards do not say which table they are about, but their texts do. `tenant` is the schema that the operation ran in, in place
/// of the one that stands for those of all tenants.
pub fn of_operation(error: &db::Error, schema: &Schema, tenant: Option<&TenantSchema>) -> GraphqlError {
    let client_error = of_database(error);
    if tenant.is_some() && is_schema_change(error) {
        return GraphqlError { sqlstate: client_error.sqlstate, ..is_behind() };
    }
    match error {
        db::Error::Database(raised) if is_of_constraint(raised) && !is_known(raised, schema, tenant) => {
            GraphqlError {
                message: "a constraint of the database does not allow that".to_owned(),
                ..client_error
            }
        }
        db::Error::Database(raised) => GraphqlError { violated: violated(raised), ..client_error },
        _ => client_error,
    }
}

/// The API is as its template is, and the tenant's schema is not.
fn is_behind() -> GraphqlError {
    GraphqlError::new(
        Code::Unavailable,
        "the tenant's schema lacks something that the operation uses, or has it in another form; migrate it as the others, or try \
         again later if that is under way",
    )
}

/// Whether an error names a table of the API, or a domain of it.
fn is_known(raised: &db::DatabaseError, schema: &Schema, tenant: Option<&TenantSchema>) -> bool {
    let Some(named) = raised.schema.as_deref() else { return false };
    let namespace = match (tenant, &schema.tenant_template) {
        (Some(tenant), Some(template)) if tenant.name() == named => template,
        _ => named,
    };
    let catalog = &schema.catalog;
    let mut exposed = catalog.tables.iter().zip(&schema.tables).filter(|(_, exposed)| exposed.is_some());
    let mut types = catalog.types.values();
    match (&raised.table, &raised.data_type) {
        (Some(name), _) => exposed.any(|(table, _)| table.schema == *namespace && table.name == *name),
        (None, Some(name)) => types.any(|found| found.schema == *namespace && found.name == *name),
        (None, None) => false,
    }
}
