//! What was not read: columns are left out where nothing depends on them, and a target that was the language of the source
//! writes the rest as it stands (rule 5).

use super::condition::Planner;
use crate::diagnostic::codes;
use crate::model::{Column, Expr, Loss, Pipeline, SortKey, Step, StepKind};
use crate::rewrite::left_out;

/// The pipeline without the columns that were not read, their loss named; `None` where the target carries them, or
/// something needs them.
pub(super) fn without_unread(pipeline: &Pipeline, planner: &mut Planner<'_>) -> Option<Pipeline> {
    let (rest, columns) = left_out::without_columns(pipeline)?;
    if columns.iter().all(|left| planner.carries(left.index)) {
        return None;
    }
    for left in columns {
        let reason = planner.unread(left.index).map_or("it could not be read", |entry| entry.reason.as_str());
        let message = format!("the column {} is left out, because it was not read: {reason}", left.name);
        planner.losses.push(Loss::output(codes::plan::COLUMN_LEFT_OUT, message));
    }
    Some(rest)
}

/// What of a step was read, where the target carries all that was not: `None` for a step that was read whole, or that
/// the target cannot carry. Nothing may be left of it. What is carried is named as a loss.
pub(super) fn rest_of(step: &Step, planner: &mut Planner<'_>) -> Option<Option<Step>> {
    let mut indices: Vec<usize> = Vec::new();
    let mut read = |value: &Expr| match value {
        Expr::Unread(index) => {
            indices.push(*index);
            false
        }
        _ => true,
    };
    let mut columns =
        |list: &[Column]| list.iter().filter(|column| read(&column.value)).cloned().collect::<Vec<Column>>();
    let rest = match &step.kind {
        StepKind::Unread(index) => {
            indices.push(*index);
            None
        }
        StepKind::Extend(list) => Some(StepKind::Extend(columns(list))),
        StepKind::Aggregate { aggregates, by, inline } => {
            let (aggregates, by) = (columns(aggregates), columns(by));
            Some(StepKind::Aggregate { aggregates, by, inline: *inline })
        }
        StepKind::Sort(keys) => {
            Some(StepKind::Sort(keys.iter().filter(|key| read(&key.value)).cloned().collect::<Vec<SortKey>>()))
        }
        _ => return None,
    };
    indices.dedup();
    if indices.is_empty() || !indices.iter().all(|index| planner.carries(*index)) {
        return None;
    }
    for index in indices {
        let span = planner.unread(index).and_then(|entry| entry.span).unwrap_or(step.span);
        planner.carry(index, span);
    }
    Some(rest.map(|kind| Step { kind, ..step.clone() }))
}
