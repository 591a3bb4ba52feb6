//! Comments go on to the step or the test that they stand with.

use super::super::bind::Columns;
use super::super::syntax::{Comment, Expr as Node};
use super::Lowerer;
use crate::diagnostic::Span;
use crate::model::Predicate;

impl<'a> Lowerer<'a> {
    /// The words of the comments that belong to tokens from `span.start` to `span.end`.
    pub(super) fn comments_in(&self, span: Span) -> Vec<String> {
        let comments = &self.script.comments;
        let first = comments.partition_point(|comment| comment.anchor < span.start);
        comments
            .iter()
            .skip(first)
            .take_while(|comment| comment.anchor <= span.end)
            .map(words)
            .filter(|words| !words.is_empty())
            .collect()
    }

    /// A conjunct with the comments that stand with it, on its first test.
    pub(super) fn commented(&mut self, node: &'a Node, columns: &Columns, want: bool) -> Predicate {
        let predicate = self.truth(node, columns, want);
        let inner = Span::new(node.span.start, node.span.end);
        let comments = self.comments_in(inner);
        if comments.is_empty() { predicate } else { attach(predicate, comments) }
    }
}

/// The words of a comment, without its marker.
fn words(comment: &Comment) -> String {
    comment.text.trim_start_matches('/').trim().to_owned()
}

/// Puts comments in front of those of the first test, unless they are there already.
pub(super) fn attach(predicate: Predicate, comments: Vec<String>) -> Predicate {
    match predicate {
        Predicate::Test(mut test) => {
            let mut all: Vec<String> =
                comments.into_iter().filter(|comment| !test.comments.contains(comment)).collect();
            all.append(&mut test.comments);
            test.comments = all;
            Predicate::Test(test)
        }
        Predicate::All(items) => Predicate::All(first(items, comments)),
        Predicate::Any(items) => Predicate::Any(first(items, comments)),
        Predicate::Not(inner) => Predicate::Not(Box::new(attach(*inner, comments))),
        other => other,
    }
}

fn first(mut items: Vec<Predicate>, comments: Vec<String>) -> Vec<Predicate> {
    let nested = items.iter().any(|item| holds(item, &comments));
    if !nested && let Some(item) = items.first_mut() {
        let taken = std::mem::replace(item, Predicate::Always(true));
        *item = attach(taken, comments);
    }
    items
}

/// Whether a test inside carries these comments already: those inside a parenthesis belong to the inner test.
fn holds(predicate: &Predicate, comments: &[String]) -> bool {
    match predicate {
        Predicate::Test(test) => comments.iter().all(|comment| test.comments.contains(comment)),
        Predicate::All(items) | Predicate::Any(items) => items.iter().any(|item| holds(item, comments)),
        Predicate::Not(inner) => holds(inner, comments),
        _ => false,
    }
}
