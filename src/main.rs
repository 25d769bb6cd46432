//! Parses the command line, calls one function, turns its result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    glowplug::cli::run(std::env::args_os())
}
