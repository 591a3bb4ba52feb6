//! A filter on age that stands the wrong way round: the rule's words speak of what is old, its query keeps what is young.
//!
//! Kept as it is and said aloud: only its author knows which of the two was meant.

use crate::diagnostic::{Diagnostic, codes};
use crate::model::{Detection, Expr, Logic, Ordering, Predicate, Step, StepKind, TICKS_PER_SECOND, Test, TestKind};
use crate::platform::ReadRule;
use crate::rewrite::recognise::time::{before_now, is_event_time};

/// Words that speak of something that has lasted.
const LASTING: [&str; 14] = [
    "long time",
    "long period",
    "longer period",
    "longer time",
    "longer than",
    "older than",
    "stale ",
    "dormant",
    "inactive for",
    "inactive since",
    "not used for",
    "not been used for",
    "not redeemed for",
    "not signed in for",
];

/// Lower bounds on the age column of a rule that speaks of something old; spans count in the rule file.
///
/// A bound on the event time is the rule's look-back, and so is one that reaches as far back. A rule that also bounds a
/// time from above compares old with young, and means both.
pub fn inverted(rule: &ReadRule) -> Vec<Diagnostic> {
    let (Some(detection), Some(query)) = (rule.detection(), &rule.query) else { return Vec::new() };
    let Logic::Pipeline(pipeline) = &detection.logic else { return Vec::new() };
    let Some(words) = words(detection, &query.text.text) else { return Vec::new() };
    let bounds: Vec<(&Test, &str, i64, bool)> = pipeline.steps.iter().flat_map(filters).filter_map(bound).collect();
    if bounds.iter().any(|(_, _, _, lower)| !lower) {
        return Vec::new();
    }
    let lookback = detection.schedule.query_lookback.or(detection.schedule.lookback);
    bounds
        .into_iter()
        .filter(|(_, _, ticks, _)| lookback.is_none_or(|seconds| *ticks / TICKS_PER_SECOND < seconds.cast_signed()))
        .map(|(test, column, ticks, _)| {
            let age = super::show((ticks / TICKS_PER_SECOND).unsigned_abs());
            let message = format!(
                "the rule speaks of a `{words}`, and this keeps rows whose `{column}` is younger than {age}; `<` may be meant"
            );
            Diagnostic::warning(codes::kusto::AGE_FILTER, message).at(rule.to_file(test.span))
        })
        .collect()
}

fn filters(step: &Step) -> &[Predicate] {
    match &step.kind {
        StepKind::Filter(predicate) => predicate.conjuncts(),
        _ => &[],
    }
}

/// A bound on a time column that counts back from now: the column, how long ago, and whether it bounds from below.
fn bound(predicate: &Predicate) -> Option<(&Test, &str, i64, bool)> {
    let Predicate::Test(test) = predicate else { return None };
    let TestKind::Compare { ordering, value, .. } = &test.kind else { return None };
    if is_event_time(&test.subject) && matches!(ordering, Ordering::Greater | Ordering::GreaterOrEqual) {
        return None;
    }
    let ticks = before_now(value).filter(|ticks| *ticks > 0)?;
    let column = Expr::as_field(&test.subject)?.path.as_column()?;
    Some((test, column, ticks, matches!(ordering, Ordering::Greater | Ordering::GreaterOrEqual)))
}

/// The words of title, description or a comment of the query that speak of age.
fn words(detection: &Detection, query: &str) -> Option<&'static str> {
    let meta = &detection.meta;
    let comments = query.lines().filter_map(|line| line.trim_start().strip_prefix("//"));
    let all: Vec<&str> = meta.title.as_deref().into_iter().chain(meta.description.as_deref()).chain(comments).collect();
    let text = all.join(" . ").split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    LASTING.iter().find(|words| text.contains(**words)).map(|words| words.trim_end())
}
