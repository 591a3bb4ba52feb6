//! Counting that one platform keeps in the query and another beside it: Panther counts the events of a group in its
//! `Threshold`, Elastic and Sentinel in a threshold rule or in the query.

use super::recognised::per_event;
use crate::diagnostic::codes;
use crate::model::{Detection, Direction, Logic, Loss, Pipeline, PlatformId, Shape, StepKind};

/// A detection in the form that the target counts in, and what that changes.
pub(super) struct Reshaped {
    pub(super) detection: Detection,
    pub(super) losses: Vec<Loss>,
}

/// Moves a threshold to where the target platform keeps it; `None` where it stands there already.
///
/// Rules that alert once their events are counted select the same events on both sides; when an alert is raised differs,
/// which is a loss of scope alerting.
pub(super) fn for_target(detection: &Detection, from: Option<PlatformId>, to: PlatformId) -> Option<Reshaped> {
    if from == Some(to) {
        return None;
    }
    match to {
        PlatformId::Panther => into_group(detection),
        PlatformId::Elastic | PlatformId::Sentinel => out_of_group(detection),
    }
}

/// `Threshold` and grouping of Panther for a threshold in the logic.
fn into_group(detection: &Detection) -> Option<Reshaped> {
    let Logic::Shape(shape) = &detection.logic else { return None };
    let (Shape::Threshold { events, .. } | Shape::Cardinality { events, .. }) = shape.as_ref() else { return None };
    if !only_filters(events) || detection.alerting.dedup.is_some() {
        return None;
    }
    let (logic, dedup) = per_event(shape, detection.schedule.lookback)?;
    let mut reshaped = detection.clone();
    reshaped.logic = logic;
    reshaped.alerting.dedup = Some(dedup);
    let message = "Panther counts the events of a group from the first one on, for as long as the dedup period; the source counts them over the look-back of each run";
    let losses = vec![Loss::alerting(codes::plan::SHAPE_DIFFERS, Direction::Either, message)];
    Some(Reshaped { detection: reshaped, losses })
}

/// A threshold in the logic for Panther's `Threshold` of grouped events.
fn out_of_group(detection: &Detection) -> Option<Reshaped> {
    let dedup = detection.alerting.dedup.as_ref()?;
    let at_least = dedup.threshold.filter(|count| *count > 1)?;
    let Logic::Pipeline(events) = &detection.logic else { return None };
    if dedup.by.is_empty() || dedup.unique.is_some() || !only_filters(events) || detection.alerting.trigger.is_some() {
        return None;
    }
    let mut reshaped = detection.clone();
    reshaped.logic = Logic::Shape(Box::new(Shape::Threshold {
        events: events.clone(),
        by: dedup.by.clone(),
        at_least,
        window: None,
    }));
    reshaped.schedule.lookback = reshaped.schedule.lookback.or(dedup.window);
    if let Some(dedup) = &mut reshaped.alerting.dedup {
        dedup.threshold = None;
    }
    let message = format!(
        "Panther counts {at_least} events of a group within a dedup period that the first event begins; the target counts them over each run's look-back"
    );
    let losses = vec![Loss::alerting(codes::plan::SHAPE_DIFFERS, Direction::Either, message)];
    Some(Reshaped { detection: reshaped, losses })
}

/// The logic that was read back, inside the shape that was planned where only the rule file holds it (KQL, Lucene).
pub(super) fn around(planned: &Logic, back: Logic) -> Logic {
    let (Logic::Shape(shape), Logic::Pipeline(_)) = (planned, &back) else { return back };
    let mut shape = shape.as_ref().clone();
    let (Shape::Threshold { events, .. } | Shape::Cardinality { events, .. } | Shape::NewValue { events, .. }) =
        &mut shape
    else {
        return back;
    };
    // A pipeline that does more than filter is the shape itself in other words.
    match back {
        Logic::Pipeline(pipeline) if only_filters(&pipeline) => {
            *events = pipeline;
            Logic::Shape(Box::new(shape))
        }
        other => other,
    }
}

fn only_filters(events: &Pipeline) -> bool {
    events.steps.iter().all(|step| matches!(step.kind, StepKind::Filter(_)))
}
