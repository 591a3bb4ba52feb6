//! The canonical shape to a detection.

use super::{arm, canonical, title};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::walk::{self, Fold, expr_parts};
use crate::model::{
    Alerting, AttackRef, Detection, DynamicSeverity, Entity, EntityField, Expr, GroupingMode, LogSource, Logic,
    OutputField, PlatformId, Predicate, ScheduleKind, Severity, Suppression, Trigger, TriggerOp,
};
use crate::platform::read::{RawQuery, RawRule, ReadEnv, ReadRule, RuleFile, placeholder, query_logic, unread_logic};
use crate::platform::{duration, tests_file};
use crate::source::{Format, Node, Parsed, QueryText, SourceFile, parse_json, parse_yaml_documents};
use serde_json::json;

/// Reads everything but the logic.
pub(super) fn rules(file: &SourceFile, format: Format, env: &ReadEnv<'_>) -> RuleFile {
    let named = file.extension();
    let is_json = named == "json"
        || (!matches!(named.as_str(), "yml" | "yaml") && file.text.trim_start().starts_with(['{', '[']));
    let parsed: Result<Vec<Parsed>, Diagnostic> =
        if is_json { parse_json(&file.text).map(|parsed| vec![parsed]) } else { parse_yaml_documents(&file.text) };
    let documents = match parsed {
        Ok(documents) => documents,
        Err(error) => return RuleFile::failed(error),
    };
    let mut read = RuleFile::default();
    for document in documents {
        read.diagnostics.extend(document.diagnostics);
        for (rule, own) in canonical::rules(&document.root, format) {
            if !rule.is_map() {
                let message = format!("a rule is a mapping, and here stands {}", rule.kind());
                read.diagnostics.push(Diagnostic::error(codes::source::NOT_A_RULE, message).at(rule.span));
                continue;
            }
            read.rules.push(raw_rule(file, format, rule, &own));
        }
    }
    if read.rules.is_empty() && read.diagnostics.is_empty() {
        read.diagnostics.push(Diagnostic::error(codes::source::NOT_A_RULE, "there is no Sentinel rule in this file"));
    }
    if let [rule] = read.rules.as_mut_slice() {
        match tests_file::beside(file, env.siblings) {
            Ok(tests) => rule.detection.tests = tests,
            Err(error) => rule.diagnostics.push(error),
        }
    }
    read
}

fn raw_rule(file: &SourceFile, format: Format, rule: Node, own: &Node) -> RawRule {
    let mut diagnostics = Vec::new();
    let mut detection = detection(&rule, &mut diagnostics);
    if format == Format::SentinelHunting {
        detection.schedule.kind = ScheduleKind::Manual;
    }
    detection.extras.insert(PlatformId::Sentinel, json!({ "format": format.name(), "document": own.to_json() }));
    let query = rule.get("query").and_then(|node| QueryText::of(file, node));
    let query = query.map(|text| RawQuery { dialect: "kusto".to_owned(), text, file: None });
    RawRule { detection, query, node: rule, format, diagnostics }
}

/// Reads the query.
pub(super) fn logic(file: &SourceFile, rule: RawRule, env: &ReadEnv<'_>) -> ReadRule {
    let RawRule { mut detection, query, node, format, mut diagnostics } = rule;
    let stated = detection.log_sources.first().map(|source| source.names.clone()).unwrap_or_default();
    match &query {
        Some(query) if arm::is_expression(&query.text.text) => {
            let reason = "the query is a template expression that only a deployment can evaluate";
            unread_logic(&mut detection, codes::source::NO_QUERY, reason, None, &query.text.text);
        }
        Some(query) => {
            // The tables of the query are the log source; the connectors' data types name alternatives too.
            if let Some(source) = detection.log_sources.first_mut() {
                source.names.clear();
            }
            diagnostics.extend(query_logic(&mut detection, query, PlatformId::Sentinel, env));
            if let Some(source) = detection.log_sources.first_mut().filter(|source| source.names.is_empty()) {
                source.names = stated;
            }
            // Only of a plain filter is it sure that nothing else in the query looks back further.
            let plain = detection.logic.as_filter().is_some() && !has_subquery(&detection.logic);
            let schedule = &mut detection.schedule;
            schedule.stated_lookback = schedule.lookback.filter(|_| schedule.query_lookback.is_some());
            schedule.lookback = match (schedule.lookback, schedule.query_lookback) {
                (Some(stated), Some(own)) if plain => Some(stated.min(own)),
                (stated, own) => stated.or(own),
            };
        }
        None => {
            let kind = node.get("kind").and_then(Node::scalar_text).unwrap_or_default();
            let queryless =
                ["Fusion", "MicrosoftSecurityIncidentCreation", "MLBehaviorAnalytics", "ThreatIntelligence"];
            if queryless.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
                let reason = format!("a rule of the kind {kind} has no query: Microsoft's service decides");
                unread_logic(&mut detection, codes::source::NO_QUERY, reason, None, "");
            } else {
                unread_logic(&mut detection, codes::source::NO_QUERY, "the rule has no query", None, "");
                let at = node.get("query").map_or(node.span, |query| query.span);
                let mut error = Diagnostic::error(codes::source::NO_QUERY, "the rule has no query").at(at);
                if at == node.span {
                    error.span = None;
                }
                diagnostics.push(error);
            }
        }
    }
    let _ = file;
    ReadRule { bundle: detection.into(), query, format, diagnostics }
}

/// Whether a condition asks another query (`in (T | ...)`, `toscalar`), which has a look-back of its own.
fn has_subquery(logic: &Logic) -> bool {
    struct Search(bool);
    impl Fold for Search {
        fn expr(&mut self, expr: Expr) -> Expr {
            self.0 |= matches!(expr, Expr::Rows(_) | Expr::Scalar(_));
            expr_parts(self, expr)
        }
    }
    let mut search = Search(false);
    let _ = walk::logic(&mut search, logic.clone());
    search.0
}

/// Metadata, schedule, alerting and entities of a canonical rule.
pub(super) fn detection(rule: &Node, diagnostics: &mut Vec<Diagnostic>) -> Detection {
    let mut detection = placeholder();
    let text = |key: &str| rule.get(key).and_then(Node::scalar_text);
    let meta = &mut detection.meta;
    meta.id = text("id");
    meta.title = text("name");
    meta.description = text("description");
    meta.version = text("version");
    meta.status = text("status");
    meta.enabled = rule.get("enabled").and_then(Node::as_bool);
    meta.tags = rule.get("tags").map(tags).unwrap_or_default();
    meta.authors = rule.at(&["metadata", "author", "name"]).and_then(Node::scalar_text).into_iter().collect();
    if let Some(severity) = rule.get("severity").filter(|node| !node.is_null()) {
        let written = severity.scalar_text().unwrap_or_default();
        meta.severity = Severity::parse(&written);
        if meta.severity.is_none() {
            let message = format!("`{written}` is no severity; Sentinel knows Informational, Low, Medium and High");
            diagnostics.push(Diagnostic::warning(codes::source::UNKNOWN_VALUE, message).at(severity.span));
        }
    }
    detection.attack = attack(rule);
    detection.log_sources = log_sources(rule);
    schedule(rule, &mut detection, diagnostics);
    detection.alerting = alerting(rule, diagnostics);
    if let Some(details) = rule.get("customDetails") {
        let outputs = details.entries().iter().filter_map(|entry| {
            let column = entry.value.scalar_text()?;
            Some(OutputField { name: entry.key.clone(), value: title::column(&column) })
        });
        detection.outputs = outputs.collect();
    }
    detection.entities = entities(rule);
    detection
}

fn tags(node: &Node) -> Vec<String> {
    let one = |item: &Node| match item.get("name").and_then(Node::scalar_text) {
        Some(name) => {
            item.get("value").and_then(Node::scalar_text).map(|value| format!("{name}: {value}")).or(Some(name))
        }
        None => item.scalar_text(),
    };
    match node.items() {
        [] => node.scalar_text().into_iter().collect(),
        items => items.iter().filter_map(one).collect(),
    }
}

/// Tactics and techniques stand in two lists: which belongs to which is not said, so they are never crossed.
fn attack(rule: &Node) -> Vec<AttackRef> {
    let scalars = |key: &str| -> Vec<(String, crate::diagnostic::Span)> {
        let node = rule.get(key);
        let list: Vec<&Node> = match node {
            Some(node) if !node.items().is_empty() => node.items().iter().collect(),
            Some(node) => vec![node],
            None => Vec::new(),
        };
        list.into_iter().filter_map(|item| Some((item.scalar_text()?, item.span))).collect()
    };
    let tactics = scalars("tactics").into_iter().map(|(name, span)| AttackRef {
        tactic: Some(name.trim().to_owned()),
        technique: None,
        written: name,
        span: Some(span),
    });
    let ids = ["relevantTechniques", "techniques"].into_iter().flat_map(scalars);
    let techniques = ids.map(|(id, span)| AttackRef {
        tactic: None,
        technique: Some(id.trim().to_owned()),
        written: id,
        span: Some(span),
    });
    tactics.chain(techniques).collect()
}

fn log_sources(rule: &Node) -> Vec<LogSource> {
    let connectors = rule.get("requiredDataConnectors").map(Node::items).unwrap_or_default();
    let mut source = LogSource::default();
    for connector in connectors {
        source.connectors.extend(connector.get("connectorId").and_then(Node::scalar_text));
        for name in connector.get("dataTypes").map(Node::texts).unwrap_or_default() {
            // `OfficeActivity (Exchange)`: the part in brackets says which events, not which table.
            let table = name.split(['(', ' ']).next().unwrap_or("").trim().to_owned();
            if !table.is_empty() && !source.names.contains(&table) {
                source.names.push(table);
            }
        }
    }
    if source == LogSource::default() { Vec::new() } else { vec![source] }
}

fn seconds(rule: &Node, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<u64> {
    let node = rule.get(key).filter(|node| !node.is_null())?;
    let written = node.scalar_text().unwrap_or_default();
    let seconds = duration::parse(&written);
    if seconds.is_none() {
        let message = format!("`{written}` is no length of time ({key})");
        diagnostics.push(Diagnostic::warning(codes::source::BAD_DURATION, message).at(node.span));
    }
    seconds
}

fn schedule(rule: &Node, detection: &mut Detection, diagnostics: &mut Vec<Diagnostic>) {
    detection.schedule.interval = seconds(rule, "queryFrequency", diagnostics);
    detection.schedule.lookback = seconds(rule, "queryPeriod", diagnostics);
    let kind = rule.get("kind").and_then(Node::scalar_text).unwrap_or_default();
    let scheduled = detection.schedule.interval.is_some() || detection.schedule.lookback.is_some();
    detection.schedule.kind = if kind.eq_ignore_ascii_case("NRT") {
        ScheduleKind::NearRealTime
    } else if scheduled || kind.eq_ignore_ascii_case("Scheduled") {
        ScheduleKind::Scheduled
    } else {
        ScheduleKind::Manual
    };
}

fn trigger_op(text: &str) -> Option<TriggerOp> {
    match text.trim().to_ascii_lowercase().as_str() {
        "gt" | "greaterthan" => Some(TriggerOp::Greater),
        "lt" | "lessthan" => Some(TriggerOp::Less),
        "eq" | "equal" => Some(TriggerOp::Equal),
        "ne" | "notequal" => Some(TriggerOp::NotEqual),
        _ => None,
    }
}

fn alerting(rule: &Node, diagnostics: &mut Vec<Diagnostic>) -> Alerting {
    let mut alerting = Alerting::default();
    if let Some(node) = rule.get("triggerOperator").filter(|node| !node.is_null()) {
        let written = node.scalar_text().unwrap_or_default();
        let count = rule.get("triggerThreshold").and_then(Node::as_i64).and_then(|count| u64::try_from(count).ok());
        match trigger_op(&written) {
            Some(op) => alerting.trigger = Some(Trigger { op, count: count.unwrap_or(0) }),
            None => {
                let message = format!("`{written}` is no comparison; Sentinel knows gt, lt, eq and ne");
                diagnostics.push(Diagnostic::warning(codes::source::UNKNOWN_VALUE, message).at(node.span));
            }
        }
    }
    if rule.get("suppressionEnabled").and_then(Node::as_bool) == Some(true) {
        let duration = seconds(rule, "suppressionDuration", diagnostics);
        alerting.suppression = Some(Suppression { by: Vec::new(), duration, missing_too: false });
    }
    alerting.grouping = match rule.at(&["eventGroupingSettings", "aggregationKind"]).and_then(Node::as_str) {
        Some(kind) if kind.eq_ignore_ascii_case("SingleAlert") => Some(GroupingMode::SingleAlert),
        Some(kind) if kind.eq_ignore_ascii_case("AlertPerResult") => Some(GroupingMode::AlertPerResult),
        _ => None,
    };
    alerting.create_alert =
        rule.at(&["incidentConfiguration", "createIncident"]).and_then(Node::as_bool).filter(|flag| !flag);
    let details =
        |key: &str| rule.at(&["alertDetailsOverride", key]).and_then(Node::as_str).filter(|text| !text.is_empty());
    alerting.title = details("alertDisplayNameFormat").map(title::parse);
    if let Some(column) = details("alertSeverityColumnName") {
        let severity: Result<Severity, Box<Expr>> = Err(Box::new(title::column(column)));
        alerting.severity.push(DynamicSeverity { when: Predicate::Always(true), severity });
    }
    alerting
}

fn entities(rule: &Node) -> Vec<Entity> {
    let mappings = rule.get("entityMappings").map(Node::items).unwrap_or_default();
    let fields = |mapping: &Node| {
        let fields = mapping.get("fieldMappings").map(Node::items).unwrap_or_default();
        let field = |field: &Node| {
            Some(EntityField {
                identifier: field.get("identifier").and_then(Node::scalar_text)?,
                column: field.get("columnName").and_then(Node::scalar_text)?,
            })
        };
        fields.iter().filter_map(field).collect::<Vec<_>>()
    };
    let entity = |mapping: &Node| {
        let kind = mapping.get("entityType").and_then(Node::scalar_text)?;
        Some(Entity { kind, fields: fields(mapping), span: Some(mapping.span) })
    };
    mappings.iter().filter_map(entity).collect()
}
