//! Presence that other conditions imply: `f is there and f = "x"` is `f = "x"`, because a test of a missing value is
//! false (ARCHITECTURE.md, rule 1). A target that cannot say presence exactly loses nothing then.

use super::normalise::constants;
use crate::model::walk::{self, Fold};
use crate::model::{ArrayMode, Expr, Logic, Predicate, Test, TestKind};

/// Longer conjunctions are left alone, so that the work stays in proportion to the rule.
const MOST_CONJUNCTS: usize = 500;

/// Takes out tests of presence that other conditions of the same conjunction imply. Idempotent; the meaning stays.
pub fn without_implied_presence(logic: Logic) -> Logic {
    struct Conditions;
    impl Fold for Conditions {
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            within(predicate, &[])
        }
    }
    // Filters that follow one another are one conjunction, but each is read as its author wrote it.
    walk::logic(&mut Conditions, logic)
}

/// The condition, where these values are known to be there.
fn within(predicate: Predicate, known: &[Expr]) -> Predicate {
    match predicate {
        Predicate::Test(Test { ref subject, kind: TestKind::Present, .. }) if known.contains(subject) => {
            Predicate::Always(true)
        }
        Predicate::Not(inner) => within(*inner, known).negate(),
        Predicate::Any(items) => {
            constants(Predicate::any(items.into_iter().map(|item| within(item, known)).collect::<Vec<_>>()))
        }
        Predicate::All(items) if items.len() <= MOST_CONJUNCTS && items.iter().any(asks_for_presence) => {
            let implied: Vec<Vec<Expr>> = items.iter().map(implied_by).collect();
            let stated: Vec<Option<Expr>> = items.iter().map(present).collect();
            let kept = items.into_iter().enumerate().map(|(at, item)| {
                if !asks_for_presence(&item) {
                    return item;
                }
                let others = implied.iter().enumerate().filter(|(other, _)| *other != at);
                let mut here: Vec<Expr> = others.flat_map(|(_, own)| own.clone()).collect();
                here.extend_from_slice(known);
                // Two tests of presence never take each other out.
                if present(&item).is_none() {
                    here.extend(stated.iter().flatten().cloned());
                }
                within(item, &here)
            });
            constants(Predicate::all(kept.collect::<Vec<_>>()))
        }
        other => other,
    }
}

/// The value whose presence alone is tested.
fn present(predicate: &Predicate) -> Option<Expr> {
    match predicate {
        Predicate::Test(Test { subject, kind: TestKind::Present, .. }) => Some(subject.clone()),
        _ => None,
    }
}

fn asks_for_presence(predicate: &Predicate) -> bool {
    let mut found = false;
    walk::visit_predicate(predicate, |test| found |= test.kind == TestKind::Present, |_| {});
    found
}

/// The values that are there wherever the condition holds, told by other tests than those of presence.
fn implied_by(predicate: &Predicate) -> Vec<Expr> {
    match predicate {
        Predicate::Test(test) if asks_for_a_value(test) => vec![test.subject.clone()],
        Predicate::All(items) => items.iter().flat_map(implied_by).collect(),
        Predicate::Any(items) => {
            let mut all = items.iter().map(implied_by);
            let first = all.next().unwrap_or_default();
            all.fold(first, |shared, own| shared.into_iter().filter(|value| own.contains(value)).collect())
        }
        _ => Vec::new(),
    }
}

fn asks_for_a_value(test: &Test) -> bool {
    let several = test.subject.as_field().is_none_or(|field| field.mode == ArrayMode::All);
    let literal_null = |value: &Expr| value.as_literal().is_some_and(crate::model::Value::is_null);
    !several
        && match &test.kind {
            TestKind::Present | TestKind::KeyPresent | TestKind::Empty => false,
            TestKind::Equals { value, .. } => !literal_null(value),
            TestKind::In { values, .. } => !values.iter().any(literal_null),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::{Case, Typing};

    fn test(field: &str, kind: TestKind) -> Predicate {
        Predicate::Test(Test::new(Expr::any(field), kind, Span::default()))
    }

    fn there(field: &str) -> Predicate {
        test(field, TestKind::Present)
    }

    fn is(field: &str, value: &str) -> Predicate {
        test(field, TestKind::Equals { value: Expr::text(value), case: Case::Sensitive, typing: Typing::Typed })
    }

    fn all(items: &[Predicate]) -> Predicate {
        Predicate::All(items.to_vec())
    }

    fn any(items: &[Predicate]) -> Predicate {
        Predicate::Any(items.to_vec())
    }

    #[test]
    fn presence_goes_where_another_test_implies_it() {
        let (here, value, other) = (there("f"), is("f", "x"), is("g", "y"));
        let not = |inner: &Predicate| inner.clone().negate();
        for (condition, expected) in [
            (all(&[here.clone(), value.clone()]), value.clone()),
            (all(&[here.clone(), not(&value)]), all(&[here.clone(), not(&value)])),
            (all(&[here.clone(), other.clone()]), all(&[here.clone(), other.clone()])),
            (all(&[here.clone(), here.clone()]), all(&[here.clone(), here.clone()])),
            (any(&[here.clone(), value.clone()]), any(&[here.clone(), value.clone()])),
            // Every branch implies it, or only some do.
            (all(&[here.clone(), any(&[value.clone(), is("f", "z")])]), any(&[value.clone(), is("f", "z")])),
            (
                all(&[here.clone(), any(&[value.clone(), other.clone()])]),
                all(&[here.clone(), any(&[value.clone(), other.clone()])]),
            ),
            // Inside of a branch, what stands outside is known.
            (
                all(&[value.clone(), any(&[all(&[here.clone(), other.clone()]), is("h", "1")])]),
                all(&[value.clone(), any(&[other.clone(), is("h", "1")])]),
            ),
            (
                all(&[here.clone(), any(&[all(&[here.clone(), other.clone()]), is("h", "1")])]),
                all(&[here.clone(), any(&[other.clone(), is("h", "1")])]),
            ),
            (all(&[value.clone(), not(&all(&[here.clone(), other.clone()]))]), all(&[value.clone(), not(&other)])),
        ] {
            assert_eq!(within(condition.clone(), &[]), expected, "{condition:?}");
            assert_eq!(within(expected.clone(), &[]), expected);
        }
    }
}
