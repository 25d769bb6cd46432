//! The settings as documentation: the help texts, and the table in `docs/settings.md`.

use std::fmt::Write;

use clap::Command;
use serde_json::Value;

use super::defaults::{Profile, defaults, production};
use super::groups::{heading, is_read};
use super::names::{SETTINGS, names, variable_name};
use super::raw::Raw;

/// Adds the default and the environment's name to the help texts of a command's settings, in groups. `-h` leaves the settings out, and
/// `--help` those that the command does not read.
pub fn help(command: Command, profile: Profile) -> Command {
    let known = names();
    let of_command = command.get_name().to_owned();
    let more =
        format!("Settings are flags, too: `glowplug {of_command} --help` and docs/settings.md have them.");
    command.after_help(more).after_long_help("").mut_args(|argument| {
        let Some(name) = known.iter().copied().find(|name| argument.get_long() == Some(*name)) else {
            return argument;
        };
        let text = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let default =
            default_of(name, profile).map(|value| format!("[default: {value}] ")).unwrap_or_default();
        argument
            .help(format!("{text} {default}[env: {}]", variable_name(name)))
            .help_heading(heading(name))
            .hide_short_help(true)
            .hide(!is_read(&of_command, name))
    })
}

/// The table of all settings in Markdown, as in `docs/settings.md`.
pub fn markdown_table() -> String {
    let mut table =
        "| setting | environment | default | what it is |\n| --- | --- | --- | --- |\n".to_owned();
    for argument in SETTINGS.get_arguments() {
        let Some(name) = argument.get_long() else { continue };
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| `{name}` | `{}` | {} | {}. |",
            variable_name(name),
            default_cell(name),
            help.replace('|', "\\|").trim_end_matches('.'),
        );
    }
    table
}

fn default_cell(name: &str) -> String {
    let serve = default_of(name, Profile::Serve);
    let dev = default_of(name, Profile::Dev);
    let mut cell = serve.as_ref().map_or("none".to_owned(), |serve| format!("`{serve}`"));
    let mut differs = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| serve.as_ref() != Some(value)) {
            // Writing to a String cannot fail.
            let _ = write!(cell, "; `{name}`: `{value}`");
        }
    };
    differs("dev", dev);
    differs("--production", text_of(&production(), name));
    cell
}

/// The default of a setting, if it has one that is not empty.
fn default_of(name: &str, profile: Profile) -> Option<String> {
    text_of(&defaults(profile), name)
}

/// The value of a setting in a layer, if it is not empty.
fn text_of(layer: &Raw, name: &str) -> Option<String> {
    match layer.as_map().remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}
