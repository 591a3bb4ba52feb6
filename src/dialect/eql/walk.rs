//! Visits the conditions of a query in the order of the text.

use super::tree::*;

/// Calls `leaf` for every condition that is no connective.
pub fn conditions<'t>(query: &'t Query, leaf: &mut dyn FnMut(&'t Expr)) {
    match &query.base {
        Base::Event(filter) => condition(&filter.condition, leaf),
        Base::Sequence(sequence) => {
            sequence.terms.iter().chain(&sequence.until).for_each(|term| condition(&term.filter.condition, leaf));
        }
        Base::Sample(sample) => sample.terms.iter().for_each(|term| condition(&term.filter.condition, leaf)),
    }
}

fn condition<'t>(expr: &'t Expr, leaf: &mut dyn FnMut(&'t Expr)) {
    match &expr.kind {
        ExprKind::Or(operands) | ExprKind::And(operands) => {
            operands.iter().for_each(|operand| condition(operand, leaf))
        }
        ExprKind::Not(inner) => condition(inner, leaf),
        _ => leaf(expr),
    }
}
