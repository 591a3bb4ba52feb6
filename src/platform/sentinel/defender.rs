//! Defender XDR custom detections. `schedule.period` is what Microsoft Graph had; `frequency` and `lookback` replace it:
//! both are read, the new ones are written (docs of `microsoft.graph.security.ruleSchedule`).

use super::canonical::{Members, list, text};
use crate::platform::duration;
use crate::source::{Node, Value};
use serde_json::{Map, Value as Json, json};

/// The documents of a tree: one, a list, or a REST answer.
pub(super) fn documents(root: &Node) -> Vec<&Node> {
    match (&root.value, root.get("value")) {
        (Value::Seq(items), _) => items.iter().collect(),
        (_, Some(list)) if !list.items().is_empty() => list.items().iter().collect(),
        _ => vec![root],
    }
}

/// Columns of the impacted assets in entity terms: identifier, entity type, identifier of the entity.
const ASSETS: &[(&str, &str, &str)] = &[
    ("accountObjectId", "Account", "AadUserId"),
    ("accountSid", "Account", "Sid"),
    ("accountUpn", "Account", "FullName"),
    ("initiatingProcessAccountObjectId", "Account", "AadUserId"),
    ("initiatingProcessAccountSid", "Account", "Sid"),
    ("initiatingProcessAccountUpn", "Account", "FullName"),
    ("deviceId", "Host", "AzureID"),
    ("deviceName", "Host", "FullName"),
    ("remoteDeviceName", "Host", "FullName"),
    ("targetDeviceName", "Host", "FullName"),
    ("recipientEmailAddress", "Mailbox", "MailboxPrimaryAddress"),
    ("senderFromAddress", "Mailbox", "MailboxPrimaryAddress"),
];

/// The detection in canonical shape.
pub(super) fn canonical(node: &Node) -> Node {
    let template = node.at(&["detectionAction", "alertTemplate"]);
    let of_template = |key: &str| template.and_then(|template| template.get(key)).filter(|value| !value.is_null());
    let mut members = Members::new();
    members.put("id", node.get("id").or_else(|| node.get("guid")).cloned());
    members.put("name", node.get("displayName").or_else(|| of_template("title")).cloned());
    members.put("description", node.get("description").or_else(|| of_template("description")).cloned());
    members.put("severity", of_template("severity").cloned());
    members.put("enabled", node.get("isEnabled").cloned());
    let schedule = |key: &str| node.at(&["schedule", key]).filter(|value| !value.is_null());
    let frequency = schedule("frequency").or_else(|| schedule("period"));
    match frequency {
        Some(value) if is_continuous(value) => members.put("kind", Some(text("NRT", value.span))),
        Some(value) => {
            members.put("queryFrequency", Some(value.clone()));
            // Without a look-back of its own a run reads back to twice its frequency at most, four hours for an hourly
            // one; the service decides, so nothing is stated.
            members.put("queryPeriod", schedule("lookback").cloned());
        }
        None => {}
    }
    if let Some(category) = of_template("category") {
        members.put("tactics", Some(list(vec![category.clone()], category.span)));
    }
    members.put("relevantTechniques", of_template("mitreTechniques").cloned());
    members.put("query", node.at(&["queryCondition", "queryText"]).cloned());
    members.put("entityMappings", of_template("impactedAssets").map(entities));
    members.node(node.span)
}

/// Whether a frequency means "as events arrive": `0`, `PT0S`.
fn is_continuous(value: &Node) -> bool {
    let text = value.scalar_text().unwrap_or_default();
    text == "0" || duration::parse(&text) == Some(0)
}

fn entities(assets: &Node) -> Node {
    let mappings = assets.items().iter().filter_map(|asset| {
        let column = asset.get("identifier")?;
        let (_, kind, identifier) = ASSETS.iter().find(|(name, _, _)| Some(*name) == column.as_str())?;
        let mut field = Members::new();
        field.put("identifier", Some(text(*identifier, column.span)));
        field.put("columnName", Some(text(upper_first(column.as_str().unwrap_or("")), column.span)));
        let mut mapping = Members::new();
        mapping.put("entityType", Some(text(*kind, asset.span)));
        mapping.put("fieldMappings", Some(list(vec![field.node(asset.span)], asset.span)));
        Some(mapping.node(asset.span))
    });
    list(mappings.collect(), assets.span)
}

/// `accountUpn` names the column `AccountUpn`.
fn upper_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// A canonical rule as a custom detection, with the names of what it has no place for.
pub(super) fn document(rule: &Map<String, Json>) -> (Json, Vec<String>) {
    let text = |key: &str| rule.get(key).and_then(Json::as_str);
    let seconds = |key: &str| text(key).and_then(duration::parse);
    let near_real_time = text("kind") == Some("NRT");
    let frequency = if near_real_time { 0 } else { seconds("queryFrequency").unwrap_or(86_400) };
    let mut schedule = json!({ "frequency": duration::iso_form(frequency) });
    if let (Some(lookback), false, Some(map)) = (seconds("queryPeriod"), near_real_time, schedule.as_object_mut()) {
        map.insert("lookback".to_owned(), json!(duration::iso_form(lookback)));
    }
    let description = text("description").map(str::trim_end);
    let tactics: Vec<&Json> =
        rule.get("tactics").and_then(Json::as_array).map(|list| list.iter().collect()).unwrap_or_default();
    let mut template = Map::new();
    template.insert("title".to_owned(), json!(text("name")));
    template.insert("description".to_owned(), json!(description));
    template.insert("severity".to_owned(), json!(text("severity").map(str::to_ascii_lowercase)));
    template.insert("category".to_owned(), json!(tactics.first()));
    template.insert("recommendedActions".to_owned(), Json::Null);
    template.insert("mitreTechniques".to_owned(), rule.get("relevantTechniques").cloned().unwrap_or_else(|| json!([])));
    let (assets, lost) = assets(rule);
    template.insert("impactedAssets".to_owned(), Json::Array(assets));
    let mut missing = lost;
    if tactics.len() > 1 {
        missing.push("further tactics".to_owned());
    }
    let carried = [
        "id",
        "name",
        "description",
        "severity",
        "enabled",
        "kind",
        "queryFrequency",
        "queryPeriod",
        "query",
        "tactics",
        "relevantTechniques",
        "entityMappings",
        "triggerOperator",
        "triggerThreshold",
        "version",
        "requiredDataConnectors",
        "tags",
    ];
    missing.extend(rule.keys().filter(|key| !carried.contains(&key.as_str())).cloned());
    let threshold = (text("triggerOperator"), rule.get("triggerThreshold").and_then(Json::as_u64));
    if !matches!(threshold, (None | Some("gt"), None | Some(0))) {
        missing.push("triggerThreshold".to_owned());
    }
    let document = json!({
        "displayName": text("name"),
        "isEnabled": rule.get("enabled").cloned().unwrap_or(Json::Bool(true)),
        "queryCondition": { "queryText": text("query") },
        "schedule": schedule,
        "detectionAction": { "alertTemplate": template, "responseActions": [] },
    });
    (document, missing)
}

fn assets(rule: &Map<String, Json>) -> (Vec<Json>, Vec<String>) {
    let (mut assets, mut lost) = (Vec::new(), Vec::new());
    let mappings = rule.get("entityMappings").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    for mapping in mappings {
        let kind = mapping.get("entityType").and_then(Json::as_str).unwrap_or("");
        let fields = mapping.get("fieldMappings").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for field in fields {
            let column = field.get("columnName").and_then(Json::as_str).unwrap_or("");
            let known = ASSETS.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(column));
            let asset = match kind {
                "Account" => "#microsoft.graph.security.impactedUserAsset",
                "Host" => "#microsoft.graph.security.impactedDeviceAsset",
                "Mailbox" => "#microsoft.graph.security.impactedMailboxAsset",
                _ => "",
            };
            match known {
                Some((identifier, _, _)) if !asset.is_empty() => {
                    assets.push(json!({ "@odata.type": asset, "identifier": identifier }));
                }
                _ => lost.push(format!("entity {kind} in column {column}")),
            }
        }
    }
    (assets, lost)
}
