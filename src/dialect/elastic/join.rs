//! Conjunctions and disjunctions in one canonical form, so that a query and its print give the same model.

use crate::model::{Case, Expr, FieldKind, Predicate, Test, TestKind, Typing};

/// All of them: flattened, each once.
pub fn all(items: Vec<Predicate>) -> Predicate {
    match Predicate::all(items) {
        Predicate::All(items) if items.contains(&Predicate::Always(false)) => Predicate::Always(false),
        Predicate::All(items) => Predicate::all(distinct(items)),
        other => other,
    }
}

/// At least one of them: flattened, each once, values of one field that stand side by side in one list.
pub fn any(items: Vec<Predicate>) -> Predicate {
    let items = match Predicate::any(items) {
        Predicate::Any(items) => items,
        other => return other,
    };
    if items.contains(&Predicate::Always(true)) {
        return Predicate::Always(true);
    }
    let mut merged: Vec<Predicate> = Vec::new();
    for item in items {
        if let (Some(Predicate::Test(last)), Predicate::Test(test)) = (merged.last_mut(), &item)
            && last.subject == test.subject
            && together(&mut last.kind, &test.kind)
        {
            last.span = last.span.to(test.span);
            continue;
        }
        merged.push(item);
    }
    Predicate::any(distinct(merged))
}

/// The values of an equality or a list of them.
fn values(kind: &TestKind) -> Option<(Vec<&Expr>, Case, Typing)> {
    match kind {
        TestKind::Equals { value, case, typing } => Some((vec![value], *case, *typing)),
        TestKind::In { values, case, typing } => Some((values.iter().collect(), *case, *typing)),
        _ => None,
    }
}

/// Addresses and networks as networks.
fn networks(kind: &TestKind) -> Option<Vec<String>> {
    match kind {
        TestKind::Cidr { networks } => Some(networks.clone()),
        _ => {
            let (values, _, typing) = values(kind)?;
            let ip = matches!(typing, Typing::Mapped(mapped) if mapped.kind == FieldKind::Ip);
            ip.then(|| values.iter().map(|value| value.as_text().map(str::to_owned)).collect::<Option<_>>())?
        }
    }
}

/// Puts a second test of the same subject, either of which may hold, into the first; false where they stay two.
fn together(first: &mut TestKind, second: &TestKind) -> bool {
    if matches!(first, TestKind::Cidr { .. }) || matches!(second, TestKind::Cidr { .. }) {
        let (Some(mut all), Some(more)) = (networks(first), networks(second)) else { return false };
        for network in more {
            if !all.contains(&network) {
                all.push(network);
            }
        }
        *first = TestKind::Cidr { networks: all };
        return true;
    }
    let Some((more, other_case, other_typing)) = values(second) else { return false };
    match first {
        TestKind::In { values, case, typing } if *case == other_case && *typing == other_typing => {
            for value in more {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
            true
        }
        TestKind::Equals { value, case, typing } if *case == other_case && *typing == other_typing => {
            let mut values = vec![value.clone()];
            for value in more {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
            if values.len() > 1 {
                *first = TestKind::In { values, case: *case, typing: *typing };
            }
            true
        }
        _ => false,
    }
}

/// Whether two predicates ask the same, wherever they stand in the text.
pub fn same(left: &Predicate, right: &Predicate) -> bool {
    match (left, right) {
        (Predicate::Test(left), Predicate::Test(right)) => same_test(left, right),
        (Predicate::Not(left), Predicate::Not(right)) => same(left, right),
        (Predicate::All(left), Predicate::All(right)) | (Predicate::Any(left), Predicate::Any(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (
            Predicate::Elements { quantifier, list, var, body },
            Predicate::Elements { quantifier: other_quantifier, list: other_list, var: other_var, body: other_body },
        ) => (quantifier, list, var) == (other_quantifier, other_list, other_var) && same(body, other_body),
        (Predicate::Always(left), Predicate::Always(right)) => left == right,
        _ => false,
    }
}

fn same_test(left: &Test, right: &Test) -> bool {
    left.subject == right.subject && left.kind == right.kind
}

/// Each once, in the order of the first.
fn distinct(items: Vec<Predicate>) -> Vec<Predicate> {
    // Long lists of values are merged before; what is left is short enough to compare each with each, and where it is
    // not, a repetition does no harm.
    if items.len() > 500 {
        return items;
    }
    let mut out: Vec<Predicate> = Vec::with_capacity(items.len());
    for item in items {
        if !out.iter().any(|known| same(known, &item)) {
            out.push(item);
        }
    }
    out
}
