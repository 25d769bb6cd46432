//! `glowplug dev` in a build without the feature `dev`: says that the build has no such command.

use clap::Args;

use super::failure::Failure;

/// Any arguments of `dev`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Always fails.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    let command = ["glowplug dev".to_owned()].into_iter().chain(options.arguments.iter().cloned());
    Err(Failure::Usage(format!(
        "`{}` needs a build with Cargo's feature `dev`, which this program was built without; to serve an \
        existing database, run `glowplug serve --database-url …`",
        command.collect::<Vec<_>>().join(" ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_without_dev_says_repeats_the_command_and_has_a_way_out() {
        let said =
            run(&Options { arguments: vec!["--pooler".to_owned()] }).map_err(|error| error.to_string());
        let said = said.expect_err("there is no such command");
        for part in
            ["`glowplug dev --pooler`", "Cargo's feature `dev`", "run `glowplug serve --database-url …`"]
        {
            assert!(said.contains(part), "{said}");
        }
    }
}
