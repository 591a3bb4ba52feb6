//! Whether enough of a rule remains once its fields are mapped.
//!
//! A condition may be left out where that only widens (rule 7). A rule of which little but exclusions or one common
//! value is left would still be plausible text, and another rule.

use super::query::Refused;
use crate::diagnostic::codes;
use crate::fields::{self, Mapped, Schema, Unmapped};
use crate::model::{Logic, PlatformId, Predicate, Shape, TestKind};
use crate::plan::Refusal;

/// Refuses a rule of which only the log source would remain, or of whose own conditions more would be left out than
/// kept.
///
/// # Errors
/// Every field whose condition would be left out.
pub(super) fn enough(
    source: &Logic,
    common: &Mapped,
    mapped: &Mapped,
    schema: &Schema,
    (from, to): (PlatformId, PlatformId),
) -> Result<(), Refused> {
    let unmapped = once(common, mapped);
    if unmapped.is_empty() {
        return Ok(());
    }
    let what = if let Some(number) = empty_stage(source, &mapped.logic, schema, (from, to)) {
        format!("nothing of the condition of event {} of the sequence would remain", number + 1)
    } else if only_source(&mapped.logic, to, schema) {
        "nothing of the condition would remain".to_owned()
    } else {
        let (kept, lost) = kept_and_lost(source, schema, (from, to));
        if lost <= kept {
            return Ok(());
        }
        format!("of {} conditions that an event must meet only {kept} would remain", kept + lost)
    };
    Err(Refused {
        refusals: unmapped
            .iter()
            .map(|field| Refusal {
                code: codes::plan::NOTHING_LEFT,
                message: format!("{what}: `{}` has no counterpart: {}", field.name, field.reason),
                span: None,
            })
            .collect(),
        unmapped: unmapped.iter().map(|field| field.name.clone()).collect(),
    })
}

/// Refuses a rule that would find nothing: events of the kinds that it looks for are not on the other platform.
///
/// # Errors
/// Why they are not.
pub(super) fn possible(common: &Mapped, mapped: &Mapped) -> Result<(), Refused> {
    let never = |logic: &Logic| match logic {
        Logic::Shape(shape) => match shape.as_ref() {
            Shape::Sequence { stages, .. } => stages.iter().any(|stage| constant(&stage.filter) == Some(false)),
            _ => events_condition(logic).and_then(|condition| constant(&condition)) == Some(false),
        },
        _ => events_condition(logic).and_then(|condition| constant(&condition)) == Some(false),
    };
    if !never(&mapped.logic) {
        return Ok(());
    }
    let kinds = |loss: &&crate::model::Loss| loss.code == codes::fields::KIND_MISSING;
    let mut refusals: Vec<Refusal> = common
        .losses
        .iter()
        .chain(&mapped.losses)
        .filter(kinds)
        .map(|loss| Refusal { code: loss.code, message: loss.message.clone(), span: loss.span })
        .collect();
    if refusals.is_empty() {
        let message = "no event there could meet the rule's conditions".to_owned();
        refusals.push(Refusal { code: codes::fields::KIND_MISSING, message, span: None });
    }
    Err(Refused { refusals, unmapped: Vec::new() })
}

/// Each field without a counterpart once: one that got no common name lacks one on the other platform too.
pub(super) fn once<'a>(common: &'a Mapped, mapped: &'a Mapped) -> Vec<&'a Unmapped> {
    let mut unmapped: Vec<&Unmapped> = Vec::new();
    for field in common.unmapped.iter().chain(&mapped.unmapped) {
        if unmapped.iter().all(|known| known.name != field.name) {
            unmapped.push(field);
        }
    }
    unmapped
}

/// The first stage of a sequence that asks for something and of which only the log source would remain.
fn empty_stage(source: &Logic, mapped: &Logic, schema: &Schema, (from, to): (PlatformId, PlatformId)) -> Option<usize> {
    let (Logic::Shape(source), Logic::Shape(mapped)) = (source, mapped) else { return None };
    let (Shape::Sequence { stages: own, .. }, Shape::Sequence { stages: left, .. }) =
        (source.as_ref(), mapped.as_ref())
    else {
        return None;
    };
    own.iter().zip(left).position(|(own, left)| {
        let asked = |conjunct: &Predicate| asks(conjunct) && !selects(conjunct, schema, from);
        let logic = Logic::filter(left.filter.clone(), crate::diagnostic::Span::default());
        own.filter.conjuncts().iter().any(asked) && only_source(&logic, to, schema)
    })
}

/// How many of the rule's own conditions can be carried over and how many cannot. Exclusions, presence and what only
/// names the log source do not count.
fn kept_and_lost(source: &Logic, schema: &Schema, (from, to): (PlatformId, PlatformId)) -> (usize, usize) {
    let Some(condition) = events_condition(source) else { return (0, 0) };
    let (mut kept, mut lost) = (0, 0);
    let own = |conjunct: &&Predicate| asks(conjunct) && !selects(conjunct, schema, from);
    for conjunct in condition.conjuncts().iter().filter(own) {
        let alone = Logic::filter(conjunct.clone(), crate::diagnostic::Span::default());
        let common = fields::to_common(alone, from, schema);
        let mapped = fields::from_common(common.logic.clone(), to, schema);
        let missing = !common.unmapped.is_empty() || !mapped.unmapped.is_empty();
        match (only_source(&mapped.logic, to, schema), missing) {
            (true, true) => lost += 1,
            (true, false) => {}
            (false, _) => kept += 1,
        }
    }
    (kept, lost)
}

/// Whether a condition asks for something, rather than excluding something or asking that a field be there.
fn asks(condition: &Predicate) -> bool {
    match condition {
        Predicate::Always(_) | Predicate::Not(_) => false,
        Predicate::Test(test) => {
            !matches!(test.kind, TestKind::Present | TestKind::KeyPresent | TestKind::Truthy | TestKind::IsKind { .. })
        }
        _ => true,
    }
}

/// Whether a condition only chooses among events of the log source: the operating system, the kind of event.
fn selects(condition: &Predicate, schema: &Schema, from: PlatformId) -> bool {
    match condition {
        Predicate::Test(test) => test.subject.as_field().is_some_and(|field| {
            schema.tells_kind(from, &field.path.to_string())
                || fields::find_row(schema, from, &field.path).is_some_and(|found| found.row.selects)
        }),
        Predicate::All(items) | Predicate::Any(items) => items.iter().all(|item| selects(item, schema, from)),
        Predicate::Not(inner) => selects(inner, schema, from),
        _ => false,
    }
}

/// Whether nothing but the log source is asked for.
pub(super) fn only_source(logic: &Logic, to: PlatformId, schema: &Schema) -> bool {
    let Some(condition) = events_condition(logic) else { return false };
    let discriminator = schema.scopes.get(&to).and_then(|scope| scope.discriminator.as_ref());
    let names_source = |conjunct: &Predicate| {
        if constant(conjunct).is_some() {
            return true;
        }
        let test = match conjunct {
            Predicate::Test(test) => test,
            Predicate::Not(inner) => match inner.as_ref() {
                Predicate::Test(test) => test,
                _ => return false,
            },
            _ => return false,
        };
        test.subject.as_field().is_some_and(|field| {
            let name = field.path.to_string();
            discriminator.is_some_and(|discriminator| discriminator.field == name)
                || schema.tells_kind(to, &name)
                || name == fields::TABLE
        })
    };
    condition.conjuncts().iter().all(names_source)
}

/// What a condition is of every event, where that can be seen of its constants alone.
fn constant(predicate: &Predicate) -> Option<bool> {
    match predicate {
        Predicate::Always(flag) => Some(*flag),
        Predicate::Not(inner) => constant(inner).map(|flag| !flag),
        Predicate::All(items) => {
            let found: Vec<Option<bool>> = items.iter().map(constant).collect();
            if found.contains(&Some(false)) {
                Some(false)
            } else {
                found.iter().all(|flag| *flag == Some(true)).then_some(true)
            }
        }
        Predicate::Any(items) => {
            let found: Vec<Option<bool>> = items.iter().map(constant).collect();
            if found.contains(&Some(true)) {
                Some(true)
            } else {
                found.iter().all(|flag| *flag == Some(false)).then_some(false)
            }
        }
        _ => None,
    }
}

/// The condition on the events that a rule filters or counts.
fn events_condition(logic: &Logic) -> Option<Predicate> {
    match logic {
        Logic::Shape(shape) => match shape.as_ref() {
            Shape::Threshold { events, .. } | Shape::Cardinality { events, .. } | Shape::NewValue { events, .. } => {
                Logic::Pipeline(events.clone()).as_filter()
            }
            Shape::Sequence { .. } | Shape::Absence { .. } => None,
        },
        other => other.as_filter(),
    }
}
