//! Predicates: true or false of every event (rule 1).

use super::{Expr, Test, Var};
use crate::diagnostic::Span;

/// How many elements must meet a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// Some element; false for an empty or missing list.
    Any,
    /// Every element; true for an empty or missing list.
    All,
    /// Exactly one element.
    ExactlyOne,
    /// At least this many elements.
    AtLeast(u64),
}

/// A condition on an event or row. Never null: three-valued logic has ended before this type.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// The same for every event.
    Always(bool),
    /// All of them; an empty list is true.
    All(Vec<Predicate>),
    /// At least one of them; an empty list is false.
    Any(Vec<Predicate>),
    /// Exactly one of them (Panther's `OnlyOne`).
    ExactlyOne(Vec<Predicate>),
    /// The contrary. A test is false of a missing value, so its contrary is true of it.
    Not(Box<Predicate>),
    /// A test of one value.
    Test(Test),
    /// A condition on the elements of a list, each bound to `var`.
    Elements {
        /// How many elements.
        quantifier: Quantifier,
        /// The list. A single value that is no list counts as a list of that value; null as an empty list.
        list: Expr,
        /// The name of the element inside `body`.
        var: Var,
        /// The condition on an element.
        body: Box<Predicate>,
    },
    /// Part of the rule that could not be read (rule 5): the index of its entry in the detection's `unread`.
    Unread {
        /// Index into `unread`.
        index: usize,
        /// Where it stands in the query.
        span: Span,
    },
}

impl Predicate {
    /// The conjunction, flattened; a single operand stands for itself.
    pub fn all(operands: impl IntoIterator<Item = Predicate>) -> Self {
        let mut flat = Vec::new();
        for operand in operands {
            match operand {
                Predicate::All(inner) => flat.extend(inner),
                Predicate::Always(true) => {}
                other => flat.push(other),
            }
        }
        if flat.len() == 1 {
            flat.remove(0)
        } else if flat.is_empty() {
            Predicate::Always(true)
        } else {
            Predicate::All(flat)
        }
    }

    /// The disjunction, flattened; a single operand stands for itself.
    pub fn any(operands: impl IntoIterator<Item = Predicate>) -> Self {
        let mut flat = Vec::new();
        for operand in operands {
            match operand {
                Predicate::Any(inner) => flat.extend(inner),
                Predicate::Always(false) => {}
                other => flat.push(other),
            }
        }
        if flat.len() == 1 {
            flat.remove(0)
        } else if flat.is_empty() {
            Predicate::Always(false)
        } else {
            Predicate::Any(flat)
        }
    }

    /// The contrary; a double negation is removed.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Predicate::Not(inner) => *inner,
            Predicate::Always(flag) => Predicate::Always(!flag),
            other => Predicate::Not(Box::new(other)),
        }
    }

    /// The conjuncts at the top: the operands of a conjunction, else the predicate itself.
    pub fn conjuncts(&self) -> &[Predicate] {
        match self {
            Predicate::All(operands) => operands,
            Predicate::Always(true) => &[],
            other => std::slice::from_ref(other),
        }
    }
}
