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

/// `GLOWPLUG_` and the name in capitals. The connection strings have the names that hosting providers use.
pub(super) fn variable_name(name: &str) -> String {
    match name {
        "database-url" => "DATABASE_URL".to_owned(),
        "direct-url" => "DIRECT_URL".to_owned(),
        name => format!("GLOWPLUG_{}", name.to_uppercase().replace('-', "_")),
    }
}

/// The known name that is most similar to the given one.
pub(super) fn nearest<'a>(name: &str, known: &[&'a str]) -> &'a str {
    let name = name.replace('_', "-");
    // A longer name is not a typing error, and its edit distance would take long to compute.
    let start = name.char_indices().nth(100).map_or(name.as_str(), |(end, _)| &name[..end]);
    let distance = |candidate: &&&str| strsim::damerau_levenshtein(start, candidate);
    known.iter().min_by_key(distance).copied().unwrap_or_default()
}
