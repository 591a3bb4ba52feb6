//! The command: words to calls, results to standard output, everything else to standard error.

mod args;
mod batch;
mod check;
mod coverage;
mod dialects;
mod diff;
mod explain;
mod fmt;
mod input;
mod output;
mod run;
mod test;
mod translate;
mod verify;

pub use args::Cli;

use args::Command;
use output::Session;

/// Exit status of a run, the highest that applies (design, "The command").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Status {
    /// Done.
    #[default]
    Done,
    /// Findings: a refused rule, a loss under --strict, a failed test, not equivalent, a stale file, a lint error.
    Findings,
    /// A file that cannot be read or parsed, or an unusable command line.
    Unusable,
}

impl Status {
    /// The number for the operating system.
    pub const fn code(self) -> u8 {
        match self {
            Status::Done => 0,
            Status::Findings => 1,
            Status::Unusable => 2,
        }
    }
}

/// Carries out a command line.
pub fn run(cli: Cli) -> Status {
    let mut session = Session::new();
    match cli.command {
        Command::Translate(args) => translate::run(&args, &mut session),
        Command::Fmt(args) => fmt::run(&args, &mut session),
        Command::Check(args) => check::run(&args, &mut session),
        Command::Explain(args) => explain::run(&args, &mut session),
        Command::Verify(args) => verify::run(&args, &mut session),
        Command::Diff(args) => diff::run(&args, &mut session),
        Command::Test(args) => test::run(&args, &mut session),
        Command::Run(args) => run::run(&args, &mut session),
        Command::Coverage(args) => coverage::run(&args, &mut session),
        Command::Batch => batch::run(&mut session),
        Command::Dialects => dialects::run(&mut session),
    }
    session.finish()
}
