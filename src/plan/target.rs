//! How a dialect tells what it can say.

use crate::model::{Expr, FieldTypes, Logic, Loss, Predicate, Shape, Step, Test, Unread};

/// The answer to "can you say this?".
#[derive(Debug, Clone, PartialEq)]
pub enum Support<T> {
    /// As it stands.
    Exactly,
    /// In this other form, which means the same; it is planned again.
    As(T),
    /// In this other form, with these losses; it is not planned again.
    Approximately(T, Vec<Loss>),
    /// Not at all, for this reason (a sentence that follows "Lucene cannot say this: ").
    No(String),
}

/// What a dialect can say. All methods are asked with field references already in the target's names.
///
/// `types` gives the target's field types where they are known.
/// Contract with the dialect's `write`: whatever these methods answer `Exactly` to is printed without fail.
pub trait Target: Sync {
    /// The dialect's name, for messages.
    fn name(&self) -> &'static str;

    /// The logic with everything that the dialect has under another name in that name, every value the same. It comes
    /// before planning, so that what it makes is asked about as the rest is.
    fn adopt(&self, logic: Logic, _types: &dyn FieldTypes) -> Logic {
        logic
    }

    /// A single test. `negated`: the test stands under an odd number of negations; a dialect with three-valued logic
    /// may need another form there.
    fn test(&self, test: &Test, negated: bool, types: &dyn FieldTypes) -> Support<Predicate>;

    /// A single test in a filter that stands on the events themselves, behind nothing but filters: a language with
    /// searches of the index has more words there.
    fn test_of_events(&self, test: &Test, negated: bool, types: &dyn FieldTypes) -> Support<Predicate> {
        self.test(test, negated, types)
    }

    /// A predicate that is no test and no boolean connective: `Elements`, `ExactlyOne`.
    /// The planner rewrites `ExactlyOne` into and/or/not itself when this answers `No`.
    fn predicate(&self, predicate: &Predicate, types: &dyn FieldTypes) -> Support<Predicate>;

    /// A value expression in an operand, a computed column or an alert's fields.
    fn expr(&self, expr: &Expr, types: &dyn FieldTypes) -> Support<Expr>;

    /// A step other than a filter.
    fn step(&self, step: &Step, types: &dyn FieldTypes) -> Support<Step>;

    /// Whether a part that was not read can be written as it stands, because it was written in this language.
    fn carries(&self, _entry: &Unread) -> bool {
        false
    }

    /// Whether the query's text alone holds a shape that it was planned with; not so where counting stands in the
    /// rule file (KQL, Lucene).
    fn carries_shapes(&self) -> bool {
        true
    }

    /// A recognised shape.
    fn shape(&self, shape: &Shape, types: &dyn FieldTypes) -> Support<Shape>;
}
