//! Where tenants are kept apart: by a column of their tables, or by a schema of their own.

use serde::{Deserialize, Serialize};

/// The column that divides tables among tenants, and the claim with the caller's tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The name of the column.
    pub column: String,
    /// The path to the claim: the names of the objects around it, then its own name.
    pub claim: Vec<String>,
    /// Whether the column is also the sharding key of a `PgDog`, which sends each message to the shard of its caller's tenant.
    pub is_sharding_key: bool,
}

/// The schema that stands for those of all tenants, which have the same tables, and where a request names its tenant's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaPerTenant {
    /// The schema from which the API is made. It is no tenant's.
    pub template: String,
    /// Where a request has the name of its tenant's schema.
    pub named_by: TenantSource,
}

/// Where a request has the name of its tenant's schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TenantSource {
    /// A claim of the token: the names of the objects around it, then its own name.
    Claim(Vec<String>),
    /// A header, in lower case, which is among the [`RequestSettings`](super::RequestSettings).
    Header(String),
}

/// The two ways to keep tenants apart.
pub(super) enum Tenants {
    ByColumn(Tenant),
    BySchema(SchemaPerTenant),
}

impl Tenants {
    /// Reads `tenant_id=claims.tenant`, `pgdog:tenant_id=claims.tenant`, or `schema:tenant_template=claims.tenant`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("schema", text)) => SchemaPerTenant::parse(text).map(Self::BySchema),
            Some(("pgdog", text)) => Tenant::parse(text, "pgdog:")
                .map(|tenant| Self::ByColumn(Tenant { is_sharding_key: true, ..tenant })),
            Some(_) | None => Tenant::parse(text, "").map(Self::ByColumn),
        }
    }
}

impl Tenant {
    /// Reads `tenant_id=claims.tenant`, which stands behind `prefix`.
    fn parse(text: &str, prefix: &str) -> Result<Self, String> {
        let parsed = text.split_once('=').and_then(|(column, source)| {
            let column = column.trim();
            let (claim, column) = (claim(source.trim())?, column.to_owned());
            Some(Self { claim, column, is_sharding_key: false }).filter(|tenant| !tenant.column.is_empty())
        });
        parsed.ok_or_else(|| {
            format!("`{text}` is no column and claim; write for example {prefix}tenant_id=claims.tenant")
        })
    }
}

impl SchemaPerTenant {
    /// Reads `tenant_template=claims.tenant` or `tenant_template=header:x-tenant`.
    fn parse(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('=').and_then(|(template, source)| {
            let (template, source) = (template.trim(), source.trim());
            let named_by = match source.strip_prefix("header:") {
                Some("") => return None,
                Some(name) => TenantSource::Header(name.to_ascii_lowercase()),
                None => TenantSource::Claim(claim(source)?),
            };
            Some(Self { template: template.to_owned(), named_by }).filter(|_| !template.is_empty())
        });
        parsed.ok_or_else(|| {
            format!(
                "`{text}` is no schema with a claim or header; write for example schema:tenant_template=claims.tenant or \
                 schema:tenant_template=header:x-tenant"
            )
        })
    }
}

/// The path of `claims.app_metadata.tenant`.
fn claim(text: &str) -> Option<Vec<String>> {
    let claim: Vec<String> = text.strip_prefix("claims.")?.split('.').map(str::to_owned).collect();
    Some(claim).filter(|claim| !claim.iter().any(String::is_empty))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod tests {
    use super::*;

    #[test]
    fn a_column_may_be_the_sharding_key_of_pgdog() {
        for (text, is_sharding_key) in
            [("tenant_id=claims.tenant", false), ("pgdog:tenant_id=claims.tenant", true)]
        {
            let Tenants::ByColumn(tenant) = Tenants::parse(text).unwrap() else { panic!("{text}") };
            assert_eq!((&*tenant.column, tenant.claim), ("tenant_id", vec!["tenant".to_owned()]), "{text}");
            assert_eq!(tenant.is_sharding_key, is_sharding_key, "{text}");
        }
        for text in ["pgdog:claims.tenant", "pgdog:", "pgdog:=claims.tenant", "pgdog:tenant_id=header:x"] {
            let error = Tenants::parse(text).err();
            assert!(error.is_some_and(|error| error.contains("example pgdog:tenant_id=claims.")), "{text}");
        }
    }

    #[test]
    fn a_tenants_schema_is_named_by_a_claim_or_a_header() {
        let source = |text: &str| {
            let SchemaPerTenant { template, named_by } = SchemaPerTenant::parse(text).unwrap();
            assert_eq!(template, "base", "{text}");
            named_by
        };
        assert_eq!(source("base=claims.tenant"), TenantSource::Claim(vec!["tenant".to_owned()]));
        let path = ["app_metadata", "org"].map(str::to_owned);
        assert_eq!(source(" base = claims.app_metadata.org "), TenantSource::Claim(path.into()));
        assert_eq!(source("base=header:X-Tenant"), TenantSource::Header("x-tenant".to_owned()));
        for text in
            ["base", "base=tenant", "=claims.a", "base=claims.", "base=claims.a..b", "base=header:", ""]
        {
            assert!(
                SchemaPerTenant::parse(text).unwrap_err().contains("tenant_template=claims.tenant"),
                "{text}"
            );
        }
    }
}
