//! The tables of `glowplug.toml` for one role: `[roles.anon]`.
//!
//! A role may have limits of its own. Everything else is the server's. Only the database knows whether the role exists.

use std::collections::BTreeMap;

use super::names::{names, nearest};
use super::problem::{Problem, Problems};
use super::raw::Text;
use super::replaced;

/// The given values, by role and setting.
pub(super) type Roles = BTreeMap<String, BTreeMap<&'static str, Text>>;

/// The settings that a role may have of its own.
fn names_of_limits() -> Vec<&'static str> {
    names().into_iter().filter(|name| name.starts_with("max-")).collect()
}

/// Reads the file's `roles`.
pub(super) fn read(roles: toml::Value) -> Result<Roles, Problems> {
    let problem = |setting: String, message: String| Problems(vec![Problem::new(&setting, message)]);
    let tables = "glowplug.toml".to_owned();
    let toml::Value::Table(roles) = roles else {
        return Err(problem(
            tables,
            "`roles` has a table for each role; write for example [roles.anon]".to_owned(),
        ));
    };
    let known = names_of_limits();
    let mut read = Roles::new();
    for (role, settings) in roles {
        let place = format!("[roles.{role}] in glowplug.toml");
        let toml::Value::Table(settings) = settings else {
            return Err(problem(
                tables,
                format!("`roles.{role}` is no table; write for example [roles.anon] above max-depth = 5"),
            ));
        };
        let of_role = read.entry(role).or_default();
        for (key, value) in settings {
            let Some(name) = known.iter().copied().find(|name| *name == key) else {
                return Err(problem(place, refused(&key, &value, &known)));
            };
            let text = value
                .try_into()
                .map_err(|error: toml::de::Error| problem(place.clone(), error.to_string()))?;
            of_role.insert(name, text);
        }
    }
    Ok(read)
}

/// The message about a key that is not a limit.
fn refused(key: &str, value: &toml::Value, limits: &[&str]) -> String {
    if let Some(reason) = replaced::by(key, Text::of(value).as_deref()) {
        return format!("`{key}` {reason}");
    }
    if names().contains(&key) {
        return format!(
            "`{key}` applies to the whole server; a role can have its own limits, such as `max-depth`"
        );
    }
    format!("there is no limit `{key}` for a role; did you mean `{}`?", nearest(key, limits))
}
