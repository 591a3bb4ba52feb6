//! Normalising: small passes over conditions, in a fixed order, each idempotent and each keeping the meaning.
//!
//! A pass knows one thing. Nothing is sorted: a rule's own order is kept, so that the output reads like the source.

use crate::model::walk::{self, Fold};
use crate::model::{Case, Expr, Logic, Predicate, Test, TestKind};

/// A pass over a condition whose parts are normal already.
type Pass = fn(Predicate) -> Predicate;

/// The passes by name, in the order in which they run.
pub const PASSES: &[(&str, Pass)] = &[
    ("compared constants", compared_constants),
    ("double negation", double_negation),
    ("negated negations", negated_negations),
    ("contraries", contraries),
    ("constants", constants),
    ("nested connectives", nested_connectives),
    ("repeated operands", repeated_operands),
    ("equalities as a list", equalities_as_list),
    ("lists of one", lists_of_one),
    ("single operands", single_operands),
];

/// Runs every pass over every condition of the logic, from the inside out.
pub fn normalise(logic: Logic) -> Logic {
    walk::logic(&mut Normal, logic)
}

/// Runs every pass over a condition and its parts, from the inside out.
pub fn normalise_predicate(predicate: Predicate) -> Predicate {
    Normal.predicate(predicate)
}

struct Normal;

impl Fold for Normal {
    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        let inner = walk::predicate_parts(self, predicate);
        PASSES.iter().fold(inner, |predicate, (_, pass)| pass(predicate))
    }

    fn test(&mut self, test: Test) -> Predicate {
        Predicate::Test(walk::test_parts(self, test))
    }
}

/// `not not x` is `x`.
pub fn double_negation(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::Not(inner) => match *inner {
            Predicate::Not(innermost) => double_negation(*innermost),
            other => Predicate::Not(Box::new(other)),
        },
        other => other,
    }
}

/// A text compared with texts is true or false.
pub fn compared_constants(predicate: Predicate) -> Predicate {
    let Predicate::Test(test) = &predicate else { return predicate };
    let (Some(subject), true) = (test.subject.as_text(), test.comments.is_empty()) else { return predicate };
    let same = |value: &Expr, case: Case| {
        let value = value.as_text()?;
        Some(match case {
            Case::Sensitive => value == subject,
            _ if value.is_ascii() && subject.is_ascii() => value.eq_ignore_ascii_case(subject),
            _ => return None,
        })
    };
    let verdict = match &test.kind {
        TestKind::Equals { value, case, .. } => same(value, *case),
        TestKind::In { values, case, .. } => {
            let each: Option<Vec<bool>> = values.iter().map(|value| same(value, *case)).collect();
            each.map(|each| each.contains(&true))
        }
        _ => None,
    };
    verdict.map_or(predicate, Predicate::Always)
}

/// `not (not a or b)` is `a and not b`; a negated conjunction is a disjunction where at least half of it is negated.
pub fn negated_negations(predicate: Predicate) -> Predicate {
    let Predicate::Not(inner) = predicate else { return predicate };
    let negated =
        |operands: &[Predicate]| operands.iter().filter(|operand| matches!(operand, Predicate::Not(_))).count();
    match *inner {
        Predicate::Any(operands) if negated(&operands) > 0 => {
            Predicate::All(operands.into_iter().map(Predicate::negate).collect())
        }
        Predicate::All(operands) if negated(&operands) * 2 >= operands.len().max(1) => {
            Predicate::Any(operands.into_iter().map(Predicate::negate).collect())
        }
        other => Predicate::Not(Box::new(other)),
    }
}

/// A test and its contrary side by side: never both, always one of them.
pub fn contraries(predicate: Predicate) -> Predicate {
    let contrary = |operands: &[Predicate]| {
        operands.iter().any(|operand| {
            let Predicate::Not(inner) = operand else { return false };
            matches!(**inner, Predicate::Test(_)) && operands.iter().any(|other| alike(other, inner))
        })
    };
    match &predicate {
        Predicate::All(operands) if contrary(operands) && !operands.iter().any(unread) => Predicate::Always(false),
        Predicate::Any(operands) if contrary(operands) && !operands.iter().any(unread) => Predicate::Always(true),
        _ => predicate,
    }
}

/// True and false operands are worked out. A condition that was not read stays, whatever stands beside it (rule 5).
pub fn constants(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::Not(inner) => match *inner {
            Predicate::Always(flag) => Predicate::Always(!flag),
            other => Predicate::Not(Box::new(other)),
        },
        Predicate::All(operands) => settle(operands, false).map_or_else(Predicate::Always, Predicate::All),
        Predicate::Any(operands) => settle(operands, true).map_or_else(Predicate::Always, Predicate::Any),
        Predicate::ExactlyOne(operands) => {
            let met = operands.iter().filter(|operand| **operand == Predicate::Always(true)).count();
            let readable = !operands.iter().any(unread);
            let open: Vec<Predicate> =
                operands.iter().filter(|operand| !matches!(operand, Predicate::Always(_))).cloned().collect();
            match met {
                0 => Predicate::ExactlyOne(open),
                // The connectives are new, so every pass looks at them.
                1 if readable => normalise_predicate(Predicate::any(open).negate()),
                _ if readable => Predicate::Always(false),
                _ => Predicate::ExactlyOne(operands),
            }
        }
        other => other,
    }
}

/// The operands without those that change nothing; the outcome where one decides it (`absorbing`).
fn settle(operands: Vec<Predicate>, absorbing: bool) -> Result<Vec<Predicate>, bool> {
    let decided = operands.contains(&Predicate::Always(absorbing)) && !operands.iter().any(unread);
    if decided {
        return Err(absorbing);
    }
    let neutral = Predicate::Always(!absorbing);
    let rest: Vec<Predicate> = operands.into_iter().filter(|operand| *operand != neutral).collect();
    if rest.is_empty() { Err(!absorbing) } else { Ok(rest) }
}

/// Whether something inside was not read.
fn unread(predicate: &Predicate) -> bool {
    struct Found(bool);
    impl Fold for Found {
        fn predicate(&mut self, predicate: Predicate) -> Predicate {
            self.0 |= matches!(predicate, Predicate::Unread { .. });
            walk::predicate_parts(self, predicate)
        }
        fn expr(&mut self, expr: Expr) -> Expr {
            self.0 |= matches!(expr, Expr::Unread(_));
            walk::expr_parts(self, expr)
        }
    }
    let mut found = Found(false);
    found.predicate(predicate.clone());
    found.0
}

/// A conjunction inside a conjunction gives its operands to it; so does a disjunction inside a disjunction.
pub fn nested_connectives(predicate: Predicate) -> Predicate {
    fn conjuncts(operand: Predicate) -> Vec<Predicate> {
        match operand {
            Predicate::All(inner) => inner.into_iter().flat_map(conjuncts).collect(),
            other => vec![other],
        }
    }
    fn disjuncts(operand: Predicate) -> Vec<Predicate> {
        match operand {
            Predicate::Any(inner) => inner.into_iter().flat_map(disjuncts).collect(),
            other => vec![other],
        }
    }
    match predicate {
        Predicate::All(operands) => Predicate::All(operands.into_iter().flat_map(conjuncts).collect()),
        Predicate::Any(operands) => Predicate::Any(operands.into_iter().flat_map(disjuncts).collect()),
        other => other,
    }
}

/// An operand that stands twice in a conjunction or disjunction is kept once, with the comments of both.
pub fn repeated_operands(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::All(operands) => Predicate::All(once(operands)),
        Predicate::Any(operands) => Predicate::Any(once(operands)),
        other => other,
    }
}

fn once(operands: Vec<Predicate>) -> Vec<Predicate> {
    let mut kept: Vec<Predicate> = Vec::with_capacity(operands.len());
    for operand in operands {
        match kept.iter_mut().find(|known| alike(known, &operand)) {
            Some(Predicate::Test(known)) => {
                if let Predicate::Test(test) = operand {
                    let more = test.comments.into_iter().filter(|comment| !known.comments.contains(comment));
                    known.comments.extend(more.collect::<Vec<_>>());
                }
            }
            Some(_) => {}
            None => kept.push(operand),
        }
    }
    kept
}

/// Equal but for the place in the text; of larger parts the place counts too, so that their comments stay.
fn alike(left: &Predicate, right: &Predicate) -> bool {
    match (left, right) {
        (Predicate::Test(left), Predicate::Test(right)) => left.subject == right.subject && left.kind == right.kind,
        (Predicate::Not(left), Predicate::Not(right)) => match (left.as_ref(), right.as_ref()) {
            (Predicate::Test(left), Predicate::Test(right)) => {
                left.comments == right.comments && left.subject == right.subject && left.kind == right.kind
            }
            _ => left == right,
        },
        _ => left == right,
    }
}

/// Neighbouring equalities of one subject in a disjunction become one test against a list, as does an equality beside
/// such a list; case and type rule must be the same, and operands constant. A test with comments keeps to itself.
pub fn equalities_as_list(predicate: Predicate) -> Predicate {
    let Predicate::Any(operands) = predicate else { return predicate };
    let mut merged: Vec<Predicate> = Vec::with_capacity(operands.len());
    for operand in operands {
        match (merged.last_mut(), operand) {
            (Some(Predicate::Test(before)), Predicate::Test(test)) => match joined(before, &test) {
                Some(list) => *before = list,
                None => merged.push(Predicate::Test(test)),
            },
            (_, operand) => merged.push(operand),
        }
    }
    Predicate::Any(merged)
}

fn joined(left: &Test, right: &Test) -> Option<Test> {
    if left.subject != right.subject || !left.comments.is_empty() || !right.comments.is_empty() {
        return None;
    }
    let (left_values, left_rule) = listed(&left.kind)?;
    let (right_values, right_rule) = listed(&right.kind)?;
    if left_rule != right_rule {
        return None;
    }
    let mut values = left_values.to_vec();
    for value in right_values {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    let (case, typing) = left_rule;
    Some(Test {
        subject: left.subject.clone(),
        kind: TestKind::In { values, case, typing },
        span: left.span.to(right.span),
        comments: Vec::new(),
    })
}

type Rule = (crate::model::Case, crate::model::Typing);

/// The constants of an equality or list; lists among them would count as their elements, so they do not qualify.
fn listed(kind: &TestKind) -> Option<(&[Expr], Rule)> {
    use crate::model::Value;
    let (values, rule) = match kind {
        TestKind::Equals { value, case, typing } => (std::slice::from_ref(value), (*case, *typing)),
        TestKind::In { values, case, typing } => (values.as_slice(), (*case, *typing)),
        _ => return None,
    };
    let plain =
        |value: &Expr| matches!(value, Expr::Literal(literal) if !matches!(literal, Value::Array(_) | Value::Null));
    values.iter().all(plain).then_some((values, rule))
}

/// A list of one value is an equality.
pub fn lists_of_one(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::Test(Test { subject, kind: TestKind::In { values, case, typing }, span, comments }) => {
            let single = match values.as_slice() {
                [Expr::Literal(value)] if !matches!(value, crate::model::Value::Array(_)) => values.first().cloned(),
                _ => None,
            };
            let kind = match single {
                Some(value) => TestKind::Equals { value, case, typing },
                None => TestKind::In { values, case, typing },
            };
            Predicate::Test(Test { subject, kind, span, comments })
        }
        other => other,
    }
}

/// A connective of one operand is that operand; of none, what it says of no operands.
pub fn single_operands(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::All(mut operands) if operands.len() == 1 => single_operands(operands.remove(0)),
        Predicate::Any(mut operands) | Predicate::ExactlyOne(mut operands) if operands.len() == 1 => {
            single_operands(operands.remove(0))
        }
        Predicate::All(operands) if operands.is_empty() => Predicate::Always(true),
        Predicate::Any(operands) | Predicate::ExactlyOne(operands) if operands.is_empty() => Predicate::Always(false),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::Typing;

    fn eq(path: &str, value: &str) -> Predicate {
        Predicate::Test(Test::new(
            Expr::whole(path),
            TestKind::Equals { value: Expr::text(value), case: Case::Sensitive, typing: Typing::Typed },
            Span::default(),
        ))
    }

    fn list(path: &str, values: &[&str]) -> Predicate {
        Predicate::Test(Test::new(
            Expr::whole(path),
            TestKind::In {
                values: values.iter().map(|value| Expr::text(*value)).collect(),
                case: Case::Sensitive,
                typing: Typing::Typed,
            },
            Span::default(),
        ))
    }

    fn not(predicate: Predicate) -> Predicate {
        Predicate::Not(Box::new(predicate))
    }

    #[test]
    fn each_pass_does_its_one_thing() {
        use Predicate::{All, Always, Any, ExactlyOne};
        for (given, expected) in [
            (not(not(eq("a", "1"))), eq("a", "1")),
            (not(Always(true)), Always(false)),
            (All(vec![eq("a", "1"), Always(true)]), eq("a", "1")),
            (All(vec![eq("a", "1"), Always(false)]), Always(false)),
            (Any(vec![eq("a", "1"), Always(true)]), Always(true)),
            (All(vec![]), Always(true)),
            (Any(vec![]), Always(false)),
            (
                All(vec![All(vec![eq("a", "1"), eq("b", "2")]), eq("c", "3")]),
                All(vec![eq("a", "1"), eq("b", "2"), eq("c", "3")]),
            ),
            (All(vec![eq("a", "1"), eq("a", "1")]), eq("a", "1")),
            (Any(vec![eq("a", "1"), eq("a", "2"), eq("b", "1")]), Any(vec![list("a", &["1", "2"]), eq("b", "1")])),
            (Any(vec![eq("a", "1"), eq("b", "1"), eq("a", "2")]), Any(vec![eq("a", "1"), eq("b", "1"), eq("a", "2")])),
            (Any(vec![list("a", &["1", "2"]), eq("a", "2")]), list("a", &["1", "2"])),
            (list("a", &["1"]), eq("a", "1")),
            (ExactlyOne(vec![eq("a", "1"), Always(true)]), not(eq("a", "1"))),
            (ExactlyOne(vec![eq("a", "1"), Always(true), Always(true)]), Always(false)),
            (ExactlyOne(vec![eq("a", "1"), Always(false)]), eq("a", "1")),
            (not(All(vec![not(not(not(eq("a", "1"))))])), eq("a", "1")),
            (not(Any(vec![not(eq("a", "1")), not(eq("b", "1"))])), All(vec![eq("a", "1"), eq("b", "1")])),
            (not(Any(vec![not(eq("a", "1")), eq("b", "1")])), All(vec![eq("a", "1"), not(eq("b", "1"))])),
            (not(All(vec![not(eq("a", "1")), eq("b", "1")])), Any(vec![eq("a", "1"), not(eq("b", "1"))])),
            (
                not(All(vec![not(eq("a", "1")), eq("b", "1"), eq("c", "1")])),
                not(All(vec![not(eq("a", "1")), eq("b", "1"), eq("c", "1")])),
            ),
            (Any(vec![eq("a", "1"), not(eq("a", "1"))]), Always(true)),
            (All(vec![eq("b", "1"), eq("a", "1"), not(eq("a", "1"))]), Always(false)),
        ] {
            assert_eq!(normalise_predicate(given.clone()), expected, "{given:?}");
        }
    }

    #[test]
    fn texts_are_compared_at_once() {
        let test = |subject: &str, value: &str, case| {
            let kind = TestKind::Equals { value: Expr::text(value), case, typing: Typing::Typed };
            Predicate::Test(Test::new(Expr::text(subject), kind, Span::default()))
        };
        for (given, expected) in [
            (test("a", "a", Case::Sensitive), Predicate::Always(true)),
            (test("a", "A", Case::Sensitive), Predicate::Always(false)),
            (test("a", "A", Case::Ignore), Predicate::Always(true)),
            (test("é", "É", Case::Ignore), test("é", "É", Case::Ignore)),
        ] {
            assert_eq!(normalise_predicate(given.clone()), expected);
        }
    }

    #[test]
    fn what_was_not_read_never_goes() {
        let unread = Predicate::Unread { index: 0, span: Span::default() };
        for given in [
            Predicate::All(vec![unread.clone(), Predicate::Always(false)]),
            Predicate::Any(vec![unread.clone(), Predicate::Always(true)]),
            Predicate::ExactlyOne(vec![unread, Predicate::Always(true), Predicate::Always(true)]),
        ] {
            assert!(super::unread(&normalise_predicate(given)));
        }
    }

    #[test]
    fn comments_stay() {
        let Predicate::Test(mut first) = eq("a", "1") else { return };
        first.comments.push("why".to_owned());
        let both = Predicate::Any(vec![eq("a", "1"), Predicate::Test(first)]);
        let Predicate::Test(kept) = normalise_predicate(both) else { panic!("one test") };
        assert_eq!(kept.comments, ["why"]);
    }
}
