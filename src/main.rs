//! Parses the command line, calls one function, turns its result into an exit code.

use std::process::ExitCode;

/// One large request takes tens of MiB for a moment. This allocator gives most of them back within seconds; glibc's keeps what lies
/// below whatever was allocated later, in each thread's arena.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    glowplug::cli::run(std::env::args_os())
}
