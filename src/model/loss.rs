//! Losses and verdicts (rules 6 and 7).

use crate::diagnostic::{Code, Span};

/// What a loss is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Which events the rule selects.
    Match,
    /// When and how alerts are raised, grouped, deduplicated and scheduled.
    Alerting,
    /// What an alert shows.
    Output,
}

/// To which side the translation errs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// More alerts.
    Wider,
    /// Missed detections.
    Narrower,
    /// Either, depending on the events.
    Either,
}

/// One difference between a rule and its translation.
#[derive(Debug, Clone, PartialEq)]
pub struct Loss {
    /// The stable code.
    pub code: Code,
    /// What it is about.
    pub scope: Scope,
    /// To which side it errs.
    pub direction: Direction,
    /// Why, in a sentence.
    pub message: String,
    /// The place in the source's query text, where there is one.
    pub span: Option<Span>,
}

impl Loss {
    /// A loss of scope match.
    pub fn matching(code: Code, direction: Direction, message: impl Into<String>, span: Option<Span>) -> Self {
        Self { code, scope: Scope::Match, direction, message: message.into(), span }
    }

    /// A loss of scope alerting.
    pub fn alerting(code: Code, direction: Direction, message: impl Into<String>) -> Self {
        Self { code, scope: Scope::Alerting, direction, message: message.into(), span: None }
    }

    /// A loss of scope output.
    pub fn output(code: Code, message: impl Into<String>) -> Self {
        Self { code, scope: Scope::Output, direction: Direction::Either, message: message.into(), span: None }
    }
}

/// What is claimed of a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// No loss of scope match, and both sides agree on every event tried.
    Exact,
    /// Losses of scope match, each named.
    Approximate,
    /// Nothing is written.
    Refused,
}

impl Verdict {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::Approximate => "approximate",
            Verdict::Refused => "refused",
        }
    }
}

impl Scope {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Match => "match",
            Scope::Alerting => "alerting",
            Scope::Output => "output",
        }
    }
}

impl Direction {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Wider => "wider",
            Direction::Narrower => "narrower",
            Direction::Either => "either",
        }
    }

    /// The direction seen from inside a negation.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Direction::Wider => Direction::Narrower,
            Direction::Narrower => Direction::Wider,
            Direction::Either => Direction::Either,
        }
    }
}
