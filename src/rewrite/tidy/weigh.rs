//! How large conditions and expressions are, counted no further than a limit.

use crate::model::{Expr, Predicate, TestKind};

/// The nodes of an expression, counted up to a limit.
pub fn weight(expr: &Expr, limit: usize) -> usize {
    if limit == 0 {
        return 0;
    }
    let mut total = 1;
    let mut add = |inner: usize| total += inner;
    match expr {
        Expr::Path(base, ..) => add(weight(base, limit - 1)),
        Expr::Call(_, items) | Expr::List(items) => {
            for item in items {
                if total >= limit {
                    break;
                }
                total += weight(item, limit - total);
            }
        }
        Expr::Object(members) => {
            for (_, item) in members {
                if total >= limit {
                    break;
                }
                total += weight(item, limit - total);
            }
        }
        Expr::Case(arms, otherwise) => {
            for arm in arms {
                if total >= limit {
                    break;
                }
                total += predicate_weight(&arm.when, limit - total);
                total += weight(&arm.then, limit.saturating_sub(total));
            }
            total += weight(otherwise, limit.saturating_sub(total));
        }
        Expr::Truth(inner) => add(predicate_weight(inner, limit - 1)),
        Expr::Collect { list, when, value, .. } => {
            total += weight(list, limit - total);
            total += predicate_weight(when, limit.saturating_sub(total));
            total += weight(value, limit.saturating_sub(total));
        }
        _ => {}
    }
    total
}

/// The nodes of a condition, its expressions included, counted up to a limit.
pub fn predicate_weight(predicate: &Predicate, limit: usize) -> usize {
    if limit == 0 {
        return 0;
    }
    let mut total = 1;
    match predicate {
        Predicate::All(items) | Predicate::Any(items) | Predicate::ExactlyOne(items) => {
            for item in items {
                if total >= limit {
                    break;
                }
                total += predicate_weight(item, limit - total);
            }
        }
        Predicate::Not(inner) => total += predicate_weight(inner, limit - total),
        Predicate::Elements { list, body, .. } => {
            total += weight(list, limit - total);
            total += predicate_weight(body, limit.saturating_sub(total));
        }
        Predicate::Test(test) => {
            total += weight(&test.subject, limit - total);
            if let TestKind::Equals { value, .. }
            | TestKind::Contains { value, .. }
            | TestKind::StartsWith { value, .. }
            | TestKind::EndsWith { value, .. }
            | TestKind::Compare { value, .. } = &test.kind
            {
                total += weight(value, limit.saturating_sub(total));
            }
        }
        _ => {}
    }
    total
}
