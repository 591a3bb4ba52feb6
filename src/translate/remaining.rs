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
    let what = if only_source(&mapped.logic, to, schema) {
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

/// How many of the rule's own conditions can be carried over and how many cannot. Exclusions, presence and what only
/// names the log source do not count.
fn kept_and_lost(source: &Logic, schema: &Schema, (from, to): (PlatformId, PlatformId)) -> (usize, usize) {
    let Some(condition) = events_condition(source) else { return (0, 0) };
    let (mut kept, mut lost) = (0, 0);
    for conjunct in condition.conjuncts().iter().filter(|conjunct| asks(conjunct)) {
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
            discriminator.is_some_and(|discriminator| discriminator.field == field.path.to_string())
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
