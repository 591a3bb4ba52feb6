//! Tests that can decide no event at all, with the proof: what must hold for a test to decide contradicts itself, or
//! settles the test.

use crate::model::{Expr, Predicate, Quantifier, Var};
use crate::rewrite::tidy::tidy;

/// Why a test decides no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// What must hold beside it never does.
    Unreachable,
    /// What must hold beside it implies its answer, so that there is no event that just misses it.
    Implied(bool),
}

/// One step on the way to a test.
enum Around<'p> {
    /// What stands beside it, and whether that must hold (or must not).
    Beside(Vec<&'p Predicate>, bool),
    /// A quantifier whose body it stands in.
    Inside(&'p Expr, &'p Var),
}

/// The proof that the test of this number, in reading order, decides no event; `None` where there is none.
pub fn idle(predicate: &Predicate, number: usize) -> Option<Idle> {
    let mut way = Vec::new();
    let mut left = number;
    let test = find(predicate, &mut left, &mut way)?;
    let needed = |own: Option<Predicate>| {
        let mut inner: Vec<Predicate> = own.into_iter().collect();
        for step in way.iter().rev() {
            match step {
                Around::Beside(operands, true) => inner.extend(operands.iter().map(|operand| (*operand).clone())),
                Around::Beside(operands, false) => {
                    inner.extend(operands.iter().map(|operand| (*operand).clone().negate()));
                }
                Around::Inside(list, var) => {
                    let body = Box::new(Predicate::all(std::mem::take(&mut inner)));
                    let (list, var) = ((*list).clone(), (*var).clone());
                    inner.push(Predicate::Elements { quantifier: Quantifier::Any, list, var, body });
                }
            }
        }
        Predicate::all(inner)
    };
    let never = |condition: Predicate| tidy(condition) == Predicate::Always(false);
    if never(needed(None)) {
        return Some(Idle::Unreachable);
    }
    if never(needed(Some(test.clone()))) {
        return Some(Idle::Implied(false));
    }
    never(needed(Some(test.clone().negate()))).then_some(Idle::Implied(true))
}

/// The test of this number, counted down, and the way to it from the outside in.
fn find<'p>(predicate: &'p Predicate, left: &mut usize, way: &mut Vec<Around<'p>>) -> Option<&'p Predicate> {
    match predicate {
        Predicate::Test(_) => {
            if *left == 0 {
                return Some(predicate);
            }
            *left -= 1;
            None
        }
        Predicate::Not(inner) => find(inner, left, way),
        Predicate::All(operands) | Predicate::Any(operands) | Predicate::ExactlyOne(operands) => {
            let depth = way.len();
            for (at, operand) in operands.iter().enumerate() {
                let others = || operands.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
                match predicate {
                    Predicate::All(_) => way.push(Around::Beside(others().collect(), true)),
                    Predicate::Any(_) => way.push(Around::Beside(others().collect(), false)),
                    _ => {}
                }
                if let Some(found) = find(operand, left, way) {
                    return Some(found);
                }
                way.truncate(depth);
            }
            None
        }
        Predicate::Elements { list, var, body, .. } => {
            way.push(Around::Inside(list, var));
            let found = find(body, left, way);
            if found.is_none() {
                way.pop();
            }
            found
        }
        Predicate::Always(_) | Predicate::Unread { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::model::{ArrayMode, Case, FieldPath, FieldRef, Test, TestKind, Typing, Value};

    fn is(name: &str, text: &str) -> Predicate {
        let subject = Expr::Field(FieldRef::new(FieldPath::keys([name]), ArrayMode::Whole));
        let value = Expr::Literal(Value::text(text));
        let kind = TestKind::Equals { value, case: Case::Sensitive, typing: Typing::Python };
        Predicate::Test(Test::new(subject, kind, Span::default()))
    }

    #[test]
    fn a_test_that_others_settle_decides_nothing() {
        let condition = Predicate::All(vec![
            is("a", "x"),
            Predicate::Any(vec![is("a", "x"), is("b", "y")]),
            Predicate::Not(Box::new(Predicate::Test(Test::new(
                Expr::Field(FieldRef::new(FieldPath::keys(["a"]), ArrayMode::Whole)),
                TestKind::IsKind { kinds: vec![crate::model::JsonKind::Array] },
                Span::default(),
            )))),
            is("c", "w"),
        ]);
        assert_eq!(idle(&condition, 0), None);
        // the second `a is x` is true wherever the first is, and `b is y` asks for its contrary
        assert_eq!(idle(&condition, 1), Some(Idle::Implied(true)));
        assert_eq!(idle(&condition, 2), Some(Idle::Unreachable));
        assert_eq!(idle(&condition, 3), Some(Idle::Implied(false)));
        assert_eq!(idle(&condition, 4), None);
        assert_eq!(idle(&condition, 5), None);
    }
}
