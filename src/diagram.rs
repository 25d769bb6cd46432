//! The tables of a database as a picture, and who may do what with them: for `glowplug diagram`, and for a page of `dev`.
//!
//! Reads the database's own catalog, not the API: what a role may not see is in the picture as well.

mod layout;
mod markdown;
mod model;
mod page;

use std::time::Duration;

use crate::db::{self, Database, Scope};
use crate::sql::{Statement, array_literal};

pub use model::Diagram;

/// `$1`: the exposed schemas; `$2`: the roles.
const QUERY: &str = include_str!("diagram/diagram.sql");

impl Diagram {
    /// Asks the database. `roles` are those to show; if there are none, all that have been granted something in the schemas.
    pub async fn of(
        database: &Database,
        (schemas, roles): (&[String], &[String]),
        timeout: Duration,
    ) -> Result<Self, db::Error> {
        let list = |names: &[String]| Some(array_literal(names.iter().map(|name| Some(name.as_str()))));
        let statement = Statement::new(QUERY, vec![list(schemas), list(roles)]);
        let answers = database.run(&Scope::of_catalog(timeout), &[statement]).await;
        let answers = answers.map_err(|failure| failure.error)?;
        let text = answers.into_iter().next().flatten().unwrap_or_default();
        serde_json::from_str(&text).map_err(|error| db::Error::Protocol(error.to_string()))
    }

    /// Whether a role of this name is shown.
    pub fn has_role(&self, name: &str) -> bool {
        self.roles.iter().any(|role| role.name == name)
    }

    /// Markdown with a Mermaid diagram, which GitHub, GitLab and many editors draw.
    pub fn markdown(&self) -> String {
        markdown::print(self)
    }

    /// One page with everything in it, for a browser.
    pub fn page(&self) -> String {
        page::print(self)
    }
}
