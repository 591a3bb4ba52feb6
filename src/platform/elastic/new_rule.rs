//! A rule of another platform in Elastic's shape, as Kibana's import accepts it.

use super::{severity, threat};
use crate::diagnostic::codes;
use crate::model::{
    ArrayMode, Detection, Direction, Expr, GroupingMode, Logic, Loss, PlatformId, ScheduleKind, Segment, Severity,
    Shape, TriggerOp,
};
use crate::platform::{WriteRequest, duration, ids, template};
use minijinja::context;
use serde_json::{Map, Value as Json, json};

/// How often Elastic runs a rule that must be fast, and how far it looks back: five minutes, and four more for events
/// that come late. Elastic raises one alert for an event however often it is seen.
const INTERVAL: u64 = 300;
/// See [`INTERVAL`].
const LOOKBACK: u64 = 540;
/// Fields that a threshold may be counted by.
const THRESHOLD_FIELDS: usize = 5;
/// Fields that may be new together.
const NEW_TERMS: usize = 3;
/// Fields that alerts may be suppressed by.
const SUPPRESSION_FIELDS: usize = 5;

/// The rule as Kibana spells it, keys in the order of detection-rules.
pub(super) fn rule(detection: &Detection, request: &WriteRequest<'_>, losses: &mut Vec<Loss>) -> Map<String, Json> {
    let meta = &detection.meta;
    let mut rule: Map<String, Json> = Map::new();
    let mut put = |key: &str, value: Json| {
        rule.insert(key.to_owned(), value);
    };
    let (severity, score) = severity(meta.severity, meta.risk_score, losses);
    put("rule_id", json!(ids::rule_id(meta, request.source, PlatformId::Elastic, request.query)));
    put("author", json!(meta.authors));
    put("name", json!(name(detection, losses)));
    put("description", json!(description(detection)));
    put("severity", json!(severity));
    put("risk_score", json!(score));
    put("tags", json!(meta.tags));
    put("references", json!(meta.references));
    put("false_positives", json!(meta.false_positives));
    if let Some(note) = note(detection, request, losses) {
        put("note", json!(note));
    }
    for (key, value) in [("setup", &meta.setup), ("license", &meta.license)] {
        if let Some(text) = value {
            put(key, json!(text));
        }
    }
    if meta.enabled == Some(false) {
        put("enabled", json!(false));
    }
    if request.dialect != "esql" {
        put("index", json!(request.sources));
        if request.sources.is_empty() {
            let message = "the rule names no index pattern: Elastic reads the default indices of the space";
            losses.push(Loss::alerting(codes::write::DEFAULT_USED, Direction::Wider, message));
        }
    }
    put("language", json!(request.dialect));
    let (interval, from) = schedule(detection, request.source, losses);
    put("interval", json!(interval));
    put("from", json!(from));
    let threat = threat::threat(&detection.attack, request.attack.unwrap_or_default(), losses);
    put("threat", Json::Array(threat));
    for (key, value) in kind(detection, request, losses) {
        put(key, value);
    }
    for (key, value) in alerting(detection, request.source, losses) {
        put(key, value);
    }
    put("query", json!(format!("{}\n", request.query.trim_end())));
    rule.retain(|key, value| !matches!(value, Json::Array(items) if items.is_empty()) || key == "author");
    ordered(rule)
}

/// Keys as detection-rules sorts them: plain ones by name, the query last, then what becomes a table, by name.
fn ordered(rule: Map<String, Json>) -> Map<String, Json> {
    let tables = ["alert_suppression", "investigation_fields", "threat", "threshold"];
    let mut entries: Vec<(String, Json)> = rule.into_iter().collect();
    entries.sort_by_key(|(key, _)| {
        let group = if tables.contains(&key.as_str()) { 2 } else { usize::from(key == "query") };
        (group, key.clone())
    });
    entries.into_iter().collect()
}

fn name(detection: &Detection, losses: &mut Vec<Loss>) -> String {
    match detection.meta.title.as_deref().or(detection.meta.id.as_deref()) {
        Some(title) if !title.trim().is_empty() => title.split_whitespace().collect::<Vec<_>>().join(" "),
        _ => {
            losses.push(Loss::output(codes::write::DEFAULT_USED, "the rule has no title: \"Untitled rule\""));
            "Untitled rule".to_owned()
        }
    }
}

fn description(detection: &Detection) -> String {
    let meta = &detection.meta;
    let text = meta.description.as_deref().or(meta.title.as_deref()).unwrap_or("No description.").trim();
    // Sentinel's repository writes descriptions in quotes inside of a block, lines indented.
    let text = match text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(inner) => inner.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned(),
        None => text.to_owned(),
    };
    if text.contains('\n') { format!("{text}\n") } else { text }
}

/// Severity and risk score, each from the other where one is missing.
fn severity(severity: Option<Severity>, score: Option<i64>, losses: &mut Vec<Loss>) -> (&'static str, i64) {
    let (word, usual) = match severity {
        Some(Severity::Informational) => {
            let message = "Elastic's severities start at low; the rule is informational";
            losses.push(Loss::output(codes::write::SEVERITY_CHANGED, message));
            ("low", 21)
        }
        Some(Severity::Low) => ("low", 21),
        Some(Severity::Medium) => ("medium", 47),
        Some(Severity::High) => ("high", 73),
        Some(Severity::Critical) => ("critical", 99),
        None => {
            let message = "the rule states no severity and Elastic demands one: medium";
            losses.push(Loss::output(codes::write::DEFAULT_USED, message));
            ("medium", 47)
        }
    };
    (word, score.unwrap_or(usual).clamp(0, 100))
}

/// The investigation guide with what has no home of its own (rule 10).
fn note(detection: &Detection, request: &WriteRequest<'_>, losses: &mut Vec<Loss>) -> Option<String> {
    let meta = &detection.meta;
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let entities: Vec<String> = detection
        .entities
        .iter()
        .map(|entity| {
            let fields = entity.fields.iter().map(|field| format!("{}: {}", field.identifier, field.column));
            format!("{} ({})", entity.kind, fields.collect::<Vec<_>>().join(", "))
        })
        .collect();
    let mut facts = Vec::new();
    if let Some(source) = request.source {
        facts.push(format!("{} rule {}", source.name(), meta.id.as_deref().unwrap_or("without id")));
    }
    facts.extend(meta.status.as_ref().map(|status| format!("Status: {}", one_line(status))));
    facts.extend(meta.version.as_ref().map(|version| format!("Version: {}", one_line(version))));
    let mut moved = Vec::new();
    if meta.runbook.is_some() {
        moved.push("runbook");
    }
    if !entities.is_empty() {
        moved.push("entities");
    }
    if !facts.is_empty() {
        moved.push("origin");
    }
    if moved.is_empty() {
        return meta.notes.clone();
    }
    losses.push(Loss::output(
        codes::write::MOVED_TO_TEXT,
        format!("{} went into the investigation guide", moved.join(", ")),
    ));
    let extra = template::render(
        "elastic/note",
        context! { runbook => meta.runbook.as_deref().unwrap_or("").trim(), entities => entities, facts => facts },
    );
    let note = match meta.notes.as_deref() {
        // One heading is enough.
        Some(own) => format!("{}\n{}", own.trim_end(), extra.trim_start().trim_start_matches("## Triage and analysis")),
        None => extra,
    };
    Some(format!("{}\n", note.trim_end()))
}

/// How often the rule runs and from when on it reads.
fn schedule(detection: &Detection, source: Option<PlatformId>, losses: &mut Vec<Loss>) -> (String, String) {
    let stated = &detection.schedule;
    let window = match &detection.logic {
        Logic::Shape(shape) => match shape.as_ref() {
            Shape::Threshold { window, .. } | Shape::Cardinality { window, .. } => *window,
            Shape::NewValue { recent, .. } => *recent,
            _ => None,
        },
        _ => None,
    };
    let filters_only = detection.logic.as_filter().is_some();
    // Late events are found by looking back further; a count would grow with it.
    let late = |interval: u64, lookback: u64| match filters_only && lookback == interval {
        true if interval <= 3600 => lookback + 240,
        true => lookback + interval / 24,
        false => lookback,
    };
    let mut named =
        |message: String| losses.push(Loss::alerting(codes::write::DEFAULT_USED, Direction::Either, message));
    let (interval, lookback) = match (stated.kind, stated.interval, window.or(stated.lookback)) {
        (ScheduleKind::Streaming, _, None) => {
            let message =
                "the source judges every event as it arrives; Elastic runs the rule every 5m over the last 9m";
            losses.push(Loss::alerting(codes::write::STREAMING, Direction::Either, message));
            (INTERVAL, LOOKBACK)
        }
        (ScheduleKind::Streaming, _, Some(lookback)) => {
            let message = "the source judges every event as it arrives; Elastic runs the rule every 5m";
            losses.push(Loss::alerting(codes::write::STREAMING, Direction::Either, message));
            (INTERVAL, lookback.max(INTERVAL))
        }
        (ScheduleKind::NearRealTime, _, _) => (60, 300),
        (_, Some(interval), Some(lookback)) => (interval, late(interval, lookback)),
        (_, Some(interval), None) => (interval, late(interval, interval)),
        (_, None, Some(lookback)) => {
            let interval = lookback.min(86_400);
            named(format!("the rule states no interval: every {}", duration::short_form(interval)));
            (interval, late(interval, lookback))
        }
        (_, None, None) => {
            named("the rule states no schedule: every 5m over the last 9m".to_owned());
            (INTERVAL, LOOKBACK)
        }
    };
    let _ = source;
    (duration::short_form(interval), format!("now-{}", duration::short_form(lookback)))
}

/// The plain name of a field; `None` where the value is computed or picks one element.
fn field_name(expr: &Expr) -> Option<String> {
    let field = expr.as_field()?;
    let plain = matches!(field.mode, ArrayMode::Any | ArrayMode::Whole | ArrayMode::First | ArrayMode::Single);
    let mut names = Vec::new();
    for segment in &field.path.0 {
        match segment {
            Segment::Key(key) => names.push(key.as_str()),
            Segment::Any => {}
            _ => return None,
        }
    }
    (plain && !names.is_empty()).then(|| names.join("."))
}

fn field_names(list: &[Expr]) -> Option<Vec<String>> {
    list.iter().map(field_name).collect()
}

/// The type of the rule and what it adds outside of the query.
fn kind(detection: &Detection, request: &WriteRequest<'_>, losses: &mut Vec<Loss>) -> Vec<(&'static str, Json)> {
    let plain = match request.dialect {
        "eql" => "eql",
        "esql" => "esql",
        _ => "query",
    };
    let mut lost = |message: String| {
        losses.push(Loss::alerting(codes::write::GROUPING_CHANGED, Direction::Either, message));
        vec![("type", json!(plain))]
    };
    if plain != "query" {
        return vec![("type", json!(plain))];
    }
    match &detection.logic {
        Logic::Shape(shape) => match shape.as_ref() {
            Shape::Threshold { by, at_least, .. } => match field_names(by) {
                Some(names) if names.len() <= THRESHOLD_FIELDS => {
                    vec![("type", json!("threshold")), ("threshold", json!({ "field": names, "value": at_least }))]
                }
                _ => lost("a threshold counts by at most 5 plain fields".to_owned()),
            },
            Shape::Cardinality { of, by, at_least, .. } => match (field_names(of).as_deref(), field_names(by)) {
                (Some([one]), Some(names)) if names.len() <= THRESHOLD_FIELDS => {
                    let threshold = json!({
                        "field": names, "value": 1, "cardinality": [{ "field": one, "value": at_least }],
                    });
                    vec![("type", json!("threshold")), ("threshold", threshold)]
                }
                _ => lost("a cardinality counts one plain field by at most 5".to_owned()),
            },
            Shape::NewValue { of, history, .. } => match field_names(of) {
                Some(names) if names.len() <= NEW_TERMS => vec![
                    ("type", json!("new_terms")),
                    ("new_terms_fields", json!(names)),
                    ("history_window_start", json!(format!("now-{}", duration::short_form(*history)))),
                ],
                _ => lost("at most 3 plain fields are new together".to_owned()),
            },
            _ => vec![("type", json!(plain))],
        },
        _ => match trigger(detection) {
            Some(count) => vec![("type", json!("threshold")), ("threshold", json!({ "field": [], "value": count }))],
            None => vec![("type", json!(plain))],
        },
    }
}

/// Events that a run must find, where that is more than one.
fn trigger(detection: &Detection) -> Option<u64> {
    let trigger = detection.alerting.trigger.filter(|trigger| trigger.op == TriggerOp::Greater && trigger.count > 0)?;
    detection.logic.as_filter().map(|_| trigger.count + 1)
}

/// Grouping, suppression and what alerts show.
fn alerting(detection: &Detection, source: Option<PlatformId>, losses: &mut Vec<Loss>) -> Vec<(&'static str, Json)> {
    let alerting = &detection.alerting;
    let mut out = Vec::new();
    let (mapping, lost) = severity::mapping(alerting);
    if !mapping.is_empty() {
        out.push(("severity_mapping", Json::Array(mapping)));
    }
    if lost > 0 {
        let message =
            "Elastic sets a severity by the value of a field; others that depend on the event are not written";
        losses.push(Loss::output(codes::write::OUTPUT_DROPPED, message));
    }
    let mut changed =
        |direction, message: String| losses.push(Loss::alerting(codes::write::GROUPING_CHANGED, direction, message));
    if let Some(most) = alerting.max_alerts {
        out.push(("max_signals", json!(most)));
    }
    if alerting.create_alert == Some(false) {
        out.push(("building_block_type", json!("default")));
    }
    if let Some(trigger) = alerting.trigger
        && (trigger.op != TriggerOp::Greater || (trigger.count > 0 && trigger_of(detection).is_none()))
    {
        changed(
            Direction::Either,
            format!("the alert on the number of rows ({:?} {}) is not written", trigger.op, trigger.count),
        );
    }
    let (by, seconds, missing_too) = match (&alerting.suppression, &alerting.dedup) {
        (Some(suppression), _) => (Some(suppression.by.as_slice()), suppression.duration, suppression.missing_too),
        (None, Some(dedup)) => (Some(dedup.by.as_slice()), dedup.window, true),
        (None, None) => (None, None, true),
    };
    if let Some(by) = by {
        match field_names(by) {
            Some(names) if !names.is_empty() && names.len() <= SUPPRESSION_FIELDS => {
                let mut suppression = json!({
                    "group_by": names,
                    "missing_fields_strategy": if missing_too { "suppress" } else { "doNotSuppress" },
                });
                if let (Some(seconds), Some(map)) = (seconds, suppression.as_object_mut()) {
                    map.insert("duration".to_owned(), in_unit(seconds));
                }
                out.push(("alert_suppression", suppression));
            }
            Some(names) if names.is_empty() => {
                let message =
                    "repeated alerts of the whole rule become one in the source; Elastic groups by fields only"
                        .to_owned();
                changed(Direction::Wider, message);
            }
            _ => changed(Direction::Wider, "the computed group of alerts is not written".to_owned()),
        }
    }
    if let Some(count) = alerting.dedup.as_ref().and_then(|dedup| dedup.threshold).filter(|count| *count > 1)
        && !matches!(detection.logic, Logic::Shape(_))
    {
        changed(Direction::Wider, format!("the source alerts at {count} events of a group; Elastic at each"));
    }
    let single = alerting.grouping != Some(GroupingMode::AlertPerResult);
    if source == Some(PlatformId::Sentinel)
        && single
        && detection.logic.as_filter().is_some()
        && trigger_of(detection).is_none()
    {
        changed(
            Direction::Wider,
            "Sentinel puts all events of a run into one alert; Elastic raises one for each event".to_owned(),
        );
    }
    let mut shown = Vec::new();
    let mut hidden = Vec::new();
    for output in &detection.outputs {
        match field_name(&output.value) {
            Some(name) if !shown.contains(&name) => shown.push(name),
            Some(_) => {}
            None => hidden.push(output.name.as_str()),
        }
    }
    if !shown.is_empty() {
        out.push(("investigation_fields", json!({ "field_names": shown })));
    }
    if !hidden.is_empty() {
        let message = format!("the alert does not show the computed {}", hidden.join(", "));
        losses.push(Loss::output(codes::write::OUTPUT_DROPPED, message));
    }
    match alerting.title.as_ref().map(field_name) {
        Some(Some(name)) => out.push(("rule_name_override", json!(name))),
        Some(None) => {
            losses.push(Loss::output(codes::write::OUTPUT_DROPPED, "the computed title of alerts is not written"))
        }
        None => {}
    }
    out
}

fn trigger_of(detection: &Detection) -> Option<u64> {
    trigger(detection)
}

/// A length of time as Kibana's suppression takes it.
fn in_unit(seconds: u64) -> Json {
    match seconds {
        0 => json!({ "value": 1, "unit": "s" }),
        _ if seconds.is_multiple_of(3600) => json!({ "value": seconds / 3600, "unit": "h" }),
        _ if seconds.is_multiple_of(60) => json!({ "value": seconds / 60, "unit": "m" }),
        _ => json!({ "value": seconds, "unit": "s" }),
    }
}

/// The table `[metadata]` of detection-rules for a new rule.
pub(super) fn metadata(detection: &Detection, connectors: &[String], losses: &mut Vec<Loss>) -> Map<String, Json> {
    let meta = &detection.meta;
    let day = |text: &str| -> Option<String> {
        let date: String = text.trim().chars().take(10).map(|next| if next == '-' { '/' } else { next }).collect();
        let good = date.len() == 10
            && date
                .bytes()
                .enumerate()
                .all(|(at, byte)| if at == 4 || at == 7 { byte == b'/' } else { byte.is_ascii_digit() });
        good.then_some(date)
    };
    let created = meta.created.as_deref().and_then(day);
    let updated = meta.updated.as_deref().and_then(day);
    if created.is_none() {
        let message = "the rule states no date and detection-rules demands one: 1970/01/01";
        losses.push(Loss::output(codes::write::DEFAULT_USED, message));
    }
    let created = created.or_else(|| updated.clone()).unwrap_or_else(|| "1970/01/01".to_owned());
    let mut table = Map::new();
    table.insert("creation_date".to_owned(), json!(created));
    if !connectors.is_empty() {
        table.insert("integration".to_owned(), json!(connectors));
    }
    table.insert("maturity".to_owned(), json!("development"));
    table.insert("updated_date".to_owned(), json!(updated.unwrap_or(created)));
    table
}
