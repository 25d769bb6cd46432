//! As whom requests without a token run, and whether row-level security holds for that role.

use std::time::Duration;

use serde::Deserialize;

use super::Engine;
use crate::config::Config;
use crate::db::{Database, Scope};
use crate::error::Error;
use crate::event::Event;
use crate::sql::{Statement, array_literal};

/// How long the database has to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// `$1`: a role, or null for the connection's own user; `$2`: the exposed schemas. It runs with only `pg_catalog` in
/// `search_path`. The manual's section 5.9 says for whom policies do not hold.
const QUERY: &str = "with guarded as (
        select c.relowner, c.relforcerowsecurity from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any($2::text[]) and c.relkind in ('r', 'p') and c.relrowsecurity)
    select json_build_object(
        'role', rolname,
        'is_superuser', rolsuper,
        'bypasses', rolbypassrls,
        'guarded', (select count(*) from guarded),
        'owned', (select count(*) from guarded
            where not relforcerowsecurity and pg_has_role(r.oid, relowner, 'usage')))::text
    from pg_roles r where rolname = coalesce($1::text, session_user)";

/// The role of requests without a token.
#[derive(Debug, Clone, Deserialize)]
pub struct WithoutToken {
    /// Its name.
    pub role: String,
    is_superuser: bool,
    bypasses: bool,
    /// Tables with row-level security.
    guarded: usize,
    /// Those of them that it owns, so that their policies do not hold for it.
    owned: usize,
}

impl WithoutToken {
    /// Asks the database. `None` if such requests are refused, or if there is no such role.
    pub async fn of(config: &Config, database: &Database) -> Result<Option<Self>, Error> {
        let auth = &config.auth;
        if auth.anon_role.is_none() && !auth.is_open() {
            return Ok(None);
        }
        let schemas = array_literal(config.api.schemas.iter().map(|name| Some(name.as_str())));
        let statement = Statement::new(QUERY, vec![auth.anon_role.clone(), Some(schemas)]);
        let answers = database.run(&Scope::of_catalog(TIMEOUT), &[statement]).await;
        let text = answers.map_err(|failure| failure.error)?.into_iter().flatten().next();
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    /// Why policies do not hold for it, if there are tables with policies that do not.
    pub fn ignores_policies(&self) -> Option<String> {
        let Self { is_superuser, bypasses, guarded, owned, .. } = *self;
        let of_tables =
            |count: usize| if count == 1 { "1 table".to_owned() } else { format!("{count} tables") };
        match (is_superuser, bypasses) {
            _ if guarded == 0 => None,
            (true, _) => Some("it is a superuser".to_owned()),
            (_, true) => Some("it has BYPASSRLS".to_owned()),
            _ if owned > 0 => Some(format!("it owns {} with row-level security", of_tables(owned))),
            _ => None,
        }
    }
}

impl Engine {
    /// Tells as whom requests without a token run. Says nothing if the database does not answer.
    pub async fn tell_without_token(&self, config: &Config) {
        if let Ok(found) = WithoutToken::of(config, self.database()).await {
            let role = found.as_ref().map(|found| &*found.role);
            Event::WithoutToken { role }.emit();
            let reason = found.as_ref().and_then(WithoutToken::ignores_policies);
            if let (Some(role), Some(reason)) = (role, reason) {
                Event::PoliciesIgnored { role, reason: &reason }.emit();
            }
        }
    }
}
