//! Whether the schemas of tenants have what the schema has that stands for all of them.

use serde::Deserialize;

use crate::config::{Config, SchemaPerTenant};
use crate::db::{Database, Scope};
use crate::sql::{Statement, array_literal};

use super::code::Code;
use super::report::Check;

const SUBJECT: &str = "Tenants";

/// `$1`: the template. `$2`: the exposed schemas.
const LACKS: &str = include_str!("tenants.sql");

#[derive(Debug, Deserialize)]
struct Compared {
    /// Whether the template is there.
    is_there: bool,
    /// The number of tenants' schemas.
    schemas: u32,
    /// How many of them lack something.
    behind: u32,
    /// Some tables that are missing, or that lack columns.
    examples: Vec<String>,
}

/// Nothing where tenants have no schemas of their own.
pub(super) async fn examine(config: &Config, database: &Database) -> Option<Check> {
    let SchemaPerTenant { template, .. } = config.api.schema_per_tenant.as_ref()?;
    let exposed = array_literal(config.api.schemas.iter().map(|name| Some(name.as_str())));
    let statement = Statement::new(LACKS, vec![Some(template.clone()), Some(exposed)]);
    let answers = database.run(&Scope::of_catalog(database.statement_timeout()), &[statement]).await;
    let read = answers.map_err(|failure| failure.error.to_string()).and_then(|answers| {
        let text = answers.into_iter().next().flatten().unwrap_or_default();
        serde_json::from_str(&text).map_err(|error| error.to_string())
    });
    Some(match read {
        Ok(compared) => found(template, &compared),
        Err(why) => Check::new(SUBJECT, Code::TenantsUnknown, format!("it could not be found out: {why}")),
    })
}

fn found(template: &str, compared: &Compared) -> Check {
    let Compared { is_there, schemas, behind, examples } = compared;
    if !is_there {
        let found = format!("there is no schema {template:?}, from which the API is made");
        return Check::new(SUBJECT, Code::TemplateMissing, found);
    }
    if *behind == 0 {
        return Check::ok(SUBJECT, format!("{schemas} schemas have what {template} has"));
    }
    let found = format!(
        "{behind} of {schemas} schemas lack tables or columns of {template}, such as {}",
        examples.join(", ")
    );
    Check::new(SUBJECT, Code::TenantsBehind, found)
}
