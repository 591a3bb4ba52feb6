//! The Python rules of panther-analysis: how many are read whole, whether they agree with their own tests and with
//! Panther's runtime, and whether what is written back passes Panther's schema and runtime. A table of what is not
//! read is printed.

use super::judge::{Judge, refused_by_schema};
use super::{Decided, events, run, shared};
use ruleglot::dialect::Registry;
use ruleglot::evaluate::unread;
use ruleglot::model::{Bundle, PlatformId, TypeMap};
use ruleglot::platform::panther::{Panther, Repository, STEM};
use ruleglot::platform::{self, Columns, OutputFormat, Platform, ReadEnv, ReadRule, Role, UntypedSource, WriteRequest};
use ruleglot::source::{Folder, Format, SourceFile};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn root() -> Option<PathBuf> {
    let named = std::env::var_os("RULEGLOT_PANTHER_ANALYSIS");
    let path = named.map_or_else(|| shared().join("panther-analysis"), PathBuf::from);
    if path.join("rules").is_dir() {
        return Some(path);
    }
    println!("skipped: no panther-analysis at {}", path.display());
    None
}

fn yaml_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            yaml_files(&path, into);
        } else if path.extension().is_some_and(|name| name == "yml") {
            into.push(path);
        }
    }
}

/// What stands before the reason of an unread part is its place.
fn reason(text: &str) -> String {
    let reason = text.split_once(": ").map_or(text, |(_, reason)| reason);
    // names inside are one kind of reason
    let mut out = String::new();
    for (index, part) in reason.split('`').enumerate() {
        out.push_str(if index % 2 == 1 { "_" } else { part });
    }
    out
}

/// The rule's files written again into a folder; `Err` with the reason where the plan refuses.
fn write(rule: &ReadRule, folder: &Path, name: &str) -> Result<PathBuf, String> {
    let detection = rule.detection().ok_or("no detection")?;
    let registry = Registry::default();
    let types = TypeMap::default();
    let dialect = registry.get(rule.dialect().ok_or("no query")?).unwrap();
    let planned = ruleglot::plan::plan(&detection.logic, &detection.unread, dialect.target().unwrap(), &types)
        .map_err(|refusals| refusals.first().map_or(String::new(), |refusal| refusal.message.clone()))?;
    if let Some(loss) = planned.losses.first() {
        return Err(format!("with a loss: {}", loss.message));
    }
    let context = ruleglot::dialect::WriteContext { types: &types, tables: &[], detection: Some(detection) };
    let query = dialect.write(&planned.logic, &context);
    let bundle: Bundle = detection.clone().into();
    let written = Panther.write(&WriteRequest {
        bundle: &bundle,
        source: Some(PlatformId::Panther),
        format: OutputFormat::Yaml,
        dialect: dialect.name(),
        query: &query,
        carried: false,
        attack: None,
        columns: &Columns::Unknown,
        sources: &[],
        connectors: &[],
    });
    let mut rule_file = None;
    for file in &written.files {
        let path = folder.join(format!("{name}{}", file.suffix));
        std::fs::write(&path, file.text.replace(STEM, name)).unwrap();
        if file.role == Role::Rule {
            rule_file = Some(path);
        }
    }
    rule_file.ok_or_else(|| "no file".to_owned())
}

#[test]
fn rules_of_panther_analysis() {
    let Some(root) = root() else { return };
    let everything = std::env::var_os("RULEGLOT_PANTHER_WHOLE").is_some();
    let only = std::env::var("RULEGLOT_PANTHER_ONLY").ok();
    let folders = std::env::var("RULEGLOT_PANTHER_FOLDER").unwrap_or_else(|_| "rules".to_owned());
    let mut paths = Vec::new();
    folders.split(',').for_each(|folder| yaml_files(&root.join(folder), &mut paths));
    let repository = Repository::named(&root);
    let registry = Registry::default();
    let mut judge = Judge::start(&root);
    let out = tempfile::tempdir().unwrap();
    let (mut total, mut whole, mut agree, mut tested, mut slowest) = (0, 0, 0, 0, (0, String::new()));
    let (mut compared, mut tried, mut tests) = (0, 0, Decided::default());
    let (mut wrong, mut differ, mut again_differ) = (Vec::new(), Vec::new(), Vec::new());
    let (mut reasons, mut refused) = (BTreeMap::<String, Vec<String>>::new(), BTreeMap::<String, usize>::new());
    let mut files = Vec::new();
    let mut seen = 0;
    for path in &paths {
        let file = SourceFile::open(path).unwrap();
        if !file.text.lines().any(|line| {
            line.starts_with("AnalysisType:") && ["rule", "policy", "scheduled_rule"].contains(&line[13..].trim())
        }) || !file.text.contains("\nFilename:")
        {
            continue;
        }
        if only.as_ref().is_some_and(|only| !path.display().to_string().contains(only) && !file.text.contains(only)) {
            continue;
        }
        seen += 1;
        if !everything && only.is_none() && seen % 14 != 1 {
            continue;
        }
        total += 1;
        let siblings = Folder(path.parent().unwrap().to_owned());
        let env = ReadEnv { registry: &registry, helpers: &repository, siblings: &siblings, types: &UntypedSource };
        let start = Instant::now();
        let rules = match platform::read(&file, Format::PantherYaml, &env) {
            Ok((rules, _)) => rules,
            Err(error) => {
                wrong.push(format!("{}: {}", path.display(), error.message));
                continue;
            }
        };
        let took = start.elapsed().as_millis();
        let rule = &rules[0];
        let detection = rule.detection().unwrap();
        let id = detection.meta.id.clone().unwrap_or_default();
        if took > slowest.0 {
            slowest = (took, id.clone());
        }
        let policy = file.text.contains("AnalysisType: policy");
        if let Some(first) = detection.unread.first() {
            reasons.entry(reason(&first.reason)).or_default().push(id);
            continue;
        }
        let Some(filter) = detection.logic.as_filter() else {
            reasons.entry("is no filter".to_owned()).or_default().push(id);
            continue;
        };
        assert!(unread(&detection.logic).is_none());
        whole += 1;
        if std::env::var_os("RULEGLOT_SHOW").is_some() {
            println!("{id}\n{}", super::show::tree(&filter, &[]));
        }
        let mut good = true;
        let own: Vec<&ruleglot::model::TestCase> = detection.tests.iter().filter(|test| !test.mocked).collect();
        for test in &own {
            tested += 1;
            let found = run(&filter, &test.event);
            if found != Ok(test.expected) {
                good = false;
                wrong.push(format!("{id}, {}: expected {}, got {found:?}", test.name, test.expected));
            }
        }
        agree += usize::from(good);
        let Some(judge) = &mut judge else { continue };
        compared += 1;
        let own_events: Vec<Json> = own.iter().map(|test| test.event.clone()).collect();
        let every: Vec<Json> = detection.tests.iter().map(|test| test.event.clone()).collect();
        let (made, decided) = events(&id, &filter, &every);
        tests.add(decided);
        let asked: Vec<Json> = own_events.into_iter().chain(made).collect();
        let answers = judge.ask(&json!({ "rule": path, "events": asked }));
        if answers.len() != asked.len() {
            wrong.push(format!("{id}: the judge does not load it"));
            continue;
        }
        // a policy alerts where it returns false
        let verdict = |(met, error): &(bool, String)| if policy { !met && error.is_empty() } else { *met };
        let mut shown = false;
        for (event, answer) in asked.iter().zip(&answers) {
            tried += 1;
            let found = run(&filter, event);
            if found != Ok(verdict(answer)) && !shown {
                shown = true;
                differ.push(format!("{id}: theirs {} {}, ours {found:?}\n      {event}", verdict(answer), answer.1));
            }
        }
        let target = match write(rule, out.path(), &format!("rule_{total}")) {
            Ok(target) => target,
            Err(reason) => {
                *refused.entry(reason).or_default() += 1;
                continue;
            }
        };
        let again = judge.ask(&json!({ "rule": target, "events": asked }));
        if again.len() != asked.len() {
            again_differ.push(format!("{id}: does not load"));
        }
        for ((event, theirs), ours) in asked.iter().zip(&answers).zip(&again) {
            if verdict(theirs) != verdict(ours) || !ours.1.is_empty() {
                let code = std::fs::read_to_string(target.with_extension("py")).unwrap_or_default();
                again_differ
                    .push(format!("{id}: theirs {}, written {} {}\n      {event}\n{code}", theirs.0, ours.0, ours.1));
                break;
            }
        }
        files.push(target);
    }
    println!("{}: {total} of {seen} rules taken", if everything { "whole" } else { "a sample" });
    println!(
        "{whole} read whole ({:.1} %); {agree} agree with all their own tests ({tested}); slowest {slowest:?} ms",
        100.0 * whole as f64 / total.max(1) as f64
    );
    println!("not read, by reason:");
    let mut table: Vec<(&String, &Vec<String>)> = reasons.iter().collect();
    table.sort_by_key(|(reason, ids)| (std::cmp::Reverse(ids.len()), (*reason).clone()));
    for (reason, ids) in table {
        println!("  {:3} {reason}: {}", ids.len(), ids.join(", "));
    }
    println!("{compared} compared with Panther's runtime on {tried} events, {} differ", differ.len());
    println!(
        "{} tests of conditions: {} decide some event, {} are shown to decide none, {} are not reached",
        tests.tests,
        tests.decided,
        tests.idle,
        tests.not_reached()
    );
    println!("{} written back, {} differ in Panther's runtime", files.len(), again_differ.len());
    refused.iter().for_each(|(reason, count)| println!("  {count:3} not written: {reason}"));
    wrong.iter().chain(&differ).chain(&again_differ).for_each(|line| println!("  {line}"));
    let invalid = refused_by_schema(&files).unwrap_or_default();
    println!("{} of {} written rules are refused by Panther's schema", invalid.len(), files.len());
    invalid.iter().take(20).for_each(|line| println!("  {line}"));
    assert!(wrong.is_empty() && invalid.is_empty() && again_differ.is_empty());
    assert!(differ.len() * 200 <= compared, "more than 0.5 % differ");
    if everything && folders == "rules" {
        assert!(whole * 100 >= total * 95);
    }
}
