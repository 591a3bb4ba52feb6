//! What the program tells people: spans, stable codes, diagnostics, and the one file that draws them.
//!
//! Everything else imports this module; it imports nothing of the crate.

pub mod codes;
mod near;
mod render;
mod span;

pub use codes::Code;
pub use near::{did_you_mean, near_names};
pub use render::{Style, render};
pub use span::{LineColumn, Span, line_column};

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something worth knowing; no exit status changes.
    Note,
    /// Likely a mistake of the rule; no exit status changes.
    Warning,
    /// The input cannot be used, or the rule is wrong.
    Error,
}

/// A second place that explains the first, such as the bracket that was never closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where, in bytes of the same text as the diagnostic's own span.
    pub span: Span,
    /// What this place has to do with the problem.
    pub text: String,
}

/// One finding: a stable code, where, why, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, listed in [`codes`].
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The reason, as one sentence without a final full stop.
    pub message: String,
    /// Where, in bytes of the text that was handed in; `None` when the whole input is meant.
    pub span: Option<Span>,
    /// Further places.
    pub labels: Vec<Label>,
    /// What to do now; the code's own next step when `None`.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error with this code and reason.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning with this code and reason.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note with this code and reason.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self { code, severity, message: message.into(), span: None, labels: Vec::new(), help: None }
    }

    /// The same diagnostic at a place.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// The same diagnostic with a second place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// The same diagnostic with a next step of its own.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The next step: this diagnostic's own, else the code's.
    pub fn next_step(&self) -> &str {
        self.help.as_deref().unwrap_or(self.code.next())
    }

    /// Every span passed through `map`; used when a text inside a file is reported at the file's own lines.
    #[must_use]
    pub fn map_spans(mut self, map: impl Fn(Span) -> Span) -> Self {
        self.span = self.span.map(&map);
        for label in &mut self.labels {
            label.span = map(label.span);
        }
        self
    }
}
