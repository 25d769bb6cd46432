//! The settings' names: in files, on the command line and in the environment.

use std::sync::LazyLock;

use clap::{Arg, Args, Command};

use super::raw::Raw;

/// The settings as the command line knows them.
pub(super) static SETTINGS: LazyLock<Command> = LazyLock::new(|| Raw::augment_args(Command::new("settings")));

/// The names of all settings, in the order of the documentation.
pub(super) fn names() -> Vec<&'static str> {
    SETTINGS.get_arguments().filter_map(Arg::get_long).collect()
}

/// How the names of variables begin.
const PREFIX: &str = "GLOWPLUG_";

/// `GLOWPLUG_` and the name in capitals. The connection strings have the names that hosting providers use.
pub(super) fn variable_name(name: &str) -> String {
    match name {
        "database-url" => "DATABASE_URL".to_owned(),
        "direct-url" => "DIRECT_URL".to_owned(),
        name => format!("{PREFIX}{}", name.to_uppercase().replace('-', "_")),
    }
}

/// The variables among these that look like settings and are none, each with the most similar one.
pub fn unknown_variables(set: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let known = names();
    let variables: Vec<_> = known.iter().map(|name| variable_name(name)).collect();
    let unknown = set.filter(|name| is_like_setting(name) && !variables.contains(name));
    let with_nearest = unknown.map(|name| {
        let words = name.trim_start_matches(PREFIX).to_lowercase();
        let nearest = variable_name(nearest(&words, &known));
        (name, nearest)
    });
    with_nearest.collect()
}

/// Whether a variable is meant for Glowplug. Kubernetes sets some of the same beginning for a service that is called so.
fn is_like_setting(variable: &str) -> bool {
    let of_kubernetes =
        |rest: &str| rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_");
    variable.strip_prefix(PREFIX).is_some_and(|rest| !of_kubernetes(rest))
}

/// The known name that is most similar to the given one.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> &'a str {
    let name = name.replace('_', "-");
    // A longer name is not a typing error, and its edit distance would take long to compute.
    let start = name.char_indices().nth(100).map_or(name.as_str(), |(end, _)| &name[..end]);
    let distance = |candidate: &&&str| strsim::damerau_levenshtein(start, candidate);
    known.iter().min_by_key(distance).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_is_told_with_the_one_that_is_meant() {
        let set = [
            "GLOWPLUG_POOLSIZE",
            "GLOWPLUG_ANON_ROL",
            "GLOWPLUG_POOL_SIZE",
            "PATH",
            "GLOWPLUG_SERVICE_HOST",
            "GLOWPLUG_PORT_8080_TCP",
        ];
        let unknown = unknown_variables(set.into_iter().map(str::to_owned));
        let pair = |name: &str, nearest: &str| (name.to_owned(), nearest.to_owned());
        assert_eq!(
            unknown,
            [
                pair("GLOWPLUG_POOLSIZE", "GLOWPLUG_POOL_SIZE"),
                pair("GLOWPLUG_ANON_ROL", "GLOWPLUG_ANON_ROLE")
            ]
        );
    }
}
