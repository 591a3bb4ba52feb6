//! Kusto's meaning, against material beside the project: public rules and recorded answers of the real engine.

use ruleglot::dialect::{NoHelpers, ReadContext, Registry, kusto};
use ruleglot::model::{FieldTypes, Logic, TypeMap};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("RULEGLOT_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    if root.is_dir() {
        Some(root)
    } else {
        println!("skipped: no shared material");
        None
    }
}

fn read(text: &str, types: &dyn FieldTypes) -> Result<ruleglot::dialect::Read, String> {
    let registry = Registry::default();
    let context = ReadContext { types, registry: &registry, helpers: &NoHelpers, log_sources: &[] };
    kusto::read(text, &context)
        .map_err(|errors| errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>().join("; "))
}

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

#[test]
fn public_rules_lower_with_nothing_unread() {
    let Some(shared) = shared() else { return };
    let mut paths = Vec::new();
    files(&shared.join("corpus/sentinel-rules"), &mut paths);
    let (mut all, mut whole, mut filters) = (0, 0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let Ok(rule) = serde_yaml::from_str::<serde_json::Value>(&text) else { continue };
        let Some(query) = rule.get("query").and_then(|query| query.as_str()) else { continue };
        all += 1;
        match read(query, &TypeMap::default()) {
            Ok(read) => {
                whole += usize::from(read.unread.is_empty());
                filters += usize::from(read.unread.is_empty() && read.logic.as_filter().is_some());
                for unread in &read.unread {
                    *reasons.entry(unread.reason.clone()).or_default() += 1;
                    if std::env::var_os("SHOW_UNREAD").is_some() {
                        println!(
                            "{}: {} << {}",
                            path.display(),
                            unread.reason,
                            unread.text.chars().take(120).collect::<String>()
                        );
                    }
                }
                if std::env::var_os("SHOW_UNREAD").is_some() && matches!(read.logic, Logic::Unread(_)) {
                    println!("{}: no logic", path.display());
                }
            }
            Err(reason) => *reasons.entry(format!("syntax: {reason}")).or_default() += 1,
        }
    }
    println!("{whole} of {all} rules read whole, {filters} of them filters");
    for (reason, count) in &reasons {
        println!("{count:5} {reason}");
    }
    assert!(whole * 10 >= all * 9, "{whole} of {all}");
}

/// A condition read, planned and written again.
fn rewritten(query: &str, types: &TypeMap) -> String {
    let read = read(query, types).unwrap();
    let dialect = Registry::default().get("kusto").unwrap();
    let planned = ruleglot::plan::plan(&read.logic, &read.unread, dialect.target().unwrap(), types);
    match planned {
        Ok(planned) => {
            let context = ruleglot::dialect::WriteContext { types, tables: &read.tables, detection: None };
            dialect.write(&planned.logic, &context)
        }
        Err(refusals) => format!("{refusals:?} {:?}", read.unread),
    }
}

#[test]
fn show() {
    let types = TypeMap::default();
    for query in std::env::var("SHOW").unwrap_or_default().split(";;") {
        if !query.is_empty() {
            println!("{query}\n=>\n{}\n{:?}\n", rewritten(query, &types), read(query, &types).map(|read| (read.lookback, read.logic)));
        }
    }
}
