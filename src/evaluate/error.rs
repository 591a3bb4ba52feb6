//! Why a rule could not be run.

use thiserror::Error;

/// Why logic could not be run. The texts are sentences without a final full stop.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvalError {
    /// Part of the rule was not read (rule 5): index into the detection's `unread`.
    #[error("part of the rule could not be read, so it is not run")]
    Unread(usize),
    /// A construct that no evaluation is written for; named in words.
    #[error("{0} cannot be run here")]
    Unsupported(String),
    /// A regular expression that is wrong, or uses what linear-time matching cannot do.
    #[error("the regular expression `{pattern}` cannot be run: {reason}")]
    Regex {
        /// The pattern as the rule writes it.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// A table that the query names and nobody supplied.
    #[error("there is no table `{0}`")]
    UnknownTable(String),
    /// A column that no row has where the dialect insists on one.
    #[error("there is no column `{0}`")]
    UnknownColumn(String),
    /// The rule itself fails on this event (a Python exception): no alert. [`super::matches`] answers `false`.
    #[error("the rule fails on this event: {0}")]
    Raised(String),
    /// More work than the bounds allow (rows, nesting, combinations); named in words.
    #[error("{0} is more than is run here")]
    TooMuch(String),
}
