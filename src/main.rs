//! The command; everything it does is in the library.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(ruleglot::cli::run(ruleglot::cli::Cli::parse()).code())
}
