//! Predicates made while a rule is read, simplified where that costs nothing.

use super::value::{E, Kinds};
use crate::diagnostic::Span;
use crate::model::{Case, Expr, JsonKind, Predicate, Test, TestKind, Typing, Value};
pub(super) use crate::rewrite::connect::{all, any, not};

/// One of two conditions.
pub(super) fn ite(condition: &Predicate, then: Predicate, otherwise: Predicate) -> Predicate {
    match (condition, &then, &otherwise) {
        (Predicate::Always(true), ..) => return then,
        (Predicate::Always(false), ..) => return otherwise,
        (_, a, b) if a == b => return then,
        _ => {}
    }
    match (then, otherwise) {
        (Predicate::Always(true), otherwise) => any([condition.clone(), otherwise]),
        (Predicate::Always(false), otherwise) => all([not(condition.clone()), otherwise]),
        (then, Predicate::Always(true)) => any([not(condition.clone()), then]),
        (then, Predicate::Always(false)) => all([condition.clone(), then]),
        (then, otherwise) => any([all([condition.clone(), then]), all([not(condition.clone()), otherwise])]),
    }
}

pub(super) fn test(subject: Expr, kind: TestKind, span: Span) -> Predicate {
    Predicate::Test(Test::new(subject, kind, span))
}

pub(super) fn key_present(expr: Expr, span: Span) -> Predicate {
    test(expr, TestKind::KeyPresent, span)
}

pub(super) fn truthy(expr: Expr, span: Span) -> Predicate {
    test(expr, TestKind::Truthy, span)
}

pub(super) fn equals(subject: Expr, value: Value, span: Span) -> Predicate {
    test(subject, TestKind::Equals { value: Expr::Literal(value), case: Case::Sensitive, typing: Typing::Python }, span)
}

/// Whether a value is of one of these kinds.
pub(super) fn kind(e: &E, wanted: Kinds, span: Span) -> Predicate {
    if e.kinds.within(wanted) {
        return Predicate::Always(true);
    }
    let met = e.kinds.and(wanted);
    if met.0 == 0 {
        return Predicate::Always(false);
    }
    if met.meets(Kinds::NONE) {
        let rest = e.kinds.without(met);
        return not(kind_test(&e.expr, rest, span));
    }
    kind_test(&e.expr, met, span)
}

fn kind_test(expr: &Expr, kinds: Kinds, span: Span) -> Predicate {
    let mut names = Vec::new();
    if kinds.meets(Kinds::STR) {
        names.push(JsonKind::String);
    }
    let (int, float) = (kinds.meets(Kinds::INT), kinds.meets(Kinds::FLOAT));
    if float {
        names.push(JsonKind::Number);
    } else if int {
        names.push(JsonKind::Integer);
    }
    if kinds.meets(Kinds::BOOL) {
        names.push(JsonKind::Boolean);
    }
    if kinds.meets(Kinds::LIST.or(Kinds::MATCH)) {
        names.push(JsonKind::Array);
    }
    if kinds.meets(Kinds::DICT) {
        names.push(JsonKind::Object);
    }
    if kinds.meets(Kinds::TIME.or(Kinds::DELTA)) {
        // neither is JSON: there is one or there is none
        return test(expr.clone(), TestKind::Present, span);
    }
    let found = test(expr.clone(), TestKind::IsKind { kinds: names }, span);
    if float && !int {
        return all([found, not(test(expr.clone(), TestKind::IsKind { kinds: vec![JsonKind::Integer] }, span))]);
    }
    found
}

/// Whether a value is not `None`.
pub(super) fn not_none(e: &E, span: Span) -> Predicate {
    kind(e, e.kinds.without(Kinds::NONE), span)
}
