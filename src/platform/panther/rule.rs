//! The keys of a Panther rule's YAML and what they say beside its logic.

use crate::diagnostic::{Diagnostic, codes};
use crate::model::{AttackRef, Dedup, Detection, LogSource, PlatformId, ScheduleKind, Severity, TestCase};
use crate::platform::read::placeholder;
use crate::source::{Node, Value, parse_json};
use serde_json::{Value as Json, json};

/// Panther groups the alerts of a rule for an hour where the rule says nothing.
pub(super) const DEFAULT_DEDUP_MINUTES: u64 = 60;

/// Whether a key of `Reports:` means MITRE ATT&CK, however it is spelt.
fn is_attack(report: &str) -> bool {
    let letters: String = report.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.eq_ignore_ascii_case("mitreattck") || letters.eq_ignore_ascii_case("mitreattandck")
}

/// Everything but the logic.
pub(super) fn detection(rule: &Node, kind: &str, diagnostics: &mut Vec<Diagnostic>) -> Detection {
    let mut detection = placeholder();
    let text = |key: &str| rule.get(key).and_then(Node::scalar_text);
    let meta = &mut detection.meta;
    meta.id = text("RuleID").or_else(|| text("PolicyID")).or_else(|| text("QueryName"));
    meta.title = text("DisplayName");
    meta.description = text("Description");
    meta.runbook = text("Runbook");
    meta.status = text("Status");
    meta.enabled = rule.get("Enabled").and_then(Node::as_bool);
    meta.tags = rule.get("Tags").map(Node::texts).unwrap_or_default();
    meta.authors = text("CreatedBy").into_iter().collect();
    meta.references = text("Reference").map(|written| references(&written)).unwrap_or_default();
    if let Some(node) = rule.get("Severity").filter(|node| !node.is_null()) {
        let written = node.scalar_text().unwrap_or_default();
        meta.severity = Severity::parse(&written);
        if meta.severity.is_none() {
            let message = format!("`{written}` is no severity; Panther knows Info, Low, Medium, High and Critical");
            diagnostics.push(Diagnostic::warning(codes::source::UNKNOWN_VALUE, message).at(node.span));
        }
    }
    detection.attack = attack(rule);
    let names: Vec<String> = ["LogTypes", "ResourceTypes", "ScheduledQueries"]
        .iter()
        .filter_map(|key| rule.get(key))
        .flat_map(Node::texts)
        .collect();
    detection.log_sources = vec![LogSource { id: None, names, connectors: Vec::new() }];
    schedule(rule, kind, &mut detection);
    detection.tests = tests(rule, diagnostics);
    if kind == "policy" {
        // what a policy expects is compliance, and a detection finds what does not comply
        detection.tests.iter_mut().for_each(|test| test.expected = !test.expected);
    }
    detection.extras.insert(PlatformId::Panther, json!({ "document": rule.to_json() }));
    detection
}

/// Several links in one text, as some rules write them.
fn references(written: &str) -> Vec<String> {
    let parts: Vec<&str> = written.split([',', ' ', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let links = parts.len() > 1 && parts.iter().all(|part| part.starts_with("http://") || part.starts_with("https://"));
    if links { parts.into_iter().map(str::to_owned).collect() } else { vec![written.trim().to_owned()] }
}

fn attack(rule: &Node) -> Vec<AttackRef> {
    let mut found = Vec::new();
    for report in rule.get("Reports").map(Node::entries).unwrap_or_default() {
        if !is_attack(&report.key) {
            continue;
        }
        for item in report.value.items() {
            let Some(written) = item.scalar_text() else { continue };
            let (tactic, technique) = match written.split_once(':') {
                Some((tactic, technique)) => (Some(tactic.trim().to_owned()), Some(technique.trim().to_owned())),
                None if written.trim().starts_with("TA") => (Some(written.trim().to_owned()), None),
                None => (None, Some(written.trim().to_owned())),
            };
            found.push(AttackRef { tactic, technique, written, span: Some(item.span) });
        }
    }
    found
}

fn schedule(rule: &Node, kind: &str, detection: &mut Detection) {
    let number = |path: &[&str]| rule.at(path).and_then(Node::as_i64).and_then(|value| u64::try_from(value).ok());
    match kind {
        "rule" | "policy" => detection.schedule.kind = ScheduleKind::Streaming,
        _ => {
            detection.schedule.kind = ScheduleKind::Scheduled;
            detection.schedule.interval = number(&["Schedule", "RateMinutes"]).map(|minutes| minutes * 60);
            detection.schedule.lookback = number(&["LookbackWindowSeconds"])
                .or_else(|| number(&["LookbackWindowMinutes"]).map(|minutes| minutes * 60));
        }
    }
    if kind == "correlation_rule" {
        let first = rule.get("Detection").map(Node::items).and_then(<[Node]>::first);
        let minutes = |path: &[&str]| {
            first.and_then(|node| node.at(path)).and_then(Node::as_i64).and_then(|value| u64::try_from(value).ok())
        };
        detection.schedule.interval = minutes(&["Schedule", "RateMinutes"]).map(|minutes| minutes * 60);
        detection.schedule.lookback = minutes(&["LookbackWindowMinutes"]).map(|minutes| minutes * 60);
    }
    detection.alerting.create_alert = rule.get("CreateAlert").and_then(Node::as_bool);
    if matches!(kind, "rule" | "scheduled_rule") {
        let minutes = number(&["DedupPeriodMinutes"]).unwrap_or(DEFAULT_DEDUP_MINUTES);
        detection.alerting.dedup =
            Some(Dedup { by: Vec::new(), window: Some(minutes * 60), unique: None, threshold: number(&["Threshold"]) });
    }
}

/// The rule's own tests. A `Log` may be a mapping, or a text that holds JSON.
fn tests(rule: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<TestCase> {
    let mut found = Vec::new();
    for (index, test) in rule.get("Tests").map(Node::items).unwrap_or_default().iter().enumerate() {
        let name = test.get("Name").and_then(Node::scalar_text).unwrap_or_else(|| format!("test {}", index + 1));
        let event = test.get("Log").or_else(|| test.get("Resource"));
        let (Some(expected), Some(event)) = (test.get("ExpectedResult").and_then(Node::as_bool), event) else {
            // A correlation rule's tests name the outputs of its rules instead of an event.
            if test.get("RuleOutputs").is_none() {
                let message = format!("the test `{name}` has no ExpectedResult or no Log");
                diagnostics.push(Diagnostic::warning(codes::source::WRONG_TYPE, message).at(test.span));
            }
            continue;
        };
        let event = match &event.value {
            Value::String(text) => match parse_json(text) {
                Ok(parsed) => parsed.root.to_json(),
                Err(_) => {
                    let message = format!("the Log of the test `{name}` is text that is no JSON");
                    diagnostics.push(Diagnostic::warning(codes::source::WRONG_TYPE, message).at(event.span));
                    continue;
                }
            },
            _ => event.to_json(),
        };
        let mocked = test.get("Mocks").is_some_and(|mocks| !mocks.items().is_empty());
        found.push(TestCase { name, event, expected, mocked });
    }
    found
}

/// The document that a rule was read from, if it was Panther's.
pub(super) fn document(detection: &Detection) -> Option<&serde_json::Map<String, Json>> {
    detection.extras.get(&PlatformId::Panther)?.get("document")?.as_object()
}
