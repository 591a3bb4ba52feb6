//! What a bare query cannot carry of its rule: how matches become alerts.

use crate::diagnostic::codes;
use crate::model::{Detection, Direction, Logic, Loss, Shape, TriggerOp};

/// The losses of a rule of which only the query is written. Its title, prose and mappings nobody expects there.
pub(super) fn losses(detection: &Detection) -> Vec<Loss> {
    let mut losses = Vec::new();
    let mut lose = |direction: Direction, message: String| {
        losses.push(Loss::alerting(codes::write::BARE_QUERY, direction, message));
    };
    let alerting = &detection.alerting;
    if let Some(trigger) = alerting.trigger.filter(|trigger| (trigger.op, trigger.count) != (TriggerOp::Greater, 0)) {
        let words = match trigger.op {
            TriggerOp::Greater => "more than",
            TriggerOp::Less => "fewer than",
            TriggerOp::Equal => "exactly",
            TriggerOp::NotEqual => "any number but",
        };
        lose(
            Direction::Either,
            format!("the rule alerts on {words} {} rows; the query states no number", trigger.count),
        );
    }
    if let Some(dedup) = &alerting.dedup {
        if let Some(count) = dedup.threshold.filter(|count| *count > 1) {
            lose(
                Direction::Wider,
                format!("the rule alerts at {count} events of a group; the query returns each event"),
            );
        }
        if !dedup.by.is_empty() || dedup.unique.is_some() {
            lose(Direction::Wider, "repeated matches of a group become one alert; the query returns each".to_owned());
        }
    }
    if alerting.suppression.is_some() {
        lose(Direction::Wider, "the suppression of repeated alerts stands in the rule, not in the query".to_owned());
    }
    if alerting.create_alert == Some(false) {
        lose(Direction::Wider, "matches of the rule raise no alert by themselves; the query does not tell".to_owned());
    }
    if let (Logic::Shape(shape), Some(seconds)) = (&detection.logic, detection.schedule.lookback)
        && matches!(
            shape.as_ref(),
            Shape::Threshold { window: None, .. } | Shape::Cardinality { window: None, .. } | Shape::Sequence { .. }
        )
    {
        lose(
            Direction::Either,
            format!(
                "the rule looks back {} minutes; the query counts over the time range that it is run over",
                seconds.div_ceil(60)
            ),
        );
    }
    losses
}
