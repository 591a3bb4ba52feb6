//! Where an empty text and a missing one part: Sentinel keeps both as the empty text. Tests of presence are the plan's;
//! here are values that are computed or read from the event.

use crate::diagnostic::codes;
use crate::model::function::{self, elastic};
use crate::model::{
    Anchor, Direction, Expr, FieldKind, FieldTypes, Function, Logic, Loss, Predicate, RegexFlavour, Shape, StepKind,
    Test, TestKind, WildcardPart,
};

/// The losses of a rule that comes to Sentinel from another platform. `types` are those of the source's fields.
pub(super) fn losses(logic: &Logic, types: &dyn FieldTypes) -> Vec<Loss> {
    let mut found = Found { types, losses: Vec::new() };
    match logic {
        Logic::Pipeline(pipeline) => {
            for step in &pipeline.steps {
                if let StepKind::Filter(condition) = &step.kind {
                    found.predicate(condition, false);
                }
            }
        }
        Logic::Shape(shape) => match shape.as_ref() {
            Shape::Threshold { events, .. } | Shape::Cardinality { events, .. } | Shape::NewValue { events, .. } => {
                found.losses.extend(losses(&Logic::Pipeline(events.clone()), types));
            }
            Shape::Sequence { stages, .. } => {
                stages.iter().for_each(|stage| found.predicate(&stage.filter, false));
                // Any text key will do: the query keeps the events whose keys are not empty.
                let keyed = |stage: &&crate::model::Stage| stage.by.iter().any(|key| found.is_text_field(key));
                if let Some(stage) = stages.iter().find(keyed) {
                    let message = "an event whose key is an empty text counts as one without the key";
                    found.losses.push(Loss::matching(
                        codes::kusto::EMPTY_IS_MISSING,
                        Direction::Narrower,
                        message,
                        Some(stage.span),
                    ));
                }
            }
            Shape::Absence { events, .. } => {
                found.losses.extend(losses(&Logic::Pipeline(events.clone()), types));
            }
        },
        Logic::Unread(_) => {}
    }
    found.losses
}

struct Found<'a> {
    types: &'a dyn FieldTypes,
    losses: Vec<Loss>,
}

impl Found<'_> {
    fn predicate(&mut self, predicate: &Predicate, negated: bool) {
        match predicate {
            Predicate::Not(inner) => self.predicate(inner, !negated),
            Predicate::All(items) | Predicate::Any(items) | Predicate::ExactlyOne(items) => {
                items.iter().for_each(|item| self.predicate(item, negated));
            }
            Predicate::Test(test) if self.parts(test) => {
                let direction = if negated { Direction::Wider } else { Direction::Narrower };
                let message =
                    "Kusto keeps a missing text as the empty text, so a test that an empty text would meet is not met";
                self.losses.push(Loss::matching(codes::kusto::EMPTY_IS_MISSING, direction, message, Some(test.span)));
            }
            _ => {}
        }
    }

    /// Whether the test is met by an empty text and not by a missing one.
    fn parts(&self, test: &Test) -> bool {
        if let Expr::Call(function::LENGTH, _) = &test.subject {
            return test.kind.met_by_zero();
        }
        match &test.kind {
            TestKind::Contains { value, .. }
            | TestKind::StartsWith { value, .. }
            | TestKind::EndsWith { value, .. }
            | TestKind::Equals { value, .. } => self.is_text(value),
            TestKind::Wildcard { pattern, .. } => {
                !pattern.is_empty() && pattern.iter().all(|part| *part == WildcardPart::Many)
            }
            TestKind::Regex { pattern, flavour, anchor, .. } => pattern.as_text().is_some_and(|pattern| {
                let pattern = match flavour {
                    RegexFlavour::Lucene => crate::model::lucene_regex::to_re2(pattern).unwrap_or_default(),
                    _ => pattern.to_owned(),
                };
                let whole = if *anchor == Anchor::Search { pattern } else { format!("^(?:{pattern})$") };
                crate::model::matches_empty(&whole)
            }),
            _ => false,
        }
    }

    /// A text of the event, or one that is made of a single value of it: empty where that is empty.
    fn is_text(&self, value: &Expr) -> bool {
        let makes_text = |called: &Function| {
            let same = [function::LOWER, function::UPPER, function::TRIM, function::TO_TEXT, elastic::ES_TO_STRING];
            same.contains(called)
        };
        match value {
            Expr::Call(called, args) if makes_text(called) => args.first().is_some_and(|value| self.is_text(value)),
            value => self.is_text_field(value),
        }
    }

    /// A field of the event that is a text as far as is known.
    fn is_text_field(&self, value: &Expr) -> bool {
        let Some(field) = value.as_field() else { return false };
        self.types
            .type_of(&field.path.to_string())
            .is_none_or(|kind| matches!(kind.kind, FieldKind::Keyword | FieldKind::Wildcard | FieldKind::Text))
    }
}
