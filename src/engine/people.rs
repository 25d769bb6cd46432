//! The sample people of a development database: who they are, and what their tokens say.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Engine;
use crate::db::{Error, Scope};
use crate::sql::Statement;

/// The name of the view, if it is there.
const VIEW: &str = "select to_regclass('glowplug.sample_token')::text";

const ROWS: &str = "select coalesce(json_agg(json_build_object('who', who, 'claims', claims)), '[]')::text \
    from glowplug.sample_token";

/// A row of the view.
#[derive(Debug, Clone, Deserialize)]
pub struct SamplePerson {
    /// What people read.
    pub who: String,
    /// What the token says.
    pub claims: Map<String, Value>,
}

impl Engine {
    /// The rows of the view `glowplug.sample_token (who, claims)` as they are now; none without the view.
    pub async fn sample_people(&self) -> Result<Vec<SamplePerson>, Error> {
        if self.text_of(VIEW).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = self.text_of(ROWS).await?.unwrap_or_default();
        let unusable =
            |error| Error::Protocol(format!("the view glowplug.sample_token cannot be used: {error}"));
        serde_json::from_str(&rows).map_err(unusable)
    }

    /// The text that a statement on the catalog returns.
    async fn text_of(&self, statement: &'static str) -> Result<Option<String>, Error> {
        let database = &self.inner.database;
        let scope = Scope::of_catalog(database.statement_timeout());
        let answers = database.run(&scope, &[Statement::new(statement, Vec::new())]).await;
        Ok(answers.map_err(|failure| failure.error)?.into_iter().next().flatten())
    }
}
