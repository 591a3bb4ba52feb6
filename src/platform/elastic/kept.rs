//! The document that an Elastic rule came from, written back with what changed in the model.

use super::canonical::{self, KEPT_IN};
use super::{read, threat};
use crate::diagnostic::codes;
use crate::model::{AttackRef, Detection, Loss, PlatformId, Severity};
use crate::platform::{WriteRequest, duration};
use crate::source::{Format, Node};
use serde_json::{Map, Value as Json, json};

/// A rule apart: what Kibana knows of it, and what detection-rules has beside it.
pub(super) struct Kept {
    /// The rule in Kibana's keys.
    pub rule: Map<String, Json>,
    /// `metadata` and `transform`.
    pub beside: Map<String, Json>,
    before: Detection,
}

impl Kept {
    /// The document in the extras of a detection; `None` where it came from another platform.
    pub(super) fn of(detection: &Detection) -> Option<Self> {
        let extras = detection.extras.get(&PlatformId::Elastic)?;
        let format = extras.get("format")?.as_str()?;
        let document = Node::from_json(extras.get("document")?);
        let canonical = if format == Format::ElasticToml.name() {
            canonical::flat(document.get("rule")?, &document)
        } else {
            restored(document)
        };
        let before = read::detection(&canonical, &mut Vec::new());
        let Json::Object(mut rule) = canonical.to_json() else { return None };
        let mut beside = Map::new();
        for key in ["metadata", "transform"] {
            if let Some(value) = rule.shift_remove(key) {
                beside.insert(key.to_owned(), value);
            }
        }
        Some(Self { rule, beside, before })
    }

    /// The rule as the model has it now, with this query.
    pub(super) fn updated(mut self, detection: &Detection, request: &WriteRequest<'_>, losses: &mut Vec<Loss>) -> Self {
        self.changes(detection, request, losses);
        let old = self.rule.get("query").and_then(Json::as_str).map(str::to_owned);
        if request.carried || request.query.is_empty() || old.as_deref() == Some(request.query) {
            return self;
        }
        // The logic holds the filters: they stand in the new query.
        self.rule.shift_remove("filters");
        let body = request.query.trim_end();
        let line_end = old.as_deref().is_none_or(|old| old.ends_with('\n'));
        self.rule.insert("query".to_owned(), json!(if line_end { format!("{body}\n") } else { body.to_owned() }));
        let language = self.rule.get("language").and_then(Json::as_str).unwrap_or("kuery").to_owned();
        if language != request.dialect {
            self.change_language(request);
        }
        self
    }

    /// Another language may be another type of rule.
    fn change_language(&mut self, request: &WriteRequest<'_>) {
        self.rule.insert("language".to_owned(), json!(request.dialect));
        let kind = match request.dialect {
            "eql" | "esql" => request.dialect,
            _ => {
                let kind = self.rule.get("type").and_then(Json::as_str);
                kind.filter(|kind| matches!(*kind, "threshold" | "new_terms")).unwrap_or("query")
            }
        }
        .to_owned();
        self.rule.insert("type".to_owned(), json!(kind));
        match request.dialect {
            "esql" => {
                for key in ["index", "threshold", "new_terms_fields", "history_window_start"] {
                    self.rule.shift_remove(key);
                }
            }
            _ if !self.rule.contains_key("index") && !request.sources.is_empty() => {
                self.rule.insert("index".to_owned(), json!(request.sources));
            }
            _ => {}
        }
        if request.dialect != "eql" {
            self.rule.shift_remove("event_category_override");
        }
    }

    fn changes(&mut self, now: &Detection, request: &WriteRequest<'_>, losses: &mut Vec<Loss>) {
        let (was, is) = (self.before.meta.clone(), &now.meta);
        let rule = &mut self.rule;
        let mut set = |key: &str, changed: bool, value: Json| {
            if changed {
                rule.insert(key.to_owned(), value);
            }
        };
        set("name", was.title != is.title, json!(is.title));
        set("rule_id", was.id != is.id, json!(is.id));
        set("description", was.description != is.description, json!(is.description));
        set("enabled", was.enabled != is.enabled, json!(is.enabled));
        set("risk_score", was.risk_score != is.risk_score, json!(is.risk_score));
        set("author", was.authors != is.authors, json!(is.authors));
        set("references", was.references != is.references, json!(is.references));
        set("false_positives", was.false_positives != is.false_positives, json!(is.false_positives));
        set("tags", was.tags != is.tags, json!(is.tags));
        set("note", was.notes != is.notes, json!(is.notes));
        set("setup", was.setup != is.setup, json!(is.setup));
        set("license", was.license != is.license, json!(is.license));
        if was.severity != is.severity {
            let word = match is.severity {
                Some(Severity::Informational) => {
                    losses.push(Loss::output(codes::write::SEVERITY_CHANGED, "Elastic's severities start at low"));
                    "low"
                }
                Some(severity) => severity.name(),
                None => "low",
            };
            set("severity", true, json!(word));
        }
        let pairs = |list: &[AttackRef]| -> Vec<(Option<String>, Option<String>)> {
            list.iter().map(|mapping| (mapping.tactic.clone(), mapping.technique.clone())).collect()
        };
        // A rule's own mappings stay as they are written unless a stack is named.
        if request.attack.is_some() || pairs(&self.before.attack) != pairs(&now.attack) {
            let release = request.attack.unwrap_or_default();
            set("threat", !now.attack.is_empty(), Json::Array(threat::threat(&now.attack, release, losses)));
        }
        let (was, is) = (&self.before.schedule, &now.schedule);
        if let Some(seconds) = is.interval.filter(|_| was.interval != is.interval) {
            set("interval", true, json!(duration::short_form(seconds)));
        }
        if let Some(seconds) = is.lookback.filter(|_| was.lookback != is.lookback && is.query_lookback.is_none()) {
            set("from", true, json!(format!("now-{}", duration::short_form(seconds))));
        }
        set("max_signals", self.before.alerting.max_alerts != now.alerting.max_alerts, json!(now.alerting.max_alerts));
    }
}

/// A document of Kibana with what the writer kept in `meta` beside it again.
fn restored(document: Node) -> Node {
    let Json::Object(mut rule) = document.to_json() else { return document };
    let mut kept = Map::new();
    if let Some(meta) = rule.get_mut("meta").and_then(Json::as_object_mut) {
        if let Some(Json::Object(inner)) = meta.shift_remove(KEPT_IN) {
            kept = inner;
        }
        if meta.is_empty() && !kept.is_empty() {
            rule.shift_remove("meta");
        }
    }
    rule.extend(kept);
    Node::from_json(&Json::Object(rule))
}
