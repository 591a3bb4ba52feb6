//! The plan step: what of a model a target can say exactly, what only with a named loss, and what not at all.
//!
//! A dialect describes itself as a [`Target`]; this module knows no dialect. The output of [`plan`] holds nothing that
//! the target has not answered for, so raising and printing cannot fail (design, "The way of a rule").

mod carried;
mod condition;
mod forms;
mod inside;
mod known_columns;
mod target;

pub use target::{Support, Target};

use crate::diagnostic::{Code, Span, codes};
use crate::model::{FieldTypes, Logic, Loss, Pipeline, Place, Predicate, Shape, Source, Step, StepKind, Unread};
use condition::Planner;

/// Why a rule, or a part of it, cannot be written in a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The stable code.
    pub code: Code,
    /// Why, as a sentence.
    pub message: String,
    /// The place in the source's query text.
    pub span: Option<Span>,
}

/// Logic that the target can print, with what it lost on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The logic in forms that the target has answered for.
    pub logic: Logic,
    /// The losses, in the order of the source.
    pub losses: Vec<Loss>,
}

/// Plans logic for a target.
///
/// `unread` is the detection's list of what could not be read; a condition that refers to it is left out where that
/// only widens the rule (rules 5 and 7), and refuses the rule elsewhere.
///
/// # Errors
/// Every reason for which the target cannot carry this logic.
pub fn plan(
    logic: &Logic,
    unread: &[Unread],
    target: &dyn Target,
    types: &dyn FieldTypes,
) -> Result<Planned, Vec<Refusal>> {
    let mut planner = Planner::new(target, types, unread);
    let logic = &target.adopt(logic.clone(), types);
    let planned = match logic {
        Logic::Unread(index) => {
            let (reason, span) = unread
                .get(*index)
                .map_or(("its logic could not be read".to_owned(), None), |entry| (entry.reason.clone(), entry.span));
            return Err(vec![Refusal {
                code: codes::plan::LOGIC_UNREAD,
                message: format!("the rule's logic is not read: {reason}"),
                span,
            }]);
        }
        Logic::Pipeline(pipeline) => match logic.as_filter() {
            Some(condition) => {
                let span = pipeline.steps.first().map(|step| step.span).unwrap_or_default();
                planner.on_events = events(&pipeline.source);
                planner
                    .top(&condition)
                    .map(|condition| Logic::Pipeline(one_filter(pipeline.source.clone(), condition, span, pipeline)))
            }
            None => plan_pipeline(pipeline, &mut planner).map(Logic::Pipeline),
        },
        Logic::Shape(shape) => plan_shape(shape, &mut planner).map(|shape| Logic::Shape(Box::new(shape))),
    };
    match planned {
        Some(logic) if planner.refusals.is_empty() => Ok(Planned { logic, losses: planner.losses }),
        _ => Err(planner.refusals),
    }
}

/// A pipeline of one filter that keeps the comments of the filters it was made from.
fn one_filter(source: Source, condition: Predicate, span: Span, from: &Pipeline) -> Pipeline {
    let mut step = Step::new(StepKind::Filter(condition), span);
    step.comments = from.steps.iter().flat_map(|step| step.comments.iter().cloned()).collect();
    Pipeline { source, steps: vec![step] }
}

fn plan_pipeline(pipeline: &Pipeline, planner: &mut Planner<'_>) -> Option<Pipeline> {
    let without = carried::without_unread(pipeline, planner);
    let pipeline = without.as_ref().unwrap_or(pipeline);
    let mut places = planner.place().of_steps(&pipeline.steps).into_iter();
    let source = planner.at(places.next().unwrap_or(Place::Fixed), |planner| plan_source(&pipeline.source, planner))?;
    let mut steps = Vec::new();
    let mut on_events = events(&pipeline.source);
    let mut columns = known_columns::of_source(&pipeline.source);
    // What a step says counts for the rows that leave it.
    for (step, place) in pipeline.steps.iter().zip(places) {
        steps.push(match &step.kind {
            StepKind::Filter(condition) => {
                planner.on_events = on_events;
                let planned = planner.at(place, |planner| planner.inner(condition));
                planner.on_events = false;
                let kind = StepKind::Filter(planned?);
                Step { kind, span: step.span, comments: step.comments.clone() }
            }
            _ => {
                on_events = false;
                planner.at(place, |planner| plan_step(step, columns.as_deref(), planner))?
            }
        });
        columns = known_columns::behind(&step.kind, columns);
    }
    Some(Pipeline { source, steps })
}

/// Whether the rows are the events of the index as they are.
fn events(source: &Source) -> bool {
    matches!(source, Source::Events | Source::Table(_))
}

fn plan_source(source: &Source, planner: &mut Planner<'_>) -> Option<Source> {
    Some(match source {
        Source::Union(parts) => {
            Source::Union(parts.iter().map(|part| plan_pipeline(part, planner)).collect::<Option<_>>()?)
        }
        Source::Pipeline(inner) => Source::Pipeline(Box::new(plan_pipeline(inner, planner)?)),
        other => other.clone(),
    })
}

/// Plans what a step is made of, then asks the target about the step itself.
fn plan_step(step: &Step, columns: Option<&[String]>, planner: &mut Planner<'_>) -> Option<Step> {
    let step = &inside::plan_parts(step, planner)?;
    if let Some(rest) = carried::rest_of(step, planner) {
        // The whole stands as it was written where the target says the rest exactly.
        return match rest.map(|rest| planner.target.step(&rest, planner.types)) {
            None | Some(Support::Exactly) => Some(step.clone()),
            Some(_) => {
                planner.refuse(codes::plan::STEP_UNSAYABLE, "a part of the step was not read", Some(step.span));
                None
            }
        };
    }
    let mut support = planner.target.step(step, planner.types);
    if let (Support::No(_), Some(columns)) = (&support, columns)
        && let Some(spelt) = known_columns::spelt_out(step, columns)
    {
        support = match planner.target.step(&spelt, planner.types) {
            Support::Exactly => Support::As(spelt),
            other => other,
        };
    }
    match support {
        Support::Exactly => Some(step.clone()),
        Support::As(other) => Some(other),
        Support::Approximately(other, losses) => {
            planner.losses.extend(losses);
            Some(other)
        }
        Support::No(reason) => {
            planner.refuse(codes::plan::STEP_UNSAYABLE, &reason, Some(step.span));
            None
        }
    }
}

fn plan_shape(shape: &Shape, planner: &mut Planner<'_>) -> Option<Shape> {
    let mut shape = shape.clone();
    // The events first: a target is asked about the shape with conditions that it can say.
    match &mut shape {
        Shape::Threshold { events, .. } | Shape::Cardinality { events, .. } => {
            *events = match Logic::Pipeline(events.clone()).as_filter() {
                Some(condition) => {
                    let span = events.steps.first().map(|step| step.span).unwrap_or_default();
                    one_filter(events.source.clone(), planner.top(&condition)?, span, events)
                }
                None => plan_pipeline(events, planner)?,
            };
        }
        // Fewer conditions make more values old: what is new cannot be widened.
        Shape::NewValue { events, .. } => {
            *events = planner.at(Place::Fixed, |planner| plan_pipeline(events, planner))?;
        }
        Shape::Sequence { .. } | Shape::Absence { .. } => {}
    }
    let mut shape = match planner.target.shape(&shape, planner.types) {
        Support::Exactly => shape,
        Support::As(other) => other,
        Support::Approximately(other, losses) => {
            planner.losses.extend(losses);
            other
        }
        Support::No(reason) => {
            planner.refuse(codes::plan::SHAPE_UNSAYABLE, &reason, None);
            return None;
        }
    };
    let denied = planner.place().negated();
    match &mut shape {
        Shape::Threshold { .. } | Shape::Cardinality { .. } | Shape::NewValue { .. } => {}
        Shape::Absence { events, without, .. } => {
            *events = plan_pipeline(events, planner)?;
            *without = planner.at(denied, |planner| plan_pipeline(without, planner))?;
        }
        Shape::Sequence { stages, absent, until, .. } => {
            for stage in stages.iter_mut() {
                stage.filter = planner.inner(&stage.filter)?;
            }
            for stage in absent.iter_mut().map(|item| &mut item.stage).chain(until.iter_mut()) {
                stage.filter = planner.at(denied, |planner| planner.inner(&stage.filter))?;
            }
        }
    }
    Some(shape)
}
