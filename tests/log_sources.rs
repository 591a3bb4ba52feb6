//! Rules over endpoint events between Elastic's index patterns and Defender's Device tables: kinds of events, constants
//! of a log source, the process that acts, keys of several columns. Small rules, each for one fact; then a sample of
//! public rules before the official Kusto binder with the tables' schemas.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Command;

struct Translated {
    query: String,
    rule: Json,
}

impl Translated {
    fn verdict(&self) -> &str {
        self.rule["verdict"].as_str().unwrap()
    }

    /// The codes of its losses and refusals, each with its direction.
    fn named(&self) -> Vec<String> {
        let list = |key: &str| self.rule[key].as_array().cloned().unwrap_or_default();
        list("losses")
            .iter()
            .chain(&list("refusals"))
            .filter(|entry| entry["scope"] == "match")
            .map(|entry| format!("{} {}", entry["code"].as_str().unwrap(), entry["direction"].as_str().unwrap()))
            .collect()
    }
}

fn translate_file(file: &Path, to: &str) -> Translated {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json").display().to_string();
    let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .arg("translate")
        .arg(file)
        .args(["--to", to, "--format", "query", "--report", &report])
        .output()
        .unwrap();
    let report: Json = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    Translated { query: String::from_utf8(run.stdout).unwrap(), rule: report["rules"][0].clone() }
}

/// An EQL rule over these indexes.
fn eql(indexes: &[&str], query: &str) -> Translated {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rule.toml");
    let text = format!(
        "[rule]\nname = \"t\"\nrule_id = \"b9c1b3f6-6d4a-4f37-8b53-1e4b53d1a001\"\ntype = \"eql\"\nlanguage = \"eql\"\nrisk_score = 21\nseverity = \"low\"\nindex = {}\nquery = '''\n{query}\n'''\n",
        json!(indexes)
    );
    std::fs::write(&file, text).unwrap();
    translate_file(&file, "sentinel")
}

fn kusto(query: &str, to: &str) -> Translated {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rule.kql");
    std::fs::write(&file, query).unwrap();
    translate_file(&file, to)
}

const PROCESS: &[&str] = &["logs-endpoint.events.process-*"];
const FILE: &[&str] = &["logs-endpoint.events.file-*"];
const REGISTRY: &[&str] = &["logs-endpoint.events.registry-*"];
const LIBRARY: &[&str] = &["logs-endpoint.events.library-*"];
const ALL: &[&str] = &["logs-endpoint.events.*"];

/// Indexes, query, verdict, what the output holds, what it must not hold.
type Case = (&'static [&'static str], &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const TO_SENTINEL: &[Case] = &[
    // The kind of event is the table's action, and the log source's constants say nothing.
    (
        PROCESS,
        r#"process where event.type == "start" and process.name : "whoami.exe""#,
        "exact",
        &["DeviceProcessEvents", "ActionType == \"ProcessCreated\"", "FileName =~ \"whoami.exe\""],
        &["event_type", "category"],
    ),
    (
        FILE,
        r#"file where event.type == "deletion" and file.name == "a.log""#,
        "exact",
        &["DeviceFileEvents", "ActionType == \"FileDeleted\"", "FileName == \"a.log\""],
        &[],
    ),
    (
        FILE,
        r#"file where event.type != "deletion" and file.extension : ("exe", "dll")"#,
        "exact",
        &["ActionType != \"FileDeleted\"", ".exe", ".dll", "endswith"],
        &[],
    ),
    // A table that only Windows fills needs no condition on the system.
    (
        REGISTRY,
        r#"registry where host.os.type == "windows" and event.type == "change" and registry.value : "Debugger""#,
        "exact",
        &["DeviceRegistryEvents", "ActionType == \"RegistryValueSet\"", "RegistryValueName =~ \"Debugger\""],
        &["windows"],
    ),
    (
        LIBRARY,
        r#"library where host.os.type == "windows" and event.action == "load" and dll.name : "taskschd.dll""#,
        "exact",
        &["DeviceImageLoadEvents", "FileName =~ \"taskschd.dll\""],
        &["ActionType"],
    ),
    // The process that acts is the initiating one where the event is about something else.
    (
        FILE,
        r#"file where event.type == "creation" and process.command_line : "*curl*""#,
        "exact",
        &["ActionType == \"FileCreated\"", "InitiatingProcessCommandLine contains \"curl\""],
        &[],
    ),
    // The rule's own condition chooses the table among those that the index pattern covers.
    (
        ALL,
        r#"file where event.type == "creation" and file.name : "x.plist""#,
        "exact",
        &["DeviceFileEvents"],
        &["DeviceProcessEvents"],
    ),
];

#[test]
fn what_elastic_says_of_endpoint_events_is_said_of_device_tables() {
    for (indexes, query, verdict, parts, absent) in TO_SENTINEL {
        let found = eql(indexes, query);
        assert_eq!(found.verdict(), *verdict, "{query}\n{:#}", found.rule);
        for part in *parts {
            assert!(found.query.contains(part), "{query}: no `{part}` in\n{}", found.query);
        }
        for part in *absent {
            assert!(!found.query.contains(part), "{query}: `{part}` in\n{}", found.query);
        }
    }
}

/// Indexes, query, what must be named.
const NAMED: &[(&[&str], &str, &str)] = &[
    // No column of the table tells the operating system.
    (
        PROCESS,
        r#"process where host.os.type == "linux" and event.type == "start" and process.name == "nc""#,
        "field-unmapped wider",
    ),
    // Two kinds of one action: the other comes along.
    (
        PROCESS,
        r#"process where event.type == "start" and event.action == "exec" and process.name == "nc""#,
        "event-kind-alike wider",
    ),
    // The end of a process is no event there.
    (PROCESS, r#"process where process.name == "nc""#, "event-kind-missing narrower"),
    (PROCESS, r#"process where event.type == "end" and process.name == "nc""#, "event-kind-missing either"),
    (FILE, r#"file where event.action == "open" and file.name == "shadow""#, "event-kind-missing either"),
    // Names of initiating processes differ in case only: a test that tells case is doubtful, one that does not is not.
    (
        PROCESS,
        r#"process where event.type == "start" and process.parent.name == "Explorer.EXE""#,
        "field-doubtful either",
    ),
];

#[test]
fn what_device_tables_do_not_tell_is_named() {
    for (indexes, query, code) in NAMED {
        let found = eql(indexes, query);
        assert_ne!(found.verdict(), "exact", "{query}");
        assert!(found.named().iter().any(|named| named == code), "{query}: no `{code}` in {:?}", found.named());
    }
    let blind = eql(PROCESS, r#"process where event.type == "start" and process.parent.name : "Explorer.EXE""#);
    assert_eq!(blind.verdict(), "exact", "{:#}", blind.rule);
    let ended = eql(PROCESS, r#"process where event.type == "end" and process.name == "nc""#);
    assert_eq!(ended.verdict(), "refused");
    // A rule that names no kind of events looks at all of them; one table is less.
    let any = eql(ALL, r#"any where process.name : "nc.exe""#);
    assert!(any.named().contains(&"event-kind-missing narrower".to_owned()), "{:#}", any.rule);
    let one = eql(ALL, r#"process where event.type == "start" and process.name : "nc.exe""#);
    assert!(!one.named().contains(&"event-kind-missing narrower".to_owned()), "{:#}", one.rule);
}

#[test]
fn a_sequence_joins_the_tables_of_its_stages_by_all_columns_of_a_key() {
    let found = eql(
        ALL,
        r#"sequence by process.entity_id with maxspan=1m
  [process where event.type == "start" and process.name : "regsvr32.exe"]
  [network where event.action == "connection_attempted" and destination.port == 443]"#,
    );
    assert_ne!(found.verdict(), "refused", "{:#}", found.rule);
    for part in [
        "DeviceProcessEvents\n",
        "DeviceNetworkEvents\n",
        "FileName =~ \"regsvr32.exe\"",
        "RemotePort == 443",
        "InitiatingProcessCreationTime",
        "ProcessCreationTime",
        "DeviceId",
        "1m",
    ] {
        assert!(found.query.contains(part), "no `{part}` in\n{}", found.query);
    }
    assert!(!found.query.contains("Type == \"Device"), "{}", found.query);
}

#[test]
fn device_tables_go_back_by_the_same_rows() {
    let found = kusto("DeviceFileEvents\n| where ActionType == \"FileCreated\" and FileName =~ \"a.dll\"", "elastic");
    assert_eq!(found.verdict(), "exact", "{:#}", found.rule);
    assert!(found.query.contains("creation") && found.query.contains("file.name"), "{}", found.query);
    let found = kusto("DeviceProcessEvents\n| where ProcessCommandLine has \"mimikatz\"", "elastic");
    assert_ne!(found.verdict(), "refused", "{:#}", found.rule);
    assert!(found.query.contains("process.command_line") && found.query.contains("start"), "{}", found.query);
}

/// Every so many-th of the public rules is translated; 1 for the whole.
const EVERY: usize = 12;

#[test]
fn public_endpoint_rules_bind_to_the_tables_schemas() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("RULEGLOT_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let rules = shared.join("corpus/elastic-rules");
    if !rules.is_dir() {
        println!("skipped: no public rules at {}", rules.display());
        return;
    }
    let every = std::env::var("RULEGLOT_ENDPOINT_EVERY").ok().and_then(|text| text.parse().ok()).unwrap_or(EVERY);
    let mut files = Vec::new();
    let mut folders = vec![rules];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "toml") {
                files.push(path);
            }
        }
    }
    files.sort();
    let text = |file: &PathBuf| std::fs::read_to_string(file).unwrap_or_default();
    let endpoint: Vec<PathBuf> = files.into_iter().filter(|file| text(file).contains("logs-endpoint.events")).collect();
    assert!(endpoint.len() > 100, "only {} rules over endpoint events", endpoint.len());
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .arg("translate")
        .args(endpoint.iter().step_by(every))
        .args(["--to", "sentinel", "--format", "query", "--out"])
        .arg(folder.path().join("out"))
        .arg("--report")
        .arg(&report)
        .output()
        .unwrap();
    assert!(run.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&run.stderr));
    let report: Json = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
    let mut queries = Vec::new();
    for rule in report["rules"].as_array().unwrap() {
        let bug = |entry: &Json| entry["code"] == "verification-failed";
        assert!(!rule["refusals"].as_array().unwrap().iter().any(bug), "{rule:#}");
        for target in rule["targets"].as_array().unwrap() {
            let path = PathBuf::from(target["path"].as_str().unwrap());
            let path = if path.is_file() { path } else { folder.path().join("out").join(path) };
            queries.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    let share = queries.len() * every * 2;
    assert!(share > endpoint.len(), "only {} of {} sampled rules are written", queries.len(), endpoint.len() / every);
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    let lines: String = queries.iter().map(|query| format!("{}\n", json!({ "query": query }))).collect();
    std::fs::write(&input, lines).unwrap();
    let judged = Command::new("node")
        .arg(shared.join("judges/kusto/parse.js"))
        .args([&input, &output])
        .arg("--schema")
        .arg(shared.join("schemas/sentinel_tables.json"))
        .arg("--no-split")
        .output();
    if !judged.is_ok_and(|done| done.status.success()) {
        println!("skipped: the official parser cannot be run");
        return;
    }
    let verdicts = std::fs::read_to_string(output).unwrap();
    assert_eq!(verdicts.lines().count(), queries.len());
    for (line, query) in verdicts.lines().zip(&queries) {
        let verdict: Json = serde_json::from_str(line).unwrap();
        assert_eq!(verdict["ok"], true, "{query}\n{verdict:#}");
        let findings = verdict["semantic"].as_array().expect("names and types are bound");
        assert!(findings.is_empty(), "{query}\n{findings:#?}");
    }
}

#[test]
fn a_word_of_the_windows_integration_is_the_id_of_its_event() {
    let indexes = ["logs-system.security-*"];
    for (query, expected) in [
        ("any where event.action == \"audit-log-cleared\"", "EventID == 1102"),
        ("any where event.action in (\"logged-out\", \"logon-failed\")", "EventID in (4625, 4634, 4647)"),
        ("any where winlog.logon.type == \"Network\" and not event.action == \"logged-in\"", "not(EventID == 4624)"),
    ] {
        let found = eql(&indexes, query);
        let said = found.query.replace("EventID != 4624", "not(EventID == 4624)");
        assert!(said.contains(expected), "{query}: {} {:?}", found.query, found.rule["refusals"]);
    }
    // Nothing is known of a word that is not in the integration's table: it is no comparison that never matches.
    let found = eql(&indexes, "any where event.action == \"Log clear\" and event.code == \"104\"");
    assert!(!found.query.contains("Log clear"), "{}", found.query);
    assert!(found.named().contains(&"field-unmapped wider".to_owned()), "{:?}", found.named());
}

#[test]
fn an_outcome_is_asked_of_what_it_is_made_from() {
    for (indexes, query, expected, verdict) in [
        (
            "logs-aws.cloudtrail-*",
            "any where event.action == \"StopLogging\" and event.outcome == \"success\"",
            "isempty(ErrorCode) and isempty(ErrorMessage)",
            "exact",
        ),
        (
            "logs-aws.cloudtrail-*",
            "any where event.action == \"StopLogging\" and event.outcome != \"success\"",
            "isnotempty(ErrorCode) or isnotempty(ErrorMessage)",
            "exact",
        ),
        (
            "logs-okta.system-*",
            "any where okta.event_type == \"user.session.start\" and event.outcome == \"failure\"",
            "OriginalOutcomeResult in~ (\"FAILURE\", \"DENY\")",
            "exact",
        ),
        (
            "logs-o365.audit-*",
            "any where event.action == \"New-InboxRule\" and event.outcome == \"success\"",
            "ResultStatus !in~ (\"failed\", \"false\")",
            "exact",
        ),
    ] {
        let found = eql(&[indexes], query);
        assert!(found.query.contains(expected), "{query}: {} {:?}", found.query, found.rule["refusals"]);
        assert_eq!(found.verdict(), verdict, "{query}: {:?}", found.rule["losses"]);
    }
}

#[test]
fn a_condition_that_is_left_out_does_not_keep_the_others_from_being_shown() {
    let query =
        "any where event.action == \"StopLogging\" and event.outcome == \"success\" and user_agent.name == \"x\"";
    let found = eql(&["logs-aws.cloudtrail-*"], query);
    assert_eq!(found.named(), ["field-unmapped wider"], "{:?}", found.rule);
    let counts = &found.rule["verification"];
    assert!(counts["decided"].as_u64() >= Some(2), "{counts}");
}

#[test]
fn a_common_field_has_its_type_whatever_index_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rule.toml");
    let text = "[rule]\nname = \"t\"\nrule_id = \"b9c1b3f6-6d4a-4f37-8b53-1e4b53d1a001\"\ntype = \"query\"\nlanguage = \"kuery\"\nrisk_score = 21\nseverity = \"low\"\nindex = [\"logs-proxy.custom-*\"]\nquery = 'source.ip:10.0.0.0/8 and process.pid > 4'\n";
    std::fs::write(&file, text).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .arg("translate")
        .arg(&file)
        .args(["--to", "kusto", "--fields", "keep", "--format", "query"])
        .output()
        .unwrap();
    let (query, told) = (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    assert!(query.contains("ipv4_is_in_range(['source.ip'], \"10.0.0.0/8\")"), "{query}{told}");
    assert!(!told.contains("elastic-type-assumed"), "{told}");
}
