//! What settings name and the database does not have: told once, at the start, where every request would fail otherwise.

use std::time::Duration;

use serde::Deserialize;

use super::Engine;
use crate::config::Config;
use crate::db::Scope;
use crate::error::Error;
use crate::event::{Event, Missing};
use crate::sql::{Statement, array_literal};

/// How long the database has to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often a database is asked that is not there yet.
const PAUSE: Duration = Duration::from_secs(1);

/// The names among `$1` of which there is no schema, those among `$2` of which there is no role, and those of roles that the
/// connection's user is no member of. It runs with only `pg_catalog` in `search_path`.
const MISSING: &str = "select json_build_object(
    'schemas', (select coalesce(json_agg(name), '[]') from unnest($1::text[]) as name
        where not exists (select from pg_namespace where nspname = name)),
    'roles', (select coalesce(json_agg(name), '[]') from unnest($2::text[]) as name
        where not exists (select from pg_roles where rolname = name)),
    'not_granted', (select coalesce(json_agg(rolname), '[]') from pg_roles
        where rolname = any($2::text[]) and not pg_has_role(session_user, oid, 'member')))::text";

#[derive(Default, Deserialize)]
struct Found {
    schemas: Vec<String>,
    roles: Vec<String>,
    not_granted: Vec<String>,
}

impl Engine {
    /// Tells of schemas and roles that settings name and the database does not have, as soon as it can be asked.
    pub async fn tell_missing(&self, config: &Config) {
        let auth = &config.auth;
        let of_keys = auth.api_keys.iter().map(|key| &key.role);
        let roles: Vec<_> =
            auth.anon_role.iter().chain(config.role_limits.keys()).chain(of_keys).cloned().collect();
        let found = loop {
            match self.missing(&config.api.schemas, &roles).await {
                Ok(found) => break found,
                Err(Error::Database(error)) if error.is_transient() => tokio::time::sleep(PAUSE).await,
                // Requests say what is wrong.
                Err(_) => return,
            }
        };
        let tell = |names: &[String], what| {
            for name in names {
                Event::SettingUnmet { name, what }.emit();
            }
        };
        tell(&found.schemas, Missing::Schema);
        tell(&found.roles, Missing::Role);
        tell(&found.not_granted, Missing::Membership);
    }

    async fn missing(&self, schemas: &[String], roles: &[String]) -> Result<Found, Error> {
        let list = |names: &[String]| Some(array_literal(names.iter().map(|name| Some(name.as_str()))));
        let statement = Statement::new(MISSING, vec![list(schemas), list(roles)]);
        let answers = self.database().run(&Scope::of_catalog(TIMEOUT), &[statement]).await;
        let answers = answers.map_err(|failure| failure.error)?;
        Ok(serde_json::from_str(&answers.into_iter().flatten().next().unwrap_or_default())?)
    }
}
