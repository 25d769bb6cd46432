//! What the database is asked about itself: its picture as a role sees it, and marks that tell whether pictures have
//! changed. Never makes anything of a picture.

use std::time::Duration;

use serde::Deserialize;

use crate::catalog::INTROSPECT;
use crate::db::{Access, Database, Scope};
use crate::error::Error;
use crate::sql::{Statement, array_literal};

/// `$1`: the exposed schemas, `$2`: the roles that are asked about.
const MARK: &str = include_str!("mark.sql");

/// A picture of a thousand tables takes about a second; it is drawn at start and after changes only.
const PICTURE_TIMEOUT: Duration = Duration::from_mins(1);

/// What stands for no time limit (`statement_timeout = 0`): the longest that any setting of ours may be.
const LONGEST: Duration = Duration::from_hours(24);

/// Where pictures come from.
pub(super) struct Pictures {
    database: Database,
    /// The exposed schemas, as a text array.
    schemas: String,
    timeout: Duration,
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
    pub(super) fn new(database: Database, schemas: &[String], statement_timeout: Duration) -> Self {
        let schemas = array_literal(schemas.iter().map(|name| Some(name.as_str())));
        Self { database, schemas, timeout: statement_timeout.max(PICTURE_TIMEOUT) }
    }

    /// Draws the picture as a role sees it; `None` is the connection's own user.
    pub(super) async fn draw(&self, role: Option<&str>) -> Result<Picture, Error> {
        let picture = Statement { text: INTROSPECT.to_owned(), parameters: vec![Some(self.schemas.clone())] };
        // A change between the two makes the picture newer than its mark, so that it is drawn once more than is needed.
        let mut answers = self.ask(role, &[self.mark(&[role]), picture]).await?.into_iter();
        let mut marks = read(&answers.next().unwrap_or_default())?.into_iter();
        let text = answers.next().unwrap_or_default();
        match marks.next() {
            Some((_, mark)) => Ok(Picture { text, mark }),
            None => Err(gone(role).into()),
        }
    }

    /// The marks of those of the roles that are there.
    pub(super) async fn marks(&self, roles: &[Option<&str>]) -> Result<Vec<(Option<String>, Mark)>, Error> {
        let answers = self.ask(None, &[self.mark(roles)]).await?;
        Ok(read(&answers.into_iter().next().unwrap_or_default())?)
    }

    fn mark(&self, roles: &[Option<&str>]) -> Statement {
        let roles = array_literal(roles.iter().copied());
        Statement { text: MARK.to_owned(), parameters: vec![Some(self.schemas.clone()), Some(roles)] }
    }

    async fn ask(&self, role: Option<&str>, statements: &[Statement]) -> Result<Vec<String>, Error> {
        let scope = Scope {
            access: Access::ReadOnly,
            role: role.map(str::to_owned),
            // Compiling the statements would take longer than running them.
            settings: vec![("jit".to_owned(), "off".to_owned())],
            statement_timeout: self.timeout,
        };
        let answers = self.database.run(&scope, statements).await.map_err(|failure| failure.error)?;
        Ok(answers.into_iter().map(Option::unwrap_or_default).collect())
    }
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
