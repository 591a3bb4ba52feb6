//! Planning the conditions and pipelines inside a step: those of computed values and of aggregates, the other side of a
//! join. A target answers for the step as a whole afterwards, when each of them is in a form that it has.

use super::condition::Planner;
use super::plan_pipeline;
use crate::model::walk::{self, Fold};
use crate::model::{Join, Pipeline, Place, Predicate, Step, StepKind};

/// The step with its inner conditions and pipelines planned; `None` where one of them refuses.
pub(super) fn plan_parts(step: &Step, planner: &mut Planner<'_>) -> Option<Step> {
    let kind = match &step.kind {
        StepKind::Join(join) => {
            let place = planner.place().of_right_side(join.kind);
            let right = planner.at(place, |planner| plan_pipeline(&join.right, planner))?;
            StepKind::Join(Box::new(Join { kind: join.kind, right, on: join.on.clone() }))
        }
        StepKind::Union(parts) => {
            StepKind::Union(parts.iter().map(|part| plan_pipeline(part, planner)).collect::<Option<_>>()?)
        }
        _ => {
            // What a condition inside a value selects makes another value: it can be left out nowhere.
            return planner.at(Place::Fixed, |planner| {
                let mut inside = Inside { planner, refused: false };
                let planned = walk::step_parts(&mut inside, step.clone());
                (!inside.refused).then_some(planned)
            });
        }
    };
    Some(Step { kind, span: step.span, comments: step.comments.clone() })
}

struct Inside<'p, 'a> {
    planner: &'p mut Planner<'a>,
    refused: bool,
}

impl Fold for Inside<'_, '_> {
    fn predicate(&mut self, predicate: Predicate) -> Predicate {
        match self.planner.inner(&predicate) {
            Some(planned) => planned,
            None => {
                self.refused = true;
                predicate
            }
        }
    }

    fn pipeline(&mut self, pipeline: Pipeline) -> Pipeline {
        match plan_pipeline(&pipeline, self.planner) {
            Some(planned) => planned,
            None => {
                self.refused = true;
                pipeline
            }
        }
    }
}
