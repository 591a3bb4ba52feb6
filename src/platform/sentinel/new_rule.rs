//! A rule of another platform in Sentinel's shape, within what Microsoft's validation demands.

use super::{describe, entities, limits, title};
use crate::attack::Matrix;
use crate::diagnostic::codes;
use crate::model::{Detection, Direction, GroupingMode, Loss, PlatformId, ScheduleKind, TriggerOp};
use crate::platform::{AttackRelease, Columns, WriteRequest, duration, ids};
use serde_json::{Map, Value as Json, json};

/// How often a rule runs, and looks back, where the source judges events as they arrive or says nothing: an hour.
const DEFAULT_INTERVAL: u64 = 3600;

/// The rule in canonical shape, with a loss for every change.
pub(super) fn rule(
    detection: &Detection,
    request: &WriteRequest<'_>,
    hunting: bool,
    losses: &mut Vec<Loss>,
) -> Map<String, Json> {
    let meta = &detection.meta;
    let mut rule = Map::new();
    let mut put = |key: &str, value: Json| {
        rule.insert(key.to_owned(), value);
    };
    put("id", Json::String(ids::rule_id(meta, request.source, PlatformId::Sentinel, request.query)));
    put("name", Json::String(name(detection, losses)));
    put("description", Json::String(format!("{}\n", describe::description(meta, request.source, losses).trim_end())));
    if !hunting {
        put("severity", json!(limits::severity(meta.severity, losses)));
    }
    put("requiredDataConnectors", Json::Array(connectors(request, losses)));
    if !hunting {
        for (key, value) in schedule(detection, request.source, losses) {
            put(key, value);
        }
    }
    let (tactics, techniques) = attack(detection, losses);
    put("tactics", json!(tactics));
    put("relevantTechniques", json!(techniques));
    if !meta.tags.is_empty() {
        put("tags", json!(meta.tags));
    }
    put("query", Json::String(format!("{}\n", request.query.trim_end())));
    if request.query.chars().count() > limits::QUERY {
        let message = format!("the query has more than the {} characters that Sentinel takes", limits::QUERY);
        losses.push(Loss::alerting(codes::write::QUERY_TOO_LONG, Direction::Narrower, message));
    }
    let mappings = entities::mappings(detection, request.source, request.columns, losses);
    if !mappings.is_empty() {
        put("entityMappings", Json::Array(mappings));
    }
    if !hunting {
        for (key, value) in shown(detection, request.columns, losses) {
            put(key, value);
        }
        for (key, value) in grouping(detection, request.source, losses) {
            put(key, value);
        }
    }
    put("version", json!(version(meta.version.as_deref())));
    if !hunting {
        put("kind", json!(if detection.schedule.kind == ScheduleKind::NearRealTime { "NRT" } else { "Scheduled" }));
    }
    if meta.enabled == Some(false) {
        put("enabled", json!(false));
    }
    if !meta.authors.is_empty() {
        put("metadata", json!({ "author": { "name": meta.authors.join(", ") } }));
    }
    rule
}

fn name(detection: &Detection, losses: &mut Vec<Loss>) -> String {
    let meta = &detection.meta;
    let Some(title) = meta.title.as_deref().or(meta.id.as_deref()) else {
        losses.push(Loss::output(codes::write::DEFAULT_USED, "the rule has no title: \"Untitled rule\""));
        return "Untitled rule".to_owned();
    };
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    match limits::shortened(&title, limits::NAME) {
        Some(short) => {
            losses.push(Loss::output(
                codes::write::NAME_SHORTENED,
                format!("the title has more than {} characters", limits::NAME),
            ));
            short
        }
        None => title,
    }
}

/// `1.0.0` in any case: a version of fewer parts is filled up, one that is no version is the first.
fn version(written: Option<&str>) -> String {
    let numbers: Vec<&str> = written.unwrap_or("").split('.').collect();
    let numeric = numbers.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    match numbers.as_slice() {
        [major] if numeric => format!("{major}.0.0"),
        [major, minor] if numeric => format!("{major}.{minor}.0"),
        [major, minor, patch] if numeric => format!("{major}.{minor}.{patch}"),
        _ => "1.0.0".to_owned(),
    }
}

/// Connectors of tables that no schema covers (Microsoft's connector reference).
const CONNECTORS: &[(&str, &str)] = &[
    ("AuditLogs", "AzureActiveDirectory"),
    ("SigninLogs", "AzureActiveDirectory"),
    ("AADNonInteractiveUserSignInLogs", "AzureActiveDirectory"),
    ("AADServicePrincipalSignInLogs", "AzureActiveDirectory"),
    ("AADManagedIdentitySignInLogs", "AzureActiveDirectory"),
    ("AADRiskyUsers", "AzureActiveDirectory"),
    ("AzureActivity", "AzureActivity"),
    ("AWSCloudTrail", "AWS"),
    ("AWSGuardDuty", "AWS"),
    ("AWSVPCFlow", "AWS"),
    ("OfficeActivity", "Office365"),
    ("SecurityEvent", "SecurityEvents"),
    ("WindowsEvent", "WindowsForwardedEvents"),
    ("CommonSecurityLog", "CEF"),
    ("Syslog", "Syslog"),
    ("DnsEvents", "DNS"),
    ("GCPAuditLogs", "GCPAuditLogsDefinition"),
    ("OktaV2_CL", "OktaSSOv2"),
    ("Okta_CL", "OktaSSO"),
    ("GitHubAuditLogPolling_CL", "GitHubEcAuditLogPolling"),
    ("W3CIISLog", "IIS"),
    ("CloudAppEvents", "MicrosoftThreatProtection"),
    ("EmailEvents", "MicrosoftThreatProtection"),
    ("IdentityLogonEvents", "MicrosoftThreatProtection"),
];

fn connectors(request: &WriteRequest<'_>, losses: &mut Vec<Loss>) -> Vec<Json> {
    let mut list: Vec<(String, Vec<String>)> = Vec::new();
    let mut unknown = Vec::new();
    for table in request.sources {
        let built_in = CONNECTORS.iter().find(|(name, _)| name == table).map(|(_, connector)| (*connector).to_owned());
        let device = table.starts_with("Device").then(|| "MicrosoftThreatProtection".to_owned());
        match built_in.or(device).or_else(|| request.connectors.first().cloned()) {
            Some(connector) => match list.iter_mut().find(|(name, _)| *name == connector) {
                Some((_, tables)) => tables.push(table.clone()),
                None => list.push((connector, vec![table.clone()])),
            },
            None => unknown.push(table.as_str()),
        }
    }
    if !unknown.is_empty() || list.is_empty() {
        let message = match unknown.as_slice() {
            [] => "the rule names no table: no data connector is required".to_owned(),
            names => format!("no data connector is known for {}", names.join(", ")),
        };
        losses.push(Loss::alerting(codes::write::CONNECTOR_UNKNOWN, Direction::Either, message));
    }
    list.into_iter().map(|(id, tables)| json!({ "connectorId": id, "dataTypes": tables })).collect()
}

/// Frequency, period and trigger.
fn schedule(detection: &Detection, source: Option<PlatformId>, losses: &mut Vec<Loss>) -> Vec<(&'static str, Json)> {
    let stated = &detection.schedule;
    if stated.kind == ScheduleKind::NearRealTime {
        return Vec::new();
    }
    let window = detection
        .alerting
        .dedup
        .as_ref()
        .filter(|dedup| dedup.threshold.unwrap_or(1) > 1)
        .and_then(|dedup| dedup.window);
    let mut default_named = |message: &str| {
        losses.push(Loss::alerting(codes::write::DEFAULT_USED, Direction::Either, message));
    };
    let (interval, lookback) = match (stated.kind, stated.interval, stated.lookback) {
        (ScheduleKind::Streaming, _, lookback) => {
            let message =
                "the source judges every event as it arrives; Sentinel runs the rule every hour over the last hour";
            losses.push(Loss::alerting(codes::write::STREAMING, Direction::Either, message));
            (DEFAULT_INTERVAL, lookback.or(window).unwrap_or(DEFAULT_INTERVAL).max(DEFAULT_INTERVAL))
        }
        (_, Some(interval), Some(lookback)) => (interval, lookback),
        (_, Some(interval), None) => {
            default_named("the rule states no look-back: as far as the time between two runs");
            (interval, interval)
        }
        (_, None, Some(lookback)) => {
            default_named("the rule states no interval: it runs as often as it looks back, an hour at least");
            (lookback.max(DEFAULT_INTERVAL), lookback)
        }
        (_, None, None) => {
            default_named("the rule states no schedule: every hour over the last hour");
            (DEFAULT_INTERVAL, DEFAULT_INTERVAL)
        }
    };
    let (frequency, period) = limits::schedule(interval, lookback, losses);
    if period > frequency && source == Some(PlatformId::Elastic) {
        let message = format!(
            "each run looks back {} every {}: Elastic removes alerts of the same event, Sentinel raises them again",
            duration::short_form(period),
            duration::short_form(frequency)
        );
        losses.push(Loss::alerting(codes::write::OVERLAP, Direction::Wider, message));
    }
    let (operator, threshold) = trigger(detection, losses);
    vec![
        ("queryFrequency", json!(duration::short_form(frequency))),
        ("queryPeriod", json!(duration::short_form(period))),
        ("triggerOperator", json!(operator)),
        ("triggerThreshold", json!(threshold)),
    ]
}

fn trigger(detection: &Detection, losses: &mut Vec<Loss>) -> (&'static str, u64) {
    if let Some(trigger) = detection.alerting.trigger {
        let operator = match trigger.op {
            TriggerOp::Greater => "gt",
            TriggerOp::Less => "lt",
            TriggerOp::Equal => "eq",
            TriggerOp::NotEqual => "ne",
        };
        return (operator, trigger.count.min(10_000));
    }
    let dedup = detection.alerting.dedup.as_ref();
    match dedup.and_then(|dedup| dedup.threshold).filter(|count| *count > 1) {
        Some(count) => {
            if dedup.is_some_and(|dedup| !dedup.by.is_empty()) {
                let message = format!(
                    "the rule alerts at {count} events of one group; Sentinel counts all events of a run together"
                );
                losses.push(Loss::alerting(codes::write::GROUPING_CHANGED, Direction::Wider, message));
            }
            ("gt", (count - 1).min(10_000))
        }
        None => ("gt", 0),
    }
}

/// What an alert shows: its title and custom details.
fn shown(detection: &Detection, columns: &Columns, losses: &mut Vec<Loss>) -> Vec<(&'static str, Json)> {
    let mut out = Vec::new();
    let names = match columns {
        Columns::Known(names) => names.as_slice(),
        Columns::Unknown => &[],
    };
    let mut details = Map::new();
    let mut lost = Vec::new();
    for output in &detection.outputs {
        let column = output
            .value
            .as_field()
            .and_then(|field| field.path.as_column())
            .filter(|name| names.iter().any(|own| own == name));
        let key: String = output.name.chars().filter(char::is_ascii_alphanumeric).collect();
        match column {
            Some(column) if !key.is_empty() && details.len() < limits::DETAILS => {
                details.insert(key, json!(column));
            }
            _ => lost.push(output.name.as_str()),
        }
    }
    if !details.is_empty() {
        out.push(("customDetails", Json::Object(details)));
    }
    if !lost.is_empty() {
        let message = format!("the alert does not show {}", lost.join(", "));
        losses.push(Loss::output(codes::write::OUTPUT_DROPPED, message));
    }
    if let Some(title) = &detection.alerting.title {
        match title::print(title, names) {
            Some(format) => out.push(("alertDetailsOverride", json!({ "alertDisplayNameFormat": format }))),
            None => {
                losses.push(Loss::output(codes::write::OUTPUT_DROPPED, "the computed title of alerts is not written"))
            }
        }
    }
    if !detection.alerting.severity.is_empty() {
        losses
            .push(Loss::output(codes::write::OUTPUT_DROPPED, "the severity that depends on the event is not written"));
    }
    out
}

/// How rows become alerts and alerts incidents.
fn grouping(detection: &Detection, source: Option<PlatformId>, losses: &mut Vec<Loss>) -> Vec<(&'static str, Json)> {
    let alerting = &detection.alerting;
    let mut out = Vec::new();
    let per_event = source == Some(PlatformId::Elastic) && alerting.trigger.is_none();
    let kind = match alerting.grouping {
        Some(GroupingMode::SingleAlert) => Some("SingleAlert"),
        Some(GroupingMode::AlertPerResult) => Some("AlertPerResult"),
        None if per_event => Some("AlertPerResult"),
        None => None,
    };
    if let Some(kind) = kind {
        out.push(("eventGroupingSettings", json!({ "aggregationKind": kind })));
    }
    let window = alerting.dedup.as_ref().and_then(|dedup| dedup.window);
    let suppressed = alerting.suppression.as_ref().and_then(|suppression| suppression.duration);
    let create = alerting.create_alert.unwrap_or(true);
    if window.is_some() || alerting.suppression.is_some() {
        let seconds = suppressed.or(window).unwrap_or(3600).clamp(300, 7 * 86_400);
        let message = format!(
            "repeated alerts of a group become one for {}; Sentinel keeps the alerts and puts them into one incident",
            duration::short_form(seconds)
        );
        losses.push(Loss::alerting(codes::write::GROUPING_CHANGED, Direction::Wider, message));
        out.push((
            "incidentConfiguration",
            json!({
                "createIncident": create,
                "groupingConfiguration": {
                    "enabled": true,
                    "reopenClosedIncident": false,
                    "lookbackDuration": duration::iso_form(seconds),
                    "matchingMethod": "AllEntities",
                    "groupByEntities": [],
                    "groupByAlertDetails": [],
                    "groupByCustomDetails": [],
                },
            }),
        ));
    } else if !create {
        out.push(("incidentConfiguration", json!({ "createIncident": false })));
    }
    if !create {
        let message =
            "matches of the source raise no alert of their own; Sentinel raises the alert and makes no incident";
        losses.push(Loss::alerting(codes::write::GROUPING_CHANGED, Direction::Wider, message));
    }
    if let Some(most) = alerting.max_alerts.filter(|_| source != Some(PlatformId::Sentinel)) {
        let message = format!("at most {most} alerts a run; Sentinel has its own limit of 150");
        losses.push(Loss::alerting(codes::write::FIELD_DROPPED, Direction::Either, message));
    }
    out
}

/// The tactics that Sentinel's validation lists.
const TACTICS: &[&str] = &[
    "Reconnaissance",
    "ResourceDevelopment",
    "InitialAccess",
    "Execution",
    "Persistence",
    "PrivilegeEscalation",
    "DefenseEvasion",
    "CredentialAccess",
    "Discovery",
    "LateralMovement",
    "Collection",
    "Exfiltration",
    "CommandAndControl",
    "Impact",
    "PreAttack",
    "ImpairProcessControl",
    "InhibitResponseFunction",
];

/// Tactics and techniques in the release that Sentinel takes, 18.1.
fn attack(detection: &Detection, losses: &mut Vec<Loss>) -> (Vec<String>, Vec<String>) {
    let (old, new) = (Matrix::built_in("18.1"), Matrix::built_in("19.0"));
    let (mut tactics, mut techniques) = (Vec::new(), Vec::new());
    let push = |list: &mut Vec<String>, item: String| {
        if !list.contains(&item) {
            list.push(item);
        }
    };
    let (mut changed, mut dropped) = (Vec::new(), Vec::new());
    let mut of_techniques = Vec::new();
    for mapping in &detection.attack {
        if let Some(written) = mapping.tactic.as_deref() {
            match tactic(written, old, new) {
                Some(name) => push(&mut tactics, name),
                None => dropped.push(written.to_owned()),
            }
        }
        let Some(written) = mapping.technique.as_deref() else { continue };
        let id = written.trim().to_ascii_uppercase();
        let Some(matrix) = old else {
            push(&mut techniques, id);
            continue;
        };
        match AttackRelease::V18.technique(&id) {
            Some(found) => {
                if found != id {
                    changed.push(format!("{id} is {found}"));
                }
                let own = matrix.technique(&found).map(|technique| technique.tactics.clone()).unwrap_or_default();
                of_techniques.extend(own);
                push(&mut techniques, found);
            }
            None => dropped.push(written.to_owned()),
        }
    }
    if tactics.is_empty() {
        for short in of_techniques {
            if let Some(name) = tactic(&short, old, new) {
                push(&mut tactics, name);
            }
        }
    }
    if !changed.is_empty() {
        let message = format!("Sentinel takes ATT&CK 18, where {}", changed.join(", "));
        losses.push(Loss::output(codes::write::ATTACK_CHANGED, message));
    }
    if !dropped.is_empty() {
        let message = format!("ATT&CK 18 does not know {}", dropped.join(", "));
        losses.push(Loss::output(codes::write::ATTACK_DROPPED, message));
    }
    (tactics, techniques)
}

/// Sentinel's word for a tactic. The two halves of Defense Evasion are Defense Evasion again.
fn tactic(written: &str, old: Option<&Matrix>, new: Option<&Matrix>) -> Option<String> {
    let squash = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let listed =
        |name: &str| TACTICS.iter().find(|known| squash(known) == squash(name)).map(|known| (*known).to_owned());
    let old_name = old.and_then(|matrix| matrix.tactic(written)).map(|tactic| tactic.name.clone());
    let new_name = || new.and_then(|matrix| matrix.tactic(written)).map(|tactic| tactic.shortname.clone());
    if let Some(name) = old_name.and_then(|name| listed(&name)).or_else(|| listed(written)) {
        return Some(name);
    }
    matches!(new_name().as_deref(), Some("stealth" | "defense-impairment")).then(|| "DefenseEvasion".to_owned())
}
