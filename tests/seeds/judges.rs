//! What is written for the five detections, before the parsers, runtimes and engines of others.

use super::{GUEST_NAME, INVITE, NEW_INVITER, PRIVILEGED, UNREDEEMED, root, shared, translate};
use ruleglot::dialect::{NoHelpers, ReadContext, Registry};
use ruleglot::evaluate::{Access, Context, matches};
use ruleglot::model::{FieldKind, FieldType, Predicate, TypeMap, walk};
use ruleglot::source::parse_yaml;
use ruleglot::verify::events::{Options, events_for};
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// 2024-06-15T12:00:00Z in ticks.
const NOW: i64 = 638_540_496_000_000_000;

/// The Python of an environment of judges and one of its scripts; `None`, with a line, where one of them is absent.
fn python(environment: &str, script: &str) -> Option<Command> {
    let home = std::env::var_os("JUDGES")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/rule-judges")))?;
    let (python, script) = (home.join(environment).join("bin/python"), shared()?.join("judges").join(script));
    if !python.is_file() || !script.is_file() {
        println!("skipped: no judge at {} or {}", python.display(), script.display());
        return None;
    }
    let mut command = Command::new(python);
    command.arg(script).env("JUDGES", home);
    Some(command)
}

/// The lines that a judge prints when these lines are given to it.
fn answers(command: &mut Command, lines: &str) -> Vec<Json> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut stdin, text) = (child.stdin.take().unwrap(), lines.to_owned());
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    // Rules print too.
    String::from_utf8(output.stdout).unwrap().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[test]
fn written_kusto_is_accepted_by_the_official_parser_and_binder() {
    let Some(shared) = shared() else { return };
    let schema = shared.join("schemas/sentinel_tables.json");
    let queries: Vec<String> =
        [INVITE, GUEST_NAME, NEW_INVITER, UNREDEEMED, PRIVILEGED].map(|file| translate(file, "sentinel").query).into();
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.jsonl"), folder.path().join("out.jsonl"));
    let lines: String = queries.iter().map(|query| format!("{}\n", json!({ "query": query }))).collect();
    std::fs::write(&input, lines).unwrap();
    let run = Command::new("node")
        .arg(shared.join("judges/kusto/parse.js"))
        .args([&input, &output])
        .arg("--schema")
        .arg(&schema)
        .arg("--no-split")
        .output();
    match run {
        Ok(done) if done.status.success() => {}
        _ => {
            println!("skipped: the official parser cannot be run");
            return;
        }
    }
    let schema: Json = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let tables = schema.get("tables").unwrap_or(&schema);
    let text = std::fs::read_to_string(output).unwrap();
    for (line, query) in text.lines().zip(&queries) {
        let verdict: Json = serde_json::from_str(line).unwrap();
        assert_eq!(verdict["ok"], true, "{query}\n{verdict:#}");
        for finding in verdict["semantic"].as_array().expect("names and types are bound") {
            let (start, length) = (finding["start"].as_u64().unwrap(), finding["length"].as_u64().unwrap());
            let name: String = query.chars().skip(start as usize).take(length as usize).collect();
            let custom = finding["code"] == "KS204" && (name.ends_with("_CL") || tables.get(&name).is_none());
            assert!(custom, "{query}\n{finding:#}");
        }
    }
    assert_eq!(text.lines().count(), queries.len());
}

/// Every rule of the corpus that can be written for Panther, not the five alone: the schema takes it, and its tests pass
/// in Panther's own runtime.
#[test]
fn written_panther_passes_the_schema_and_its_own_tests() {
    let Some(mut schema) = python("panther-venv", "panther/pat.py") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (written, empty) = (folder.path().join("written"), folder.path().join("empty"));
    std::fs::create_dir(&empty).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .args(["translate", "corpus", "--to", "panther", "--out", &written.display().to_string()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(written.is_dir(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut rules = Vec::new();
    rule_files(&written, &mut rules);
    for expected in ["panther/azure_invite_external_users.yml", "kuery/external_guest_invitation.yml"] {
        assert!(rules.contains(&written.join(expected)), "{expected} is written: {rules:?}");
    }
    let output = schema.env("PANTHER_ANALYSIS", &empty).arg("--schema").args(&rules).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said.lines().filter(|line| line.ends_with(" OK")).count(), rules.len(), "{said}");

    let mut server = python("panther-venv", "panther/pat.py").unwrap();
    let tests: Vec<Vec<Json>> = rules.iter().map(|path| tests_of(path)).collect();
    let requests: String = rules
        .iter()
        .zip(&tests)
        .map(|(path, tests)| {
            let events: Vec<&Json> = tests.iter().map(|test| &test["Log"]).collect();
            format!("{}\n", json!({ "rule": path, "events": events }))
        })
        .collect();
    let answers = answers(server.arg("--server").arg("--root").arg(&empty), &requests);
    assert_eq!(answers.len(), rules.len());
    let mut passed = 0;
    for ((path, tests), answer) in rules.iter().zip(&tests).zip(&answers) {
        let results = answer["results"].as_array().unwrap_or_else(|| panic!("{}: {answer}", path.display()));
        assert_eq!(results.len(), tests.len());
        for (test, result) in tests.iter().zip(results) {
            assert_eq!(result["match"], test["ExpectedResult"], "{}: {}: {result}", path.display(), test["Name"]);
            assert_eq!(result["error"], Json::Null, "{}: {}", path.display(), test["Name"]);
            passed += 1;
        }
    }
    println!("{} rules written for Panther, {passed} of their tests passed", rules.len());
    assert!(passed >= rules.len());
}

fn rule_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            rule_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            found.push(path);
        }
    }
    found.sort();
}

/// The tests of a Panther rule file, their events as objects.
fn tests_of(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap();
    let rule = parse_yaml(&text).unwrap().root.to_json();
    let mut tests = rule["Tests"].as_array().cloned().unwrap_or_default();
    for test in &mut tests {
        if let Some(text) = test["Log"].as_str() {
            test["Log"] = serde_json::from_str(text).unwrap();
        }
    }
    tests
}

#[test]
fn written_lucene_selects_on_apache_lucene_what_the_source_selects() {
    let Some(mut judge) = python("elastic-venv", "elastic/lucene_judge.py") else { return };
    let text = std::fs::read_to_string(root().join(GUEST_NAME)).unwrap();
    let rule: toml::Table = text.parse().unwrap();
    let (registry, mut types) = (Registry::default(), TypeMap::default());
    let condition = kuery(rule["rule"]["query"].as_str().unwrap(), &registry, &types);
    // Every field of this rule is a keyword, for our evaluator and for the judge alike.
    walk::visit_predicate(
        &condition,
        |_| {},
        |field| {
            types.0.insert(field.path.to_string(), FieldType::scalar(FieldKind::Keyword));
        },
    );
    let condition = kuery(rule["rule"]["query"].as_str().unwrap(), &registry, &types);
    let context = Context::new(Access::Elastic, &types, NOW);
    // The judge takes the type of an unmapped field from its first number.
    let options = Options { cross_types: false, ..Options::raw(Access::Elastic) };
    let events: Vec<Json> =
        events_for(&[&condition], &context, &options).unwrap().into_iter().map(|made| made.event).collect();
    let names: Map<String, Json> = types.0.keys().map(|name| (name.clone(), json!("keyword"))).collect();
    let query = translate(GUEST_NAME, "lucene").query;
    let request = json!({ "query": query.trim(), "events": events, "types": names });
    let answers = answers(judge.arg("batch"), &format!("{request}\n"));
    let Some(answer) = answers.first() else {
        println!("skipped: Apache Lucene cannot be run");
        return;
    };
    assert_eq!(answer["ok"], true, "{query}\n{answer}");
    let results = answer["results"].as_array().unwrap();
    assert_eq!(results.len(), events.len());
    let mut seen = HashSet::new();
    for (event, theirs) in events.iter().zip(results) {
        let ours = matches(&condition, event, &context).unwrap();
        assert_eq!(theirs, &json!(ours), "{query}\n{event}");
        seen.insert(ours);
    }
    println!("{} events, {} selected", events.len(), results.iter().filter(|one| **one == json!(true)).count());
    assert_eq!(seen.len(), 2, "some events are selected and some are not");
}

fn kuery(text: &str, registry: &Registry, types: &TypeMap) -> Predicate {
    let context = ReadContext { types, registry, helpers: &NoHelpers, log_sources: &[] };
    let read = registry.get("kuery").unwrap().read(text, &context).unwrap();
    assert!(read.unread.is_empty());
    read.logic.as_filter().unwrap()
}

#[test]
fn a_written_layer_is_accepted_by_the_checker_of_layers() {
    let Some(shared) = shared() else { return };
    let checker = shared.join("judges/attack/layer_check.py");
    if !checker.is_file() {
        println!("skipped: no checker at {}", checker.display());
        return;
    }
    let run = Command::new(env!("CARGO_BIN_EXE_ruleglot"))
        .args(["coverage", "corpus", "--format", "navigator"])
        .current_dir(root())
        .output()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let layer = folder.path().join("layer.json");
    std::fs::write(&layer, &run.stdout).unwrap();
    let check = Command::new("python3")
        .arg(checker)
        .arg(&layer)
        .args(["--strict", "--attack"])
        .arg(shared.join("schemas/attack/attack-enterprise.json"))
        .output();
    let Ok(check) = check else {
        println!("skipped: there is no python3");
        return;
    };
    assert!(
        check.status.success(),
        "{}{}",
        String::from_utf8_lossy(&check.stdout),
        String::from_utf8_lossy(&check.stderr)
    );
}
