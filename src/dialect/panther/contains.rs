//! What `Contains` finds beside a part of a text: Panther's core asks `value in target`, and of an object that is a
//! question for its keys (`panther_core.filter`, `contains` and `insensitive_contains`).

use crate::diagnostic::Span;
use crate::model::{Case, Expr, JsonKind, Predicate, Quantifier, Test, TestKind, Var, function};

/// The condition, or an object with this very key. In a list an object's keys are asked too, as long as case counts:
/// where it is ignored, Panther looks at the texts of a list only. Keys count by their case either way.
pub(super) fn or_key(found: Predicate, subject: Expr, value: &Expr, case: Case, span: Span) -> Predicate {
    let test = |subject: &Expr, kind: TestKind| Predicate::Test(Test::new(subject.clone(), kind, span));
    let has_key = |subject: &Expr| {
        let has = Expr::Call(function::PYTHON_HAS, vec![subject.clone(), value.clone()]);
        Predicate::All(vec![
            test(subject, TestKind::IsKind { kinds: vec![JsonKind::Object] }),
            test(&has, TestKind::Truthy),
        ])
    };
    if case != Case::Sensitive {
        return Predicate::Any(vec![found, has_key(&subject)]);
    }
    match found {
        Predicate::Elements { quantifier: Quantifier::Any, list, var, body } => {
            let body = Box::new(Predicate::Any(vec![*body, has_key(&Expr::Var(var.clone()))]));
            Predicate::Elements { quantifier: Quantifier::Any, list, var, body }
        }
        other => {
            let var = Var("value".to_owned());
            let body = Box::new(has_key(&Expr::Var(var.clone())));
            let in_list = Predicate::Elements { quantifier: Quantifier::Any, list: subject, var, body };
            Predicate::Any(vec![other, in_list])
        }
    }
}

/// The condition that [`or_key`] was given, where the predicate is what it made of it: Panther's `Contains` asks for
/// the key by itself.
pub(super) fn without_key(predicate: &Predicate) -> Option<Predicate> {
    let asked = |found: &Predicate, subject: &Expr| {
        let test = match found {
            Predicate::Test(test) => test,
            Predicate::Elements { body, .. } => match body.as_ref() {
                Predicate::Test(test) => test,
                _ => return None,
            },
            _ => return None,
        };
        let TestKind::Contains { value, case } = &test.kind else { return None };
        let again = or_key(found.clone(), subject.clone(), value, *case, test.span);
        (again == *predicate).then(|| found.clone())
    };
    match predicate {
        Predicate::Elements { quantifier, list, var, body } => {
            let Predicate::Any(items) = body.as_ref() else { return None };
            let body = Box::new(items.first()?.clone());
            let found = Predicate::Elements { quantifier: *quantifier, list: list.clone(), var: var.clone(), body };
            asked(&found, list)
        }
        Predicate::Any(items) => {
            let [found, key] = items.as_slice() else { return None };
            let subject = match key {
                Predicate::Elements { list, .. } => list,
                Predicate::All(parts) => match parts.first()? {
                    Predicate::Test(test) => &test.subject,
                    _ => return None,
                },
                _ => return None,
            };
            asked(found, subject)
        }
        _ => None,
    }
}
