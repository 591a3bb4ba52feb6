//! Rules that stay on their platform: another format, another stack; what the model cannot hold goes over as it stands.

use ruleglot::source::{parse_json, parse_toml, parse_yaml};
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Translates files written to a folder of their own; the report's only rule, and the files that came out by name.
fn translate(files: &[(&str, &str)], arguments: &[&str]) -> (Json, Vec<(String, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let (source, out) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir(&source).unwrap();
    for (name, text) in files {
        fs::write(source.join(name), text).unwrap();
    }
    let report = folder.path().join("report.json");
    let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .arg("translate")
        .arg(&source)
        .args(arguments)
        .arg("--out")
        .arg(&out)
        .arg("--report")
        .arg(&report)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&run.stderr).into_owned();
    let report: Json = serde_json::from_str(&fs::read_to_string(&report).expect(&errors)).unwrap();
    let mut written: Vec<(String, String)> = fs::read_dir(&out)
        .unwrap_or_else(|error| panic!("{error}: {errors}"))
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    written.sort();
    (report["rules"][0].clone(), written)
}

fn codes(rule: &Json) -> Vec<&str> {
    rule["losses"].as_array().unwrap().iter().map(|loss| loss["code"].as_str().unwrap()).collect()
}

fn own(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn rules_whose_logic_is_no_query_are_carried_whole() {
    for path in ["corpus/kuery/rare_process_by_job.toml", "corpus/kuery/connection_to_known_address.toml"] {
        let text = own(path);
        let (rule, written) = translate(&[("rule.toml", &text)], &["--to", "elastic"]);
        assert_eq!(rule["verdict"], "exact", "{path}: {rule}");
        assert_eq!(codes(&rule), ["query-carried"], "{path}");
        let json = |text: &str| parse_toml(text).unwrap().root.to_json();
        assert_eq!(json(&written[0].1), json(&text), "{path}");
        // To another platform the logic is refused by name.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rule.toml");
        fs::write(&file, &text).unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
            .arg("translate")
            .arg(&file)
            .args(["--to", "sentinel"])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(told.contains("logic-unread") && run.status.code() == Some(1), "{path}: {told}");
    }
}

#[test]
fn a_rule_stays_in_its_language_on_its_platform() {
    let text = own("corpus/eql/certutil_downloads.toml");
    let (rule, written) = translate(&[("rule.toml", &text)], &["--to", "elastic", "--format", "ndjson"]);
    assert_eq!(rule["verdict"], "exact", "{rule}");
    let file = written.iter().find(|(name, _)| name.ends_with(".ndjson")).unwrap();
    let json = parse_json(&file.1).unwrap().root.to_json();
    assert_eq!((&json["language"], &json["type"]), (&Json::from("eql"), &Json::from("eql")));
}

#[test]
fn filters_beside_a_carried_query_stay_beside_it() {
    let rule = r#"AnalysisType: rule
RuleID: Door.Late
DisplayName: Door late
Enabled: true
Severity: Low
LogTypes: [Custom.Doors]
Filename: door.py
InlineFilters:
  - All:
      - KeyPath: site
        Condition: Equals
        Value: north
Tests: []
"#;
    let code = "from somewhere import unknown_helper\n\n\ndef rule(event):\n    # what the helper does is not known\n    return unknown_helper(event)\n";
    let (found, written) = translate(&[("door.yml", rule), ("door.py", code)], &["--to", "panther"]);
    assert_eq!(found["verdict"], "exact", "{found}");
    assert!(codes(&found).contains(&"query-carried"), "{found}");
    let [(_, python), (_, yaml)] = written.as_slice() else { panic!("{written:?}") };
    assert_eq!(python, code);
    let json = parse_yaml(yaml).unwrap().root.to_json();
    assert_eq!(json["InlineFilters"][0]["All"][0]["Value"], "north");
    assert_eq!(json["Filename"], "door.py");
}

#[test]
fn a_stack_decides_the_release_of_attack() {
    let text = own("corpus/kuery/rare_process_by_job.toml")
        .replace("TA0003", "TA0005")
        .replace("Persistence", "Defense Evasion")
        .replace("T1543", "T1562")
        .replace("Create or Modify System Process", "Impair Defenses");
    let tactic = |arguments: &[&str]| {
        let (rule, written) = translate(&[("rule.toml", &text)], &[&["--to", "elastic"], arguments].concat());
        let json = parse_toml(&written[0].1).unwrap().root.to_json();
        let threat = json["rule"]["threat"][0].clone();
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        (text(&threat["tactic"]["name"]), text(&threat["technique"][0]["id"]), codes(&rule).contains(&"attack-changed"))
    };
    // A rule's own mappings are left alone unless a stack is named.
    let old = ("Defense Evasion".to_owned(), "T1562".to_owned(), false);
    assert_eq!(tactic(&[]), old);
    assert_eq!(tactic(&["--stack", "9.4"]), old);
    assert_eq!(tactic(&["--stack", "9.5"]), ("Defense Impairment".to_owned(), "T1685".to_owned(), true));
}

#[test]
fn a_wrong_stack_is_told() {
    for (arguments, message) in [
        (["--to", "elastic", "--stack", "nine"], "`nine` is no version of the Elastic Stack"),
        (["--to", "sentinel", "--stack", "9.5"], "only rules for Elastic"),
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
            .arg("translate")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/kuery/rare_process_by_job.toml"))
            .args(arguments)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(told.contains(message) && run.status.code() == Some(2), "{told}");
    }
}

#[test]
fn every_public_rule_stays_whole_on_its_platform() {
    let Some(folder) = super::support::shared("corpus/elastic-rules") else { return };
    let out = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .arg("translate")
        .arg(&folder)
        .args(["--to", "elastic", "--no-verify", "--out"])
        .arg(out.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(told.ends_with("1010 rules: 1010 exact, 0 approximate, 0 refused\n"), "{}", &told[told.len() - 300..]);
    let mut compared = 0;
    for path in super::support::files(&folder, "toml") {
        let text = fs::read_to_string(&path).unwrap();
        let again = fs::read_to_string(out.path().join(path.strip_prefix(&folder).unwrap())).unwrap();
        let beside_query = |text: &str| {
            let mut json = parse_toml(text).unwrap().root.to_json();
            for key in ["query", "filters"] {
                json["rule"].as_object_mut().unwrap().shift_remove(key);
            }
            json
        };
        assert_eq!(beside_query(&again), beside_query(&text), "{}", path.display());
        compared += 1;
    }
    assert_eq!(compared, 1010);
}
