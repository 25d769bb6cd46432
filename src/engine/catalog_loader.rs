//! Reads the catalog JSON of a role from the database, and versions that show whether it has changed. Never
//! interprets the JSON.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::catalog::INTROSPECT;
use crate::db::{Database, Scope};
use crate::error::Error;
use crate::sql::{Statement, array_literal};

/// `$1`: the exposed schemas, `$2`: the roles.
const VERSION: &str = include_str!("catalog_version.sql");

/// The catalog of a thousand tables takes about a second; it is read only at the start and after changes.
const LOAD_TIMEOUT: Duration = Duration::from_mins(1);

/// Stands for no time limit (`statement_timeout = 0`): the longest timeout that any setting allows.
const LONGEST: Duration = Duration::from_hours(24);

/// Some of the roles that the connection's user is a member of. A superuser is a member of all roles, which
/// can be many.
const ROLES: &str = "select coalesce(pg_catalog.json_agg(known.rolname), '[]') from (
    select rolname from pg_catalog.pg_roles
    where pg_catalog.pg_has_role(session_user, oid, 'member') and rolname <> session_user and rolname !~ '^pg_'
    order by oid limit 16
) as known";

/// A request about the database's catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CatalogRequest {
    /// The catalog as a role sees it; `None` is the connection's own user. The answer has two texts: version
    /// and catalog JSON.
    Catalog(Option<String>),
    /// The versions for these roles. The answer is one text, with the versions of those roles that exist.
    Versions(Vec<Option<String>>),
    /// Some of the roles that requests may run as, besides the connection's own user. The answer is one text.
    Roles,
}

impl CatalogRequest {
    /// The role that the request runs as.
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Catalog(role) => role.as_deref(),
            Self::Versions(_) | Self::Roles => None,
        }
    }
}

/// Sends a request about the catalog to a process that has a connection to the database.
pub type CatalogClient =
    Box<dyn Fn(CatalogRequest) -> BoxFuture<'static, Result<Vec<String>, Error>> + Send + Sync>;

/// Where catalogs come from.
pub(super) struct CatalogLoader {
    source: Source,
}

enum Source {
    Database {
        database: Database,
        /// The exposed schemas, as a text array.
        schemas: String,
        timeout: Duration,
    },
    Client(CatalogClient),
}

/// Catalog JSON, and its version from just before it was read.
pub(super) struct LoadedCatalog {
    pub(super) json: String,
    pub(super) version: CatalogVersion,
}

/// A hash of everything that a role's catalog JSON depends on: while it is the same, so is the JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CatalogVersion {
    catalogue: String,
    memberships: String,
    may_be_taken: bool,
    /// The role's timeout, if `alter role … set statement_timeout` sets one.
    pub(super) statement_timeout: Option<Duration>,
}

#[derive(Deserialize)]
struct CatalogVersions {
    catalogue: String,
    roles: Vec<OfRole>,
}

#[derive(Deserialize)]
struct OfRole {
    name: Option<String>,
    memberships: String,
    may_be_taken: bool,
    /// In milliseconds.
    statement_timeout: Option<u64>,
}

impl CatalogLoader {
    pub(super) fn of_database(database: Database, schemas: &[String], statement_timeout: Duration) -> Self {
        let schemas = array_literal(schemas.iter().map(|name| Some(name.as_str())));
        Self { source: Source::Database { database, schemas, timeout: statement_timeout.max(LOAD_TIMEOUT) } }
    }

    pub(super) fn of_client(client: CatalogClient) -> Self {
        Self { source: Source::Client(client) }
    }

    /// Reads the catalog as a role sees it; `None` is the connection's own user.
    pub(super) async fn load(&self, role: Option<&str>) -> Result<LoadedCatalog, Error> {
        let mut texts = self.ask(&CatalogRequest::Catalog(role.map(str::to_owned))).await?.into_iter();
        let mut versions = read(&texts.next().unwrap_or_default())?.into_iter();
        let json = texts.next().unwrap_or_default();
        match versions.next() {
            Some((_, version)) => Ok(LoadedCatalog { json, version }),
            None => Err(gone(role).into()),
        }
    }

    /// The versions for those of the roles that exist.
    pub(super) async fn versions(
        &self,
        roles: &[Option<&str>],
    ) -> Result<Vec<(Option<String>, CatalogVersion)>, Error> {
        let roles = roles.iter().map(|role| role.map(str::to_owned)).collect();
        let texts = self.ask(&CatalogRequest::Versions(roles)).await?;
        Ok(read(&texts.into_iter().next().unwrap_or_default())?)
    }

    /// Some of the roles that requests may run as, besides the connection's own user.
    pub(super) async fn roles(&self) -> Result<Vec<String>, Error> {
        let texts = self.ask(&CatalogRequest::Roles).await?;
        Ok(serde_json::from_str(&texts.into_iter().next().unwrap_or_default())?)
    }

    /// The texts that answer a request.
    pub(super) async fn ask(&self, request: &CatalogRequest) -> Result<Vec<String>, Error> {
        let (database, schemas, timeout) = match &self.source {
            Source::Database { database, schemas, timeout } => (database, schemas, *timeout),
            Source::Client(client) => return client(request.clone()).await,
        };
        let (role, statements) = match request {
            // A change between the two makes the catalog newer than its version; then it is read once more
            // than necessary.
            CatalogRequest::Catalog(role) => {
                (role.clone(), vec![versions(schemas, [role.as_deref()]), catalog(schemas)])
            }
            CatalogRequest::Versions(roles) => {
                (None, vec![versions(schemas, roles.iter().map(Option::as_deref))])
            }
            CatalogRequest::Roles => (None, vec![Statement::new(ROLES, Vec::new())]),
        };
        let role = role.map(Into::into);
        // Compiling the statements would take longer than running them.
        let scope = Scope { role, ..Scope::of_catalog(timeout) }.with("jit", "off");
        let answers = database.run(&scope, &statements).await.map_err(|failure| failure.error)?;
        Ok(answers.into_iter().map(Option::unwrap_or_default).collect())
    }
}

fn catalog(schemas: &str) -> Statement {
    Statement::new(INTROSPECT, vec![Some(schemas.to_owned())])
}

fn versions<'a>(schemas: &str, roles: impl IntoIterator<Item = Option<&'a str>>) -> Statement {
    let roles = array_literal(roles);
    Statement::new(VERSION, vec![Some(schemas.to_owned()), Some(roles)])
}

fn read(text: &str) -> Result<Vec<(Option<String>, CatalogVersion)>, serde_json::Error> {
    let CatalogVersions { catalogue, roles } = serde_json::from_str(text)?;
    let version = |role: OfRole| {
        let timeout = role.statement_timeout.map(|milliseconds| match milliseconds {
            0 => LONGEST,
            milliseconds => Duration::from_millis(milliseconds).min(LONGEST),
        });
        let OfRole { name, memberships, may_be_taken, .. } = role;
        (
            name,
            CatalogVersion {
                catalogue: catalogue.clone(),
                memberships,
                may_be_taken,
                statement_timeout: timeout,
            },
        )
    };
    Ok(roles.into_iter().map(version).collect())
}

/// A role that was dropped after it was set.
fn gone(role: Option<&str>) -> crate::db::Error {
    crate::db::Error::ScopeRefused(format!("role {role:?} has just been dropped"))
}
