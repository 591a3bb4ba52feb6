//! The canonical shape to a detection, but for its logic.

use super::canonical;
use crate::diagnostic::{Diagnostic, codes};
use crate::dialect::elastic::lower::path;
use crate::model::{
    Alerting, ArrayMode, AttackRef, Case, Detection, DynamicSeverity, Expr, FieldRef, FieldType, LogSource,
    OutputField, PlatformId, Predicate, ScheduleKind, Severity, Suppression, Test, TestKind, Typing,
};
use crate::platform::read::{RawQuery, RawRule, ReadEnv, RuleFile, placeholder};
use crate::platform::{duration, tests_file};
use crate::source::{Entry, Format, Node, QueryText, SourceFile, Value};
use serde_json::json;

/// Kibana's defaults: a rule runs every five minutes over the last six.
const INTERVAL: u64 = 300;
/// See [`INTERVAL`].
const LOOKBACK: u64 = 360;

/// Reads everything but the logic.
pub(super) fn rules(file: &SourceFile, format: Format, env: &ReadEnv<'_>) -> RuleFile {
    let found = canonical::rules(file, format);
    let mut read = RuleFile { rules: Vec::new(), diagnostics: found.diagnostics };
    for (rule, own) in found.rules {
        let rule = with_exceptions(rule, &found.exceptions);
        read.rules.push(raw_rule(file, format, rule, &own));
    }
    if let [rule] = read.rules.as_mut_slice() {
        match tests_file::beside(file, env.siblings) {
            Ok(tests) => rule.detection.tests = tests,
            Err(error) => rule.diagnostics.push(error),
        }
    }
    read
}

/// The member that carries the exception items of the same export to the reader of the logic.
pub(super) const ITEMS: &str = "exception_items";

/// Adds the exception items of the lists that the rule refers to.
fn with_exceptions(rule: Node, items: &[Node]) -> Node {
    let lists: Vec<String> = rule
        .get("exceptions_list")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .filter_map(|list| list.get("list_id").and_then(Node::scalar_text))
        .collect();
    let of_list = |item: &&Node| item.get("list_id").and_then(Node::scalar_text).is_some_and(|id| lists.contains(&id));
    let own: Vec<Node> = items.iter().filter(of_list).cloned().collect();
    if own.is_empty() {
        return rule;
    }
    let span = rule.span;
    let Value::Map(mut entries) = rule.value else { return rule };
    entries.push(Entry { key: ITEMS.to_owned(), key_span: span, value: Node::new(Value::Seq(own), span) });
    Node::new(Value::Map(entries), span)
}

fn raw_rule(file: &SourceFile, format: Format, rule: Node, own: &Node) -> RawRule {
    let mut diagnostics = Vec::new();
    let mut detection = detection(&rule, &mut diagnostics);
    detection.extras.insert(PlatformId::Elastic, json!({ "format": format.name(), "document": own.to_json() }));
    let query = rule.get("query").filter(|query| !query.is_null()).and_then(|node| {
        let text = if format == Format::PrebuiltPage {
            Some(QueryText::slice(file, trimmed(node, file)))
        } else {
            QueryText::of(file, node)
        };
        Some(RawQuery { dialect: language(&rule), text: text?, file: None })
    });
    RawRule { detection, query, node: rule, format, diagnostics }
}

/// The place of a page's query without the line end before the fence.
fn trimmed(node: &Node, file: &SourceFile) -> crate::diagnostic::Span {
    let body = node.span.text(&file.text).trim_end();
    crate::diagnostic::Span::new(node.span.start, node.span.start + body.len())
}

/// The type of a rule; `query` where nothing is said.
pub(super) fn rule_type(rule: &Node) -> String {
    rule.get("type").and_then(Node::scalar_text).unwrap_or_else(|| "query".to_owned())
}

/// The dialect of a rule's query.
fn language(rule: &Node) -> String {
    match (rule.get("language").and_then(Node::as_str), rule_type(rule).as_str()) {
        (Some("kql"), _) => "kuery".to_owned(),
        (Some(language), _) => language.to_owned(),
        (None, kind @ ("eql" | "esql")) => kind.to_owned(),
        (None, _) => "kuery".to_owned(),
    }
}

/// Metadata, schedule and alerting of a canonical rule.
pub(super) fn detection(rule: &Node, diagnostics: &mut Vec<Diagnostic>) -> Detection {
    let mut detection = placeholder();
    let text = |key: &str| rule.get(key).and_then(Node::scalar_text);
    let list = |key: &str| rule.get(key).map(Node::texts).unwrap_or_default();
    let metadata = |key: &str| rule.at(&["metadata", key]).and_then(Node::scalar_text);
    let meta = &mut detection.meta;
    meta.id = text("rule_id").or_else(|| text("id"));
    meta.title = text("name");
    meta.description = text("description");
    meta.risk_score = rule.get("risk_score").and_then(Node::as_i64);
    meta.enabled = rule.get("enabled").and_then(Node::as_bool);
    meta.authors = list("author");
    meta.references = list("references");
    meta.false_positives = list("false_positives");
    meta.notes = text("note").filter(|note| !note.trim().is_empty());
    meta.setup = text("setup").filter(|setup| !setup.trim().is_empty());
    meta.tags = list("tags");
    meta.created = metadata("creation_date").or_else(|| text("created_at"));
    meta.updated = metadata("updated_date").or_else(|| text("updated_at"));
    meta.version = text("version");
    meta.license = text("license");
    meta.status = metadata("maturity");
    if let Some(severity) = rule.get("severity") {
        let written = severity.scalar_text().unwrap_or_default();
        meta.severity = Severity::parse(&written);
        if meta.severity.is_none() {
            let message = format!("`{written}` is no severity; Elastic knows low, medium, high and critical");
            diagnostics.push(Diagnostic::warning(codes::source::UNKNOWN_VALUE, message).at(severity.span));
        }
    }
    detection.attack = attack(rule);
    let integrations = rule.at(&["metadata", "integration"]).map(Node::texts).unwrap_or_default();
    let related = rule.get("related_integrations").map(Node::items).unwrap_or_default();
    let packages = related.iter().filter_map(|item| item.get("package").and_then(Node::scalar_text));
    let mut connectors = integrations;
    for package in packages {
        if !connectors.contains(&package) {
            connectors.push(package);
        }
    }
    let source = LogSource { id: None, names: list("index"), connectors };
    if source != LogSource::default() {
        detection.log_sources.push(source);
    }
    schedule(rule, &mut detection, diagnostics);
    detection.alerting = alerting(rule);
    let fields = rule.get("investigation_fields");
    let fields = fields.map(|fields| fields.get("field_names").unwrap_or(fields).texts()).unwrap_or_default();
    detection.outputs = fields.iter().map(|name| OutputField { name: name.clone(), value: field(name) }).collect();
    detection
}

/// A field of which any value counts.
pub(super) fn field(name: &str) -> Expr {
    Expr::Field(FieldRef::new(path(name), ArrayMode::Any))
}

/// One mapping for each technique and sub-technique under its tactic; one for a tactic that stands alone.
fn attack(rule: &Node) -> Vec<AttackRef> {
    let mut found = Vec::new();
    for threat in rule.get("threat").map(Node::items).unwrap_or_default() {
        if threat.get("framework").and_then(Node::as_str).is_some_and(|framework| !framework.contains("ATT&CK")) {
            continue;
        }
        let tactic = threat.get("tactic").and_then(|tactic| tactic.get("id").or_else(|| tactic.get("name")));
        let tactic_text = tactic.and_then(Node::scalar_text);
        let mut put = |id: Option<&Node>| {
            let written = id.and_then(Node::scalar_text);
            let span = id.or(tactic).map(|node| node.span);
            let parts = [tactic_text.clone(), written.clone()];
            let text = parts.into_iter().flatten().collect::<Vec<_>>().join(":");
            found.push(AttackRef { tactic: tactic_text.clone(), technique: written, written: text, span });
        };
        let techniques = threat.get("technique").map(Node::items).unwrap_or_default();
        if techniques.is_empty() && tactic.is_some() {
            put(None);
        }
        for technique in techniques {
            put(technique.get("id"));
            technique
                .get("subtechnique")
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .for_each(|sub| put(sub.get("id")));
        }
    }
    found
}

/// The seconds before now that date math such as `now-9m` means; rounding (`/d`) is left out of account.
pub(super) fn before_now(text: &str) -> Option<u64> {
    let math = text.trim().strip_prefix("now")?;
    let math = math.split('/').next().unwrap_or("");
    if math.is_empty() {
        return Some(0);
    }
    math.strip_prefix('-')?.split('-').try_fold(0u64, |sum, part| {
        let month = part.strip_suffix('M').and_then(|count| count.parse::<u64>().ok()).map(|count| count * 30 * 86_400);
        sum.checked_add(month.or_else(|| duration::parse(part))?)
    })
}

fn schedule(rule: &Node, detection: &mut Detection, diagnostics: &mut Vec<Diagnostic>) {
    let mut read = |key: &str, parse: fn(&str) -> Option<u64>| {
        let node = rule.get(key)?;
        let written = node.scalar_text().unwrap_or_default();
        let seconds = parse(&written);
        if seconds.is_none() {
            let message = format!("`{written}` is no length of time that is known ({key})");
            diagnostics.push(Diagnostic::warning(codes::source::BAD_DURATION, message).at(node.span));
        }
        seconds
    };
    let interval = read("interval", duration::parse);
    let from = read("from", before_now);
    let to = read("to", before_now).unwrap_or(0);
    let schedule = &mut detection.schedule;
    schedule.kind = ScheduleKind::Scheduled;
    schedule.interval = Some(interval.unwrap_or(INTERVAL));
    schedule.lookback = Some(from.unwrap_or(LOOKBACK).saturating_sub(to));
}

fn alerting(rule: &Node) -> Alerting {
    let mut alerting = Alerting {
        max_alerts: rule.get("max_signals").and_then(Node::as_i64).and_then(|count| u64::try_from(count).ok()),
        ..Alerting::default()
    };
    if let Some(suppression) = rule.get("alert_suppression").filter(|node| node.is_map()) {
        let value = suppression.at(&["duration", "value"]).and_then(Node::scalar_text);
        let unit = suppression.at(&["duration", "unit"]).and_then(Node::scalar_text);
        let duration = value.zip(unit).and_then(|(value, unit)| duration::parse(&format!("{value}{unit}")));
        let strategy = suppression.get("missing_fields_strategy").and_then(Node::as_str);
        alerting.suppression = Some(Suppression {
            by: suppression
                .get("group_by")
                .map(Node::texts)
                .unwrap_or_default()
                .iter()
                .map(|name| field(name))
                .collect(),
            duration,
            missing_too: strategy != Some("doNotSuppress"),
        });
    }
    if rule.get("building_block_type").is_some_and(|node| !node.is_null()) {
        alerting.create_alert = Some(false);
    }
    alerting.title = rule.get("rule_name_override").and_then(Node::as_str).filter(|name| !name.is_empty()).map(field);
    for mapping in rule.get("severity_mapping").map(Node::items).unwrap_or_default() {
        let name = mapping.get("field").and_then(Node::scalar_text);
        let severity = mapping.get("severity").and_then(Node::as_str).and_then(Severity::parse);
        let value = mapping.get("value").and_then(Node::scalar_text);
        if let (Some(name), Some(severity), Some(value)) = (name, severity, value) {
            let kind = TestKind::Equals {
                value: Expr::text(value),
                case: Case::Sensitive,
                typing: Typing::Mapped(FieldType::default()),
            };
            let when = Predicate::Test(Test::new(field(&name), kind, mapping.span));
            alerting.severity.push(DynamicSeverity { when, severity: Ok(severity) });
        }
    }
    alerting
}
