//! `glowplug token`: signs a JSON Web Token, to try an API as a certain identity. In production, an identity provider does
//! that.
//!
//! Never asks the database: whether the role exists turns out when the token is used.

use std::path::Path;

use clap::Args;
use serde_json::{Map, Value};

use crate::auth::sign;
use crate::config::{Profile, duration};

use super::failure::Failure;
use super::kept;
use super::settings::Flags;

/// The flags of `glowplug token`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Database role that requests with the token run as.
    #[arg(long, value_name = "NAME")]
    role: String,
    /// A claim: `sub=…` is a text, `level:=3` is JSON. May be given several times.
    #[arg(long = "claim", value_name = "NAME=VALUE")]
    claims: Vec<String>,
    /// How long the token is valid.
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    expires: String,
    #[command(flatten)]
    flags: Flags,
}

/// Signs with the setting `jwt-secret`, or with the secret that `dev` keeps in this folder, and prints the token.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let mut settled = options.flags.settle(Profile::OneShot)?;
    // This needs no database, but the settings are checked as a whole.
    settled.set_database_url("postgres://localhost/");
    if settled.value("jwt-secret").is_none()
        && let Some(secret) = kept::secret(Path::new("."))?
    {
        settled.set_jwt_secret(&secret);
    }
    let jwt = settled.check()?.auth.jwt.filter(|jwt| jwt.secret.is_some());
    let jwt = jwt.ok_or_else(|| {
        Failure::Usage(
            "there is no secret to sign with: set GLOWPLUG_JWT_SECRET to that of the server, or run this where \
             `glowplug dev` was started, which makes one"
                .to_owned(),
        )
    })?;
    let mut claims = Map::new();
    for claim in &options.claims {
        let (name, value) = parse(claim)?;
        claims.insert(name, value);
    }
    put(&mut claims, &jwt.role_claim, &options.role);
    let expires =
        duration(&options.expires).map_err(|message| Failure::Usage(format!("--expires: {message}")))?;
    super::print(&(sign(&jwt, claims, expires).map_err(Failure::Usage)? + "\n"))
}

/// A claim in its typed form: `name=text` or `name:=JSON`.
fn parse(claim: &str) -> Result<(String, Value), Failure> {
    let wrong = |why: &str| Failure::Usage(format!("--claim {claim}: {why}; write sub=… or level:=3"));
    let (name, value) = claim.split_once('=').ok_or_else(|| wrong("there is no = in it"))?;
    let (name, value) = match name.strip_suffix(':') {
        Some(name) => (name, serde_json::from_str(value).map_err(|_| wrong("what follows := is no JSON"))?),
        None => (name, Value::String(value.to_owned())),
    };
    if name.is_empty() { Err(wrong("it has no name")) } else { Ok((name.to_owned(), value)) }
}

/// Puts the role where the server looks for it. A claim on that path that is not an object is replaced.
fn put(claims: &mut Map<String, Value>, path: &[String], role: &str) {
    match path {
        [] => {}
        [name] => {
            claims.insert(name.clone(), role.into());
        }
        [name, rest @ ..] => {
            let mut inner = match claims.remove(name) {
                Some(Value::Object(inner)) => inner,
                _ => Map::new(),
            };
            put(&mut inner, rest, role);
            claims.insert(name.clone(), inner.into());
        }
    }
}
