//! Removes from a condition what its other parts imply: guards of a type that a test asks for anyway, branches that the
//! way to them rules out, conditions that stand in every alternative.
//!
//! Extracted programs repeat themselves: a guard stands in every branch, a branch in every value that is made in it. Equal
//! parts are one part here ([`arena`]), so that what is known of one is known of all, and time grows with the number of
//! different parts.

mod arena;
mod facts;
mod kinds;
mod literal;
mod simplify;
mod together;
mod weigh;

pub use weigh::{predicate_weight, weight};

use crate::model::Predicate;

/// Conditions beyond this size, their expressions included, are left as they are.
const MAX_WEIGHT: usize = 400_000;
/// Passes over a condition; each sees what the one before it found.
const PASSES: usize = 4;

/// The condition without what its own parts imply; it holds of the same events.
pub fn tidy(predicate: Predicate) -> Predicate {
    if predicate_weight(&predicate, MAX_WEIGHT + 1) > MAX_WEIGHT {
        return predicate;
    }
    let mut simplifier = simplify::Simplifier::new();
    let mut root = simplifier.arena.add(predicate);
    for _ in 0..PASSES {
        let simple = simplifier.run(root);
        if simple == root {
            break;
        }
        root = simple;
    }
    simplifier.arena.predicate(root)
}
