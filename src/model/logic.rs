//! The logic of a detection: a pipeline, or a recognised shape.

use super::{Expr, Pipeline, Predicate};
use crate::diagnostic::Span;

/// One stage of a sequence: which events, and the keys they share with the other stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Which events.
    pub filter: Predicate,
    /// Keys of this stage, in the order of the sequence's keys.
    pub by: Vec<Expr>,
    /// How many events in a row (EQL `with runs=n`).
    pub runs: u64,
    /// Where it stands.
    pub span: Span,
}

/// An event that must not come (EQL `![...]`).
#[derive(Debug, Clone, PartialEq)]
pub struct AbsentStage {
    /// The stage.
    pub stage: Stage,
    /// It must be absent before the stage of this index; the number of stages means at the end.
    pub before: usize,
}

/// Shapes of logic that several dialects can say in their own ways.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// At least `at_least` events of a group within the window.
    Threshold {
        /// Which events.
        events: Pipeline,
        /// What makes a group.
        by: Vec<Expr>,
        /// How many.
        at_least: u64,
        /// Length of the window in seconds; the rule's look-back when `None`.
        window: Option<u64>,
    },
    /// At least `at_least` distinct values of `of` in a group within the window.
    Cardinality {
        /// Which events.
        events: Pipeline,
        /// What is counted once a value.
        of: Vec<Expr>,
        /// What makes a group.
        by: Vec<Expr>,
        /// How many.
        at_least: u64,
        /// Length of the window in seconds; the rule's look-back when `None`.
        window: Option<u64>,
    },
    /// An event whose values did not occur in the history.
    NewValue {
        /// Which events.
        events: Pipeline,
        /// The values that must be new, together.
        of: Vec<Expr>,
        /// Length of the history in seconds, counted back from now.
        history: u64,
        /// Length of the recent window in seconds; the rule's look-back when `None`.
        recent: Option<u64>,
    },
    /// Events in order, sharing keys.
    Sequence {
        /// The stages.
        stages: Vec<Stage>,
        /// Events that must not come in between.
        absent: Vec<AbsentStage>,
        /// Greatest time from first to last event in seconds.
        max_span: Option<f64>,
        /// An event that ends a started sequence.
        until: Option<Stage>,
        /// Whether order does not matter (EQL `sample`).
        unordered: bool,
    },
    /// Events of one kind without a partner of another within the window.
    Absence {
        /// What happened.
        events: Pipeline,
        /// What should have happened.
        without: Pipeline,
        /// Pairs of keys.
        on: Vec<(Expr, Expr)>,
        /// Length of the window in seconds.
        window: Option<u64>,
    },
}

/// What a detection looks for.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one a rule; a box would only hide it")]
pub enum Logic {
    /// Rows of a pipeline.
    Pipeline(Pipeline),
    /// A recognised shape.
    Shape(Box<Shape>),
    /// Nothing readable (a machine-learning job, SQL): index into `unread` says why.
    Unread(usize),
}

impl Logic {
    /// A filter over the rule's events.
    pub fn filter(predicate: Predicate, span: Span) -> Self {
        Logic::Pipeline(Pipeline::filter(predicate, span))
    }

    /// The condition of a rule that only filters its events: all filters of the pipeline together, as long as no step
    /// other than filters stands before the last of them.
    pub fn as_filter(&self) -> Option<Predicate> {
        let Logic::Pipeline(pipeline) = self else { return None };
        let mut conditions = Vec::new();
        for step in &pipeline.steps {
            match &step.kind {
                super::StepKind::Filter(predicate) => conditions.push(predicate.clone()),
                _ => return None,
            }
        }
        match pipeline.source {
            super::Source::Events | super::Source::Table(_) => Some(Predicate::all(conditions)),
            _ => None,
        }
    }
}
