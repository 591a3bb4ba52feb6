//! The syntax tree of Lucene's query language. It has no comments, so the tree holds everything that a text says.

use crate::diagnostic::Span;

/// Clauses in the order of the text. What they mean together is decided by their conjunctions and modifiers one by
/// one, not by precedence: see [`Query::occurrences`].
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// At least one clause.
    pub clauses: Vec<Clause>,
    /// From the first clause to the last.
    pub span: Span,
}

/// One clause with what stands before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// `AND` or `OR` before the clause; never before the first.
    pub conjunction: Option<Conjunction>,
    /// `+`, `-`, `!` or `NOT` before the clause.
    pub modifier: Option<Modifier>,
    /// The field, where the clause names one.
    pub field: Option<Field>,
    /// What is looked for.
    pub body: Body,
    /// `^n`: weighs the score and selects nothing.
    pub boost: Option<String>,
    /// The whole, without the conjunction.
    pub span: Span,
}

/// A word or sign between clauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conjunction {
    /// `AND`, `&&`
    And,
    /// `OR`, `||`
    Or,
}

/// A word or sign before a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modifier {
    /// `+`
    Required,
    /// `-`
    Minus,
    /// `NOT`, `!`
    Not,
}

/// A field name with its escapes resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name; `*` in it stands for any part of a name.
    pub name: String,
    /// Where it stands, without the colon.
    pub span: Span,
}

/// What a clause looks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Clauses in parentheses; a field before them is theirs.
    Group(Query),
    /// A word without wildcards, or several words that the field's analyser gets as one text.
    Text(String),
    /// A word with wildcards.
    Pattern(Vec<Part>),
    /// Words in quotes, with the number of places that they may be apart.
    Phrase {
        /// The text, escapes resolved.
        text: String,
        /// What stands behind `~`.
        slop: Option<String>,
    },
    /// A word with `~`: similar words.
    Fuzzy {
        /// The word, escapes resolved.
        text: String,
        /// What stands behind `~`; empty for the default.
        distance: String,
    },
    /// `/…/`: a regular expression of Lucene, as written between the slashes.
    Regexp(String),
    /// `[low TO high]`
    Range {
        /// The lower bound; `None` is `*`.
        low: Option<Bound>,
        /// The upper bound; `None` is `*`.
        high: Option<Bound>,
        /// `[` rather than `{`.
        low_included: bool,
        /// `]` rather than `}`.
        high_included: bool,
    },
}

/// An end of a range, escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The value.
    pub text: String,
    /// Whether it stood in quotes.
    pub quoted: bool,
}

/// A piece of a word with wildcards; two texts never stand side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Characters that stand for themselves.
    Text(String),
    /// `*`: any characters, or none.
    Any,
    /// `?`: one character.
    One,
}

/// How a clause takes part in its query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// It must match.
    Must,
    /// One of these must match where nothing must.
    Should,
    /// It must not match.
    MustNot,
}

impl Query {
    /// The part that each clause plays, as Lucene decides it with OR for its default operator.
    ///
    /// There is no precedence: `AND` makes the clause before it and the clause behind it required, `OR` and nothing
    /// leave a clause optional, and an optional clause beside a required one decides nothing. So `a OR b AND c` is
    /// "b and c".
    pub fn occurrences(&self) -> Vec<Occurrence> {
        let mut found: Vec<Occurrence> = Vec::with_capacity(self.clauses.len());
        for clause in &self.clauses {
            let and = clause.conjunction == Some(Conjunction::And);
            if and
                && let Some(before) = found.last_mut()
                && *before != Occurrence::MustNot
            {
                *before = Occurrence::Must;
            }
            found.push(match clause.modifier {
                Some(Modifier::Minus | Modifier::Not) => Occurrence::MustNot,
                Some(Modifier::Required) => Occurrence::Must,
                None if and => Occurrence::Must,
                None => Occurrence::Should,
            });
        }
        found
    }
}
