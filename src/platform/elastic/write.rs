//! Writes detection-rules TOML and Kibana's NDJSON.

use super::canonical::KEPT_IN;
use super::kept::Kept;
use super::new_rule;
use crate::platform::{OutputFile, OutputFormat, Role, WriteRequest, Written, tests_file};
use crate::source::{write_ndjson, write_toml};
use serde_json::{Map, Value as Json, json};

/// Writes the first detection of the bundle; Elastic's rules stand alone.
pub(super) fn write(request: &WriteRequest<'_>) -> Written {
    let mut written = Written::default();
    let Some(detection) = request.bundle.detections.first() else { return written };
    let (rule, beside) = match Kept::of(detection) {
        Some(kept) => {
            let kept = kept.updated(detection, request, &mut written.losses);
            (kept.rule, kept.beside)
        }
        None => {
            let rule = new_rule::rule(detection, request, &mut written.losses);
            let mut beside = Map::new();
            if request.format != OutputFormat::Ndjson {
                let metadata = new_rule::metadata(detection, request.connectors, &mut written.losses);
                beside.insert("metadata".to_owned(), Json::Object(metadata));
            }
            (rule, beside)
        }
    };
    let (suffix, text) = match request.format {
        OutputFormat::Ndjson => (".ndjson", write_ndjson([&ndjson(rule, beside)])),
        _ => (".toml", write_toml(&toml(rule, beside))),
    };
    written.files.push(OutputFile { suffix: suffix.to_owned(), text, role: Role::Rule });
    if let Some(text) = tests_file::write(&detection.tests) {
        written.files.push(OutputFile { suffix: tests_file::SUFFIX.to_owned(), text, role: Role::Tests });
    }
    written
}

/// Kibana's document; what detection-rules has beside the rule is kept in `meta`, which Kibana leaves alone.
fn ndjson(mut rule: Map<String, Json>, beside: Map<String, Json>) -> Json {
    // Every rule of Kibana has these; detection-rules leaves them out.
    for (key, value) in [("enabled", json!(true)), ("interval", json!("5m")), ("from", json!("now-6m"))] {
        if !rule.contains_key(key) && beside.is_empty() {
            rule.insert(key.to_owned(), value);
        }
    }
    if !beside.is_empty() {
        let meta = rule.entry("meta".to_owned()).or_insert_with(|| json!({}));
        if let Some(meta) = meta.as_object_mut() {
            meta.insert(KEPT_IN.to_owned(), Json::Object(beside));
        }
    }
    Json::Object(rule)
}

/// The document of detection-rules: `metadata`, `transform`, `rule`, new terms as it spells them.
fn toml(rule: Map<String, Json>, mut beside: Map<String, Json>) -> Map<String, Json> {
    let mut table = Map::new();
    let start = rule.get("history_window_start").cloned();
    for (key, value) in rule {
        match key.as_str() {
            "new_terms_fields" => {
                let mut terms = json!({ "field": "new_terms_fields", "value": value });
                if let (Some(map), Some(start)) = (terms.as_object_mut(), start.clone()) {
                    let window = json!([{ "field": "history_window_start", "value": start }]);
                    map.insert("history_window_start".to_owned(), window);
                }
                table.insert("new_terms".to_owned(), terms);
            }
            "history_window_start" => {}
            _ => {
                table.insert(key, value);
            }
        }
    }
    let mut root = Map::new();
    for key in ["metadata", "transform"] {
        if let Some(value) = beside.shift_remove(key) {
            root.insert(key.to_owned(), value);
        }
    }
    root.insert("rule".to_owned(), Json::Object(table));
    root
}
