//! Parses the command line, calls one function, turns its result into an exit code.

fn main() {}
