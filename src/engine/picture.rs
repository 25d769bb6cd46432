//! What the database is asked about itself: its picture as a role sees it, and marks that tell whether pictures have
//! changed. Never makes anything of a picture.

use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::catalog::INTROSPECT;
use crate::db::{Database, Scope};
use crate::error::Error;
use crate::sql::{Statement, array_literal};

/// `$1`: the exposed schemas, `$2`: the roles that are asked about.
const MARK: &str = include_str!("mark.sql");

/// A picture of a thousand tables takes about a second; it is drawn at start and after changes only.
const PICTURE_TIMEOUT: Duration = Duration::from_mins(1);

/// What stands for no time limit (`statement_timeout = 0`): the longest that any setting of ours may be.
const LONGEST: Duration = Duration::from_hours(24);

/// The roles that the connection's user may take. Who may take every role of a server has many, and sees everything himself, so
/// that some of them will do.
const ROLES: &str = "select coalesce(pg_catalog.json_agg(known.rolname), '[]') from (
    select rolname from pg_catalog.pg_roles
    where pg_catalog.pg_has_role(session_user, oid, 'member') and rolname <> session_user and rolname !~ '^pg_'
    order by oid limit 16
) as known";

/// What the database is asked about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Question {
    /// How does it look to a role? `None` is the connection's own user. Two texts: the mark, and the picture.
    Picture(Option<String>),
    /// Which marks have these roles? One text, with those of the roles that are there.
    Marks(Vec<Option<String>>),
    /// Which roles may requests run as, besides the connection's own user? One text, with some of them.
    Roles,
}

impl Question {
    /// The role in whose place the database is asked.
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Picture(role) => role.as_deref(),
            Self::Marks(_) | Self::Roles => None,
        }
    }
}

/// Has somebody else ask the database.
pub type Asker = Box<dyn Fn(Question) -> BoxFuture<'static, Result<Vec<String>, Error>> + Send + Sync>;

/// Where pictures come from.
pub(super) struct Pictures {
    source: Source,
}

enum Source {
    Database {
        database: Database,
        /// The exposed schemas, as a text array.
        schemas: String,
        timeout: Duration,
    },
    Others(Asker),
}

/// A picture, and the mark that it had a moment before it was drawn.
pub(super) struct Picture {
    pub(super) text: String,
    pub(super) mark: Mark,
}

/// What a role's picture depends on: as long as it is the same, so is the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    catalogue: String,
    memberships: String,
    may_be_taken: bool,
    /// What `alter role … set statement_timeout` says, if anything.
    pub(super) statement_timeout: Option<Duration>,
}

#[derive(Deserialize)]
struct Marks {
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

impl Pictures {
    pub(super) fn of_database(database: Database, schemas: &[String], statement_timeout: Duration) -> Self {
        let schemas = array_literal(schemas.iter().map(|name| Some(name.as_str())));
        Self {
            source: Source::Database { database, schemas, timeout: statement_timeout.max(PICTURE_TIMEOUT) },
        }
    }

    pub(super) fn of_others(asker: Asker) -> Self {
        Self { source: Source::Others(asker) }
    }

    /// Draws the picture as a role sees it; `None` is the connection's own user.
    pub(super) async fn draw(&self, role: Option<&str>) -> Result<Picture, Error> {
        let mut texts = self.ask(&Question::Picture(role.map(str::to_owned))).await?.into_iter();
        let mut marks = read(&texts.next().unwrap_or_default())?.into_iter();
        let text = texts.next().unwrap_or_default();
        match marks.next() {
            Some((_, mark)) => Ok(Picture { text, mark }),
            None => Err(gone(role).into()),
        }
    }

    /// The marks of those of the roles that are there.
    pub(super) async fn marks(&self, roles: &[Option<&str>]) -> Result<Vec<(Option<String>, Mark)>, Error> {
        let roles = roles.iter().map(|role| role.map(str::to_owned)).collect();
        let texts = self.ask(&Question::Marks(roles)).await?;
        Ok(read(&texts.into_iter().next().unwrap_or_default())?)
    }

    /// Some of the roles that requests may run as, besides the connection's own user.
    pub(super) async fn roles(&self) -> Result<Vec<String>, Error> {
        let texts = self.ask(&Question::Roles).await?;
        Ok(serde_json::from_str(&texts.into_iter().next().unwrap_or_default())?)
    }

    /// The texts that the question is answered with.
    pub(super) async fn ask(&self, question: &Question) -> Result<Vec<String>, Error> {
        let (database, schemas, timeout) = match &self.source {
            Source::Database { database, schemas, timeout } => (database, schemas, *timeout),
            Source::Others(asker) => return asker(question.clone()).await,
        };
        let (role, statements) = match question {
            // A change between the two makes the picture newer than its mark, so that it is drawn once more than is needed.
            Question::Picture(role) => {
                (role.clone(), vec![mark(schemas, [role.as_deref()]), picture(schemas)])
            }
            Question::Marks(roles) => (None, vec![mark(schemas, roles.iter().map(Option::as_deref))]),
            Question::Roles => (None, vec![Statement::new(ROLES, Vec::new())]),
        };
        let role = role.map(Into::into);
        // Compiling the statements would take longer than running them.
        let scope = Scope { role, ..Scope::of_catalog(timeout) }.with("jit", "off");
        let answers = database.run(&scope, &statements).await.map_err(|failure| failure.error)?;
        Ok(answers.into_iter().map(Option::unwrap_or_default).collect())
    }
}

fn picture(schemas: &str) -> Statement {
    Statement::new(INTROSPECT, vec![Some(schemas.to_owned())])
}

fn mark<'a>(schemas: &str, roles: impl IntoIterator<Item = Option<&'a str>>) -> Statement {
    let roles = array_literal(roles);
    Statement::new(MARK, vec![Some(schemas.to_owned()), Some(roles)])
}

fn read(text: &str) -> Result<Vec<(Option<String>, Mark)>, serde_json::Error> {
    let Marks { catalogue, roles } = serde_json::from_str(text)?;
    let mark = |role: OfRole| {
        let timeout = role.statement_timeout.map(|milliseconds| match milliseconds {
            0 => LONGEST,
            milliseconds => Duration::from_millis(milliseconds).min(LONGEST),
        });
        let OfRole { name, memberships, may_be_taken, .. } = role;
        (name, Mark { catalogue: catalogue.clone(), memberships, may_be_taken, statement_timeout: timeout })
    };
    Ok(roles.into_iter().map(mark).collect())
}

/// Only a role that has been taken, and is dropped at the same moment, is not there.
fn gone(role: Option<&str>) -> crate::db::Error {
    crate::db::Error::ScopeRefused(format!("role {role:?} has just been dropped"))
}
