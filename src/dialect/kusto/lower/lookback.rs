//! Bounds on the event time that say how far a rule looks back.

use super::Lowerer;
use crate::diagnostic::Span;
use crate::model::{Ordering, Pipeline, Predicate, Source, StepKind, Test, TestKind};
use crate::rewrite::recognise::time::{before_now, is_event_time};

impl Lowerer<'_> {
    /// Notes the conjuncts of a filter that bound the event time from below by a constant before now.
    pub(super) fn note_bounds(&mut self, predicate: &Predicate) {
        for conjunct in predicate.conjuncts() {
            if let Some((span, ticks)) = bound(conjunct) {
                self.bounds.push((span, ticks));
            }
        }
    }
}

/// The look-back that a condition states, in ticks.
fn bound(predicate: &Predicate) -> Option<(Span, i64)> {
    let Predicate::Test(Test { subject, kind, span, .. }) = predicate else { return None };
    if !is_event_time(subject) {
        return None;
    }
    let ticks = match kind {
        TestKind::Compare { ordering: Ordering::Greater | Ordering::GreaterOrEqual, value, .. } => before_now(value)?,
        TestKind::Range { low: Some((low, _)), high: Some((high, _)), .. } => {
            if before_now(high)? > 0 {
                return None;
            }
            before_now(low)?
        }
        _ => return None,
    };
    (ticks > 0).then_some((*span, ticks))
}

/// Takes noted bounds out of the filters that stand before every other step: the schedule looks back as far.
pub(super) fn remove(pipeline: &mut Pipeline, bounds: &[(Span, i64)]) {
    if !matches!(pipeline.source, Source::Table(_) | Source::Events) {
        return;
    }
    for step in &mut pipeline.steps {
        let StepKind::Filter(predicate) = &mut step.kind else { break };
        let kept: Vec<Predicate> = predicate
            .conjuncts()
            .iter()
            .filter(|conjunct| bound(conjunct).is_none_or(|found| !bounds.contains(&found)))
            .cloned()
            .collect();
        *predicate = Predicate::all(kept);
    }
    pipeline.steps.retain(|step| !matches!(step.kind, StepKind::Filter(Predicate::Always(true))));
}
