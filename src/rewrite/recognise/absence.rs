//! Events of one kind without a partner of another kind of the same log source.

use super::{Recognised, events, of_events};
use crate::model::{Expr, JoinKind, Logic, Pipeline, Shape, Source, StepKind};

/// `A | join kind=leftanti (B) on X` over one log source, where neither side bounds its time apart.
pub(super) fn of(pipeline: &Pipeline) -> Option<Recognised> {
    let at = pipeline.steps.iter().position(|step| matches!(step.kind, StepKind::Join(_)))?;
    let (before, rest) = pipeline.steps.split_at(at);
    let (step, after) = rest.split_first()?;
    let StepKind::Join(join) = &step.kind else { return None };
    let shows = after.iter().all(|step| {
        matches!(step.kind, StepKind::Extend(_) | StepKind::Project(_) | StepKind::Select(_) | StepKind::Sort(_))
    });
    if join.kind != JoinKind::LeftAnti || !shows || join.right.source != pipeline.source {
        return None;
    }
    let (left, left_columns) = of_events(before)?;
    let mut right_steps = join.right.steps.as_slice();
    let mut grouped = None;
    if let Some((last, rest)) = right_steps.split_last()
        && let StepKind::Aggregate { by, .. } | StepKind::Distinct(by) = &last.kind
    {
        (grouped, right_steps) = (Some(by), rest);
    }
    let (right, right_columns) = of_events(right_steps)?;
    let (left_time, left) = super::time::split(left);
    let (right_time, right) = super::time::split(right);
    if left_time != right_time
        || left_time.until.is_some()
        || !matches!(pipeline.source, Source::Events | Source::Table(_))
    {
        return None;
    }
    let on = join
        .on
        .iter()
        .map(|(one, other)| {
            let other = match grouped {
                Some(by) => {
                    let name = other.as_field()?.path.as_column()?;
                    by.iter().find(|column| column.name == name)?.value.clone()
                }
                None => other.clone(),
            };
            Some((super::plain(&left_columns.resolve(one)), super::plain(&right_columns.resolve(&other))))
        })
        .collect::<Option<Vec<(Expr, Expr)>>>()?;
    let shape = Shape::Absence {
        events: events(left, step.span),
        without: events(right, join.right.steps.first().map_or(step.span, |step| step.span)),
        on,
        window: left_time.from.map(super::time::seconds),
    };
    Some(Recognised { logic: Logic::Shape(Box::new(shape)), losses: Vec::new() })
}
