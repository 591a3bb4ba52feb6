//! What a rule's YAML says of its alerts: AlertTitle, AlertContext, GroupBy, DynamicSeverities.

use super::key::{self, Piece};
use super::lower::Lower;
use super::raise::{Raise, specifier};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::panther as codes;
use crate::model::{
    Alerting, ArrayMode, Dedup, DynamicSeverity, Expr, FieldPath, FieldRef, FieldTypes, OutputField, Severity, Value,
    function,
};
use crate::source::Node;
use serde_json::{Map, Value as Json, json};

fn field(path: FieldPath) -> Expr {
    Expr::Field(FieldRef::new(path, ArrayMode::Whole))
}

/// What the YAML of a rule says of its alerts, and the values it hands to them.
pub(super) fn read(rule: &Node, lower: &mut Lower<'_>) -> (Alerting, Vec<OutputField>) {
    let mut alerting = Alerting::default();
    if let Some(title) = rule.get("AlertTitle").and_then(Node::as_str) {
        alerting.title = Some(title_value(title));
    }
    let mut by = Vec::new();
    if let Some(group) = rule.get("GroupBy") {
        for item in group.items() {
            match key::of(item) {
                Ok(Some(path)) => by.push(field(path)),
                Ok(None) => lower
                    .diagnostics
                    .push(Diagnostic::error(codes::BAD_KEY, "GroupBy takes key specifiers").at(item.span)),
                Err(found) => lower.diagnostics.push(found),
            }
        }
    }
    if !by.is_empty() {
        alerting.dedup = Some(Dedup { by, ..Dedup::default() });
    }
    for item in rule.get("DynamicSeverities").map(Node::items).unwrap_or_default() {
        let change = item.get("ChangeTo");
        let severity = change.and_then(Node::as_str).and_then(Severity::parse);
        let conditions = item.get("Conditions");
        match (severity, conditions) {
            (Some(severity), Some(conditions)) => {
                let when = lower.all(conditions);
                alerting.severity.push(DynamicSeverity { when, severity: Ok(severity) });
            }
            _ => lower.diagnostics.push(
                Diagnostic::error(codes::BAD_VALUE, "a dynamic severity takes ChangeTo, a severity, and Conditions")
                    .at(change.map_or(item.span, |change| change.span)),
            ),
        }
    }
    let mut outputs = Vec::new();
    for item in rule.get("AlertContext").map(Node::items).unwrap_or_default() {
        let name = item.get("KeyName").and_then(Node::scalar_text);
        match (name, item.get("KeyValue").map(key::of)) {
            (Some(name), Some(Ok(Some(path)))) => outputs.push(OutputField { name, value: field(path) }),
            (_, Some(Err(found))) => lower.diagnostics.push(found),
            _ => lower.diagnostics.push(
                Diagnostic::error(codes::BAD_KEY, "an entry of AlertContext takes KeyName and KeyValue").at(item.span),
            ),
        }
    }
    (alerting, outputs)
}

/// A title with its fields: text joined, a missing field as the empty text.
fn title_value(text: &str) -> Expr {
    let mut parts: Vec<Expr> = key::title(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => Expr::text(text),
            Piece::Field(path) => field(path),
        })
        .collect();
    match parts.len() {
        1 if matches!(parts.first(), Some(Expr::Literal(_))) => parts.remove(0),
        _ => Expr::Call(function::CONCAT_OR_EMPTY, parts),
    }
}

/// An alert title of the YAML; `None` where the value is more than text with fields.
pub fn write_title(title: &Expr) -> Option<String> {
    let piece = |part: &Expr| match part {
        Expr::Literal(Value::String(text)) => Some(text.clone()),
        Expr::Field(found) if found.mode == ArrayMode::Whole => {
            let (_, path) = key::write(&found.path)?;
            Some(format!("{{{path}}}"))
        }
        // The YAML has no word for a missing field.
        Expr::Call(function::COALESCE, arguments) => match arguments.as_slice() {
            [Expr::Field(found), Expr::Literal(_)] if found.mode == ArrayMode::Whole => {
                let (_, path) = key::write(&found.path)?;
                Some(format!("{{{path}}}"))
            }
            _ => None,
        },
        _ => None,
    };
    match title {
        Expr::Call(function::CONCAT_OR_EMPTY | function::CONCAT, parts) => parts.iter().map(piece).collect(),
        other => piece(other),
    }
}

/// The keys of a rule's YAML for its alerts; `None` where something needs Python.
pub fn write(alerting: &Alerting, outputs: &[OutputField], types: &dyn FieldTypes) -> Option<Map<String, Json>> {
    let mut found = Map::new();
    if let Some(title) = &alerting.title {
        found.insert("AlertTitle".to_owned(), Json::String(write_title(title)?));
    }
    let key_of = |value: &Expr| match value {
        Expr::Field(field) if matches!(field.mode, ArrayMode::Whole | ArrayMode::Any | ArrayMode::Single) => {
            specifier(&field.path).filter(|key| !key.contains_key("Enrichment")).map(Json::Object)
        }
        _ => None,
    };
    if !outputs.is_empty() {
        let entries: Option<Vec<Json>> = outputs
            .iter()
            .map(|output| Some(json!({ "KeyName": output.name, "KeyValue": key_of(&output.value)? })))
            .collect();
        found.insert("AlertContext".to_owned(), Json::Array(entries?));
    }
    if let Some(dedup) = &alerting.dedup {
        if dedup.unique.is_some() {
            return None;
        }
        if !dedup.by.is_empty() {
            let keys: Option<Vec<Json>> = dedup.by.iter().map(key_of).collect();
            found.insert("GroupBy".to_owned(), Json::Array(keys?));
        }
    }
    if !alerting.severity.is_empty() {
        let mut entries = Vec::new();
        for dynamic in &alerting.severity {
            let Ok(severity) = &dynamic.severity else { return None };
            let conditions = Raise::new(types).detection(&dynamic.when).ok()?;
            entries.push(json!({ "ChangeTo": severity_word(*severity), "Conditions": conditions }));
        }
        found.insert("DynamicSeverities".to_owned(), Json::Array(entries));
    }
    Some(found)
}

/// Panther's word for a severity.
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "Info",
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}
