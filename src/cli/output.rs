//! Where a run's words go: results to standard output, diagnostics to standard error, and the exit status.

use super::Status;
use crate::diagnostic::{Diagnostic, Severity, Style, render};
use std::io::{IsTerminal, Write};

/// One run: what was said so far, and the worst that happened.
pub struct Session {
    status: Status,
    style: Style,
}

impl Session {
    /// A run that has found nothing yet.
    pub fn new() -> Self {
        let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        Self { status: Status::Done, style: if colour { Style::Colour } else { Style::Plain } }
    }

    /// Notes that something of this weight happened.
    pub fn raise(&mut self, status: Status) {
        self.status = self.status.max(status);
    }

    /// Writes results. A reader that went away ends the run without a word.
    pub fn print(&mut self, text: &str) {
        let mut out = std::io::stdout().lock();
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            self.raise(Status::Findings);
        }
    }

    /// Shows a diagnostic about a text; an error raises the status to `weight`.
    pub fn report(&mut self, diagnostic: &Diagnostic, path: &str, text: &str, weight: Status) {
        if diagnostic.severity == Severity::Error {
            self.raise(weight);
        }
        self.say(&render(diagnostic, path, text, self.style));
    }

    /// Writes a line to standard error.
    pub fn say(&self, text: &str) {
        // Nobody can be told that standard error is closed.
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    /// The worst that happened.
    pub fn finish(self) -> Status {
        self.status
    }
}
