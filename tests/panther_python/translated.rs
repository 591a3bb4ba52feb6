//! Rules of other platforms written for Panther: its schema takes every file, its runtime runs every test of theirs and
//! loads every function, and the Python is laid out as black does.
//!
//! The public rules of the shared material are taken, a sample of them; `RULEGLOT_PANTHER_WHOLE=1` takes all.
//! `RULEGLOT_BLACK` names a `black` to ask.

use super::judge::{Judge, refused_by_schema};
use super::shared;
use ruleglot::source::{SourceFile, parse_yaml};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every so many rules are taken.
const SAMPLE: usize = 9;

fn rules(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|ending| ["yml", "yaml", "toml"].iter().any(|known| ending == *known))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn written(out: &Path) -> Vec<PathBuf> {
    if out.is_dir() { rules(out) } else { Vec::new() }
}

/// What Panther's runtime says of a rule's own tests.
struct Answer {
    tests: usize,
    /// Whether the rule has a test of each verdict.
    both: bool,
    wrong: Vec<String>,
}

fn tested(judge: &mut Judge, file: &Path) -> Answer {
    let text = SourceFile::open(file).unwrap().text;
    let rule = parse_yaml(&text).unwrap().root.to_json();
    let tests = rule["Tests"].as_array().cloned().unwrap_or_default();
    let events: Vec<Json> = tests.iter().map(|test| test["Log"].clone()).collect();
    let both = [true, false].iter().all(|verdict| tests.iter().any(|test| test["ExpectedResult"] == *verdict));
    let mut wrong = Vec::new();
    let answers = judge.ask(&json!({ "rule": file, "events": events }));
    if answers.len() != tests.len() {
        wrong.push(format!("{}: does not load", file.display()));
    }
    for (test, (verdict, error)) in tests.iter().zip(&answers) {
        if test["ExpectedResult"] != *verdict || !error.is_empty() {
            wrong.push(format!("{}: {}: {verdict} {error}", file.display(), test["Name"]));
        }
    }
    Answer { tests: tests.len(), both, wrong }
}

#[test]
fn translated_rules_pass_panthers_schema_and_their_own_tests() {
    let corpus = shared().join("corpus");
    if !corpus.is_dir() {
        println!("skipped: no rules at {}", corpus.display());
        return;
    }
    let whole = std::env::var_os("RULEGLOT_PANTHER_WHOLE").is_some();
    let folder = tempfile::tempdir().unwrap();
    let mut judge = Judge::start(folder.path());
    let (mut files, mut tests, mut one_sided, mut wrong) = (0, 0, Vec::new(), Vec::new());
    for platform in ["sentinel-rules", "elastic-rules"] {
        let (from, out) = (folder.path().join(platform), folder.path().join(format!("{platform}-out")));
        std::fs::create_dir_all(&from).unwrap();
        for (at, file) in rules(&corpus.join(platform)).iter().enumerate() {
            if whole || at % SAMPLE == 0 {
                let name = format!("{at}_{}", file.file_name().unwrap().to_string_lossy());
                std::fs::copy(file, from.join(name)).unwrap();
            }
        }
        let ran = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
            .arg("translate")
            .arg(&from)
            .args(["--to", "panther", "--out"])
            .arg(&out)
            .output()
            .unwrap();
        assert!(ran.status.code().is_some_and(|code| code <= 2), "{}", String::from_utf8_lossy(&ran.stderr));
        let found = written(&out);
        files += found.len();
        match refused_by_schema(&found) {
            Some(refused) => wrong.extend(refused),
            None => println!("skipped: no schema to ask"),
        }
        let Some(judge) = &mut judge else { continue };
        for file in &found {
            let answer = tested(judge, file);
            tests += answer.tests;
            wrong.extend(answer.wrong);
            if !answer.both {
                one_sided.push(file.display().to_string());
            }
        }
        if let Some(black) = std::env::var_os("RULEGLOT_BLACK") {
            let said = Command::new(black).args(["--check", "-q", "--diff", "-l", "100"]).arg(&out).output().unwrap();
            if !said.status.success() {
                wrong.push(String::from_utf8_lossy(&said.stdout).into_owned());
            }
        }
    }
    println!("{files} rules written, {tests} tests of theirs run by Panther; no test of one verdict: {one_sided:?}");
    assert!(files > 0);
    assert!(one_sided.len() * 20 <= files + 20, "{one_sided:?}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A rule of our own: a list long enough for a name, a group, and columns that only the query has.
const RULE: &str = r#"id: 6c1f6b0e-5d55-4f0a-9a3e-0b1f1f6f7c11
name: Access keys made by hand
description: Keys of accounts that are made or changed.
severity: Medium
requiredDataConnectors: []
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [Persistence]
relevantTechniques: [T1098]
query: |
  AWSCloudTrail
  // the calls that hand out credentials
  | where EventName has_any ("CreateAccessKey", "UpdateAccessKey", "CreateLoginProfile", "CreateServiceSpecificCredential")
  | summarize Times = count(), First = min(TimeGenerated) by UserIdentityArn, SourceIpAddress
  | extend AccountCustomEntity = UserIdentityArn
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: FullName
        columnName: AccountCustomEntity
version: 1.0.0
kind: Scheduled
"#;

#[test]
fn what_an_alert_shows_stands_in_panthers_names() {
    let folder = tempfile::tempdir().unwrap();
    let (from, out) = (folder.path().join("keys.yaml"), folder.path().join("out"));
    std::fs::write(&from, RULE).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .arg("translate")
        .arg(&from)
        .args(["--to", "python", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    let code = std::fs::read_to_string(out.join("keys.py"))
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ran.stderr)));
    for part in [
        "    # the calls that hand out credentials\n",
        "def title(event):\n    arn = event.deep_get(\"userIdentity\", \"arn\", default=\"<unknown>\")\n    return f\"Access keys made by hand by [{arn}]\"",
        "def dedup(event):\n    return f\"{event.deep_get('userIdentity', 'arn')}:{event.get('sourceIPAddress')}\"",
        "        \"UserIdentityArn\": event.deep_get(\"userIdentity\", \"arn\"),\n",
        "_PATTERN = re.compile(",
    ] {
        assert!(code.contains(part), "{part}\n{code}");
    }
    // columns of the query are no fields of an event
    for part in ["First", "Times", "get(\"UserIdentityArn\")", "CustomEntity", "_text("] {
        assert!(!code.contains(part), "{part}\n{code}");
    }
}
