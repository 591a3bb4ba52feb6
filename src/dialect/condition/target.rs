//! What the condition text can say: every predicate, no steps.

use crate::model::{Expr, FieldTypes, Predicate, Shape, Step, Test};
use crate::plan::{Support, Target};

pub(super) struct ConditionTarget;

/// Why this expression cannot be said, if it cannot.
fn unsayable(expr: &Expr) -> Option<String> {
    let mut finder = Finder(None);
    crate::model::walk::Fold::expr(&mut finder, expr.clone());
    finder.0
}

struct Finder(Option<String>);

impl crate::model::walk::Fold for Finder {
    fn expr(&mut self, expr: Expr) -> Expr {
        match &expr {
            Expr::Scalar(_) | Expr::Rows(_) => self.0 = Some("a condition holds no sub-query".to_owned()),
            Expr::Unread(_) => self.0 = Some("a value in it was not read".to_owned()),
            _ => return crate::model::walk::expr_parts(self, expr),
        }
        expr
    }
}

fn answer<T>(found: Option<String>) -> Support<T> {
    match found {
        Some(reason) => Support::No(reason),
        None => Support::Exactly,
    }
}

impl Target for ConditionTarget {
    fn name(&self) -> &'static str {
        "condition"
    }

    fn test(&self, test: &Test, _negated: bool, _types: &dyn FieldTypes) -> Support<Predicate> {
        let mut finder = Finder(None);
        crate::model::walk::test_parts(&mut finder, test.clone());
        answer(finder.0)
    }

    fn predicate(&self, predicate: &Predicate, _types: &dyn FieldTypes) -> Support<Predicate> {
        let mut finder = Finder(None);
        crate::model::walk::predicate_parts(&mut finder, predicate.clone());
        answer(finder.0)
    }

    fn expr(&self, expr: &Expr, _types: &dyn FieldTypes) -> Support<Expr> {
        answer(unsayable(expr))
    }

    fn step(&self, _step: &Step, _types: &dyn FieldTypes) -> Support<Step> {
        Support::No("a condition is one filter, without steps".to_owned())
    }

    fn shape(&self, _shape: &Shape, _types: &dyn FieldTypes) -> Support<Shape> {
        Support::No("a condition is one filter over single events".to_owned())
    }
}
