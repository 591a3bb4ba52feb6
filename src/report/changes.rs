//! What changed between two versions of a rule, beside its logic and its text.

use crate::model::{AttackRef, Dedup, Detection, Entity, Severity, Suppression, Trigger, TriggerOp};
use serde::Serialize;
use std::collections::BTreeSet;

/// One thing that both versions state, each in its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What: `severity`, `look-back`, `technique`.
    pub what: &'static str,
    /// As it was; `None` where it was not stated.
    pub before: Option<String>,
    /// As it is; `None` where it is not stated any more.
    pub after: Option<String>,
}

/// The changes of metadata, schedule, alerting, ATT&CK and entities, in this order.
pub fn changes(before: &Detection, after: &Detection) -> Vec<Change> {
    let mut found = Vec::new();
    let mut one = |what: &'static str, before: Option<String>, after: Option<String>| {
        if before != after {
            found.push(Change { what, before, after });
        }
    };
    let (old, new) = (&before.meta, &after.meta);
    one("id", old.id.clone(), new.id.clone());
    one("title", old.title.clone(), new.title.clone());
    one("severity", old.severity.map(name), new.severity.map(name));
    one("risk score", old.risk_score.map(text), new.risk_score.map(text));
    one("enabled", old.enabled.map(text), new.enabled.map(text));
    one("status", old.status.clone(), new.status.clone());
    one("description", old.description.clone(), new.description.clone());
    one("notes", old.notes.clone(), new.notes.clone());
    one("setup", old.setup.clone(), new.setup.clone());
    one("false positives", joined(&old.false_positives), joined(&new.false_positives));
    one("references", joined(&old.references), joined(&new.references));
    one("tags", joined(&old.tags), joined(&new.tags));
    let shown = |detection: &Detection| detection.outputs.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
    one("shown fields", joined(&shown(before)), joined(&shown(after)));
    one("interval", before.schedule.interval.map(seconds), after.schedule.interval.map(seconds));
    one("look-back", before.schedule.lookback.map(seconds), after.schedule.lookback.map(seconds));
    let (old, new) = (&before.alerting, &after.alerting);
    one("trigger", old.trigger.as_ref().map(trigger), new.trigger.as_ref().map(trigger));
    one("threshold", old.dedup.as_ref().and_then(threshold), new.dedup.as_ref().and_then(threshold));
    one("dedup period", old.dedup.as_ref().and_then(window), new.dedup.as_ref().and_then(window));
    one("suppression", old.suppression.as_ref().map(suppression), new.suppression.as_ref().map(suppression));
    one("alerts of a run", old.max_alerts.map(text), new.max_alerts.map(text));
    one("raises alerts", old.create_alert.map(text), new.create_alert.map(text));
    let sources = |detection: &Detection| {
        detection.log_sources.iter().flat_map(|source| source.names.clone()).collect::<BTreeSet<_>>()
    };
    lists(&mut found, "log source", &sources(before), &sources(after));
    let attack = |detection: &Detection| detection.attack.iter().map(mapping).collect::<BTreeSet<_>>();
    lists(&mut found, "technique", &attack(before), &attack(after));
    let entities = |detection: &Detection| detection.entities.iter().map(entity).collect::<BTreeSet<_>>();
    lists(&mut found, "entity", &entities(before), &entities(after));
    found
}

fn lists(found: &mut Vec<Change>, what: &'static str, before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let gone = before.difference(after).map(|item| Change { what, before: Some(item.clone()), after: None });
    let come = after.difference(before).map(|item| Change { what, before: None, after: Some(item.clone()) });
    found.extend(gone.chain(come));
}

fn entity(entity: &Entity) -> String {
    let fields: Vec<String> =
        entity.fields.iter().map(|field| format!("{}: {}", field.identifier, field.column)).collect();
    format!("{} ({})", entity.kind, fields.join(", "))
}

fn joined(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| list.join(", "))
}

fn name(severity: Severity) -> String {
    severity.name().to_owned()
}

fn text(value: impl ToString) -> String {
    value.to_string()
}

fn seconds(count: u64) -> String {
    match count {
        0 => "0 s".to_owned(),
        count if count % 86_400 == 0 => format!("{} d", count / 86_400),
        count if count % 3_600 == 0 => format!("{} h", count / 3_600),
        count if count % 60 == 0 => format!("{} min", count / 60),
        count => format!("{count} s"),
    }
}

fn threshold(dedup: &Dedup) -> Option<String> {
    dedup.threshold.map(text)
}

fn window(dedup: &Dedup) -> Option<String> {
    dedup.window.map(seconds)
}

fn suppression(suppression: &Suppression) -> String {
    suppression.duration.map_or_else(|| "per run".to_owned(), seconds)
}

fn mapping(mapping: &AttackRef) -> String {
    let parts = [mapping.tactic.as_deref(), mapping.technique.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn trigger(trigger: &Trigger) -> String {
    let word = match trigger.op {
        TriggerOp::Greater => "more than",
        TriggerOp::Less => "fewer than",
        TriggerOp::Equal => "exactly",
        TriggerOp::NotEqual => "any number but",
    };
    format!("{word} {} rows", trigger.count)
}
