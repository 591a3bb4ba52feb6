//! Elastic's formats.

use super::support::{files, metadata, read_file, read_text, shared, write, write_back};
use ruleglot::diagnostic::{Severity as Level, Span};
use ruleglot::model::{Logic, PlatformId, Predicate, Severity, Shape, StepKind};
use ruleglot::platform::{Columns, OutputFormat, ReadRule};
use ruleglot::source::{SourceFile, parse_json, parse_toml};
use std::collections::BTreeMap;

const RULE: &str = r#"[metadata]
creation_date = "2026/01/02"
integration = ["doors"]
maturity = "production"
updated_date = "2026/02/03"

[rule]
author = ["A Person"]
description = """
A door opened at night.
Ask why.
"""
false_positives = ["The cleaners."]
from = "now-9m"
index = ["logs-doors.*"]
language = "kuery"
license = "Apache-2.0"
max_signals = 33
name = "Door at night"
references = ["https://example.org/doors"]
risk_score = 47
rule_id = "0d6ff4f1-3c1c-4a0e-8df0-1b9c7f0a2e11"
rule_name_override = "door.name"
severity = "medium"
tags = ["Doors"]
type = "query"

query = '''
event.category:door and door.name:("front" or "C:\\back")
'''

[[rule.filters]]

[rule.filters.meta]
negate = true

[rule.filters.query.wildcard."door.path"]
case_insensitive = true
value = "?:\\\\doors\\\\*"

[[rule.severity_mapping]]
field = "door.level"
operator = "equals"
severity = "high"
value = "3"

[[rule.threat]]
framework = "MITRE ATT&CK"

[[rule.threat.technique]]
id = "T1078"
name = "Valid Accounts"
reference = "https://attack.mitre.org/techniques/T1078/"

[[rule.threat.technique.subtechnique]]
id = "T1078.004"
name = "Cloud Accounts"
reference = "https://attack.mitre.org/techniques/T1078/004/"

[rule.threat.tactic]
id = "TA0001"
name = "Initial Access"
reference = "https://attack.mitre.org/tactics/TA0001/"

[rule.alert_suppression]
group_by = ["door.name"]
missing_fields_strategy = "doNotSuppress"

[rule.alert_suppression.duration]
unit = "h"
value = 2

[rule.investigation_fields]
field_names = ["door.name", "user.name"]
"#;

fn first_filter(rule: &ReadRule) -> &Predicate {
    let Logic::Pipeline(pipeline) = &rule.detection().unwrap().logic else { panic!("{:?}", rule.detection()) };
    let StepKind::Filter(predicate) = &pipeline.steps[0].kind else { panic!("{pipeline:?}") };
    predicate
}

#[test]
fn every_field_is_read() {
    let (rules, diagnostics) = read_text("rule.toml", RULE);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let rule = rules[0].detection().unwrap();
    assert_eq!(rule.meta.severity, Some(Severity::Medium));
    assert_eq!((rule.schedule.interval, rule.schedule.lookback), (Some(300), Some(540)));
    assert_eq!(rule.attack.len(), 2);
    assert_eq!(rule.attack[1].tactic.as_deref(), Some("TA0001"));
    assert_eq!(rule.attack[1].span.unwrap().text(RULE), "\"T1078.004\"");
    assert_eq!(rule.alerting.max_alerts, Some(33));
    assert_eq!(rule.alerting.severity.len(), 1);
    let suppression = rule.alerting.suppression.as_ref().unwrap();
    assert_eq!((suppression.duration, suppression.missing_too, suppression.by.len()), (Some(7200), false, 1));
    assert_eq!(rule.outputs.len(), 2);
    assert_eq!(rule.log_sources[0].names, ["logs-doors.*"]);
    assert_eq!(rule.log_sources[0].connectors, ["doors"]);
    assert_eq!(rule.meta.created.as_deref(), Some("2026/01/02"));
}

#[test]
fn filters_are_conditions_with_their_own_place() {
    let (rules, _) = read_text("rule.toml", RULE);
    let Predicate::All(parts) = first_filter(&rules[0]) else { panic!() };
    let Some(Predicate::Not(inner)) = parts.last() else { panic!("{parts:?}") };
    let Predicate::Test(test) = inner.as_ref() else { panic!("{inner:?}") };
    let place = rules[0].to_file(test.span).text(RULE).to_owned();
    assert!(place.contains("door.path"), "{place:?} {:?}", test.span);
    let Predicate::Test(test) = &parts[0] else { panic!("{parts:?}") };
    assert!(rules[0].to_file(test.span).text(RULE).contains("event.category:door"));
}

#[test]
fn a_rule_is_written_back_as_it_was() {
    let (rules, _) = read_text("rule.toml", RULE);
    let written = write_back(&rules[0], PlatformId::Elastic, OutputFormat::Toml);
    assert!(written.losses.is_empty());
    assert_eq!(written.files[0].text, RULE);
}

#[test]
fn a_new_query_holds_the_filters() {
    let (rules, _) = read_text("rule.toml", RULE);
    let query = "event.category:door and not door.path:x";
    let written = write(
        &rules[0].bundle,
        Some(PlatformId::Elastic),
        PlatformId::Elastic,
        OutputFormat::Toml,
        query,
        &Columns::Unknown,
    );
    let root = parse_toml(&written.files[0].text).unwrap().root;
    assert!(root.at(&["rule", "filters"]).is_none());
    assert_eq!(root.at(&["rule", "query"]).unwrap().as_str(), Some("event.category:door and not door.path:x\n"));
}

fn with(kind: &str, more: &str) -> String {
    format!(
        "[metadata]\ncreation_date = \"2026/01/02\"\nmaturity = \"production\"\nupdated_date = \"2026/02/03\"\n\n[rule]\nauthor = []\ndescription = \"d\"\nindex = [\"x-*\"]\nlanguage = \"kuery\"\nname = \"n\"\nrisk_score = 21\nrule_id = \"0d6ff4f1-3c1c-4a0e-8df0-1b9c7f0a2e12\"\nseverity = \"low\"\ntype = \"{kind}\"\n\nquery = '''\na:b\n'''\n\n{more}"
    )
}

#[test]
fn thresholds_and_new_terms_are_shapes() {
    let shape = |text: &str| {
        let (rules, diagnostics) = read_text("r.toml", text);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        match &rules[0].detection().unwrap().logic {
            Logic::Shape(shape) => shape.as_ref().clone(),
            other => panic!("{other:?}"),
        }
    };
    let text = with("threshold", "[rule.threshold]\nfield = [\"user.name\"]\nvalue = 25\n");
    let Shape::Threshold { by, at_least, .. } = shape(&text) else { panic!() };
    assert_eq!((by.len(), at_least), (1, 25));
    let text = with(
        "threshold",
        "[rule.threshold]\nfield = []\nvalue = 1\n\n[[rule.threshold.cardinality]]\nfield = \"host.id\"\nvalue = 5\n",
    );
    let Shape::Cardinality { of, by, at_least, .. } = shape(&text) else { panic!() };
    assert_eq!((of.len(), by.len(), at_least), (1, 0, 5));
    let text = with(
        "new_terms",
        "[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\", \"host.id\"]\n\n[[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n",
    );
    let Shape::NewValue { of, history, .. } = shape(&text) else { panic!() };
    assert_eq!((of.len(), history), (2, 7 * 86_400));
    let (rules, _) = read_text("r.toml", &text);
    let lines = write_back(&rules[0], PlatformId::Elastic, OutputFormat::Ndjson).files.remove(0).text;
    let root = parse_json(&lines).unwrap().root;
    assert_eq!(root.get("history_window_start").unwrap().as_str(), Some("now-7d"));
    let (again, _) = read_text("r.ndjson", &lines);
    assert_eq!(metadata(again[0].detection().unwrap()), metadata(rules[0].detection().unwrap()));
    assert_eq!(write_back(&again[0], PlatformId::Elastic, OutputFormat::Toml).files[0].text, text);
}

#[test]
fn logic_outside_of_queries_is_unread_by_name() {
    for (kind, word) in
        [("machine_learning", "machine-learning"), ("threat_match", "indicators"), ("brand_new", "brand_new")]
    {
        let (rules, _) = read_text(
            "r.toml",
            &with(kind, "[[rule.threat]]\nframework = \"MITRE ATT&CK\"\n\n[rule.threat.tactic]\nid = \"TA0001\"\n"),
        );
        let rule = rules[0].detection().unwrap();
        assert!(matches!(rule.logic, Logic::Unread(0)) && rule.unread[0].reason.contains(word), "{:?}", rule.unread);
        assert_eq!(rule.attack.len(), 1);
        assert_eq!(rule.meta.title.as_deref(), Some("n"));
    }
}

/// Elastic's pages print the query of a threshold or new terms rule, but neither the number nor the fields: all else is
/// read, and what is missing is said by name.
#[test]
fn pages_of_thresholds_and_new_terms_are_read() {
    for (kind, word) in [("threshold", "threshold"), ("new_terms", "new terms")] {
        let page = format!(
            "# Many doors [many-doors]\n\nA person opens many doors.\n\n**Rule type**: {kind}\n\n**Rule indices**:\n\n* logs-doors.*\n\n**Severity**: medium\n\n**Risk score**: 47\n\n**Runs every**: 5m\n\n**Searches indices from**: now-9m\n\n**Maximum alerts per execution**: 100\n\n**Tags**:\n\n* Doors\n\n**Version**: 2\n\n## Rule query [_rule_query_2]\n\n```js\nevent.category:door and event.action:open\n```\n\n**Framework**: MITRE ATT&CK\n\n* Tactic:\n\n    * Name: Discovery\n    * ID: TA0007\n    * Reference URL: [https://attack.mitre.org/tactics/TA0007/](https://attack.mitre.org/tactics/TA0007/)\n"
        );
        let (rules, diagnostics) = read_text("page.md", &page);
        assert!(diagnostics.iter().all(|found| found.severity != Level::Error), "{diagnostics:?}");
        let rule = rules[0].detection().unwrap();
        assert_eq!(rule.meta.title.as_deref(), Some("Many doors"));
        assert_eq!((rule.meta.severity, rule.schedule.lookback), (Some(Severity::Medium), Some(540)));
        assert_eq!(rule.attack.len(), 1);
        assert_eq!(rules[0].dialect(), Some("kuery"));
        assert!(matches!(rule.logic, Logic::Unread(_)) && rule.unread[0].reason.contains(word), "{:?}", rule.unread);
        assert!(rule.unread[0].text.contains("event.category:door"));
    }
}

/// A threshold above the number of distinct values asks for both: events and values are counted.
#[test]
fn a_threshold_and_its_cardinalities_are_counted_together() {
    let text = with(
        "threshold",
        "[rule.threshold]\nfield = [\"source.ip\"]\nvalue = 25\n\n[[rule.threshold.cardinality]]\nfield = \"user.name\"\nvalue = 5\n\n[[rule.threshold.cardinality]]\nfield = \"host.id\"\nvalue = 2\n",
    );
    let (rules, diagnostics) = read_text("r.toml", &text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let Logic::Pipeline(pipeline) = &rules[0].detection().unwrap().logic else { panic!() };
    let Some(StepKind::Aggregate { aggregates, by, .. }) = pipeline.steps.get(1).map(|step| &step.kind) else {
        panic!("{pipeline:?}");
    };
    let names: Vec<&str> = aggregates.iter().chain(by).map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["events", "distinct_user_name", "distinct_host_id", "source.ip"]);
    assert!(matches!(&pipeline.steps[2].kind, StepKind::Filter(Predicate::All(enough)) if enough.len() == 3));
    let written = write_back(&rules[0], PlatformId::Elastic, OutputFormat::Toml);
    assert_eq!(written.files[0].text, text);
}

#[test]
fn an_export_is_read_line_by_line_with_its_exceptions() {
    let rule = r#"{"rule_id": "a", "name": "n", "type": "query", "language": "kuery", "query": "a:b", "severity": "low", "exceptions_list": [{"list_id": "L", "type": "detection"}, {"list_id": "elsewhere"}]}"#;
    let item = r#"{"list_id": "L", "type": "simple", "entries": [{"field": "u", "operator": "included", "type": "match_any", "value": ["x", "y"]}, {"field": "h", "operator": "excluded", "type": "exists"}]}"#;
    let text = format!("{rule}\n{{broken\n{item}\n{{\"exported_count\": 2}}\n");
    let (rules, diagnostics) = read_text("export.ndjson", &text);
    assert_eq!(rules.len(), 1);
    assert_eq!(diagnostics.iter().filter(|found| found.severity == Level::Error).count(), 1);
    assert!(rules[0].diagnostics.iter().any(|found| found.message.contains("elsewhere")));
    let Predicate::All(parts) = first_filter(&rules[0]) else { panic!("{:?}", first_filter(&rules[0])) };
    assert!(
        matches!(&parts[1], Predicate::Not(inner) if matches!(inner.as_ref(), Predicate::All(both) if both.len() == 2)),
        "{parts:?}"
    );
}

#[test]
fn every_public_rule_loses_nothing() {
    let Some(folder) = shared("corpus/elastic-rules") else { return };
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut mappings = 0;
    for path in files(&folder, "toml") {
        let file = SourceFile::open(&path).unwrap();
        let name = path.display();
        let (rules, diagnostics) = read_file(&file);
        assert!(diagnostics.is_empty() && rules.len() == 1, "{name}: {diagnostics:?}");
        let rule = &rules[0];
        assert!(!rule.failed(), "{name}: {:?}", rule.diagnostics);
        let detection = rule.detection().unwrap();
        mappings += detection.attack.iter().filter(|mapping| mapping.technique.is_some()).count();
        let document = parse_toml(&file.text).unwrap().root.to_json();
        let toml = write_back(rule, PlatformId::Elastic, OutputFormat::Toml);
        assert!(toml.losses.is_empty(), "{name}");
        assert_eq!(parse_toml(&toml.files[0].text).unwrap().root.to_json(), document, "{name}");
        let lines = write_back(rule, PlatformId::Elastic, OutputFormat::Ndjson).files.remove(0).text;
        assert_eq!(lines.lines().count(), 1, "{name}");
        let (again, found) = read_text("again.ndjson", &lines);
        assert!(found.is_empty() && again.len() == 1, "{name}: {found:?}");
        assert_eq!(metadata(again[0].detection().unwrap()), metadata(detection), "{name}");
        let back = write_back(&again[0], PlatformId::Elastic, OutputFormat::Toml).files.remove(0).text;
        assert_eq!(parse_toml(&back).unwrap().root.to_json(), document, "{name}");
        if let Some(query) = &rule.query {
            let mut at = 0;
            for word in query.text.text.split_whitespace() {
                let start = at + query.text.text[at..].find(word).unwrap();
                at = start + word.len();
                let span = query.text.map.to_file(Span::new(start, at)).text(&file.text).to_owned();
                assert!(span == word || span.contains('\\'), "{name}: {word:?} {span:?}");
            }
        }
        let state = match &detection.logic {
            Logic::Unread(_) => "unread",
            _ if detection.unread.is_empty() => "read",
            _ => "partly read",
        };
        *kinds.entry(format!("{} {state}", rule.dialect().unwrap_or("none"))).or_default() += 1;
    }
    println!("{kinds:?}, {mappings} techniques");
    assert_eq!(kinds.values().sum::<usize>(), 1010);
}

#[test]
fn a_foreign_rule_is_what_kibana_takes() {
    let text = "id: 7c0f2a52-3f57-4f0e-8a57-0d3f5c1b7a11\nname: Door\ndescription: d\nseverity: Informational\nqueryFrequency: 1d\nqueryPeriod: 1d\ntriggerOperator: gt\ntriggerThreshold: 0\ntactics:\n  - InitialAccess\nrelevantTechniques:\n  - T1078.004\nquery: T | where A == 1\nentityMappings:\n  - entityType: IP\n    fieldMappings:\n      - identifier: Address\n        columnName: Ip\n";
    let (rules, _) = read_text("r.yaml", text);
    let mut bundle = rules[0].bundle.clone();
    let always = Predicate::Always(true);
    bundle.detections[0].logic = Logic::filter(always, Span::new(0, 0));
    let request = ruleglot::platform::WriteRequest {
        bundle: &bundle,
        source: Some(PlatformId::Sentinel),
        format: OutputFormat::Toml,
        dialect: "kuery",
        query: "a:1",
        carried: false,
        attack: None,
        columns: &Columns::Unknown,
        sources: &["logs-doors.*".to_owned()],
        connectors: &["doors".to_owned()],
    };
    let written = ruleglot::platform::platform(PlatformId::Elastic).unwrap().write(&request);
    let root = parse_toml(&written.files[0].text).unwrap().root;
    let text = |key: &str| root.at(&["rule", key]).unwrap().scalar_text().unwrap();
    assert_eq!((text("severity"), text("risk_score")), ("low".to_owned(), "21".to_owned()));
    assert_eq!(
        (text("interval"), text("from"), text("type")),
        ("1d".to_owned(), "now-25h".to_owned(), "query".to_owned())
    );
    assert_eq!(text("rule_id").len(), 36);
    let threat = &root.at(&["rule", "threat"]).unwrap().items()[0];
    assert_eq!(threat.at(&["tactic", "name"]).unwrap().as_str(), Some("Initial Access"));
    assert!(text("note").contains("IP (Address: Ip)"));
    assert!(
        written.files[0].text.ends_with("\"\n")
            && written.files[0].text.contains("\nquery = '''\na:1\n'''\n\n[[rule.threat]]"),
        "{}",
        written.files[0].text
    );
    let codes: Vec<_> = written.losses.iter().map(|loss| loss.code.name()).collect();
    assert!(
        codes.contains(&"severity-changed") && codes.contains(&"moved-to-text") && codes.contains(&"grouping-changed"),
        "{codes:?}"
    );
    let again =
        write(&bundle, Some(PlatformId::Sentinel), PlatformId::Elastic, OutputFormat::Toml, "a:1", &Columns::Unknown);
    assert_eq!(
        parse_toml(&again.files[0].text).unwrap().root.at(&["rule", "rule_id"]).unwrap().scalar_text(),
        Some(text("rule_id"))
    );
}
