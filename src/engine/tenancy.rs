//! The tenant of a request: its value in a column, or the schema of its own. Both stand in the request's settings, which come from
//! a verified token and from allowed headers.

use super::run::Execution;
use super::{Engine, Identity};
use crate::config::{Api, CLAIMS_SETTING, SchemaPerTenant, Tenant, TenantSource};
use crate::db::{self, Access, Scope};
use crate::error::{Error, is_schema_change};
use crate::request::JsonValue;
use crate::schema::Schema;
use crate::sql::{KeyType, ShardingKey, Statement, TenantSchema};

/// The setting with the headers that SQL can read.
const HEADERS_SETTING: &str = "request.headers";

/// The schema's name, if there is one that the role may use.
const USABLE: &str = "select n.nspname::pg_catalog.text from pg_catalog.pg_namespace n \
    where n.nspname operator(pg_catalog.=) $1::pg_catalog.name and pg_catalog.has_schema_privilege(n.oid, 'usage')";

/// `insufficient_privilege`
const FORBIDDEN: &str = "42501";

/// Where requests name the schema of their tenant.
pub(super) struct Tenancy {
    named_by: TenantSource,
    /// The schemas of the API, none of which is a tenant's.
    exposed: Vec<String>,
}

impl Tenancy {
    /// `None` if tenants have no schemas of their own.
    pub(super) fn of(api: &Api) -> Option<Self> {
        let SchemaPerTenant { named_by, .. } = api.schema_per_tenant.clone()?;
        Some(Self { named_by, exposed: api.schemas.clone() })
    }

    /// The schema of the request's tenant.
    pub(super) fn schema_of(&self, identity: &Identity) -> Result<TenantSchema, Error> {
        let name = match &self.named_by {
            TenantSource::Claim(path) => found(identity, CLAIMS_SETTING, path),
            TenantSource::Header(name) => found(identity, HEADERS_SETTING, std::slice::from_ref(name)),
        };
        let source = || match &self.named_by {
            TenantSource::Claim(path) => format!("a token with the claim {}", path.join(".")),
            TenantSource::Header(name) => format!("the header {name}"),
        };
        let name = text_of(name).ok_or_else(|| Error::TenantMissing(source()))?;
        TenantSchema::new(&name, &self.exposed).ok_or_else(|| db::Error::TenantRefused(name).into())
    }
}

impl Engine {
    /// The failure of an operation. If the reason is that the tenant's schema is not there, or that the role may not use it, both are
    /// the same failure.
    pub(super) async fn of_tenant(&self, execution: Execution<'_>, failure: db::Error) -> db::Error {
        let Some(tenant) = &execution.bound.tenant else { return failure };
        if !is_schema_change(&failure) && failure.sqlstate() != Some(FORBIDDEN) {
            return failure;
        }
        let scope = Scope { access: Access::ReadOnly, answer_limit: usize::MAX, ..execution.scope() };
        match self.inner.database.run(&scope, &[usable(tenant)]).await.as_deref() {
            Ok([None]) => db::Error::TenantRefused(tenant.name().to_owned()),
            _ => failure,
        }
    }
}

/// A statement without an answer if the role of the transaction cannot use the schema.
pub(super) fn usable(tenant: &TenantSchema) -> Statement {
    Statement::new(USABLE, vec![Some(tenant.name().to_owned())])
}

/// The tenant that a caller's claims name; null if they name none.
pub(super) fn tenant_of(tenant: &Tenant, identity: &Identity) -> JsonValue {
    found(identity, CLAIMS_SETTING, &tenant.claim)
}

/// The shard of the tenant that a caller's claims name, behind a `PgDog` with several.
pub(super) fn shard_of(tenant: &Tenant, identity: &Identity, schema: &Schema) -> Result<ShardingKey, Error> {
    let of = schema.sharding_key.unwrap_or(KeyType::Text);
    let key = text_of(tenant_of(tenant, identity)).and_then(|value| ShardingKey::new(&value, of));
    key.ok_or_else(|| {
        let claim = tenant.claim.join(".");
        Error::TenantMissing(format!("a token with the claim {claim}, {}", of.values()))
    })
}

/// A text, or a number as text.
fn text_of(value: JsonValue) -> Option<String> {
    match value {
        JsonValue::String(text) => Some(text.as_str().to_owned()),
        JsonValue::Number(number) => Some(number.to_string()),
        JsonValue::Null | JsonValue::Bool(_) | JsonValue::Array(_) | JsonValue::Object(_) => None,
    }
}

/// A value in one of the request's settings, which is a JSON object; null if there is none.
fn found(identity: &Identity, setting: &str, path: &[String]) -> JsonValue {
    let json = identity.settings.iter().find(|(name, _)| &**name == setting);
    let object = json.and_then(|(_, json)| serde_json::from_str::<JsonValue>(json).ok()).unwrap_or_default();
    let value = path.iter().try_fold(&object, |value, name| value.as_object()?.get(name.as_str()));
    value.cloned().unwrap_or_default()
}
