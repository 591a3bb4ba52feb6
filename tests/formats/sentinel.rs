//! Sentinel's formats.

use super::support::{files, metadata, read_file, read_text, shared, write, write_back};
use ruleglot::diagnostic::Severity as Level;
use ruleglot::model::{GroupingMode, PlatformId, ScheduleKind, Severity, TriggerOp};
use ruleglot::platform::{Columns, OutputFormat};
use ruleglot::source::{SourceFile, parse_json, parse_yaml};
use std::path::Path;

const ANALYTICS: &str = r#"id: 7c0f2a52-3f57-4f0e-8a57-0d3f5c1b7a11
name: Door badge used at night
version: 1.2.0
kind: Scheduled
description: |
  Somebody opened a door at night.

  Ask them why.
severity: High
requiredDataConnectors:
  - connectorId: Doors
    dataTypes:
      - DoorEvents_CL
status: Available
queryFrequency: PT1H
queryPeriod: P1D
triggerOperator: gt
triggerThreshold: 3
tactics:
  - InitialAccess
relevantTechniques:
  - T1078.004
query: |
  DoorEvents_CL
  | where Hour < 5
    and Badge == "x"
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: FullName
        columnName: Badge
customDetails:
  Door: DoorName
alertDetailsOverride:
  alertDisplayNameFormat: Night badge {{Badge}} at {{DoorName}}
  alertSeverityColumnName: Level
incidentConfiguration:
  createIncident: true
  groupingConfiguration:
    enabled: true
    lookbackDuration: PT5H
eventGroupingSettings:
  aggregationKind: AlertPerResult
suppressionEnabled: true
suppressionDuration: PT2H
tags:
  - Building
sentinelEntitiesMappings:
  - columnName: X
metadata:
  source:
    kind: Community
  author:
    name: A Person
enabled: true
"#;

#[test]
fn every_field_of_an_analytics_rule_is_read() {
    let (rules, diagnostics) = read_text("rule.yaml", ANALYTICS);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let rule = rules[0].detection().unwrap();
    assert_eq!(rule.meta.title.as_deref(), Some("Door badge used at night"));
    assert_eq!(rule.meta.version.as_deref(), Some("1.2.0"));
    assert_eq!(rule.meta.severity, Some(Severity::High));
    assert_eq!(rule.meta.authors, ["A Person"]);
    assert_eq!(rule.meta.status.as_deref(), Some("Available"));
    assert_eq!(rule.schedule.kind, ScheduleKind::Scheduled);
    assert_eq!((rule.schedule.interval, rule.schedule.lookback), (Some(3600), Some(86_400)));
    assert_eq!(rule.alerting.trigger.map(|trigger| (trigger.op, trigger.count)), Some((TriggerOp::Greater, 3)));
    assert_eq!(rule.alerting.grouping, Some(GroupingMode::AlertPerResult));
    assert_eq!(rule.alerting.suppression.as_ref().unwrap().duration, Some(7200));
    assert!(rule.alerting.title.is_some() && rule.alerting.severity.len() == 1);
    assert_eq!(rule.attack.len(), 2);
    assert_eq!(rule.attack[1].span.unwrap().text(ANALYTICS), "T1078.004");
    assert_eq!(rule.entities[0].fields[0].column, "Badge");
    assert_eq!(rule.log_sources[0].connectors, ["Doors"]);
    assert_eq!(rule.outputs[0].name, "Door");
    let query = &rules[0].query.as_ref().unwrap().text;
    let at = query.text.find("Badge").unwrap();
    let span = query.map.to_file(ruleglot::diagnostic::Span::new(at, at + 12));
    assert_eq!(span.text(ANALYTICS), "Badge == \"x\"");
}

#[test]
fn an_analytics_rule_is_written_back_as_it_was() {
    let (rules, _) = read_text("rule.yaml", ANALYTICS);
    let written = write_back(&rules[0], PlatformId::Sentinel, OutputFormat::Yaml);
    assert!(written.losses.is_empty(), "{:?}", written.losses);
    assert_eq!(written.files[0].text, ANALYTICS);
}

#[test]
fn arm_and_yaml_say_the_same() {
    let (rules, _) = read_text("rule.yaml", ANALYTICS);
    let arm = write_back(&rules[0], PlatformId::Sentinel, OutputFormat::Arm).files.remove(0).text;
    let root = parse_json(&arm).unwrap().root;
    let properties = root.get("resources").unwrap().items()[0].get("properties").unwrap();
    assert_eq!(properties.get("triggerOperator").unwrap().as_str(), Some("GreaterThan"));
    assert_eq!(properties.get("queryPeriod").unwrap().as_str(), Some("P1D"));
    assert_eq!(properties.get("techniques").unwrap().texts(), ["T1078"]);
    assert_eq!(properties.get("subTechniques").unwrap().texts(), ["T1078.004"]);
    let (again, diagnostics) = read_text("rule.json", &arm);
    assert!(diagnostics.is_empty());
    let (mut before, mut after) = (metadata(rules[0].detection().unwrap()), metadata(again[0].detection().unwrap()));
    for plain in [&mut before, &mut after] {
        // An ARM alert rule has no place for these; writing says so.
        plain.log_sources.clear();
        plain.meta.tags.clear();
        plain.meta.authors.clear();
        plain.meta.status = None;
        plain.meta.description = plain.meta.description.take().map(|text| text.trim_end().to_owned());
    }
    assert_eq!(before, after);
    let back = write_back(&again[0], PlatformId::Sentinel, OutputFormat::Arm).files.remove(0).text;
    assert_eq!(parse_json(&back).unwrap().root.to_json(), root.to_json());
    let yaml = write_back(&again[0], PlatformId::Sentinel, OutputFormat::Yaml).files.remove(0).text;
    let (third, _) = read_text("rule.yaml", &yaml);
    assert_eq!(metadata(third[0].detection().unwrap()).schedule, before.schedule);
    assert_eq!(third[0].query.as_ref().unwrap().text.text, rules[0].query.as_ref().unwrap().text.text);
}

#[test]
fn every_shape_of_arm_is_found() {
    let resource = r#"{"type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "kind": "NRT",
        "name": "[concat(parameters('w'),'/Microsoft.SecurityInsights/7c0f2a52-3f57-4f0e-8a57-0d3f5c1b7a11')]",
        "properties": {"displayName": "[variables('n')]", "query": "T | where A == \"x\"", "severity": "Low", "tactics": null}}"#;
    let template = format!(
        r#"{{"variables": {{"n": "Doors"}}, "resources": [{resource}, {{"type": "x", "resources": [{resource}]}}]}} // end"#
    );
    let (rules, diagnostics) = read_text("t.json", &template);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(rules.len(), 2);
    let rule = rules[0].detection().unwrap();
    assert_eq!(rule.meta.id.as_deref(), Some("7c0f2a52-3f57-4f0e-8a57-0d3f5c1b7a11"));
    assert_eq!(rule.meta.title.as_deref(), Some("Doors"));
    assert_eq!(rule.schedule.kind, ScheduleKind::NearRealTime);
    assert_eq!(read_text("t.json", &format!("[{resource}]")).0.len(), 1);
    assert_eq!(read_text("t.json", &format!(r#"{{"value": [{resource}]}}"#)).0.len(), 1);
    let fusion =
        r#"{"type": "Microsoft.SecurityInsights/alertRules", "kind": "Fusion", "properties": {"enabled": true}}"#;
    let (rules, _) = read_text("t.json", fusion);
    assert!(rules[0].detection().unwrap().unread[0].reason.contains("Fusion"));
    assert!(!rules[0].failed());
}

#[test]
fn a_custom_detection_gets_the_new_schedule() {
    let text = "displayName: Odd process\nisEnabled: true\nqueryCondition:\n  queryText: |\n    DeviceProcessEvents\n    | where FileName == \"odd.exe\"\nschedule:\n  period: 12H\ndetectionAction:\n  alertTemplate:\n    title: Odd process\n    severity: medium\n    category: Execution\n    mitreTechniques:\n      - T1059.001\n    impactedAssets:\n      - \"@odata.type\": \"#microsoft.graph.security.impactedUserAsset\"\n        identifier: accountUpn\n  responseActions: []\n";
    let (rules, diagnostics) = read_text("d.yaml", text);
    assert!(diagnostics.is_empty());
    let rule = rules[0].detection().unwrap();
    assert_eq!(rule.schedule.interval, Some(43_200));
    assert_eq!(rule.meta.severity, Some(Severity::Medium));
    assert_eq!(rule.entities[0].fields[0].column, "AccountUpn");
    let written = write_back(&rules[0], PlatformId::Sentinel, OutputFormat::Defender).files.remove(0).text;
    assert_eq!(written, text.replace("period: 12H", "frequency: PT12H"));
    let (again, _) = read_text("d.yaml", &written);
    assert_eq!(metadata(again[0].detection().unwrap()), metadata(rule));
    let near = text.replace("period: 12H", "frequency: PT0S");
    assert_eq!(read_text("d.yaml", &near).0[0].detection().unwrap().schedule.kind, ScheduleKind::NearRealTime);
}

#[test]
fn a_changed_model_wins_over_the_old_document() {
    let (mut rules, _) = read_text("rule.yaml", ANALYTICS);
    rules[0].bundle.detections[0].meta.title = Some("Another".to_owned());
    rules[0].bundle.detections[0].schedule.interval = Some(7200);
    let text = write_back(&rules[0], PlatformId::Sentinel, OutputFormat::Yaml).files.remove(0).text;
    let expected =
        ANALYTICS.replace("Door badge used at night", "Another").replace("queryFrequency: PT1H", "queryFrequency: 2h");
    assert_eq!(text, expected);
}

#[test]
fn every_public_rule_is_read_and_written_back() {
    let Some(folder) = shared("corpus/sentinel-rules") else { return };
    let files = files(&folder, "yaml").into_iter().chain(files(&folder, "yml"));
    let mut count = 0;
    for path in files {
        let file = SourceFile::open(&path).unwrap();
        let (rules, diagnostics) = read_file(&file);
        let name = path.display();
        assert!(diagnostics.iter().all(|found| found.severity < Level::Error), "{name}: {diagnostics:?}");
        assert_eq!(rules.len(), 1, "{name}");
        let rule = rules[0].detection().unwrap();
        assert!(rules[0].query.is_some(), "{name}");
        let written = write_back(&rules[0], PlatformId::Sentinel, OutputFormat::Yaml);
        assert!(written.losses.is_empty(), "{name}: {:?}", written.losses);
        let again =
            SourceFile::from_bytes(Path::new("again.yaml"), written.files[0].text.clone().into_bytes()).unwrap();
        let (second, _) = read_file(&again);
        assert_eq!(metadata(second[0].detection().unwrap()), metadata(rule), "{name}");
        assert_eq!(
            parse_yaml(&again.text).unwrap().root.to_json(),
            parse_yaml(&file.text).unwrap().root.to_json(),
            "{name}"
        );
        // Every word of the query is found at its own place in the file.
        let query = &rules[0].query.as_ref().unwrap().text;
        let mut at = 0;
        for word in query.text.split_whitespace() {
            let start = at + query.text[at..].find(word).unwrap();
            at = start + word.len();
            let span = query.map.to_file(ruleglot::diagnostic::Span::new(start, at));
            assert_eq!(span.text(&file.text), word, "{name}");
        }
        let arm = write_back(&rules[0], PlatformId::Sentinel, OutputFormat::Arm).files.remove(0).text;
        let (third, found) = read_text("again.json", &arm);
        assert!(found.is_empty() && third.len() == 1, "{name}: {found:?}");
        let (before, after) = (rule, third[0].detection().unwrap());
        count += 1;
        if before.schedule.kind == ScheduleKind::Manual {
            // A hunting query gets a schedule and a severity as an alert rule: named defaults.
            assert_eq!(before.meta.title, after.meta.title);
            continue;
        }
        assert_eq!(
            (before.meta.id.is_some(), &before.meta.title, before.meta.severity),
            (before.meta.id.is_some() && after.meta.id.is_some(), &after.meta.title, after.meta.severity),
            "{name}"
        );
        assert_eq!(
            (before.schedule.interval, &before.alerting.trigger),
            (after.schedule.interval, &after.alerting.trigger),
            "{name}"
        );
    }
    assert_eq!(count, 377);
}

#[test]
fn a_foreign_rule_gets_what_microsoft_demands() {
    let (rules, _) = read_text("rule.yaml", ANALYTICS);
    let mut bundle = rules[0].bundle.clone();
    let rule = &mut bundle.detections[0];
    rule.extras.clear();
    rule.log_sources.clear();
    rule.meta.severity = Some(Severity::Critical);
    rule.meta.title = Some("word ".repeat(80));
    rule.meta.references = vec!["https://example.org/a".to_owned()];
    rule.meta.notes = Some("note ".repeat(2000));
    rule.schedule.interval = Some(300);
    rule.schedule.lookback = Some(20 * 86_400);
    rule.attack[0].tactic = Some("stealth".to_owned());
    rule.entities[0].fields[0].column = "Gone".to_owned();
    let columns = Columns::Known(vec!["Badge".to_owned(), "DoorName".to_owned()]);
    let written =
        write(&bundle, Some(PlatformId::Elastic), PlatformId::Sentinel, OutputFormat::Yaml, "T\n| where A", &columns);
    let root = parse_yaml(&written.files[0].text).unwrap().root;
    let text = |key: &str| root.get(key).unwrap().scalar_text().unwrap();
    assert_eq!(text("id").len(), 36);
    assert_ne!(text("id"), "7c0f2a52-3f57-4f0e-8a57-0d3f5c1b7a11");
    assert!(text("name").chars().count() <= 256);
    assert!(text("description").chars().count() <= 5000 && text("description").contains("https://example.org/a"));
    assert_eq!(
        (text("severity"), text("queryFrequency"), text("queryPeriod")),
        ("High".to_owned(), "1h".to_owned(), "14d".to_owned())
    );
    assert_eq!(root.get("tactics").unwrap().texts(), ["DefenseEvasion"]);
    assert_eq!(root.get("relevantTechniques").unwrap().texts(), ["T1078.004"]);
    assert!(root.get("entityMappings").is_none());
    let mut codes: Vec<_> = written.losses.iter().map(|loss| loss.code.name()).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in [
        "name-shortened",
        "severity-changed",
        "schedule-changed",
        "overlapping-runs",
        "entity-dropped",
        "moved-to-text",
        "text-shortened",
        "connector-unknown",
    ] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
    assert!(!codes.contains(&"attack-changed"));
}
