//! The description of a rule with what else has no home in Sentinel (rule 10).

use super::limits;
use crate::diagnostic::codes;
use crate::model::{Loss, Metadata, PlatformId};
use crate::platform::template;
use minijinja::context;

/// The parts beside the description itself, the first to go where the text is too long coming first.
const PARTS: &[&str] = &["setup", "notes", "references", "false positives", "runbook", "facts"];

/// The description for a rule of another platform. The losses say what moved here and what did not fit.
pub(super) fn description(meta: &Metadata, source: Option<PlatformId>, losses: &mut Vec<Loss>) -> String {
    let facts = facts(meta, source);
    let base = meta.description.clone().or_else(|| meta.title.clone()).unwrap_or_else(|| "No description.".to_owned());
    let present: Vec<&str> = PARTS.iter().copied().filter(|part| has(meta, &facts, part)).collect();
    let mut left_out: Vec<&str> = Vec::new();
    let text = loop {
        let keep = |part: &str| !left_out.contains(&part);
        let prose =
            |part: &str, text: &Option<String>| text.as_deref().filter(|_| keep(part)).unwrap_or("").trim().to_owned();
        let list = |part: &str, items: &[String]| -> Vec<String> {
            items
                .iter()
                .filter(|_| keep(part))
                .map(|item| item.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect()
        };
        let text = template::render(
            "sentinel/description",
            context! {
                description => base.trim(),
                runbook => prose("runbook", &meta.runbook),
                false_positives => list("false positives", &meta.false_positives),
                references => list("references", &meta.references),
                notes => prose("notes", &meta.notes),
                setup => prose("setup", &meta.setup),
                facts => list("facts", &facts),
            },
        );
        let next = present.iter().find(|part| !left_out.contains(part));
        match next {
            Some(part) if text.chars().count() > limits::DESCRIPTION => left_out.push(part),
            _ => break text,
        }
    };
    let moved: Vec<&str> = present.iter().copied().filter(|part| !left_out.contains(part)).collect();
    if !moved.is_empty() {
        let message = format!("{} went into the description", moved.join(", "));
        losses.push(Loss::output(codes::write::MOVED_TO_TEXT, message));
    }
    if !left_out.is_empty() {
        let message =
            format!("{} did not fit into the {} characters of a description", left_out.join(", "), limits::DESCRIPTION);
        losses.push(Loss::output(codes::write::TEXT_SHORTENED, message));
    }
    match limits::shortened(&text, limits::DESCRIPTION) {
        Some(short) => {
            let message = format!("the description is longer than {} characters", limits::DESCRIPTION);
            losses.push(Loss::output(codes::write::TEXT_SHORTENED, message));
            short
        }
        None => text,
    }
}

fn has(meta: &Metadata, facts: &[String], part: &str) -> bool {
    let some = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    match part {
        "setup" => some(&meta.setup),
        "notes" => some(&meta.notes),
        "references" => !meta.references.is_empty(),
        "false positives" => !meta.false_positives.is_empty(),
        "runbook" => some(&meta.runbook),
        _ => !facts.is_empty(),
    }
}

/// Short facts in a line.
fn facts(meta: &Metadata, source: Option<PlatformId>) -> Vec<String> {
    let mut facts = Vec::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.push(format!("{name}: {value}"));
        }
    };
    if let Some(source) = source.filter(|source| *source != PlatformId::Sentinel) {
        put("Translated from", Some(format!("{} rule {}", source.name(), meta.id.as_deref().unwrap_or("without id"))));
    }
    put("Risk score", meta.risk_score.map(|score| score.to_string()));
    put("Licence", meta.license.clone());
    put("Status", meta.status.clone());
    put("Created", meta.created.clone());
    put("Updated", meta.updated.clone());
    facts
}
