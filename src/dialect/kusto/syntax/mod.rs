//! The syntax tree of Kusto: what was written, before anybody asks what it means.
//!
//! - Every node has a [`Span`] in bytes of the text that was parsed; trees built by hand have empty spans.
//! - Where a spelling is not the canonical one (`filter` for `where`, `notcontains` for `!contains`, a verbatim string,
//!   a bracketed name), the node keeps the spelling and gives the canonical name by a method.
//! - Comments are kept in [`Script::comments`], in source order, each with the place of the token it belongs to.
//!   [`Script::comments_of`] gives those of a node.
//! - Chains of one operator (`and`, `or`, `+`, `*`, `.`, `|`) are lists, so that long chains do not nest.
//!
//! The shape follows Microsoft's published grammar of the query language (Kusto.Language, `QueryParser`), so that what
//! one accepts the other does.

mod expression;
mod literal;
mod operator;
mod statement;
mod text_operator;
mod visit;

pub use crate::diagnostic::Span;
pub use expression::*;
pub use literal::*;
pub use operator::*;
pub use statement::*;
pub use text_operator::*;
pub use visit::*;

/// A name as it stands in a query: `Account`, `['a b']`, `["x"]`, or a client parameter `{x}`.
///
/// Equality is of the whole node, spelling and span included; compare `text` to ask whether two names are the same.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Name {
    /// The name itself, brackets, quotes and escapes removed.
    pub text: String,
    /// The source text where it is not simply `text`: `['a b']`. `None` for a plain identifier and for names made by
    /// hand; a printer then brackets the name when it needs that.
    pub spelling: Option<Box<str>>,
    /// Where it stands.
    pub span: Span,
}

impl Name {
    /// A name made by hand, without a place in any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), spelling: None, span: Span::default() }
    }

    /// Whether the name was written in brackets, `['a b']`.
    pub fn is_bracketed(&self) -> bool {
        self.spelling.as_deref().is_some_and(|spelling| spelling.starts_with('['))
    }
}

/// Where a comment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentPlace {
    /// On a line of its own; it belongs to what follows (to what precedes, when nothing follows).
    OwnLine,
    /// Behind something on the same line; it belongs to that.
    Trailing,
}

/// A `//` comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The comment as written, `//` included, without the line break and without white space at the end.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it has a line of its own.
    pub place: CommentPlace,
    /// The token it belongs to: the start of the next token for [`CommentPlace::OwnLine`], the end of the token before
    /// for [`CommentPlace::Trailing`]; where there is no such token, the nearest on the other side.
    pub anchor: usize,
    /// Whether an empty line stands before it (own-line comments only).
    pub blank_before: bool,
}
