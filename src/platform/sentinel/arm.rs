//! ARM JSON: alert rules in templates, single resources, exports and REST answers; saved searches of hunting queries.

use super::canonical::{Members, list, text};
use crate::platform::duration;
use crate::source::{Node, Value};
use serde_json::{Map, Value as Json, json};

/// The API version that is written: the first that knows `subTechniques`.
const API_VERSION: &str = "2023-12-01-preview";

/// A resource with what its template defines for expressions.
pub(super) struct Resource {
    /// The resource.
    pub node: Node,
    /// `variables` of the template around it.
    variables: Node,
    /// `parameters` of the template around it.
    parameters: Node,
}

/// Every alert rule, alert-rule template and hunting query in a tree, however deep it stands.
pub(super) fn resources(root: &Node) -> Vec<Resource> {
    let mut found = Vec::new();
    let nothing = Node::new(Value::Null, root.span);
    walk(root, &nothing, &nothing, &mut found);
    found
}

fn walk(node: &Node, variables: &Node, parameters: &Node, found: &mut Vec<Resource>) {
    let (variables, parameters) = match node.get("resources") {
        Some(_) => (node.get("variables").unwrap_or(variables), node.get("parameters").unwrap_or(parameters)),
        None => (variables, parameters),
    };
    if is_rule(node) {
        found.push(Resource { node: node.clone(), variables: variables.clone(), parameters: parameters.clone() });
        return;
    }
    for item in node.items() {
        walk(item, variables, parameters, found);
    }
    for entry in node.entries() {
        walk(&entry.value, variables, parameters, found);
    }
}

fn is_rule(node: &Node) -> bool {
    let Some(properties) = node.get("properties").filter(|properties| properties.is_map()) else { return false };
    let kind = node.get("type").and_then(Node::as_str).unwrap_or("").to_ascii_lowercase();
    if kind.ends_with("savedsearches") {
        let category = properties.get("category").and_then(Node::as_str).unwrap_or("");
        return category.eq_ignore_ascii_case("Hunting Queries") && properties.get("query").is_some();
    }
    kind.ends_with("alertrules")
        || kind.ends_with("alertruletemplates")
        || (kind.is_empty() && node.get("kind").is_some() && properties.get("displayName").is_some())
}

/// The names of the properties that differ between ARM and YAML.
const RENAMED: &[(&str, &str)] = &[("displayName", "name"), ("templateVersion", "version")];

/// The resource in canonical shape.
pub(super) fn canonical(resource: &Resource) -> Node {
    let node = &resource.node;
    let nothing = Node::new(Value::Map(Vec::new()), node.span);
    let properties = node.get("properties").unwrap_or(&nothing);
    let value = |key: &str| properties.get(key).filter(|value| !value.is_null()).map(|value| resource.resolved(value));
    let mut members = Members::new();
    members.put("id", node.get("name").or_else(|| node.get("id")).and_then(guid));
    members.put("name", value("displayName"));
    members.put("version", value("templateVersion"));
    members.put("kind", node.get("kind").cloned());
    if let Some(tags) = properties.get("tags").filter(|_| properties.get("category").is_some()) {
        hunting_tags(tags, &mut members);
        members.put("query", value("query"));
        members.rest(properties, &["displayName", "tags", "query", "category"]);
        return members.node(node.span);
    }
    for key in ["description", "severity", "enabled", "queryFrequency", "queryPeriod"] {
        members.put(key, value(key));
    }
    members.put("triggerOperator", value("triggerOperator"));
    members.put("triggerThreshold", value("triggerThreshold"));
    members.put("tactics", value("tactics"));
    members.put("relevantTechniques", techniques(properties));
    members.put("query", value("query"));
    let mut known: Vec<&str> = RENAMED.iter().map(|(arm, _)| *arm).collect();
    known.extend(["techniques", "subTechniques"]);
    members.rest(properties, &known);
    members.node(node.span)
}

impl Resource {
    /// A text that is a template expression, as far as `variables` and default values of `parameters` tell; `[[` is an
    /// escaped bracket. Anything else stays as it is.
    fn resolved(&self, node: &Node) -> Node {
        let Some(written) = node.as_str() else { return node.clone() };
        if let Some(rest) = written.strip_prefix("[[") {
            return text(format!("[{rest}"), node.span);
        }
        let inner = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let call = |name: &str| inner?.trim().strip_prefix(name)?.trim().strip_prefix("('")?.strip_suffix("')");
        let variable = call("variables").and_then(|name| self.variables.get(name));
        let parameter = call("parameters").and_then(|name| self.parameters.at(&[name, "defaultValue"]));
        match variable.or(parameter) {
            Some(value) if !value.as_str().is_some_and(|text| text.starts_with('[')) => value.clone(),
            _ => node.clone(),
        }
    }
}

/// Whether a text is a template expression that nobody but Azure can evaluate.
pub(super) fn is_expression(text: &str) -> bool {
    let call = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or("");
    ["variables(", "parameters(", "concat(", "format(", "uniqueString("].iter().any(|name| call.starts_with(name))
}

/// The GUID in a resource name such as `ws/Microsoft.SecurityInsights/<guid>`; the last part where there is none.
fn guid(name: &Node) -> Option<Node> {
    let written = name.as_str()?;
    let is_hex = |part: &&str| part.len() == 36 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let found = written.split(|next: char| !next.is_ascii_hexdigit() && next != '-').find(is_hex);
    let last = written.rsplit('/').next().filter(|last| !last.contains(['(', '\'']));
    Some(text(found.or(last)?, name.span))
}

/// `techniques` and `subTechniques` as one list: a parent stays only where none of its sub-techniques follows.
fn techniques(properties: &Node) -> Option<Node> {
    let parents = properties.get("techniques").filter(|value| !value.is_null());
    let subs = properties.get("subTechniques").filter(|value| !value.is_null());
    let span = parents.or(subs)?.span;
    let sub_items = subs.map(Node::items).unwrap_or_default();
    let refined = |parent: &Node| {
        let parent = parent.as_str().unwrap_or("");
        sub_items
            .iter()
            .any(|sub| sub.as_str().and_then(|sub| sub.strip_prefix(parent)).is_some_and(|rest| rest.starts_with('.')))
    };
    let parents = parents.map(Node::items).unwrap_or_default();
    let mut items: Vec<Node> = parents.iter().filter(|parent| !refined(parent)).cloned().collect();
    items.extend(sub_items.iter().cloned());
    Some(list(items, span))
}

/// The tags of a saved search: description, tactics and techniques stand there as name and value.
fn hunting_tags(tags: &Node, members: &mut Members) {
    let mut others = Vec::new();
    for tag in tags.items() {
        let (name, value) = (tag.get("name").and_then(Node::as_str), tag.get("value"));
        let split = |value: &Node| {
            let parts = value.as_str().unwrap_or("").split(',').map(str::trim).filter(|part| !part.is_empty());
            list(parts.map(|part| text(part, value.span)).collect(), value.span)
        };
        match (name, value) {
            (Some("description"), Some(value)) => members.put("description", Some(value.clone())),
            (Some("tactics"), Some(value)) => members.put("tactics", Some(split(value))),
            (Some("techniques"), Some(value)) => members.put("relevantTechniques", Some(split(value))),
            _ => others.push(tag.clone()),
        }
    }
    if !others.is_empty() {
        members.put("tags", Some(list(others, tags.span)));
    }
}

/// The long name of a comparison (`gt`).
fn operator(short: &str) -> &str {
    match short {
        "gt" => "GreaterThan",
        "lt" => "LessThan",
        "eq" => "Equal",
        "ne" => "NotEqual",
        other => other,
    }
}

/// Keys of the YAML that the alert-rule resource has no property for.
pub(super) const YAML_ONLY: &[&str] = &["requiredDataConnectors", "tags", "metadata", "status"];

/// A canonical rule as a resource.
pub(super) fn resource(rule: &Map<String, Json>) -> Json {
    let text = |key: &str| rule.get(key).and_then(Json::as_str).map(str::to_owned);
    let kind = text("kind").unwrap_or_else(|| "Scheduled".to_owned());
    let mut properties = Map::new();
    let mut put = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            properties.insert(key.to_owned(), value);
        }
    };
    put("displayName", rule.get("name").cloned());
    put("description", text("description").map(|text| Json::String(text.trim_end().to_owned())));
    put("severity", rule.get("severity").cloned());
    put("enabled", Some(rule.get("enabled").cloned().unwrap_or(Json::Bool(true))));
    put("query", text("query").map(|text| Json::String(escaped(text.trim_end()))));
    for key in ["queryFrequency", "queryPeriod"] {
        let iso = text(key).map(|text| duration::parse(&text).map_or(text.clone(), duration::iso_form));
        put(key, iso.map(Json::String));
    }
    put("triggerOperator", text("triggerOperator").map(|short| Json::String(operator(&short).to_owned())));
    put("triggerThreshold", rule.get("triggerThreshold").cloned());
    put("suppressionDuration", Some(rule.get("suppressionDuration").cloned().unwrap_or_else(|| json!("PT5H"))));
    put("suppressionEnabled", Some(rule.get("suppressionEnabled").cloned().unwrap_or(Json::Bool(false))));
    put("tactics", Some(rule.get("tactics").cloned().unwrap_or_else(|| json!([]))));
    let written: Vec<&str> = ["relevantTechniques", "techniques"]
        .iter()
        .filter_map(|key| rule.get(*key).and_then(Json::as_array))
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let mut parents: Vec<&str> = Vec::new();
    for id in &written {
        let parent = id.split('.').next().unwrap_or(id);
        if !parents.contains(&parent) {
            parents.push(parent);
        }
    }
    let subs: Vec<&&str> = written.iter().filter(|id| id.contains('.')).collect();
    put("techniques", Some(json!(parents)));
    put("subTechniques", Some(json!(subs)));
    put("templateVersion", rule.get("version").cloned());
    let done = [
        "id",
        "name",
        "kind",
        "description",
        "severity",
        "enabled",
        "query",
        "queryFrequency",
        "queryPeriod",
        "triggerOperator",
        "triggerThreshold",
        "suppressionDuration",
        "suppressionEnabled",
        "tactics",
        "relevantTechniques",
        "techniques",
        "version",
    ];
    for (key, value) in rule {
        if !done.contains(&key.as_str()) && !YAML_ONLY.contains(&key.as_str()) {
            properties.insert(key.clone(), value.clone());
        }
    }
    let id = text("id").unwrap_or_default();
    json!({
        "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
        "apiVersion": API_VERSION,
        "name": format!("[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{id}')]"),
        "kind": kind,
        "properties": properties,
    })
}

/// A text that would be taken for an expression, escaped.
fn escaped(text: &str) -> String {
    if text.starts_with('[') && text.ends_with(']') { format!("[{text}") } else { text.to_owned() }
}

/// A template around one resource.
pub(super) fn template(resource: Json) -> Json {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": { "workspace": { "type": "String" } },
        "resources": [resource],
    })
}
