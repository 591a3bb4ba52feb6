//! Which tests decide the outcome of a condition on an event: those whose contrary answer would turn the outcome.

use crate::diagnostic::Span;
use crate::evaluate::{Context, EvalError, Scope, holds};
use crate::model::{Predicate, Value};

/// A condition prepared for asking which of its tests decide.
pub struct Deciding<'p> {
    root: Node<'p>,
    spans: Vec<Span>,
    tests: Vec<&'p Predicate>,
}

enum Node<'p> {
    Always(bool),
    All(Vec<Node<'p>>),
    Any(Vec<Node<'p>>),
    One(Vec<Node<'p>>),
    Not(Box<Node<'p>>),
    /// A test of its own: its number.
    Test(&'p Predicate, usize),
    /// A quantifier: its tests' numbers, and the quantifier with that test turned into its contrary.
    Elements(&'p Predicate, Vec<(usize, Predicate)>),
}

/// The outcome on an event and the numbers of the tests that decide it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether the event meets the condition.
    pub outcome: bool,
    /// The tests that decide, in reading order.
    pub tests: Vec<usize>,
}

impl<'p> Deciding<'p> {
    /// Numbers the tests of a condition in reading order. Tests inside expressions are not numbered.
    pub fn new(predicate: &'p Predicate) -> Self {
        let mut spans = Vec::new();
        let root = node(predicate, &mut spans);
        let mut tests = Vec::with_capacity(spans.len());
        inner_tests(predicate, &mut tests);
        Self { root, spans, tests }
    }

    /// The number of tests.
    pub fn tests(&self) -> usize {
        self.spans.len()
    }

    /// The test of this number.
    pub fn test(&self, number: usize) -> Option<&'p Predicate> {
        self.tests.get(number).copied()
    }

    /// Where each test stands in its query, by number.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The outcome on an event and the tests that decide it.
    ///
    /// # Errors
    /// What cannot be run, see [`EvalError`]; an exception of the rule is no match, and no test decides it.
    pub fn decide(&self, event: &Value, context: &Context<'_>) -> Result<Decision, EvalError> {
        let scope = Scope::new(event, context.access);
        let mut critical = Vec::new();
        let outcome = match self.root.outcome(&scope, context, &mut critical) {
            Err(EvalError::Raised(_)) => return Ok(Decision { outcome: false, tests: Vec::new() }),
            other => other?,
        };
        critical.sort_unstable();
        critical.dedup();
        Ok(Decision { outcome, tests: critical })
    }
}

fn node<'p>(predicate: &'p Predicate, spans: &mut Vec<Span>) -> Node<'p> {
    let mut each = |operands: &'p [Predicate]| operands.iter().map(|operand| node(operand, spans)).collect::<Vec<_>>();
    match predicate {
        Predicate::Always(flag) => Node::Always(*flag),
        Predicate::All(operands) => Node::All(each(operands)),
        Predicate::Any(operands) => Node::Any(each(operands)),
        Predicate::ExactlyOne(operands) => Node::One(each(operands)),
        Predicate::Not(inner) => Node::Not(Box::new(node(inner, spans))),
        Predicate::Test(test) => {
            spans.push(test.span);
            Node::Test(predicate, spans.len() - 1)
        }
        Predicate::Elements { body, .. } => {
            let first = spans.len();
            let mut found = Vec::new();
            inner_tests(body, &mut found);
            spans.extend(found.iter().filter_map(|test| match test {
                Predicate::Test(test) => Some(test.span),
                _ => None,
            }));
            let flipped = (first..spans.len())
                .map(|number| {
                    let mut left = number - first;
                    (number, flip(predicate, &mut left))
                })
                .collect();
            Node::Elements(predicate, flipped)
        }
        Predicate::Unread { .. } => Node::Always(false),
    }
}

fn inner_tests<'p>(predicate: &'p Predicate, tests: &mut Vec<&'p Predicate>) {
    match predicate {
        Predicate::All(operands) | Predicate::Any(operands) | Predicate::ExactlyOne(operands) => {
            operands.iter().for_each(|operand| inner_tests(operand, tests));
        }
        Predicate::Not(inner) => inner_tests(inner, tests),
        Predicate::Elements { body, .. } => inner_tests(body, tests),
        Predicate::Test(_) => tests.push(predicate),
        Predicate::Always(_) | Predicate::Unread { .. } => {}
    }
}

/// The condition with the test of this number (counted down) turned into its contrary.
fn flip(predicate: &Predicate, left: &mut usize) -> Predicate {
    let mut each = |operands: &[Predicate]| operands.iter().map(|operand| flip(operand, left)).collect::<Vec<_>>();
    match predicate {
        Predicate::All(operands) => Predicate::All(each(operands)),
        Predicate::Any(operands) => Predicate::Any(each(operands)),
        Predicate::ExactlyOne(operands) => Predicate::ExactlyOne(each(operands)),
        Predicate::Not(inner) => Predicate::Not(Box::new(flip(inner, left))),
        Predicate::Elements { quantifier, list, var, body } => Predicate::Elements {
            quantifier: *quantifier,
            list: list.clone(),
            var: var.clone(),
            body: Box::new(flip(body, left)),
        },
        Predicate::Test(_) => {
            let chosen = *left == 0;
            *left = left.wrapping_sub(1);
            if chosen { Predicate::Not(Box::new(predicate.clone())) } else { predicate.clone() }
        }
        leaf @ (Predicate::Always(_) | Predicate::Unread { .. }) => leaf.clone(),
    }
}

impl Node<'_> {
    /// The outcome; tests that turn it are added to `critical`.
    fn outcome(&self, scope: &Scope<'_>, context: &Context<'_>, critical: &mut Vec<usize>) -> Result<bool, EvalError> {
        match self {
            Node::Always(flag) => Ok(*flag),
            Node::Not(inner) => inner.outcome(scope, context, critical).map(|held| !held),
            Node::Test(predicate, number) => {
                let held = holds(predicate, scope, context)?;
                critical.push(*number);
                Ok(held)
            }
            Node::Elements(predicate, flipped) => {
                let held = holds(predicate, scope, context)?;
                for (number, contrary) in flipped {
                    if holds(contrary, scope, context)? != held {
                        critical.push(*number);
                    }
                }
                Ok(held)
            }
            Node::All(operands) => {
                let found = each(operands, scope, context)?;
                let wrong = found.iter().filter(|(held, _)| !held).count();
                for (held, tests) in found {
                    if wrong == 0 || (wrong == 1 && !held) {
                        critical.extend(tests);
                    }
                }
                Ok(wrong == 0)
            }
            Node::Any(operands) => {
                let found = each(operands, scope, context)?;
                let right = found.iter().filter(|(held, _)| *held).count();
                for (held, tests) in found {
                    if right == 0 || (right == 1 && held) {
                        critical.extend(tests);
                    }
                }
                Ok(right > 0)
            }
            Node::One(operands) => {
                let found = each(operands, scope, context)?;
                let right = found.iter().filter(|(held, _)| *held).count();
                for (held, tests) in found {
                    if right < 2 || (right == 2 && held) {
                        critical.extend(tests);
                    }
                }
                Ok(right == 1)
            }
        }
    }
}

type Held = (bool, Vec<usize>);

fn each(operands: &[Node<'_>], scope: &Scope<'_>, context: &Context<'_>) -> Result<Vec<Held>, EvalError> {
    operands
        .iter()
        .map(|operand| {
            let mut tests = Vec::new();
            operand.outcome(scope, context, &mut tests).map(|held| (held, tests))
        })
        .collect()
}
