//! A detection → Panther's YAML, with its Python beside it where YAML cannot say the rule.

use super::rule::{DEFAULT_DEDUP_MINUTES, document};
use crate::attack::Matrix;
use crate::diagnostic::codes;
use crate::dialect::panther::{severity_word, write_alerting};
use crate::model::{
    Alerting, Dedup, Detection, Direction, Loss, PlatformId, ScheduleKind, Severity, TestCase, TriggerOp, TypeMap,
};
use crate::platform::{OutputFile, Role, WriteRequest, Written, template};
use crate::source::{parse_yaml, write_yaml};
use minijinja::context;
use serde_json::{Map, Value as Json, json};

/// Stands in a written text for the stem of the files' name, which only the writer of files knows.
pub const STEM: &str = "__STEM__";

/// The keys of a rule in the order in which Panther's own repository writes them.
const ORDER: &[&str] = &[
    "AnalysisType",
    "Filename",
    "RuleID",
    "PolicyID",
    "DisplayName",
    "Enabled",
    "CreateAlert",
    "Status",
    "LogTypes",
    "ResourceTypes",
    "ScheduledQueries",
    "Tags",
    "Severity",
    "Reports",
    "Description",
    "DedupPeriodMinutes",
    "Threshold",
    "Runbook",
    "Reference",
    "Detection",
    "AlertTitle",
    "AlertContext",
    "GroupBy",
    "DynamicSeverities",
    "SummaryAttributes",
    "Tests",
];

/// Periods that Panther takes, in minutes.
const DEDUP_MINUTES: (u64, u64) = (5, 1440);

pub(super) fn write(request: &WriteRequest<'_>) -> Written {
    let mut written = Written::default();
    let Some(detection) = request.bundle.detections.first() else { return written };
    let python = request.dialect == "python";
    let rule = match document(detection).filter(|_| request.source == Some(PlatformId::Panther)) {
        Some(own) => again(own, detection, request, python),
        None => ordered(new_rule(detection, request, python, &mut written.losses)),
    };
    let suffix = ".yml".to_owned();
    written.files.push(OutputFile { suffix, text: write_yaml(&Json::Object(rule)), role: Role::Rule });
    if python {
        let text = format!("{}\n", request.query.trim_end());
        written.files.push(OutputFile { suffix: ".py".to_owned(), text, role: Role::Code });
    }
    written
}

fn ordered(mut rule: Map<String, Json>) -> Map<String, Json> {
    let mut found = Map::new();
    for key in ORDER {
        if let Some(value) = rule.shift_remove(*key) {
            found.insert((*key).to_owned(), value);
        }
    }
    // What the order does not know stands before the tests.
    let tests = found.shift_remove("Tests");
    found.extend(rule);
    if let Some(tests) = tests {
        found.insert("Tests".to_owned(), tests);
    }
    found
}

/// A rule of Panther's again: everything it had, with its logic as it is now.
fn again(
    own: &Map<String, Json>,
    detection: &Detection,
    request: &WriteRequest<'_>,
    python: bool,
) -> Map<String, Json> {
    let mut rule = own.clone();
    if request.carried {
        if python {
            rule.insert("Filename".to_owned(), json!(format!("{STEM}.py")));
        }
        return ordered(rule);
    }
    // The filters are part of the logic now.
    rule.shift_remove("InlineFilters");
    keep_tests(&mut rule, &detection.tests);
    if python {
        for key in ["Detection", "AlertTitle", "AlertContext", "GroupBy", "DynamicSeverities"] {
            rule.shift_remove(key);
        }
        rule.insert("Filename".to_owned(), json!(format!("{STEM}.py")));
    } else {
        rule.shift_remove("Filename");
        rule.insert("Detection".to_owned(), yaml_detection(request.query));
        for (key, value) in alerts(detection, &mut Vec::new()) {
            rule.insert(key, value);
        }
    }
    ordered(rule)
}

/// Takes out of a rule's own tests those that its detection no longer has: what is written decides them otherwise.
fn keep_tests(rule: &mut Map<String, Json>, kept: &[TestCase]) {
    let Some(Json::Array(tests)) = rule.get_mut("Tests") else { return };
    tests.retain(|test| {
        let (Some(name), Some(_), Some(_)) =
            (test.get("Name").and_then(Json::as_str), test.get("ExpectedResult"), test.get("Log"))
        else {
            return true;
        };
        kept.iter().any(|known| known.name == name)
    });
}

fn yaml_detection(query: &str) -> Json {
    parse_yaml(query).map(|parsed| parsed.root.to_json()).unwrap_or(Json::Null)
}

fn new_rule(
    detection: &Detection,
    request: &WriteRequest<'_>,
    python: bool,
    losses: &mut Vec<Loss>,
) -> Map<String, Json> {
    let meta = &detection.meta;
    let mut rule = Map::new();
    let mut put = |key: &str, value: Json| {
        rule.insert(key.to_owned(), value);
    };
    put("AnalysisType", json!("rule"));
    let types = log_types(detection, request, losses);
    let title = plain(meta.title.as_deref().or(meta.id.as_deref()).unwrap_or("Untitled rule"));
    put("RuleID", json!(rule_id(detection, &types, &title)));
    put("DisplayName", json!(title));
    put("Enabled", json!(meta.enabled.unwrap_or(true)));
    if detection.alerting.create_alert == Some(false) {
        put("CreateAlert", json!(false));
    }
    if let Some(status) = meta.status.as_deref().filter(|status| !status.trim().is_empty()) {
        put("Status", json!(status));
    }
    put("LogTypes", json!(types));
    if !meta.tags.is_empty() {
        put("Tags", json!(meta.tags));
    }
    let severity = meta.severity.unwrap_or_else(|| {
        let message = "the rule states no severity: Medium";
        losses.push(Loss::output(codes::write::DEFAULT_USED, message));
        Severity::Medium
    });
    put("Severity", json!(severity_word(severity)));
    let reports = attack(detection, losses);
    if !reports.is_empty() {
        put("Reports", json!({ "MITRE ATT&CK": reports }));
    }
    let prose = unquoted(meta.description.as_deref().unwrap_or(&title).trim()).to_owned();
    put("Description", json!(described(detection, &prose, losses)));
    counting(detection, &mut put, losses);
    let runbook = runbook(detection, losses);
    if !runbook.is_empty() {
        put("Runbook", json!(runbook));
    }
    if !meta.references.is_empty() {
        put("Reference", json!(meta.references.join(", ")));
    }
    if python {
        put("Filename", json!(format!("{STEM}.py")));
        if detection.alerting.severity.iter().any(|arm| arm.severity.is_err()) {
            let message = "the severity that a field of the event names is not written; the rule's own severity stays";
            losses.push(Loss::output(codes::write::OUTPUT_DROPPED, message));
        }
    } else {
        put("Detection", yaml_detection(request.query));
        for (key, value) in alerts(detection, losses) {
            put(&key, value);
        }
    }
    let tests = tests(&detection.tests);
    if !tests.is_empty() {
        put("Tests", Json::Array(tests));
    }
    if !detection.entities.is_empty() {
        let message = "entities of the alert have no home in Panther, which finds indicators in the event itself";
        losses.push(Loss::output(codes::write::FIELD_DROPPED, message));
    }
    let alerting = &detection.alerting;
    if request.source == Some(PlatformId::Elastic) && alerting.dedup.is_none() && alerting.suppression.is_none() {
        let message = format!(
            "Panther puts the alerts of one title together for {DEFAULT_DEDUP_MINUTES} minutes; the source raises one for each event"
        );
        losses.push(Loss::alerting(codes::write::GROUPING_CHANGED, Direction::Either, message));
    }
    if detection.schedule.kind != ScheduleKind::Streaming && request.source.is_some() {
        let message = "Panther judges every event as it arrives instead of running on a schedule over a look-back";
        losses.push(Loss::alerting(codes::panther::REALTIME, Direction::Either, message));
    }
    rule
}

/// Prose without quotes around the whole, which rules have that quote a text inside a block of YAML.
fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.filter(|inner| !inner.contains('\'')).map_or(text, str::trim)
}

/// A name without the characters that Panther refuses in names and ids.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|letter| !matches!(letter, '<' | '>' | '&' | '"' | '%')).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `LogFamily.LogType.DetectionName`, as Panther's repository names rules.
fn rule_id(detection: &Detection, types: &[String], title: &str) -> String {
    if let Some(id) = document(detection).and_then(|own| own.get("RuleID")).and_then(Json::as_str) {
        return id.to_owned();
    }
    let family = types.first().map_or("Custom", String::as_str);
    let name: String = title
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect();
    plain(&format!("{family}.{name}"))
}

fn log_types(detection: &Detection, request: &WriteRequest<'_>, losses: &mut Vec<Loss>) -> Vec<String> {
    let mut types: Vec<String> = request.sources.to_vec();
    if types.is_empty() {
        types = detection.log_sources.iter().flat_map(|source| source.names.clone()).collect();
    }
    if types.is_empty() {
        let message = "no log type is known for the rule: Custom.Events";
        losses.push(Loss::output(codes::write::DEFAULT_USED, message));
        types.push("Custom.Events".to_owned());
    }
    types.dedup();
    types
}

/// `TA0001:T1078`; a technique without a tactic gets the first of its own, a tactic alone stays alone.
fn attack(detection: &Detection, losses: &mut Vec<Loss>) -> Vec<String> {
    let matrix = Matrix::built_in("19.0");
    let mut found: Vec<String> = Vec::new();
    for reference in &detection.attack {
        let known = |name: &str| matrix.and_then(|matrix| matrix.tactic(name)).map(|tactic| tactic.id.clone());
        let tactic = reference.tactic.as_deref().and_then(|tactic| {
            let id = tactic.trim().to_ascii_uppercase();
            if id.starts_with("TA") && id.len() == 6 { Some(id) } else { known(tactic) }
        });
        let technique = reference.technique.as_deref().map(|technique| technique.trim().to_ascii_uppercase());
        let first = technique.as_deref().and_then(|id| matrix?.technique(id)?.tactics.first());
        let own = first.and_then(|name| known(name));
        let entry = match (tactic.or(own), technique) {
            (Some(tactic), Some(technique)) => format!("{tactic}:{technique}"),
            (Some(tactic), None) => tactic,
            (None, _) => {
                let message = format!("the mapping {} names no tactic that Panther takes", reference.written);
                losses.push(Loss::output(codes::write::ATTACK_DROPPED, message));
                continue;
            }
        };
        if !found.contains(&entry) {
            found.push(entry);
        }
    }
    // A tactic alone says nothing beside a technique of it.
    let pairs = found.clone();
    found.retain(|entry| entry.contains(':') || !pairs.iter().any(|other| other.starts_with(&format!("{entry}:"))));
    found
}

/// The description, with what has no home of its own in Panther.
fn described(detection: &Detection, prose: &str, losses: &mut Vec<Loss>) -> String {
    let meta = &detection.meta;
    let mut facts = Vec::new();
    if !meta.authors.is_empty() {
        facts.push(format!("Authors: {}.", meta.authors.join(", ")));
    }
    if let Some(license) = &meta.license {
        facts.push(format!("License: {license}."));
    }
    if facts.is_empty() {
        return prose.to_owned();
    }
    losses.push(Loss::output(codes::write::MOVED_TO_TEXT, "authors and licence went into the description"));
    format!("{prose}\n\n{}\n", facts.join(" "))
}

fn runbook(detection: &Detection, losses: &mut Vec<Loss>) -> String {
    let meta = &detection.meta;
    let prose = |text: &Option<String>| text.as_deref().unwrap_or("").trim().to_owned();
    if !meta.false_positives.is_empty() || meta.notes.is_some() || meta.setup.is_some() {
        let message = "notes, setup and false positives went into the runbook";
        losses.push(Loss::output(codes::write::MOVED_TO_TEXT, message));
    }
    let text = template::render(
        "panther/runbook",
        context! {
            runbook => prose(&meta.runbook),
            notes => prose(&meta.notes),
            setup => prose(&meta.setup),
            false_positives => meta.false_positives.clone(),
        },
    );
    text.trim().to_owned()
}

/// Threshold and period of grouping.
fn counting(detection: &Detection, put: &mut impl FnMut(&str, Json), losses: &mut Vec<Loss>) {
    let alerting = &detection.alerting;
    let mut seconds = alerting.dedup.as_ref().and_then(|dedup| dedup.window);
    if let Some(suppression) = &alerting.suppression {
        seconds = seconds.or(suppression.duration);
        let message = "suppression becomes Panther's dedup period, which groups alerts instead of dropping them";
        losses.push(Loss::alerting(codes::write::GROUPING_CHANGED, Direction::Either, message));
    }
    let mut threshold = alerting.dedup.as_ref().and_then(|dedup| dedup.threshold);
    if let Some(trigger) = alerting.trigger {
        match trigger.op {
            TriggerOp::Greater if trigger.count == 0 => {}
            TriggerOp::Greater => {
                threshold = Some(trigger.count + 1);
                seconds = seconds.or(detection.schedule.lookback);
                let message = format!(
                    "more than {} rows of a run become a Threshold of {} events within a dedup period",
                    trigger.count,
                    trigger.count + 1
                );
                losses.push(Loss::alerting(codes::panther::COUNTING, Direction::Either, message));
            }
            _ => {
                let message = "Panther raises no alert for few or no rows";
                losses.push(Loss::alerting(codes::panther::COUNTING, Direction::Either, message));
            }
        }
    }
    if let Some(seconds) = seconds {
        let minutes = seconds.div_ceil(60);
        let allowed = minutes.clamp(DEDUP_MINUTES.0, DEDUP_MINUTES.1);
        if allowed != minutes {
            let message = format!("a dedup period of {minutes} minutes becomes one of {allowed}");
            losses.push(Loss::alerting(codes::write::GROUPING_CHANGED, Direction::Either, message));
        }
        put("DedupPeriodMinutes", json!(allowed));
    } else {
        put("DedupPeriodMinutes", json!(DEFAULT_DEDUP_MINUTES));
    }
    if let Some(threshold) = threshold.filter(|count| *count > 1) {
        put("Threshold", json!(threshold));
    }
}

/// What YAML says of alerts, each part on its own: a part that only Python could say is a loss.
fn alerts(detection: &Detection, losses: &mut Vec<Loss>) -> Map<String, Json> {
    let mut found = Map::new();
    let types = TypeMap::default();
    let alerting = &detection.alerting;
    let by = alerting.dedup.as_ref().map(|dedup| dedup.by.clone()).filter(|by| !by.is_empty());
    let by = by.or_else(|| alerting.suppression.as_ref().map(|suppression| suppression.by.clone()));
    let parts = [
        ("the computed title", Alerting { title: alerting.title.clone(), ..Alerting::default() }, false),
        (
            "the grouping",
            Alerting { dedup: by.map(|by| Dedup { by, ..Dedup::default() }), ..Alerting::default() },
            false,
        ),
        ("the severity by event", Alerting { severity: alerting.severity.clone(), ..Alerting::default() }, false),
        ("the output fields", Alerting::default(), true),
    ];
    for (name, part, outputs) in parts {
        let shown = if outputs { detection.outputs.as_slice() } else { &[] };
        match write_alerting(&part, shown, &types) {
            Some(keys) => found.extend(keys),
            None if outputs => {
                // Fields one by one: a computed one is left out.
                let simple: Vec<_> = detection
                    .outputs
                    .iter()
                    .filter(|output| {
                        write_alerting(&Alerting::default(), std::slice::from_ref(*output), &types).is_some()
                    })
                    .cloned()
                    .collect();
                for output in detection.outputs.iter().filter(|output| !simple.contains(output)) {
                    let message = format!("the alert no longer shows {}, which is computed", output.name);
                    losses.push(Loss::output(codes::write::OUTPUT_DROPPED, message));
                }
                found.extend(write_alerting(&Alerting::default(), &simple, &types).unwrap_or_default());
            }
            None => {
                let message = format!("{name} needs Python and is left out of the YAML");
                losses.push(Loss::output(codes::write::OUTPUT_DROPPED, message));
            }
        }
    }
    found
}

fn tests(tests: &[TestCase]) -> Vec<Json> {
    let mut names: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for test in tests.iter().filter(|test| !test.mocked && test.event.is_object()) {
        let mut name = test.name.clone();
        while names.contains(&name) {
            name.push_str(" (again)");
        }
        names.push(name.clone());
        found.push(json!({ "Name": name, "ExpectedResult": test.expected, "Log": test.event }));
    }
    found
}
