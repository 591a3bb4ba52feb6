//! Writes Sentinel's formats. A rule that came from Sentinel keeps its own document; a rule from elsewhere gets a new one.

use super::{arm, canonical, defender, entities, limits, new_rule, read};
use crate::diagnostic::codes;
use crate::model::{AttackRef, Detection, Direction, Loss, PlatformId, ScheduleKind, TriggerOp};
use crate::platform::{OutputFile, OutputFormat, Role, WriteRequest, Written, duration, ids, tests_file};
use crate::source::{Format, Node, write_json, write_yaml};
use serde_json::{Map, Value as Json, json};

/// Writes the first detection of the bundle; Sentinel's rules stand alone.
pub(super) fn write(request: &WriteRequest<'_>) -> Written {
    let mut written = Written::default();
    let Some(detection) = request.bundle.detections.first() else { return written };
    let kept = Kept::of(detection);
    let hunting = match request.format {
        OutputFormat::Hunting => true,
        OutputFormat::Yaml => match &kept {
            Some(kept) => kept.format == Format::SentinelHunting.name(),
            None => detection.schedule.kind == ScheduleKind::Manual,
        },
        _ => false,
    };
    let file = match kept {
        Some(kept) => kept.write(detection, request, hunting, &mut written.losses),
        None => {
            let rule = new_rule::rule(detection, request, hunting, &mut written.losses);
            in_format(&rule, request.format, hunting, &mut written.losses)
        }
    };
    written.files.push(file);
    if let Some(text) = tests_file::write(&detection.tests) {
        written.files.push(OutputFile { suffix: tests_file::SUFFIX.to_owned(), text, role: Role::Tests });
    }
    written
}

fn file(suffix: &str, text: String) -> OutputFile {
    OutputFile { suffix: suffix.to_owned(), text, role: Role::Rule }
}

/// A canonical rule in the format asked for.
fn in_format(rule: &Map<String, Json>, format: OutputFormat, hunting: bool, losses: &mut Vec<Loss>) -> OutputFile {
    match format {
        OutputFormat::Arm => {
            let names: Vec<&str> = arm::YAML_ONLY.iter().copied().filter(|key| rule.contains_key(*key)).collect();
            if !names.is_empty() {
                let message = format!("an ARM alert rule has no property for {}", names.join(", "));
                losses.push(Loss::output(codes::write::FIELD_DROPPED, message));
            }
            file(".json", write_json(&arm::template(arm::resource(rule))))
        }
        OutputFormat::Defender => {
            let (document, missing) = defender::document(rule);
            if !missing.is_empty() {
                let message = format!("a custom detection has no place for {}", missing.join(", "));
                losses.push(Loss::alerting(codes::write::FIELD_DROPPED, Direction::Either, message));
            }
            file(".yaml", write_yaml(&document))
        }
        _ if hunting => {
            let analytics = [
                "severity",
                "queryFrequency",
                "queryPeriod",
                "triggerOperator",
                "triggerThreshold",
                "kind",
                "enabled",
                "customDetails",
                "alertDetailsOverride",
                "eventGroupingSettings",
                "incidentConfiguration",
                "suppressionEnabled",
                "suppressionDuration",
            ];
            let lost: Vec<&str> = analytics.iter().copied().filter(|key| rule.contains_key(*key)).collect();
            if !lost.is_empty() {
                let message = format!("a hunting query is run by hand and has no {}", lost.join(", "));
                losses.push(Loss::alerting(codes::write::FIELD_DROPPED, Direction::Narrower, message));
            }
            let kept: Map<String, Json> = rule
                .iter()
                .filter(|(key, _)| !analytics.contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            file(".yaml", write_yaml(&Json::Object(kept)))
        }
        _ => file(".yaml", write_yaml(&Json::Object(rule.clone()))),
    }
}

/// The document that a Sentinel rule came from.
struct Kept {
    format: String,
    document: Json,
    /// The document in canonical shape.
    rule: Map<String, Json>,
    /// What reading it gives.
    before: Detection,
}

impl Kept {
    fn of(detection: &Detection) -> Option<Self> {
        let extras = detection.extras.get(&PlatformId::Sentinel)?;
        let format = extras.get("format")?.as_str()?.to_owned();
        let document = extras.get("document")?.clone();
        let known = [Format::SentinelYaml, Format::SentinelHunting, Format::SentinelArm, Format::DefenderYaml];
        let of = known.into_iter().find(|known| known.name() == format)?;
        let (node, _) = canonical::rules(&Node::from_json(&document), of).into_iter().next()?;
        let before = read::detection(&node, &mut Vec::new());
        let rule = node.to_json().as_object()?.clone();
        Some(Self { format, document, rule, before })
    }

    fn write(
        mut self,
        detection: &Detection,
        request: &WriteRequest<'_>,
        hunting: bool,
        losses: &mut Vec<Loss>,
    ) -> OutputFile {
        let changes = changes(&self.before, detection, losses);
        let same_format = match request.format {
            OutputFormat::Yaml => {
                self.format == Format::SentinelYaml.name() || self.format == Format::SentinelHunting.name()
            }
            OutputFormat::Hunting => self.format == Format::SentinelHunting.name(),
            OutputFormat::Arm => self.format == Format::SentinelArm.name(),
            OutputFormat::Defender => self.format == Format::DefenderYaml.name(),
            _ => false,
        };
        let old_query = self.rule.get("query").and_then(Json::as_str).unwrap_or("").to_owned();
        let query = like(request.query, &old_query);
        for (key, value) in &changes {
            self.rule.insert((*key).to_owned(), value.clone());
        }
        // A rule of a type that has no query is carried without one.
        if !query.is_empty() || self.rule.contains_key("query") {
            self.rule.insert("query".to_owned(), Json::String(query.clone()));
        }
        if !same_format {
            if self.format == Format::SentinelArm.name() {
                from_arm(&mut self.rule);
            }
            if !self.rule.contains_key("id") {
                let id = ids::rule_id(&detection.meta, request.source, PlatformId::Sentinel, request.query);
                self.rule.insert("id".to_owned(), Json::String(id));
                losses.push(Loss::output(codes::write::DEFAULT_USED, "the rule has no id: one is made from its title"));
            }
            let hunting_source = self.format == Format::SentinelHunting.name() && !hunting;
            if hunting_source {
                complete(&mut self.rule, detection, losses);
            }
            return in_format(&self.rule, request.format, hunting, losses);
        }
        match request.format {
            OutputFormat::Arm if changes.is_empty() => {
                set_at(&mut self.document, &["properties", "query"], Json::String(query));
                file(".json", write_json(&arm::template(self.document)))
            }
            OutputFormat::Defender if changes.is_empty() => {
                set_at(&mut self.document, &["queryCondition", "queryText"], Json::String(query));
                new_schedule(&mut self.document);
                file(".yaml", write_yaml(&self.document))
            }
            format => in_format(&self.rule, format, false, losses),
        }
    }
}

/// The new query with the line end of the old one.
fn like(query: &str, old: &str) -> String {
    if query == old {
        return query.to_owned();
    }
    let body = query.trim_end();
    if old.ends_with('\n') || old.is_empty() { format!("{body}\n") } else { body.to_owned() }
}

/// What the model says other than the document it came from, by key of the canonical shape.
fn changes(before: &Detection, now: &Detection, losses: &mut Vec<Loss>) -> Vec<(&'static str, Json)> {
    let mut changes = Vec::new();
    let (was, is) = (&before.meta, &now.meta);
    let mut text = |key, was: &Option<String>, is: &Option<String>| {
        if was != is {
            changes.push((key, json!(is)));
        }
    };
    text("id", &was.id, &is.id);
    text("name", &was.title, &is.title);
    text("description", &was.description, &is.description);
    text("version", &was.version, &is.version);
    text("status", &was.status, &is.status);
    if was.severity != is.severity {
        changes.push(("severity", json!(limits::severity(is.severity, losses))));
    }
    if was.enabled != is.enabled {
        changes.push(("enabled", json!(is.enabled)));
    }
    if was.tags != is.tags {
        changes.push(("tags", json!(is.tags)));
    }
    if before.attack.iter().map(written).ne(now.attack.iter().map(written)) {
        let names = |pick: fn(&AttackRef) -> &Option<String>| -> Vec<&str> {
            now.attack.iter().filter_map(|mapping| pick(mapping).as_deref()).collect()
        };
        changes.push(("tactics", json!(names(|mapping| &mapping.tactic))));
        changes.push(("relevantTechniques", json!(names(|mapping| &mapping.technique))));
    }
    let (was, is) = (&before.schedule, &now.schedule);
    if was.interval != is.interval
        && let Some(seconds) = is.interval
    {
        changes.push(("queryFrequency", json!(duration::short_form(seconds))));
    }
    // A look-back that only the query states is not the rule's own: it is written where the rule states one.
    let narrowed = is.query_lookback.is_some() && is.lookback <= was.lookback;
    if was.lookback != is.lookback
        && !narrowed
        && let Some(seconds) = is.lookback.filter(|_| was.lookback.is_some())
    {
        changes.push(("queryPeriod", json!(duration::short_form(seconds))));
    }
    if before.alerting.trigger != now.alerting.trigger
        && let Some(trigger) = now.alerting.trigger
    {
        let operator = match trigger.op {
            TriggerOp::Greater => "gt",
            TriggerOp::Less => "lt",
            TriggerOp::Equal => "eq",
            TriggerOp::NotEqual => "ne",
        };
        changes.push(("triggerOperator", json!(operator)));
        changes.push(("triggerThreshold", json!(trigger.count)));
    }
    let plain = |detection: &Detection| -> Vec<Json> { detection.entities.iter().map(entities::to_json).collect() };
    if plain(before) != plain(now) {
        changes.push(("entityMappings", Json::Array(plain(now))));
    }
    changes
}

fn written(mapping: &AttackRef) -> (Option<&str>, Option<&str>) {
    (mapping.tactic.as_deref(), mapping.technique.as_deref())
}

fn set_at(document: &mut Json, path: &[&str], value: Json) {
    let mut place = document;
    for key in path {
        let Some(next) = place.as_object_mut().map(|map| map.entry((*key).to_owned()).or_insert(Json::Null)) else {
            return;
        };
        place = next;
    }
    *place = value;
}

/// `period` becomes `frequency` and `lookback` (Microsoft removes it).
fn new_schedule(document: &mut Json) {
    let Some(schedule) = document.get_mut("schedule").and_then(Json::as_object_mut) else { return };
    let Some(period) = schedule.get("period").cloned() else { return };
    let written = period.as_str().map_or_else(|| period.to_string(), str::to_owned);
    let seconds = if written == "0" { Some(0) } else { duration::parse(&written) };
    let Some(seconds) = seconds else { return };
    schedule.shift_remove("period");
    if !schedule.contains_key("frequency") {
        schedule.shift_insert(0, "frequency".to_owned(), json!(duration::iso_form(seconds)));
    }
}

/// Spellings of the ARM resource to those of the YAML.
fn from_arm(rule: &mut Map<String, Json>) {
    let short = |text: &str| match text {
        "GreaterThan" => "gt".to_owned(),
        "LessThan" => "lt".to_owned(),
        "Equal" => "eq".to_owned(),
        "NotEqual" => "ne".to_owned(),
        other => other.to_owned(),
    };
    if let Some(operator) = rule.get_mut("triggerOperator") {
        *operator = json!(short(operator.as_str().unwrap_or("gt")));
    }
    for key in ["queryFrequency", "queryPeriod"] {
        if let Some(value) = rule.get_mut(key)
            && let Some(seconds) = value.as_str().and_then(duration::parse)
        {
            *value = json!(duration::short_form(seconds));
        }
    }
    for key in ["description", "query"] {
        if let Some(Json::String(text)) = rule.get_mut(key)
            && text.contains('\n')
            && !text.ends_with('\n')
        {
            text.push('\n');
        }
    }
}

/// A hunting query as an analytics rule: what the document lacks, by named defaults.
fn complete(rule: &mut Map<String, Json>, detection: &Detection, losses: &mut Vec<Loss>) {
    let lookback = detection.schedule.lookback.unwrap_or(86_400);
    let (frequency, period) = limits::schedule(lookback, lookback, losses);
    let mut put = |key: &str, value: Json| {
        if !rule.contains_key(key) {
            rule.insert(key.to_owned(), value);
        }
    };
    put("severity", json!(limits::severity(detection.meta.severity, losses)));
    put("queryFrequency", json!(duration::short_form(frequency)));
    put("queryPeriod", json!(duration::short_form(period)));
    put("triggerOperator", json!("gt"));
    put("triggerThreshold", json!(0));
    put("kind", json!("Scheduled"));
    let message = format!(
        "a hunting query has no schedule: every {} over {}",
        duration::short_form(frequency),
        duration::short_form(period)
    );
    losses.push(Loss::alerting(codes::write::DEFAULT_USED, Direction::Either, message));
}
