//! The identities in `dev`: requests without a token run as the role `anon` if the database has it, and `dev` prints tokens
//! for the people in the database's view `glowplug.sample_token (who, claims)`.
//!
//! A project without the role `anon` runs as the connection's own user, unless the settings say otherwise.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use crate::auth::sign;
use crate::cli::failure::Failure;
use crate::config::{Config, Jwt, Settled};
use crate::db::{Database, Scope};
use crate::engine::{Engine, SamplePerson};
use crate::sql::Statement;

use super::project::Project;

/// The role of requests without a token, by PostgREST's and Supabase's convention.
const ANONYMOUS: &str = "anon";

/// How long the printed tokens are valid. Each start prints new ones.
const VALID: Duration = Duration::from_hours(30 * 24);

/// The settings that decide which requests are accepted. If one of them is set, `dev` sets none.
const SETTINGS: [&str; 3] = ["jwt-secret", "jwt-keys", "anon-role"];

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

/// What tokens of the sample people are signed with, if the settings have a secret.
pub(super) fn signer(config: &Config) -> Option<Jwt> {
    config.auth.jwt.clone().filter(|jwt| jwt.secret.is_some())
}

/// The roles that requests may have: without a token, and those of the people.
pub(super) async fn roles(config: &Config, engine: Option<&Engine>) -> Vec<String> {
    let people = match engine {
        // A view that cannot be read has been told.
        Some(engine) => engine.sample_people().await.unwrap_or_default(),
        None => Vec::new(),
    };
    let of_people = people.iter().filter_map(|person| Some(person.claims.get("role")?.as_str()?.to_owned()));
    let roles: BTreeSet<String> = config.auth.anon_role.iter().cloned().chain(of_people).collect();
    roles.into_iter().collect()
}

/// Prints the identity that requests run as, and the token of each person.
pub(super) async fn introduce(
    config: &Config,
    engine: Option<&Engine>,
    address: SocketAddr,
) -> Result<(), Failure> {
    if let Some(role) = &config.auth.anon_role {
        println!("Requests without a token run as the role {role}.");
    }
    let (Some(jwt), Some(engine)) = (signer(config), engine) else { return Ok(()) };
    let people = engine.sample_people().await.map_err(|error| Failure::Database(error.to_string()))?;
    if people.is_empty() {
        println!("To act as another user: `glowplug token --role … --claim sub=…` prints a token.\n");
        return Ok(());
    }
    println!("To act as another user, put one of these into GraphiQL's tab Headers:\n");
    for SamplePerson { who, claims } in people {
        let token = sign(&jwt, claims, VALID).map_err(Failure::Usage)?;
        println!("  {who}\n    {{\"authorization\": \"Bearer {token}\"}}");
    }
    println!("\nor send it with curl; `glowplug token` makes others:\n");
    println!(
        "  curl http://{address}/graphql -H 'authorization: Bearer …' --json '{{\"query\": \"{{ __typename }}\"}}'\n"
    );
    Ok(())
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
