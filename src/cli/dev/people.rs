//! The identities in `dev`: requests without a token run as the role `anon` if the database has it, and `dev` prints tokens
//! for the people in the database's view `glowplug.sample_token (who, claims)`.
//!
//! A project without the role `anon` runs as the connection's own user, unless the settings say otherwise.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cli::failure::Failure;
use crate::cli::token::sign;
use crate::config::{Config, SamplePerson, Secret, Settled};
use crate::db::{Database, Scope};
use crate::sql::Statement;

use super::project::Project;

/// The role of requests without a token, by PostgREST's and Supabase's convention.
const ANONYMOUS: &str = "anon";

/// How long the printed tokens are valid. Each start prints new ones.
const VALID: Duration = Duration::from_hours(30 * 24);

/// The settings that decide which requests are accepted. If one of them is set, `dev` sets none.
const SETTINGS: [&str; 3] = ["jwt-secret", "jwt-keys", "anon-role"];

/// A row of the view.
#[derive(Debug, Deserialize)]
struct Person {
    who: String,
    claims: Map<String, Value>,
}

/// Sets the secret, and the role of requests without a token if the database has that role, unless the settings have them.
pub(super) async fn settle(settled: &mut Settled, project: &Project, config: &Config) -> Result<(), Failure> {
    if SETTINGS.iter().any(|name| settled.value(name).is_some()) || !has_anonymous(config).await? {
        return Ok(());
    }
    settled.set_jwt_secret(&project.jwt_secret()?);
    settled.set_anon_role(ANONYMOUS);
    Ok(())
}

async fn has_anonymous(config: &Config) -> Result<bool, Failure> {
    let statement = format!("select exists (select from pg_roles where rolname = '{ANONYMOUS}')::text");
    Ok(ask(config, &statement).await?.as_deref() == Some("true"))
}

/// The people that the database names, each with a new token. None without a secret to sign with.
pub(super) async fn find(config: &Config) -> Result<Vec<SamplePerson>, Failure> {
    let Some(jwt) = config.auth.jwt.as_ref().filter(|jwt| jwt.secret.is_some()) else {
        return Ok(Vec::new());
    };
    let signed = |Person { who, claims }| {
        let token = Secret::new(sign(jwt, claims.clone(), VALID)?);
        Ok(SamplePerson { name: who, claims, token })
    };
    people(config).await?.into_iter().map(signed).collect()
}

/// Prints the identity that requests run as, and the token of each person.
pub(super) fn introduce(config: &Config, people: &[SamplePerson], address: SocketAddr) {
    if let Some(role) = &config.auth.anon_role {
        println!("Requests without a token run as the role {role}.");
    }
    if config.auth.jwt.as_ref().is_none_or(|jwt| jwt.secret.is_none()) {
        return;
    }
    if people.is_empty() {
        println!("To act as another user: `glowplug token --role … --claim sub=…` prints a token.\n");
        return;
    }
    println!("To act as another user, put one of these into GraphiQL's tab Headers:\n");
    for SamplePerson { name, token, .. } in people {
        println!("  {name}\n    {{\"authorization\": \"Bearer {}\"}}", token.expose());
    }
    println!("\nor send it with curl; `glowplug token` makes others:\n");
    println!(
        "  curl http://{address}/graphql -H 'authorization: Bearer …' --json '{{\"query\": \"{{ __typename }}\"}}'\n"
    );
}

async fn people(config: &Config) -> Result<Vec<Person>, Failure> {
    let view = "select to_regclass('glowplug.sample_token')::text";
    if ask(config, view).await?.is_none() {
        return Ok(Vec::new());
    }
    let rows = "select coalesce(json_agg(json_build_object('who', who, 'claims', claims)), '[]')::text \
        from glowplug.sample_token";
    let text = ask(config, rows).await?.unwrap_or_default();
    serde_json::from_str(&text)
        .map_err(|error| Failure::Database(format!("the view glowplug.sample_token cannot be used: {error}")))
}

/// The text that a statement returns.
async fn ask(config: &Config, statement: &str) -> Result<Option<String>, Failure> {
    let told = |error: &dyn std::fmt::Display| Failure::Database(error.to_string());
    let database = Database::new(&config.database).map_err(|error| told(&error))?;
    let scope = Scope::of_catalog(config.database.statement_timeout);
    let statement = Statement::new(statement.to_owned(), Vec::new());
    let answers = database.run(&scope, &[statement]).await.map_err(|error| told(&error))?;
    Ok(answers.into_iter().next().flatten())
}
