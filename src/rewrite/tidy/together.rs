//! Equalities of one value as one membership.

use crate::model::{Expr, Predicate, Test, TestKind, Value};
use crate::rewrite::connect as pred;

/// Equalities of one value as one membership.
pub(super) fn together(predicate: Predicate) -> Predicate {
    let Predicate::Any(items) = predicate else { return predicate };
    let mut kept: Vec<Predicate> = Vec::new();
    for item in items {
        if let Predicate::Test(test) = &item
            && let Some((subject, values, case, typing)) = membership(test)
            && let Some(Predicate::Test(known)) = kept.iter_mut().find(|known| match known {
                Predicate::Test(known) => {
                    membership(known).is_some_and(|(other, _, c, t)| *other == *subject && c == case && t == typing)
                }
                _ => false,
            })
            && let Some((_, mut all, ..)) = membership(known)
        {
            for value in values {
                if !all.contains(&value) {
                    all.push(value);
                }
            }
            known.kind = TestKind::In { values: all, case, typing };
            continue;
        }
        kept.push(item);
    }
    pred::any(kept)
}

fn membership(test: &Test) -> Option<(&Expr, Vec<Expr>, crate::model::Case, crate::model::Typing)> {
    match &test.kind {
        TestKind::Equals { value: value @ Expr::Literal(literal), case, typing }
            if !matches!(literal, Value::Array(_) | Value::Object(_) | Value::Null) =>
        {
            Some((&test.subject, vec![value.clone()], *case, *typing))
        }
        TestKind::In { values, case, typing }
            if values.iter().all(|value| {
                matches!(value, Expr::Literal(literal) if !matches!(literal, Value::Array(_) | Value::Object(_) | Value::Null))
            }) =>
        {
            Some((&test.subject, values.clone(), *case, *typing))
        }
        _ => None,
    }
}
