//! A small pretty printer: documents that know where they may break, laid out for a width.

use super::syntax::Comment;
use crate::diagnostic::Span;

/// A document.
#[derive(Debug, Clone, PartialEq)]
pub enum Doc {
    /// Text as it stands; it may hold line breaks of its own (a block comment), which break every group around it.
    Text(String),
    /// A line comment: whatever follows stands on the next line.
    Comment(String),
    /// A space, or a line break where the group around it does not fit.
    Line,
    /// Nothing, or a line break where the group around it does not fit.
    Soft,
    /// A line break, always.
    Hard,
    /// A line break, unless the line is still empty.
    Fresh,
    /// One behind the other.
    All(Vec<Doc>),
    /// The same with this much deeper indentation behind its line breaks.
    Nest(usize, Box<Doc>),
    /// On one line where that fits.
    Group(Box<Doc>),
    /// As many to a line as fit.
    Fill(Vec<Doc>),
}

/// Text.
pub fn text(text: impl Into<String>) -> Doc {
    Doc::Text(text.into())
}

/// Documents one behind the other.
pub fn all(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::All(docs.into_iter().collect())
}

/// Deeper by `by` columns.
pub fn nest(by: usize, doc: Doc) -> Doc {
    Doc::Nest(by, Box::new(doc))
}

/// On one line where it fits.
pub fn group(doc: Doc) -> Doc {
    Doc::Group(Box::new(doc))
}

impl Doc {
    /// Whether the document breaks lines at any width.
    pub fn is_broken(&self) -> bool {
        match self {
            Doc::Hard | Doc::Fresh | Doc::Comment(_) => true,
            Doc::Text(text) => text.contains('\n'),
            Doc::Line | Doc::Soft => false,
            Doc::All(docs) | Doc::Fill(docs) => docs.iter().any(Doc::is_broken),
            Doc::Nest(_, doc) | Doc::Group(doc) => doc.is_broken(),
        }
    }
}

/// What waits to be laid out.
#[derive(Clone, Copy)]
enum Piece<'a> {
    Doc(&'a Doc),
    /// The items of a [`Doc::Fill`] that are still to be placed, none of them the first.
    Items(&'a [Doc]),
}

/// The document as text of at most `width` columns where that is possible; no white space at ends of lines.
pub fn render(doc: &Doc, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    // Set behind a line comment, so that nothing can slip into it.
    let mut commented = false;
    let mut stack: Vec<(usize, bool, Piece)> = vec![(0, false, Piece::Doc(doc))];
    while let Some((indent, flat, piece)) = stack.pop() {
        let doc = match piece {
            Piece::Doc(doc) => doc,
            Piece::Items(items) => {
                if let Some((item, others)) = items.split_first() {
                    stack.push((indent, flat, Piece::Items(others)));
                    stack.push((indent, flat, Piece::Doc(item)));
                    if !commented && (flat || fits(item, width.saturating_sub(column + 1), &[])) {
                        out.push(' ');
                        column += 1;
                    } else {
                        commented = false;
                        column = line_break(&mut out, indent);
                    }
                }
                continue;
            }
        };
        match doc {
            Doc::Text(text) | Doc::Comment(text) => {
                let mut text = text.as_str();
                if std::mem::replace(&mut commented, matches!(doc, Doc::Comment(_))) {
                    line_break(&mut out, indent);
                    column = indent;
                    text = text.trim_start_matches(' ');
                }
                if matches!(doc, Doc::Comment(_)) && !out.is_empty() && !out.ends_with([' ', '\n']) {
                    out.push(' ');
                    column += 1;
                }
                out.push_str(text);
                column = match text.rfind('\n') {
                    Some(at) => text.get(at + 1..).unwrap_or("").chars().count(),
                    None => column + text.chars().count(),
                };
            }
            Doc::Line if flat && !commented => {
                out.push(' ');
                column += 1;
            }
            Doc::Soft if flat && !commented => {}
            Doc::Line | Doc::Soft | Doc::Hard => {
                commented = false;
                column = line_break(&mut out, indent);
            }
            Doc::Fresh => {
                let line = out.rfind('\n').map_or(0, |at| at + 1);
                if std::mem::take(&mut commented)
                    || out.get(line..).is_some_and(|line| !line.trim_matches(' ').is_empty())
                {
                    column = line_break(&mut out, indent);
                }
            }
            Doc::All(docs) => stack.extend(docs.iter().rev().map(|doc| (indent, flat, Piece::Doc(doc)))),
            Doc::Nest(by, doc) => stack.push((indent + by, flat, Piece::Doc(doc))),
            Doc::Group(doc) => {
                let flat = flat || fits(doc, width.saturating_sub(column), &stack);
                stack.push((indent, flat, Piece::Doc(doc)));
            }
            Doc::Fill(items) => {
                if let Some((item, others)) = items.split_first() {
                    stack.push((indent, flat, Piece::Items(others)));
                    stack.push((indent, flat, Piece::Doc(item)));
                }
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn line_break(out: &mut String, indent: usize) -> usize {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
    indent
}

/// Whether the document, and what follows it up to the next possible line break, fits on the line.
fn fits(doc: &Doc, width: usize, rest: &[(usize, bool, Piece)]) -> bool {
    let mut left = width;
    let mut stack: Vec<(bool, &Doc)> = vec![(true, doc)];
    let mut following = rest.iter().rev();
    loop {
        let Some((flat, doc)) = stack.pop() else {
            match following.next() {
                Some((_, flat, Piece::Doc(doc))) => stack.push((*flat, doc)),
                Some((_, true, Piece::Items(items))) => stack.extend(items.iter().rev().map(|doc| (true, doc))),
                Some((_, false, Piece::Items([]))) => {}
                Some((_, false, Piece::Items(_))) | None => return true,
            }
            continue;
        };
        let used = match doc {
            Doc::Text(text) if text.contains('\n') => return !flat && text.find('\n').is_some_and(|at| at <= left),
            Doc::Text(text) => text.chars().count(),
            Doc::Comment(_) => return !flat,
            Doc::Line if flat => 1,
            Doc::Soft if flat => 0,
            Doc::Line | Doc::Soft => return true,
            Doc::Hard | Doc::Fresh => return !flat,
            Doc::All(docs) => {
                stack.extend(docs.iter().rev().map(|doc| (flat, doc)));
                0
            }
            Doc::Fill(items) => {
                stack.extend(items.iter().rev().map(|doc| (flat, doc)));
                // The spaces between the items.
                if flat { items.len().saturating_sub(1) } else { 0 }
            }
            Doc::Nest(_, doc) | Doc::Group(doc) => {
                stack.push((flat, doc));
                0
            }
        };
        if used > left {
            return false;
        }
        left -= used;
    }
}

/// Hands out the comments of a text in order, so that a formatter puts each beside what it stood at.
pub struct Comments<'a> {
    source: &'a str,
    left: std::iter::Peekable<std::slice::Iter<'a, Comment>>,
}

impl<'a> Comments<'a> {
    /// The comments of `source`, in order.
    pub fn new(source: &'a str, comments: &'a [Comment]) -> Self {
        Self { source, left: comments.iter().peekable() }
    }

    /// Comments that stand before a node, each followed by a line break (or by a space where a block comment stood in
    /// the line).
    pub fn before(&mut self, span: Span) -> Vec<Doc> {
        let mut docs = Vec::new();
        while let Some(comment) = self.left.next_if(|comment| comment.span.start < span.start) {
            docs.push(self.body(comment));
            let broken = comment.is_line()
                || self.source.get(comment.span.end..span.start).is_some_and(|between| between.contains('\n'));
            docs.push(if broken { Doc::Hard } else { text(" ") });
        }
        docs
    }

    /// Comments on the same line behind a node and its separator, and whether the line ends with them.
    pub fn behind(&mut self, span: Span) -> Option<Doc> {
        let mut docs = Vec::new();
        let mut end = span.end;
        while let Some(comment) = self.left.next_if(|comment| {
            let between = self.source.get(end..comment.span.start).unwrap_or("\n");
            let after = self.source.get(comment.span.end..).unwrap_or("");
            let last = after.trim_start_matches([' ', '\t', '\r', ',']);
            comment.span.start >= end
                && !between.contains('\n')
                && between
                    .split(|next: char| next.is_whitespace() || matches!(next, ',' | ')' | ']' | '|'))
                    .all(|word| matches!(word, "" | "and" | "or" | "AND" | "OR"))
                && (last.is_empty() || last.starts_with(['\n', ')', ']']))
        }) {
            docs.push(text(" "));
            docs.push(self.body(comment));
            end = comment.span.end;
        }
        if docs.is_empty() { None } else { Some(all(docs)) }
    }

    /// Passes over the comments inside a node that is printed as it stands.
    pub fn skip(&mut self, span: Span) {
        while self.left.next_if(|comment| comment.span.start < span.end).is_some() {}
    }

    /// Every comment that is left, each on a line of its own.
    pub fn rest(&mut self) -> Vec<Doc> {
        let mut docs = Vec::new();
        while let Some(comment) = self.left.next() {
            docs.push(Doc::Hard);
            docs.push(self.body(comment));
        }
        docs
    }

    /// The comment as a document; lines of a block comment keep their own text.
    fn body(&self, comment: &Comment) -> Doc {
        if comment.is_line() { Doc::Comment(comment.text.clone()) } else { text(comment.text.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Doc {
        let items = items
            .iter()
            .enumerate()
            .map(|(at, item)| text(if at + 1 < items.len() { format!("{item},") } else { (*item).to_owned() }));
        group(all([text("("), nest(2, all([Doc::Soft, Doc::Fill(items.collect())])), Doc::Soft, text(")")]))
    }

    #[test]
    fn a_list_that_fits_stays_on_its_line() {
        assert_eq!(render(&list(&["a", "b"]), 10), "(a, b)");
    }

    #[test]
    fn a_list_that_does_not_fit_is_filled() {
        assert_eq!(render(&list(&["aaa", "bbb", "ccc"]), 10), "(\n  aaa,\n  bbb, ccc\n)");
        assert_eq!(render(&list(&["aaa", "bbb", "ccc"]), 12), "(\n  aaa, bbb,\n  ccc\n)");
    }
}
