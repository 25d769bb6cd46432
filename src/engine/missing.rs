//! What settings name and the database does not have: told once, at the start, where every request would fail otherwise.

use std::time::Duration;

use serde::Deserialize;

use super::Engine;
use crate::config::Config;
use crate::db::{Database, Scope};
use crate::error::Error;
use crate::event::{Event, Missing};
use crate::sql::{Statement, array_literal};

/// How long the database has to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How often a database is asked that is not there yet.
const PAUSE: Duration = Duration::from_secs(1);

/// The names among `$1` of which there is no schema, those among `$2` of which there is no role, and those of roles that the
/// connection's user is no member of, with the statement that changes it. It runs with only `pg_catalog` in `search_path`.
const UNMET: &str = "select json_build_object(
    'schemas', (select coalesce(json_agg(name), '[]') from unnest($1::text[]) as name
        where not exists (select from pg_namespace where nspname = name)),
    'roles', (select coalesce(json_agg(name), '[]') from unnest($2::text[]) as name
        where not exists (select from pg_roles where rolname = name)),
    'not_granted', (select coalesce(json_agg(json_build_object(
            'role', rolname, 'grant', format('grant %I to %I;', rolname, session_user))), '[]')
        from pg_roles
        where rolname = any($2::text[]) and not pg_has_role(session_user, oid, 'member')))::text";

/// What settings name and the database does not have.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Unmet {
    /// Schemas that do not exist.
    pub schemas: Vec<String>,
    /// Roles that do not exist.
    pub roles: Vec<String>,
    /// Roles that the connection's user is no member of, so that no request can run as them.
    pub not_granted: Vec<NotGranted>,
}

/// A role that the connection's user is no member of.
#[derive(Debug, Clone, Deserialize)]
pub struct NotGranted {
    /// Its name.
    pub role: String,
    /// The statement that makes the user a member.
    pub grant: String,
}

impl Unmet {
    /// Asks the database.
    pub async fn of(config: &Config, database: &Database) -> Result<Self, Error> {
        let auth = &config.auth;
        let of_keys = auth.api_keys.iter().map(|key| &key.role);
        let roles = auth.anon_role.iter().chain(config.role_limits.keys()).chain(of_keys);
        let roles = array_literal(roles.map(|name| Some(name.as_str())));
        let schemas = array_literal(config.api.schemas.iter().map(|name| Some(name.as_str())));
        let statement = Statement::new(UNMET, vec![Some(schemas), Some(roles)]);
        let answers = database.run(&Scope::of_catalog(TIMEOUT), &[statement]).await;
        let answers = answers.map_err(|failure| failure.error)?;
        Ok(serde_json::from_str(&answers.into_iter().flatten().next().unwrap_or_default())?)
    }
}

impl Engine {
    /// Tells of schemas and roles that settings name and the database does not have, as soon as it can be asked.
    pub async fn tell_missing(&self, config: &Config) {
        let unmet = loop {
            match Unmet::of(config, self.database()).await {
                Ok(unmet) => break unmet,
                Err(Error::Database(error)) if error.is_transient() => tokio::time::sleep(PAUSE).await,
                // Requests say what is wrong.
                Err(_) => return,
            }
        };
        for name in &unmet.schemas {
            Event::SettingUnmet { name, what: Missing::Schema }.emit();
        }
        for name in &unmet.roles {
            Event::SettingUnmet { name, what: Missing::Role }.emit();
        }
        for NotGranted { role, grant } in &unmet.not_granted {
            Event::SettingUnmet { name: role, what: Missing::Membership { grant } }.emit();
        }
    }
}
