//! Public rules and hunting queries: read whole, and written again.

use super::{read, shared};
use ruleglot::dialect::{NoHelpers, Registry};
use ruleglot::model::{Logic, TypeMap};
use ruleglot::platform::{ReadEnv, UntypedSource};
use ruleglot::source::{NoSiblings, SourceFile, detect};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn files(root: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every rule file below the folder of public rules, with the text of its query.
fn rules() -> Option<Vec<(String, String)>> {
    let mut paths = Vec::new();
    files(&shared()?.join("corpus/sentinel-rules"), &mut paths);
    let registry = Registry::default();
    let env = ReadEnv { registry: &registry, helpers: &NoHelpers, siblings: &NoSiblings, types: &UntypedSource };
    let mut found = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|name| name == "yaml")) {
        let file = SourceFile::from_bytes(path, std::fs::read(path).unwrap()).unwrap();
        let format = detect(&file).unwrap_or_else(|| panic!("{}: no format", path.display()));
        let (rules, _) = ruleglot::platform::read(&file, format, &env).unwrap();
        for rule in rules {
            let text = rule.query.as_ref().map_or(String::new(), |query| query.text.text.clone());
            found.push((path.display().to_string(), text));
        }
    }
    Some(found)
}

#[test]
fn public_rules_lower_with_nothing_unread() {
    let Some(rules) = rules() else { return };
    let (mut all, mut whole, mut filters) = (0, 0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for (path, query) in &rules {
        all += 1;
        match read(query, &TypeMap::default()) {
            Ok(read) => {
                whole += usize::from(read.unread.is_empty());
                filters += usize::from(read.unread.is_empty() && read.logic.as_filter().is_some());
                for unread in &read.unread {
                    *reasons.entry(unread.reason.clone()).or_default() += 1;
                    if std::env::var_os("SHOW_UNREAD").is_some() {
                        println!("{path}: {} << {}", unread.reason, unread.text.chars().take(120).collect::<String>());
                    }
                }
                if std::env::var_os("SHOW_UNREAD").is_some() && matches!(read.logic, Logic::Unread(_)) {
                    println!("{path}: no logic");
                }
            }
            Err(reason) => {
                if std::env::var_os("SHOW_UNREAD").is_some() {
                    println!("{path}: syntax: {reason}");
                }
                *reasons.entry(format!("syntax: {reason}")).or_default() += 1;
            }
        }
    }
    println!("{whole} of {all} rules read whole, {filters} of them filters");
    for (reason, count) in &reasons {
        println!("{count:5} {reason}");
    }
    assert!(all >= 377, "{all} rules");
    assert!(whole * 10 >= all * 9, "{whole} of {all}");
}

/// What every public rule becomes when it is read, planned and written again; for the judge, where `WRITTEN` names a
/// file to put the texts in.
#[test]
fn public_rules_are_written_again() {
    let Some(rules) = rules() else { return };
    let types = TypeMap::default();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let (mut all, mut same) = (0, 0);
    let mut out = String::new();
    let dialect = Registry::default().get("kusto").unwrap();
    for (path, query) in &rules {
        let Ok(first) = read(query, &types) else { continue };
        if !first.unread.is_empty() {
            continue;
        }
        all += 1;
        match ruleglot::plan::plan(&first.logic, &first.unread, dialect.target().unwrap(), &types) {
            Err(refusals) => {
                for refusal in refusals {
                    *refused.entry(refusal.message.clone()).or_default() += 1;
                }
            }
            Ok(planned) => {
                let context = ruleglot::dialect::WriteContext { types: &types, tables: &[], detection: None };
                let written = dialect.write(&planned.logic, &context);
                out.push_str(&serde_json::json!({"id": path, "query": written, "original": query}).to_string());
                out.push('\n');
                assert!(!written.contains("\n\n"), "an empty line in {written}");
                match read(&written, &types) {
                    Ok(second) if second.unread.is_empty() => same += 1,
                    Ok(second) => println!("{}: {:?}\n{written}", path, second.unread),
                    Err(errors) => println!("{}: {errors}\n{written}", path),
                }
            }
        }
    }
    if let Some(path) = std::env::var_os("WRITTEN") {
        std::fs::write(path, out).unwrap();
    }
    println!("{same} of {all} rules written and read again");
    for (reason, count) in &refused {
        println!("{count:5} {reason}");
    }
    assert!(same * 10 >= all * 9, "{same} of {all}");
}
