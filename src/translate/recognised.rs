//! A rule whose steps are a kind of rule on the target: threshold, cardinality, new value, absence.

use crate::diagnostic::codes;
use crate::model::{Dedup, Detection, Direction, Logic, Loss, PlatformId, Shape};
use crate::rewrite::recognise::recognise;

/// A detection with recognised logic, and where it differs from what was read.
pub(super) struct Recognised {
    pub(super) detection: Detection,
    pub(super) losses: Vec<Loss>,
}

/// The detection as another platform has rules of its kind; `None` where its logic has no shape, and where it stays on
/// its platform: there the steps stand as they are.
pub(super) fn detection(source: &Detection, from: Option<PlatformId>, to: Option<PlatformId>) -> Option<Recognised> {
    if from == to || from != Some(PlatformId::Sentinel) {
        return None;
    }
    let stated = &source.schedule;
    let lookback = match (stated.lookback, stated.query_lookback) {
        (Some(rule), Some(query)) => Some(rule.min(query)),
        (rule, query) => rule.or(query),
    };
    let found = recognise(&source.logic, lookback)?;
    let mut detection = source.clone();
    let mut losses = found.losses;
    detection.logic = found.logic;
    if to == Some(PlatformId::Panther)
        && let Logic::Shape(shape) = &detection.logic
    {
        let (logic, dedup) = per_event(shape, lookback)?;
        losses.push(Loss::alerting(
            codes::plan::SHAPE_DIFFERS,
            Direction::Either,
            "Panther counts the events of a group from the first one on, for as long as the dedup period; the source counts \
             them over the look-back of each run",
        ));
        detection.logic = logic;
        detection.alerting.dedup = Some(dedup);
        detection.alerting.trigger = None;
        detection.outputs = crate::rewrite::recognise::outputs::of_event(&source.logic, &source.outputs);
    }
    Some(Recognised { detection, losses })
}

/// A count as Panther has it: a rule on each event, and how many of a group raise an alert.
pub(super) fn per_event(shape: &Shape, lookback: Option<u64>) -> Option<(Logic, Dedup)> {
    match shape {
        Shape::Threshold { events, by, at_least, window } => Some((
            Logic::Pipeline(events.clone()),
            Dedup { by: by.clone(), window: window.or(lookback), unique: None, threshold: Some(*at_least) },
        )),
        Shape::Cardinality { events, of, by, at_least, window } => {
            let [unique] = of.as_slice() else { return None };
            Some((
                Logic::Pipeline(events.clone()),
                Dedup {
                    by: by.clone(),
                    window: window.or(lookback),
                    unique: Some(unique.clone()),
                    threshold: Some(*at_least),
                },
            ))
        }
        _ => None,
    }
}
