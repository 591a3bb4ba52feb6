//! Walking the flat lists that the grammar yields.

use pest::iterators::{Pair, Pairs};

use super::super::syntax::Comment;
use super::Rule;
use crate::diagnostic::codes::syntax;
use crate::diagnostic::{Diagnostic, Span};

/// What building a tree gives: the node, or the first diagnostic.
pub(super) type Built<T> = Result<T, Box<Diagnostic>>;

/// A pair of the grammar.
pub(super) type Part<'i> = Pair<'i, Rule>;

/// The parts of a pair, with one part of look-ahead.
pub(super) struct Cursor<'i> {
    parts: Pairs<'i, Rule>,
    next: Option<Part<'i>>,
}

impl<'i> Cursor<'i> {
    /// The parts of a pair.
    pub fn new(pair: Part<'i>) -> Self {
        let mut parts = pair.into_inner();
        let next = parts.next();
        Self { parts, next }
    }

    /// The rule of the next part.
    pub fn peek(&self) -> Option<Rule> {
        self.next.as_ref().map(Pair::as_rule)
    }

    /// The text of the next part.
    pub fn peek_text(&self) -> &'i str {
        self.next.as_ref().map_or("", Pair::as_str)
    }

    /// Where the next part starts.
    pub fn peek_start(&self) -> usize {
        self.next.as_ref().map_or(0, |part| part.as_span().start())
    }

    /// The next part, if there is one.
    pub fn pop(&mut self) -> Option<Part<'i>> {
        std::mem::replace(&mut self.next, self.parts.next())
    }

    /// The next part, which the grammar promises.
    pub fn take(&mut self) -> Built<Part<'i>> {
        self.pop().ok_or_else(internal)
    }

    /// The next part if it is of that rule.
    pub fn take_if(&mut self, rule: Rule) -> Option<Part<'i>> {
        if self.peek() == Some(rule) { self.pop() } else { None }
    }

    /// Whether the next part is of that rule; passes over it.
    pub fn skip(&mut self, rule: Rule) -> bool {
        self.take_if(rule).is_some()
    }
}

/// Where the grammar and the tree builder disagree: a fault of the program, told instead of a panic.
pub(super) fn internal() -> Box<Diagnostic> {
    Box::new(Diagnostic::error(syntax::SYNTAX, "the query could not be taken apart").help("Report this query."))
}

/// What builders share: the text and its comments.
#[derive(Clone, Copy)]
pub(super) struct Builder<'t> {
    /// The text that is parsed.
    pub text: &'t str,
    /// Its comments in order.
    pub comments: &'t [Comment],
}

impl Builder<'_> {
    /// The span of a pair without the white space and the comments that a missing optional part leaves at its end.
    pub fn span(&self, part: &Part<'_>) -> Span {
        let span = part.as_span();
        let mut end = span.end();
        loop {
            let inside = self.text.get(..end).unwrap_or("");
            end = inside.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}').len();
            match self.comments.binary_search_by_key(&end, |comment| comment.span.end) {
                Ok(found) => end = self.comments.get(found).map_or(end, |comment| comment.span.start),
                Err(_) => return Span::new(span.start(), end.max(span.start())),
            }
        }
    }
}

/// The span of a pair that ends with a token.
pub(super) fn exact(part: &Part<'_>) -> Span {
    let span = part.as_span();
    Span::new(span.start(), span.end())
}
