//! Syntax tree to text, laid out as detection engineers write Kusto.
//!
//! - One operator a line, `| ` in front; sub-queries in parentheses, indented.
//! - A line that passes the width is broken: one conjunct, one named column, one argument a line; plain lists are filled.
//! - Parentheses that neither precedence nor a reader needs go; those that mix `and` into `or` stay.
//! - Every comment stays beside what it stood at; blank lines go, because the portal takes them as the end of a query.
//! - Spelling stays: what the tree spells is printed so, and trees made by hand print canonically.

mod clauses;
mod expressions;
mod operators;
mod parentheses;
mod spelling;
mod statements;

use std::iter::Peekable;
use std::slice::Iter;

use super::parse::depth;
use super::split::parse_all;
use super::syntax::{Comment, CommentPlace, Expr, Script, Span};
use crate::diagnostic::Diagnostic;
use crate::dialect::layout::{Doc, all, group, nest, render, text};
use crate::dialect::syntax::with_room;

/// The width that lines keep to where they can.
const WIDTH: usize = 100;

/// How much deeper a level is.
const INDENT: usize = 4;

/// Lays a text out afresh: the same tokens but for redundant parentheses, every comment, new white space. Several
/// queries with blank lines between stay so. The text ends with a line break.
///
/// # Errors
/// The syntax errors of the text.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let pieces = parse_all(source)?;
    with_room(depth(source), || {
        let queries: Vec<String> = pieces.iter().map(|piece| print(&piece.script)).collect();
        let mut out = queries.join("\n\n");
        out.push('\n');
        out
    })
    .map_err(|diagnostic| vec![diagnostic])
}

/// The script as text, without a line break at the end.
pub fn print(script: &Script) -> String {
    let mut printer = Printer::new(&script.comments);
    let doc = printer.script(script);
    render(&doc, WIDTH)
}

/// An expression or a query as text.
pub fn print_expr(expr: &Expr) -> String {
    let mut printer = Printer::new(&[]);
    let doc = printer.whole(expr);
    render(&doc, WIDTH)
}

/// Builds documents in the order of the source, and hands out the comments on the way.
struct Printer<'a> {
    comments: Peekable<Iter<'a, Comment>>,
}

impl<'a> Printer<'a> {
    fn new(comments: &'a [Comment]) -> Self {
        Self { comments: comments.iter().peekable() }
    }

    /// The comments in front of a place, each ending its line.
    fn before(&mut self, place: usize) -> Doc {
        let mut docs = Vec::new();
        while let Some(comment) = self.comments.next_if(|comment| comment.span.start < place) {
            if comment.place == CommentPlace::OwnLine {
                docs.push(Doc::Fresh);
            }
            docs.push(Doc::Comment(comment.text.clone()));
        }
        all(docs)
    }

    /// The comments behind what was just printed, on its line, up to what comes next.
    fn behind(&mut self, next: usize) -> Doc {
        let mut docs = Vec::new();
        while let Some(comment) =
            self.comments.next_if(|comment| comment.span.start < next && comment.place == CommentPlace::Trailing)
        {
            docs.push(Doc::Comment(comment.text.clone()));
        }
        all(docs)
    }

    /// Text that stands at a place, with the comments in front of it.
    fn leaf(&mut self, words: impl Into<String>, span: Span) -> Doc {
        let before = self.before(span.start);
        all([before, text(words)])
    }

    /// Items with commas, each with its comma and the comments behind it.
    fn separated<T>(&mut self, items: &[T], span: fn(&T) -> Span, each: fn(&mut Self, &T) -> Doc) -> Vec<Doc> {
        let mut docs = Vec::with_capacity(items.len());
        let mut items = items.iter().peekable();
        while let Some(item) = items.next() {
            let doc = each(self, item);
            docs.push(match items.peek() {
                Some(next) => all([doc, text(","), self.behind(span(next).start)]),
                None => doc,
            });
        }
        docs
    }

    /// Documents in brackets: on one line where they fit, else indented. `close` is the place of the closing bracket.
    fn bracketed(&mut self, open: &str, docs: Vec<Doc>, close: &str, end: usize, fill: bool) -> Doc {
        let behind = self.before(end.saturating_sub(close.len()));
        if docs.is_empty() && !behind.is_broken() {
            return text(format!("{open}{close}"));
        }
        let inner = if fill && !docs.iter().any(Doc::is_broken) { Doc::Fill(docs) } else { lines(docs) };
        group(all([text(open), nest(INDENT, all([Doc::Soft, inner, behind])), Doc::Soft, text(close)]))
    }
}

/// Documents with a line, or a space, between.
fn lines(docs: Vec<Doc>) -> Doc {
    let mut out = Vec::with_capacity(docs.len() * 2);
    for doc in docs {
        if !out.is_empty() {
            out.push(Doc::Line);
        }
        out.push(doc);
    }
    Doc::All(out)
}

/// Puts a comma behind the last document.
fn with_comma(docs: &mut Vec<Doc>) {
    if let Some(last) = docs.pop() {
        docs.push(all([last, text(",")]));
    }
}
